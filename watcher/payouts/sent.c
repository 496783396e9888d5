/*
 * Signed transactions of ours as the chain takes them and gives them up again. A payout follows the
 * transaction that pays it: whichever of those that share an input is mined is the one that counts.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

static const char *const STATES[] = {
    [SENT_SIGNED] = "signed",       [SENT_BROADCAST] = "broadcast", [SENT_IN_BLOCK] = "in_block",
    [SENT_CONFIRMED] = "confirmed", [SENT_REJECTED] = "rejected",   [SENT_INVALID] = "invalid",
};

const char *sent_state_name(enum sent_state s)
{
	return STATES[s];
}

enum err sent_set(struct db_txn *t, struct sent_tx *s, enum sent_state state,
		  enum payout_state payouts)
{
	enum err rc = ERR_OK;
	s->state = state;
	for (size_t i = 0; rc == ERR_OK && i < s->n_payouts; i++) {
		struct payout p;
		rc = payout_read(&p, t, s->payouts[i]);
		bool newest = rc == ERR_OK && memcmp(p.tx.b, s->id.b, 32) == 0;
		/* A loser must not take a payout from the transaction that pays it instead. */
		if (rc != ERR_OK || (!newest && state != SENT_IN_BLOCK)) {
			continue;
		}
		if (p.state == PAYOUT_QUEUED) {
			struct table_key k = key_queue(&p);
			rc = unmark(t, T_QUEUE, key_span(&k));
		}
		p.tx = s->id;
		p.state = payouts;
		if (rc == ERR_OK) {
			rc = payout_write(t, &p);
		}
	}
	struct table_key open = {0};
	key_bytes(&open, s->id.b, 32);
	if (rc == ERR_OK) {
		rc = state == SENT_CONFIRMED ? unmark_any(t, T_SENT_OPEN, key_span(&open))
					     : mark(t, T_SENT_OPEN, key_span(&open));
	}
	return rc == ERR_OK ? sent_write(t, s) : rc;
}

static enum err sent_event(const struct watcher *w, struct db_txn *t, const char *kind,
			   const struct sent_tx *s)
{
	struct event_writer e;
	enum err rc = ERR_OK;
	event_begin(&e, kind, watcher_now(w));
	event_hash(&e, "txid", &s->id);
	event_number(&e, "request", s->request);
	if (s->height) {
		event_number(&e, "height", s->height);
	}
	buf_printf(&e.b, ",\"payouts\":[");
	for (size_t i = 0; rc == ERR_OK && i < s->n_payouts; i++) {
		struct payout p;
		rc = payout_read(&p, t, s->payouts[i]);
		buf_printf(&e.b, "%s\"%s\"", i ? "," : "", p.id);
	}
	buf_printf(&e.b, "]");
	if (rc != ERR_OK) {
		buf_free(&e.b);
		return rc;
	}
	return event_end(&e, t, NULL);
}

enum err sent_mined(const struct watcher *w, struct db_txn *t, const struct hash *id,
		    uint64_t height)
{
	struct sent_tx s;
	enum err rc = sent_read(&s, t, id);
	if (rc == ERR_NOT_FOUND) {
		struct event_writer e;
		event_begin(&e, "spent_elsewhere", watcher_now(w));
		event_hash(&e, "txid", id);
		event_number(&e, "height", height);
		return event_end(&e, t, NULL);
	}
	if (rc == ERR_OK) {
		s.height = height;
		rc = sent_set(t, &s, SENT_IN_BLOCK, PAYOUT_IN_BLOCK);
	}
	if (rc == ERR_OK) {
		rc = sent_event(w, t, "transaction_in_block", &s);
	}
	secret_wipe(&s, sizeof s);
	return rc;
}

enum err sent_unmined(const struct watcher *w, struct db_txn *t, const struct hash *id)
{
	struct sent_tx s;
	enum err rc = sent_read(&s, t, id);
	/* One call an input: the first does it all. */
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && s.height == 0)) {
		return ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = sent_event(w, t, "transaction_reversed", &s);
	}
	if (rc == ERR_OK) {
		s.height = 0;
		rc = sent_set(t, &s, SENT_BROADCAST, PAYOUT_BROADCAST);
	}
	secret_wipe(&s, sizeof s);
	return rc;
}

enum err sent_each_open(struct db_txn *t, sent_open_visit *one, void *ctx)
{
	struct span key, value;
	struct sent_tx s = {0};
	enum err rc = db_first(t, T_SENT_OPEN, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct hash id;
		if (key.n != 32) {
			rc = err_set(ERR_DB_DAMAGED, "a record of open transactions is bad");
			break;
		}
		memcpy(id.b, key.p, 32);
		rc = sent_read(&s, t, &id);
		if (rc == ERR_OK) {
			rc = one(ctx, t, &s);
		}
		if (rc == ERR_OK) {
			key = db_span(id.b, 32);
			rc = db_next(t, T_SENT_OPEN, &key, &value);
		}
	}
	secret_wipe(&s, sizeof s);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

struct waiting {
	struct sent_list *list;
	bool fresh;
};

static enum err list_waiting(void *ctx, struct db_txn *t, struct sent_tx *s)
{
	const struct waiting *w = ctx;
	struct sent_list *l = w->list;
	(void)t;
	bool waits = s->state == SENT_BROADCAST || (s->state == SENT_SIGNED && w->fresh);
	/* What is forgotten was too deep to come back: if it did all the same, only the network can
	 * still have it. */
	if (!waits || s->blob.n == 0) {
		return ERR_OK;
	}
	struct hash *more = realloc(l->id, (l->n + 1) * sizeof *more);
	if (!more) {
		return ERR_NO_MEMORY;
	}
	l->id = more;
	l->id[l->n++] = s->id;
	return ERR_OK;
}

enum err sent_waiting(struct sent_list *l, struct db_txn *t, bool fresh)
{
	struct waiting w = {l, fresh};
	return sent_each_open(t, list_waiting, &w);
}

struct conflict {
	const struct watcher *w;
	const struct key_image *image;
	const struct hash *by;
};

static bool has_image(const struct sent_tx *s, const struct key_image *image)
{
	for (size_t i = 0; i < s->n_images; i++) {
		if (memcmp(s->images[i].b, image->b, 32) == 0) {
			return true;
		}
	}
	return false;
}

static enum err lose(void *ctx, struct db_txn *t, struct sent_tx *s)
{
	const struct conflict *c = ctx;
	if (s->state == SENT_REJECTED || memcmp(s->id.b, c->by->b, 32) == 0 ||
	    !has_image(s, c->image)) {
		return ERR_OK;
	}
	enum err rc = sent_set(t, s, SENT_REJECTED, PAYOUT_FAILED);
	return rc == ERR_OK ? sent_event(c->w, t, "transaction_conflict", s) : rc;
}

enum err sent_conflict(const struct watcher *w, struct db_txn *t, const struct key_image *image,
		       const struct hash *by)
{
	struct conflict c = {w, image, by};
	return sent_each_open(t, lose, &c);
}

/* Whether a payout of it is still its own to pay. */
static enum err is_newest(bool *out, struct db_txn *t, const struct sent_tx *s)
{
	enum err rc = ERR_OK;
	*out = false;
	for (size_t i = 0; rc == ERR_OK && i < s->n_payouts; i++) {
		struct payout p;
		rc = payout_read(&p, t, s->payouts[i]);
		*out = *out || (rc == ERR_OK && memcmp(p.tx.b, s->id.b, 32) == 0);
	}
	return rc;
}

static bool share_image(const struct sent_tx *a, const struct sent_tx *b)
{
	for (size_t i = 0; i < a->n_images; i++) {
		if (has_image(b, &a->images[i])) {
			return true;
		}
	}
	return false;
}

/* What the confirmed one paid instead: the inputs that it had besides are free. */
static enum err close_loser(void *ctx, struct db_txn *t, struct sent_tx *s)
{
	const struct sent_tx *winner = ctx;
	struct request_record rec = {0};
	struct table_key open = {0};
	bool newest = true;
	enum err rc = ERR_OK;
	if (s->state == SENT_REJECTED && share_image(winner, s)) {
		rc = is_newest(&newest, t, s);
	}
	if (rc != ERR_OK || newest) {
		return rc;
	}
	key_bytes(&open, s->id.b, 32);
	rc = unmark(t, T_SENT_OPEN, key_span(&open));
	if (rc == ERR_OK) {
		rc = request_read(&rec, t, s->request);
	}
	if (rc == ERR_OK && s->place >= rec.n_txs) {
		rc = err_set(ERR_DB_DAMAGED, "a signed transaction is not in its request");
	}
	if (rc == ERR_OK) {
		rc = reserve_inputs(t, &rec.txs[s->place], s->request, 0);
	}
	request_record_free(&rec);
	return rc;
}

struct confirming {
	const struct watcher *w;
	uint64_t height;
};

static enum err confirm(void *ctx, struct db_txn *t, struct sent_tx *s)
{
	const struct confirming *c = ctx;
	if (s->state != SENT_IN_BLOCK || c->height < s->height + SPENDABLE_AGE) {
		return ERR_OK;
	}
	enum err rc = sent_set(t, s, SENT_CONFIRMED, PAYOUT_CONFIRMED);
	if (rc == ERR_OK) {
		rc = sent_each_open(t, close_loser, s);
	}
	return rc == ERR_OK ? sent_event(c->w, t, "transaction_confirmed", s) : rc;
}

enum err sent_confirm(const struct watcher *w, struct db_txn *t, uint64_t height)
{
	struct confirming c = {w, height};
	return sent_each_open(t, confirm, &c);
}

enum err watcher_sent(const struct watcher *w, sent_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	struct sent_tx s;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_SENT, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = sent_decode(&s, key, value);
		if (rc != ERR_OK || !visit(ctx, &s)) {
			break;
		}
		rc = db_next(t, T_SENT, &key, &value);
	}
	db_abort(t);
	secret_wipe(&s, sizeof s);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
