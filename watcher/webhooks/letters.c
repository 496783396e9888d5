/* What is sent next, how it ended, and what is given up. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "watcher/chain/backoff.h"
#include "watcher/webhooks/subscribers.h"

#define BODY_MAX (1u << 17)
#define HTTP_GONE 410

/* Name, a zero, number: a name is no prefix of another's keys then. */
static struct table_key letter_key(const char *name, uint64_t number)
{
	struct table_key k = {0};
	key_bytes(&k, name, strlen(name) + 1);
	key_u64(&k, number);
	return k;
}

enum err letter_put(struct db_txn *t, const char *name, uint64_t number)
{
	struct table_key k = letter_key(name, number);
	return mark(t, T_DEAD_LETTERS, key_span(&k));
}

enum err letters_first(uint64_t *out, struct db_txn *t, const char *name)
{
	struct span key, value;
	struct table_key k = letter_key(name, 0);
	*out = 0;
	enum err rc = db_first(t, T_DEAD_LETTERS, key_span(&k), &key, &value);
	if (rc == ERR_OK && key.n == k.n && memcmp(key.p, k.b, k.n - 8) == 0) {
		*out = load64_be(key.p + k.n - 8);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err letters_drop(struct db_txn *t, const char *name)
{
	uint64_t number;
	enum err rc;
	while ((rc = letters_first(&number, t, name)) == ERR_OK && number) {
		struct table_key k = letter_key(name, number);
		rc = unmark(t, T_DEAD_LETTERS, key_span(&k));
		if (rc != ERR_OK) {
			break;
		}
	}
	return rc;
}

/* Every event begins with its kind and time: event_begin. */
static enum err event_time(uint64_t *out, struct span json)
{
	static const char member[] = ",\"time\":";
	const uint8_t *at = memmem(json.p, json.n, member, sizeof member - 1);
	*out = 0;
	if (!at) {
		return err_set(ERR_DB_DAMAGED, "an event has no time");
	}
	for (at += sizeof member - 1; at < json.p + json.n && *at >= '0' && *at <= '9'; at++) {
		*out = 10 * *out + (uint64_t)(*at - '0');
	}
	return ERR_OK;
}

static enum err read_event(struct span *json, struct db_txn *t, uint64_t number)
{
	uint8_t hash[32];
	return ledger_read(json, hash, &WATCHER_EVENTS, t, number);
}

/* A clock that was ahead once must not keep anybody waiting, nor give anything up. */
static void believe_clock(struct webhook *h, uint64_t now)
{
	if (h->failing_since > now || h->tried_at > now) {
		h->failing_since = now;
		h->tried_at = 0;
	}
	if (h->next_try > now + WEBHOOK_WAIT_MOST_MS / 1000) {
		h->next_try = now;
	}
}

/* The next event, if it was tried for long enough, and at the end of that once more. */
static enum err give_up(struct webhook *h, struct db_txn *t, bool *changed)
{
	if (!h->failing_since || h->attempts < WEBHOOK_TRIES_LEAST ||
	    h->tried_at < h->failing_since + WEBHOOK_DEAD_SECONDS) {
		return ERR_OK;
	}
	h->position++;
	h->dead++;
	webhook_is_well(h);
	*changed = true;
	return letter_put(t, h->name, h->position);
}

static enum err fill(struct webhook_message *m, struct db_txn *t, const struct webhook *h,
		     uint64_t number, uint64_t now)
{
	struct span json;
	enum err rc = read_event(&json, t, number);
	if (rc != ERR_OK) {
		return rc;
	}
	m->number = number;
	buf_init(&m->body, BODY_MAX);
	buf_printf(&m->body, "{\"number\":%" PRIu64 ",\"event\":", number);
	buf_put(&m->body, json.p, json.n);
	buf_text(&m->body, "}");
	rc = buf_end(&m->body);
	if (rc == ERR_OK) {
		webhook_sign(m, h, now);
	}
	return rc;
}

static enum err collect(struct watcher *w, struct db_txn *t, struct webhook *h,
			struct webhook_batch *out, bool *changed)
{
	struct ledger_head head;
	uint64_t now = watcher_now(w);
	enum err rc = ledger_head(&head, &WATCHER_EVENTS, t);
	believe_clock(h, now);
	if (rc == ERR_OK && !h->gone) {
		rc = give_up(h, t, changed);
	}
	if (rc != ERR_OK || h->gone || now < h->next_try) {
		return rc;
	}
	/* While it fails, one is enough to see whether it is back. */
	size_t most = h->failing_since ? 1 : WEBHOOK_BATCH;
	for (uint64_t n = h->position + 1; rc == ERR_OK && n <= head.number && out->n < most; n++) {
		rc = fill(&out->message[out->n++], t, h, n, now);
	}
	out->to = *h;
	secret_wipe(out->to.secret, sizeof out->to.secret);
	return rc;
}

enum err webhook_collect(struct watcher *w, const char *name, struct webhook_batch *out)
{
	struct db_txn *t = NULL;
	struct webhook h;
	bool changed = false;
	*out = (struct webhook_batch){0};
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = subscriber_read(&h, t, name);
	if (rc == ERR_OK) {
		rc = collect(w, t, &h, out, &changed);
	}
	if (rc == ERR_OK && changed) {
		rc = subscriber_write(t, &h);
	}
	secret_wipe(&h, sizeof h);
	if (rc == ERR_OK && changed) {
		rc = db_commit(t);
	} else {
		db_abort(t);
	}
	if (rc != ERR_OK) {
		webhook_batch_free(out);
	}
	return rc;
}

void webhook_batch_free(struct webhook_batch *b)
{
	for (size_t i = 0; i < WEBHOOK_BATCH; i++) {
		buf_free(&b->message[i].body);
	}
	*b = (struct webhook_batch){0};
}

void webhook_is_well(struct webhook *h)
{
	h->failing_since = h->next_try = h->step_ms = h->attempts = h->tried_at = 0;
	h->last_error = ERR_OK;
}

static void failed(const struct watcher *w, struct webhook *h, const struct webhook_outcome *o)
{
	struct backoff wait = {.first_ms = WEBHOOK_WAIT_FIRST_MS,
			       .most_ms = WEBHOOK_WAIT_MOST_MS,
			       .next_ms = h->step_ms};
	uint64_t now = watcher_now(w);
	h->gone = o->status == HTTP_GONE;
	h->last_error = o->error;
	h->tried_at = now;
	h->failing_since = h->failing_since ? h->failing_since : now;
	h->next_try = now + backoff_wait_ms(&wait, &w->rng) / 1000;
	h->step_ms = wait.next_ms;
	h->attempts++;
}

enum err webhook_record(struct watcher *w, const struct webhook_batch *b,
			const struct webhook_outcome *o)
{
	struct db_txn *t = NULL;
	struct webhook h;
	CHECK(o->taken <= b->n);
	if (o->taken == 0 && !o->failed) {
		return ERR_OK;
	}
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = subscriber_read(&h, t, b->to.name);
	/* Removed, made anew or set back meanwhile: what was sent then does not count. */
	bool same = rc == ERR_OK && h.added == b->to.added && h.position == b->to.position &&
		    strcmp(h.url, b->to.url) == 0;
	if (same) {
		believe_clock(&h, watcher_now(w));
	}
	if (same && o->taken) {
		h.position += o->taken;
		h.delivered += o->taken;
		webhook_is_well(&h);
	}
	if (same && o->failed) {
		failed(w, &h, o);
	}
	if (same) {
		h.last_status = o->status;
		rc = subscriber_write(t, &h);
	}
	secret_wipe(&h, sizeof h);
	if (rc == ERR_NOT_FOUND) {
		err_clear();
		rc = ERR_OK;
	}
	return txn_end(t, rc);
}

const char *webhook_why(char out[static WEBHOOK_WHY_MAX], uint32_t status, enum err error)
{
	if (status) {
		snprintf(out, WEBHOOK_WHY_MAX, "HTTP status %" PRIu32, status);
	} else {
		const char *why = error == ERR_WEBHOOK_ADDRESS ? "its address is not allowed"
				  : error == ERR_NODE_AUTH     ? "its certificate is not valid"
							       : "no answer";
		snprintf(out, WEBHOOK_WHY_MAX, "%s", why);
	}
	return out;
}

static enum err sum(const struct watcher *w, struct webhooks_state *s, struct db_txn *t,
		    const struct webhook *h, uint64_t newest)
{
	struct span json;
	uint64_t time = 0, now = watcher_now(w);
	s->n++;
	s->failing += h->failing_since != 0;
	s->gone += h->gone;
	s->dead += h->dead;
	s->delivered += h->delivered;
	if (h->position >= newest || h->gone) {
		return ERR_OK;
	}
	s->pending += newest - h->position;
	s->next_try = h->next_try < s->next_try ? h->next_try : s->next_try;
	enum err rc = read_event(&json, t, h->position + 1);
	if (rc == ERR_OK) {
		rc = event_time(&time, json);
	}
	if (now > time && now - time > s->oldest_seconds) {
		s->oldest_seconds = now - time;
	}
	return rc;
}

enum err webhooks_state(const struct watcher *w, struct webhooks_state *out)
{
	struct span key, value;
	struct ledger_head head;
	struct webhook h = {0};
	struct db_txn *t = NULL;
	*out = (struct webhooks_state){.next_try = UINT64_MAX};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = ledger_head(&head, &WATCHER_EVENTS, t);
	if (rc == ERR_OK) {
		rc = db_first(t, T_WEBHOOKS, db_span(NULL, 0), &key, &value);
	}
	while (rc == ERR_OK) {
		rc = subscriber_decode(&h, key, value);
		if (rc == ERR_OK) {
			rc = sum(w, out, t, &h, head.number);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_WEBHOOKS, &key, &value);
		}
	}
	db_abort(t);
	secret_wipe(&h, sizeof h);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
