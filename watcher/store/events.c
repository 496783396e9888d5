/* Events, status, and the check of everything that is derived. */
#include <inttypes.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/halt.h"

enum err watcher_events(const struct watcher *w, uint64_t after, event_visit *visit, void *ctx)
{
	struct db_txn *t = NULL;
	struct ledger_head head;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = ledger_head(&head, &WATCHER_EVENTS, t);
	for (uint64_t n = after + 1; rc == ERR_OK && after < UINT64_MAX && n <= head.number; n++) {
		uint8_t hash[32];
		struct event e = {.number = n};
		rc = ledger_read(&e.json, hash, &WATCHER_EVENTS, t, n);
		if (rc == ERR_OK && !visit(ctx, &e)) {
			break;
		}
	}
	db_abort(t);
	return rc;
}

static bool count_payout(void *ctx, const struct payout *p)
{
	struct watcher_status *s = ctx;
	s->queued += p->state == PAYOUT_QUEUED;
	return true;
}

static bool count_request(void *ctx, const struct request_info *r)
{
	struct watcher_status *s = ctx;
	s->open_requests += r->state == REQUEST_OPEN;
	return true;
}

static bool count_sent(void *ctx, const struct sent_tx *t)
{
	struct watcher_status *s = ctx;
	s->unsent += t->state == SENT_SIGNED;
	s->in_flight += t->state == SENT_BROADCAST || t->state == SENT_IN_BLOCK;
	return true;
}

static enum err heads(struct watcher_status *out, struct db_txn *t)
{
	struct block_record top;
	struct ledger_head events;
	enum err rc = block_top(&top, t);
	if (rc == ERR_OK) {
		out->height = top.height + 1;
		out->top = top.id;
		out->top_time = top.time;
	} else if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	rc = ledger_head(&events, &WATCHER_EVENTS, t);
	out->events = events.number;
	if (rc == ERR_OK) {
		rc = payouts_halted(&out->halted, t);
	}
	return rc == ERR_OK ? journal_seen(&out->journal, t) : rc;
}

enum err watcher_status(const struct watcher *w, struct watcher_status *out)
{
	struct db_txn *t = NULL;
	*out = (struct watcher_status){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = heads(out, t);
		db_abort(t);
	}
	if (rc == ERR_OK) {
		rc = watcher_payouts(w, count_payout, out);
	}
	if (rc == ERR_OK) {
		rc = watcher_requests(w, count_request, out);
	}
	if (rc == ERR_OK) {
		rc = watcher_sent(w, count_sent, out);
	}
	return rc;
}

/* Whether a mark is there exactly when it should be. */
static enum err expect(struct db_txn *t, enum table table, struct table_key key, bool want,
		       const char *what)
{
	struct span value;
	enum err rc = db_get(t, table, key_span(&key), &value);
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		return rc;
	}
	if ((rc == ERR_OK) != want) {
		return err_set(ERR_DB_DAMAGED, "an output and the index of %s disagree", what);
	}
	return ERR_OK;
}

static enum err verify_output(struct db_txn *t, const struct output_record *o)
{
	bool in_block = o->state != DEPOSIT_REVERSED;
	enum err rc =
	    expect(t, T_OUT_HEIGHT, key_height_outpoint(o->height, &o->at), in_block, "heights");
	if (rc == ERR_OK) {
		rc = expect(t, T_OUT_KEY, key_one_time(&o->one_time, &o->at), in_block,
			    "one-time keys");
	}
	if (rc == ERR_OK) {
		uint8_t point[OUTPOINT_SIZE];
		struct table_key k = key_address_height(o->address, o->height);
		outpoint_key(point, &o->at);
		key_bytes(&k, point, sizeof point);
		rc = expect(t, T_OUT_ADDRESS, k, in_block && o->state != DEPOSIT_OWN, "addresses");
	}
	if (rc == ERR_OK && in_block) {
		rc = expect(t, T_POOL, key_of_outpoint(&o->at), false, "what waits");
	}
	if (rc == ERR_OK && (!in_block || o->spent)) {
		rc = expect(t, T_UNSPENT, key_of_outpoint(&o->at), false, "what is unspent");
	}
	if (rc == ERR_OK && o->due) {
		rc = expect(t, T_DUE, key_height_outpoint(o->due, &o->at), true, "what is due");
	}
	if (rc == ERR_OK && o->credit && amount_cmp(o->credited, o->worth) != 0) {
		rc = err_set(ERR_DB_DAMAGED, "a deposit is credited with another amount than it "
					     "is worth");
	}
	if (rc == ERR_OK && (o->credit != 0) != !amount_is_zero(o->credited)) {
		rc = err_set(ERR_DB_DAMAGED, "a deposit's credit has no event, or no amount");
	}
	return rc;
}

enum err watcher_verify(const struct watcher *w)
{
	struct db_txn *t = NULL;
	struct span key, value;
	struct ledger_head head;
	struct output_record o;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = ledger_verify(&head, &WATCHER_EVENTS, t);
	if (rc == ERR_OK) {
		rc = journal_check(w, t);
	}
	if (rc == ERR_OK) {
		rc = invoices_verify(t);
	}
	if (rc == ERR_OK) {
		rc = db_first(t, T_OUTPUTS, db_span(NULL, 0), &key, &value);
	}
	while (rc == ERR_OK) {
		rc = output_decode(&o, key, value);
		if (rc == ERR_OK) {
			rc = verify_output(t, &o);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_OUTPUTS, &key, &value);
		}
	}
	db_abort(t);
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
