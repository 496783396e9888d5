/* Subscribers as they are stored: made, changed, listed. */
#include "watcher/webhooks/subscribers.h"

#include <string.h>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#define FORM 2
#define NUMBERS 9
#define RECORD_SIZE                                                                                \
	(1 + WEBHOOK_URL_MAX + WEBHOOK_RANGE_MAX + WEBHOOK_SECRETS * (1 + 32 + 8) + NUMBERS * 8 +  \
	 4 + 4 + 1)

static struct span key_of(const char *name)
{
	return db_span(name, strlen(name));
}

static void put_text(struct buf *b, const char *text, size_t size)
{
	static const uint8_t zeros[WEBHOOK_URL_MAX];
	size_t n = strlen(text);
	CHECK(n <= size);
	buf_put(b, text, n);
	buf_put(b, zeros, size - n);
}

enum err subscriber_write(struct db_txn *t, const struct webhook *h)
{
	struct buf b;
	buf_init(&b, RECORD_SIZE);
	buf_u8(&b, FORM);
	put_text(&b, h->url, WEBHOOK_URL_MAX);
	put_text(&b, h->range, WEBHOOK_RANGE_MAX);
	for (size_t i = 0; i < WEBHOOK_SECRETS; i++) {
		buf_u8(&b, (uint8_t)h->secret[i].kind);
		buf_put(&b, h->secret[i].b, 32);
		buf_u64le(&b, h->secret[i].until);
	}
	const uint64_t numbers[NUMBERS] = {h->added,    h->position,  h->failing_since,
					   h->next_try, h->step_ms,   h->attempts,
					   h->tried_at, h->delivered, h->dead};
	for (size_t i = 0; i < NUMBERS; i++) {
		buf_u64le(&b, numbers[i]);
	}
	buf_u32le(&b, h->last_status);
	buf_u32le(&b, (uint32_t)h->last_error);
	buf_u8(&b, h->gone);
	enum err rc = buf_end(&b);
	if (rc == ERR_OK) {
		rc = db_put(t, T_WEBHOOKS, key_of(h->name), buf_span(&b));
	}
	buf_free(&b);
	return rc;
}

enum err subscriber_decode(struct webhook *h, struct span key, struct span value)
{
	struct reader r = reader_of(value.p, value.n);
	bool good = key.n > 0 && key.n <= WEBHOOK_NAME_MAX && read_u8(&r) == FORM;
	*h = (struct webhook){0};
	if (good) {
		memcpy(h->name, key.p, key.n);
	}
	read_bytes(&r, h->url, WEBHOOK_URL_MAX);
	read_bytes(&r, h->range, WEBHOOK_RANGE_MAX);
	for (size_t i = 0; i < WEBHOOK_SECRETS; i++) {
		uint8_t kind = read_u8(&r);
		good = good && kind <= WEBHOOK_ED25519;
		h->secret[i].kind = (enum webhook_kind)kind;
		read_bytes(&r, h->secret[i].b, 32);
		h->secret[i].until = read_u64le(&r);
	}
	uint64_t *numbers[NUMBERS] = {&h->added,    &h->position,  &h->failing_since,
				      &h->next_try, &h->step_ms,   &h->attempts,
				      &h->tried_at, &h->delivered, &h->dead};
	for (size_t i = 0; i < NUMBERS; i++) {
		*numbers[i] = read_u64le(&r);
	}
	h->last_status = read_u32le(&r);
	h->last_error = (enum err)read_u32le(&r);
	uint8_t gone = read_u8(&r);
	h->gone = gone == 1;
	if (!good || gone > 1 || reader_end(&r) != ERR_OK) {
		secret_wipe(h, sizeof *h);
		return err_set(ERR_DB_DAMAGED, "a record of webhooks does not read back");
	}
	return ERR_OK;
}

enum err subscriber_read(struct webhook *h, struct db_txn *t, const char *name)
{
	struct span value;
	*h = (struct webhook){0};
	enum err rc = db_get(t, T_WEBHOOKS, key_of(name), &value);
	if (rc == ERR_NOT_FOUND) {
		return err_set(rc, "there is no webhook \"%.*s\"", WEBHOOK_NAME_MAX, name);
	}
	return rc == ERR_OK ? subscriber_decode(h, key_of(name), value) : rc;
}

static enum err name_check(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_";
	size_t n = strlen(name);
	if (n == 0 || n > WEBHOOK_NAME_MAX || strspn(name, good) != n) {
		return err_set(ERR_USAGE, "a webhook's name is 1 to %d letters, digits, - and _",
			       WEBHOOK_NAME_MAX);
	}
	return ERR_OK;
}

static enum err count(size_t *n, struct db_txn *t)
{
	struct span key, value;
	*n = 0;
	enum err rc = db_first(t, T_WEBHOOKS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		++*n;
		rc = db_next(t, T_WEBHOOKS, &key, &value);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static void new_secret(const struct watcher *w, struct webhook_secret *s, enum webhook_kind kind)
{
	*s = (struct webhook_secret){.kind = kind};
	rng_fill(&w->rng, s->b, sizeof s->b);
}

static enum err event_of(const struct watcher *w, struct db_txn *t, const char *kind,
			 const char *name)
{
	struct event_writer e;
	event_begin(&e, kind, watcher_now(w));
	event_text(&e, "name", name);
	return event_end(&e, t, NULL);
}

static enum err make(struct watcher *w, struct db_txn *t, struct webhook *h, uint64_t after)
{
	struct webhook there;
	struct ledger_head head;
	size_t n = 0;
	enum err rc = subscriber_read(&there, t, h->name);
	secret_wipe(&there, sizeof there);
	if (rc != ERR_NOT_FOUND) {
		return rc == ERR_OK ? err_set(ERR_EXISTS, "webhook \"%s\"", h->name) : rc;
	}
	rc = count(&n, t);
	if (rc == ERR_OK && n >= WEBHOOKS_MAX) {
		rc = err_set(ERR_LIMIT, "at most %d webhooks", WEBHOOKS_MAX);
	}
	if (rc == ERR_OK) {
		rc = ledger_head(&head, &WATCHER_EVENTS, t);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	err_clear();
	h->position = after < head.number ? after : head.number;
	rc = subscriber_write(t, h);
	return rc == ERR_OK ? event_of(w, t, "webhook_added", h->name) : rc;
}

enum err webhook_add(struct watcher *w, const char *name, const char *url, const char *range,
		     enum webhook_kind kind, uint64_t after, struct webhook *out)
{
	struct db_txn *t = NULL;
	*out = (struct webhook){0};
	enum err rc = name_check(name);
	if (rc == ERR_OK && range[0]) {
		rc = webhook_range_check(range);
	}
	if (rc == ERR_OK) {
		rc = webhook_url_check(url, range[0] != '\0');
	}
	if (rc == ERR_OK) {
		rc = webhook_way_check(url, range);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	memcpy(out->name, name, strlen(name));
	memcpy(out->url, url, strlen(url));
	memcpy(out->range, range, strlen(range));
	out->added = watcher_now(w);
	new_secret(w, &out->secret[0], kind);
	rc = db_begin(&t, w->db, true);
	if (rc == ERR_OK) {
		rc = txn_end(t, make(w, t, out, after));
	}
	if (rc != ERR_OK) {
		secret_wipe(out, sizeof *out);
	}
	return rc;
}

enum err webhook_rotate(struct watcher *w, const char *name, enum webhook_kind kind,
			uint64_t overlap, struct webhook *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		*out = (struct webhook){0};
		return rc;
	}
	rc = subscriber_read(out, t, name);
	if (rc == ERR_OK && overlap && out->secret[1].until > watcher_now(w)) {
		char until[TIME_TEXT_MAX];
		rc = err_set(ERR_STATE,
			     "the key before the present one signs until %s, and would end now: "
			     "wait for that, or end all that there are with --hours 0",
			     time_format(until, out->secret[1].until));
	}
	if (rc == ERR_OK) {
		secret_wipe(&out->secret[1], sizeof out->secret[1]);
		if (overlap) {
			out->secret[1] = out->secret[0];
			out->secret[1].until = watcher_now(w) + overlap;
		}
		new_secret(w, &out->secret[0], kind);
		rc = subscriber_write(t, out);
	}
	if (rc == ERR_OK) {
		rc = event_of(w, t, "webhook_rotated", name);
	}
	rc = txn_end(t, rc);
	if (rc != ERR_OK) {
		secret_wipe(out, sizeof *out);
	}
	return rc;
}

enum err webhook_remove(struct watcher *w, const char *name)
{
	struct db_txn *t = NULL;
	struct webhook h;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = subscriber_read(&h, t, name);
	secret_wipe(&h, sizeof h);
	if (rc == ERR_OK) {
		rc = db_del(t, T_WEBHOOKS, key_of(name));
	}
	if (rc == ERR_OK) {
		rc = letters_drop(t, name);
	}
	if (rc == ERR_OK) {
		rc = event_of(w, t, "webhook_removed", name);
	}
	return txn_end(t, rc);
}

enum err webhook_retry(struct watcher *w, const char *name)
{
	struct db_txn *t = NULL;
	struct webhook h;
	uint64_t first = 0;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = subscriber_read(&h, t, name);
	if (rc == ERR_OK) {
		rc = letters_first(&first, t, name);
	}
	if (rc == ERR_OK) {
		rc = letters_drop(t, name);
	}
	if (rc == ERR_OK) {
		h.position = first ? first - 1 : h.position;
		webhook_is_well(&h);
		h.gone = false;
		rc = subscriber_write(t, &h);
	}
	secret_wipe(&h, sizeof h);
	return txn_end(t, rc);
}

enum err webhook_get(const struct watcher *w, const char *name, struct webhook *out)
{
	struct db_txn *t = NULL;
	*out = (struct webhook){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = subscriber_read(out, t, name);
		db_abort(t);
	}
	return rc;
}

enum err webhooks_list(const struct watcher *w, webhook_visit *visit, void *ctx)
{
	struct db_txn *t = NULL;
	struct span key, value;
	struct webhook h = {0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_WEBHOOKS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = subscriber_decode(&h, key, value);
		if (rc != ERR_OK || !visit(ctx, &h)) {
			break;
		}
		rc = db_next(t, T_WEBHOOKS, &key, &value);
	}
	db_abort(t);
	secret_wipe(&h, sizeof h);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
