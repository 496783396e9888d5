/* events: the ledger. verify: everything derived, computed again. */
#include <inttypes.h>

#include "watcher/cli/cli.h"

static bool each(void *ctx, const struct event *e)
{
	struct out *out = ctx;
	json_open(out, NULL, '{');
	json_number(out, "number", e->number);
	json_raw(out, "event", e->json);
	json_close(out, '}');
	say(out, "%8" PRIu64 "  %.*s", e->number, (int)e->json.n, (const char *)e->json.p);
	return true;
}

enum err cmd_events(const struct options *o)
{
	struct opened p;
	struct out out;
	uint64_t after = 0;
	enum err rc =
	    o->after ? option_number(&after, o->after, UINT64_C(1) << 60, "--after") : ERR_OK;
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_open(&out, "events", '[');
		rc = watcher_events(&p.w, after, each, &out);
		json_close(&out, ']');
		json_close(&out, '}');
		if (rc == ERR_OK) {
			rc = out_end(&out);
		} else {
			buf_free(&out.b);
		}
	}
	opened_close(&p);
	return rc;
}

enum err cmd_verify(const struct options *o)
{
	struct opened p;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_verify(&p.w);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_bool(&out, "ok", true);
		json_close(&out, '}');
		say(&out, "the ledger's chain, the journal's copy and all indices are as they "
			  "should be");
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}
