/* events: the ledger. resume: payouts after a halt. verify: everything derived, computed again. */
#include <inttypes.h>
#include <signal.h>
#include <time.h>

#include "common/base/file.h"
#include "watcher/cli/cli.h"

#define POLL_MS 200
#define EVENTS_AT_ONCE 256
#define LINES_MAX (64u << 20) /* of so many events */

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

struct printing {
	struct out out;
	bool json;
	struct buf lines; /* followed: what is printed once the store is not being read */
	unsigned n;
	uint64_t last;
};

static void put_event(struct out *out, const struct event *e)
{
	json_open(out, NULL, '{');
	json_number(out, "number", e->number);
	json_raw(out, "event", e->json);
	json_close(out, '}');
	say(out, "%8" PRIu64 "  %.*s", e->number, (int)e->json.n, (const char *)e->json.p);
}

static bool each(void *ctx, const struct event *e)
{
	struct printing *p = ctx;
	put_event(&p->out, e);
	return true;
}

/* One object a line, so many at a time. */
static bool each_followed(void *ctx, const struct event *e)
{
	struct printing *p = ctx;
	struct out one;
	out_begin(&one, p->json);
	put_event(&one, e);
	buf_put(&p->lines, one.b.p, one.b.n);
	if (p->json) {
		buf_u8(&p->lines, '\n');
	}
	buf_free(&one.b);
	p->last = e->number;
	return ++p->n < EVENTS_AT_ONCE && !stopping;
}

static enum err list(struct opened *o, struct printing *p)
{
	out_begin(&p->out, p->json);
	json_open(&p->out, NULL, '{');
	json_open(&p->out, "events", '[');
	enum err rc = watcher_events(&o->w, p->last, each, p);
	json_close(&p->out, ']');
	json_close(&p->out, '}');
	if (rc == ERR_OK) {
		return out_end(&p->out);
	}
	buf_free(&p->out.b);
	return rc;
}

/*
 * The store stays open for reading: each look sees what was committed by then. Whoever takes the
 * lines may be slow, and a read that is held open keeps every page that is freed meanwhile: so each
 * is over before anything is printed.
 */
static enum err follow(struct opened *o, struct printing *p)
{
	struct sigaction action = {.sa_handler = stop};
	enum err rc = ERR_OK;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	while (rc == ERR_OK && !stopping) {
		struct timespec wait = {0, POLL_MS * 1000000L};
		buf_init(&p->lines, LINES_MAX);
		p->n = 0;
		rc = watcher_events(&o->w, p->last, each_followed, p);
		if (rc == ERR_OK) {
			rc = buf_end(&p->lines);
		}
		if (rc == ERR_OK && p->n) {
			rc = file_write("-", p->lines.p, p->lines.n);
		}
		buf_free(&p->lines);
		if (rc == ERR_OK && !stopping && p->n < EVENTS_AT_ONCE) {
			nanosleep(&wait, NULL);
		}
	}
	return rc;
}

enum err cmd_events(const struct options *o)
{
	struct opened opened;
	struct printing p = {.json = o->json};
	enum err rc =
	    o->after ? option_number(&p.last, o->after, UINT64_C(1) << 60, "--after") : ERR_OK;
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&opened, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = o->follow ? follow(&opened, &p) : list(&opened, &p);
	}
	opened_close(&opened);
	return rc;
}

enum err cmd_resume(const struct options *o)
{
	struct opened p;
	struct out out;
	uint64_t halt = 0;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_resume(&p.w, &halt);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "halt", halt);
		json_close(&out, '}');
		if (halt) {
			say(&out, "payouts go on; event %" PRIu64 " had halted them", halt);
		} else {
			say(&out, "payouts were not halted");
		}
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

static void put_check(void *ctx, const char *check, uint64_t records, bool good)
{
	struct out *out = ctx;
	json_open(out, NULL, '{');
	json_text(out, "check", check);
	json_number(out, "records", records);
	json_bool(out, "ok", good);
	json_close(out, '}');
	if (good) {
		say(out, "%-12s %10" PRIu64 "  as they should be", check, records);
	} else {
		say(out, "%-12s %10s  WRONG", check, "");
	}
}

enum err cmd_verify(const struct options *o)
{
	struct opened p;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_open(&out, "checks", '[');
		rc = watcher_verify(&p.w, put_check, &out);
		json_close(&out, ']');
		json_bool(&out, "ok", rc == ERR_OK);
		json_close(&out, '}');
		enum err end = out_end(&out);
		rc = rc == ERR_OK ? end : rc;
	}
	opened_close(&p);
	return rc;
}
