/* address new, show, list. */
#include "watcher/cli/cli.h"

static void put_address(struct out *out, const char *name, const struct address_entry *e)
{
	char text[ADDRESS_TEXT_MAX];
	json_open(out, name, '{');
	json_text(out, "address", address_format(text, &e->address));
	json_number(out, "account", e->at.major);
	json_number(out, "index", e->at.minor);
	json_text(out, "label", e->label);
	json_close(out, '}');
	say(out, "%u/%-5u %s  %s", e->at.major, e->at.minor, text, e->label);
}

enum err cmd_address_new(const struct options *o)
{
	struct opened p;
	struct address_entry e;
	struct out out;
	uint64_t account = 0;
	enum err rc =
	    o->account ? option_number(&account, o->account, UINT32_MAX, "--account") : ERR_OK;
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_new_address(&p.w, (uint32_t)account, o->label ? o->label : "", &e);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_address(&out, NULL, &e);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

static bool first_only(void *ctx, const struct address_entry *e)
{
	put_address(ctx, NULL, e);
	return false;
}

static bool each(void *ctx, const struct address_entry *e)
{
	put_address(ctx, NULL, e);
	return true;
}

enum err cmd_address_show(const struct options *o)
{
	struct opened p;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		rc = watcher_addresses(&p.w, first_only, &out);
		enum err end = out_end(&out);
		rc = rc == ERR_OK ? end : rc;
	}
	opened_close(&p);
	return rc;
}

static enum err fill(const struct watcher *w, const struct options *o, struct out *out)
{
	(void)o;
	return watcher_addresses(w, each, out);
}

enum err cmd_address_list(const struct options *o)
{
	return list_all(o, "addresses", fill);
}
