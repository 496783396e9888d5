/* webhook: who is told of events. Secrets are printed once, when they are made. */
#include <inttypes.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/cli/cli.h"
#include "watcher/webhooks/webhooks.h"

#define OVERLAP_HOURS 24

static enum err kind_of(enum webhook_kind *out, const char *key)
{
	*out = WEBHOOK_HMAC;
	if (!key || strcmp(key, "hmac") == 0) {
		return ERR_OK;
	}
	*out = WEBHOOK_ED25519;
	return strcmp(key, "ed25519") == 0 ? ERR_OK
					   : err_set(ERR_USAGE, "--key is hmac or ed25519");
}

static void put_state(struct out *out, const struct webhook *h)
{
	static const char *const names[] = {"none", "hmac", "ed25519"};
	char why[WEBHOOK_WHY_MAX];
	json_text(out, "name", h->name);
	json_text(out, "url", h->url);
	json_text(out, "allow", h->range);
	json_text(out, "key", names[h->secret[0].kind]);
	json_bool(out, "two_keys", h->secret[1].kind != WEBHOOK_NONE);
	json_text(out, "state", h->gone ? "gone" : h->failing_since ? "failing" : "active");
	json_number(out, "position", h->position);
	json_number(out, "delivered", h->delivered);
	json_number(out, "dead", h->dead);
	json_number(out, "attempts", h->attempts);
	json_number(out, "failing_since", h->failing_since);
	json_number(out, "next_try", h->next_try);
	json_number(out, "last_status", h->last_status);
	json_text(out, "last_failure",
		  h->failing_since ? webhook_why(why, h->last_status, h->last_error) : "");
}

static enum err put_secret(const struct webhook *h, bool json)
{
	char text[WEBHOOK_SECRET_TEXT_MAX];
	struct out out;
	webhook_secret_text(text, &h->secret[0]);
	out_begin(&out, json);
	json_open(&out, NULL, '{');
	put_state(&out, h);
	json_text(&out, "secret", text);
	json_close(&out, '}');
	say(&out, "webhook %s, from event %" PRIu64 " on", h->name, h->position + 1);
	say(&out, "%s  %s",
	    h->secret[0].kind == WEBHOOK_HMAC ? "secret, shown this once" : "public key", text);
	enum err rc = out_end(&out);
	secret_wipe(text, sizeof text);
	return rc;
}

enum err cmd_webhook_add(const struct options *o)
{
	struct opened p;
	struct webhook h = {0};
	enum webhook_kind kind;
	uint64_t after = UINT64_MAX; /* what happens from now on */
	if (!o->id || !o->url) {
		return err_set(ERR_USAGE, "webhook add needs --id NAME and --url URL");
	}
	enum err rc = kind_of(&kind, o->key);
	if (rc == ERR_OK && o->after) {
		rc = option_number(&after, o->after, UINT64_C(1) << 60, "--after");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = webhook_add(&p.w, o->id, o->url, o->allow ? o->allow : "", kind, after, &h);
	}
	if (rc == ERR_OK) {
		rc = put_secret(&h, o->json);
	}
	opened_close(&p);
	secret_wipe(&h, sizeof h);
	return rc;
}

enum err cmd_webhook_rotate(const struct options *o)
{
	struct opened p;
	struct webhook h = {0};
	enum webhook_kind kind;
	uint64_t hours = OVERLAP_HOURS;
	enum err rc = kind_of(&kind, o->key);
	if (rc == ERR_OK && o->hours) {
		rc = option_number(&hours, o->hours, 8760, "--hours");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK && !o->key) {
		rc = webhook_get(&p.w, o->args[0], &h);
		kind = h.secret[0].kind;
	}
	if (rc == ERR_OK) {
		rc = webhook_rotate(&p.w, o->args[0], kind, 3600 * hours, &h);
	}
	if (rc == ERR_OK) {
		rc = put_secret(&h, o->json);
	}
	opened_close(&p);
	secret_wipe(&h, sizeof h);
	return rc;
}

static bool put(void *ctx, const struct webhook *h)
{
	struct out *out = ctx;
	json_open(out, NULL, '{');
	put_state(out, h);
	json_close(out, '}');
	say(out, "%-20s %-8s event %" PRIu64 ", %" PRIu64 " delivered, %" PRIu64 " given up  %s",
	    h->name,
	    h->gone            ? "gone"
	    : h->failing_since ? "failing"
			       : "active",
	    h->position, h->delivered, h->dead, h->url);
	if (h->failing_since) {
		char why[WEBHOOK_WHY_MAX];
		say(out, "  %s, at attempt %" PRIu64,
		    webhook_why(why, h->last_status, h->last_error), h->attempts);
	}
	return true;
}

static enum err fill(const struct watcher *w, const struct options *o, struct out *out)
{
	(void)o;
	return webhooks_list(w, put, out);
}

enum err cmd_webhook_list(const struct options *o)
{
	return list_all(o, "webhooks", fill);
}

static enum err change(const struct options *o, enum err (*f)(struct watcher *w, const char *name),
		       const char *what)
{
	struct opened p;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = f(&p.w, o->args[0]);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_text(&out, "name", o->args[0]);
		json_close(&out, '}');
		say(&out, "webhook %s %s", o->args[0], what);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

enum err cmd_webhook_remove(const struct options *o)
{
	return change(o, webhook_remove, "is removed");
}

enum err cmd_webhook_retry(const struct options *o)
{
	return change(o, webhook_retry, "is tried again");
}
