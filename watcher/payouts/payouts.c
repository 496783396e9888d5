/*
 * Obligations to pay. The caller's id makes them idempotent: a script that runs twice queues once.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/text.h"
#include "watcher/payouts/order.h"
#include "watcher/payouts/payouts.h"
#include "watcher/store/store.h"

static const char *const STATES[] = {
    [PAYOUT_QUEUED] = "queued",       [PAYOUT_REQUESTED] = "requested",
    [PAYOUT_SIGNED] = "signed",       [PAYOUT_BROADCAST] = "broadcast",
    [PAYOUT_IN_BLOCK] = "in_block",   [PAYOUT_CONFIRMED] = "confirmed",
    [PAYOUT_CANCELLED] = "cancelled", [PAYOUT_REFUSED] = "refused",
    [PAYOUT_FAILED] = "failed",
};

const char *payout_state_name(enum payout_state s)
{
	return STATES[s];
}

/* What crosses the gap for an id: the same on every watcher, so that the signer knows it again. */
static void wire_id(struct payout_id *out, const char *id)
{
	uint8_t h[32];
	id_hash(h, "airlock payout", id);
	memcpy(out->b, h, sizeof out->b);
}

enum err payout_event(const struct watcher *w, struct db_txn *t, const char *kind,
		      const struct payout *p)
{
	struct event_writer e;
	event_begin(&e, kind, watcher_now(w));
	event_text(&e, "id", p->id);
	event_amount(&e, "amount", p->amount);
	return event_end(&e, t, NULL);
}

enum err payout_unknown(const char *id)
{
	char safe[80];
	return err_set(ERR_NOT_FOUND, "there is no payout %s",
		       text_safe(safe, sizeof safe, id, strlen(id)));
}

static enum err check(const struct watcher *w, const struct payout_order *o)
{
	size_t n = strnlen(o->reference, PROTO_REFERENCE_MAX + 1);
	if (strncmp(o->id, SWEEP_ID, strlen(SWEEP_ID)) == 0) {
		return err_set(ERR_USAGE, "payout ids that begin with " SWEEP_ID " are sweeps'");
	}
	if (strncmp(o->id, REFUND_ID, strlen(REFUND_ID)) == 0) {
		return err_set(ERR_USAGE, "payout ids that begin with " REFUND_ID
					  " are invoices': see invoice refund");
	}
	if (!id_is_good(o->id, PAYOUT_ID_MAX)) {
		return err_set(ERR_USAGE,
			       "a payout id is 1 to %d letters, digits or . _ : / + @ # = -",
			       PAYOUT_ID_MAX);
	}
	if (n > PROTO_REFERENCE_MAX || !text_is_plain(o->reference, n)) {
		return err_set(ERR_USAGE, "a reference is at most %d printable ASCII characters",
			       PROTO_REFERENCE_MAX);
	}
	if (amount_is_zero(o->amount)) {
		return err_set(ERR_AMOUNT, "payout %s: nothing to pay", o->id);
	}
	if (o->to.network != w->account.network) {
		return err_set(ERR_ADDR_NETWORK, "payout %s: an address of %s", o->id,
			       network_name(o->to.network));
	}
	CHECK(o->priority >= PAYOUT_HIGH && o->priority <= PAYOUT_LOW);
	return ERR_OK;
}

/* The first of its contents that is another one, or NULL. */
static const char *other_content(const struct payout *old, const struct payout *p)
{
	return !address_equal(&old->to, &p->to)                               ? "address"
	       : amount_cmp(old->amount, p->amount) != 0                      ? "amount"
	       : !old->forgotten && strcmp(old->reference, p->reference) != 0 ? "reference"
	       : old->priority != p->priority                                 ? "priority"
	       : old->not_before != p->not_before                             ? "earliest time"
									      : NULL;
}

enum err payout_create(const struct watcher *w, struct db_txn *t, struct payout *p)
{
	uint8_t number[8];
	struct table_key k;
	p->time = watcher_now(w);
	wire_id(&p->wire, p->id);
	enum err rc = counter_next(t, COUNT_PAYOUTS, &p->number);
	if (rc == ERR_OK) {
		rc = payout_write(t, p);
	}
	store64_be(number, p->number);
	if (rc == ERR_OK) {
		rc = db_put_new(t, T_PAYOUT_IDS, db_span(p->id, strlen(p->id)),
				db_span(number, sizeof number));
	}
	k = key_queue(p);
	if (rc == ERR_OK) {
		rc = mark(t, T_QUEUE, key_span(&k));
	}
	return rc == ERR_OK ? payout_event(w, t, "payout_queued", p) : rc;
}

bool payout_is_sweep(const struct payout *p)
{
	return strncmp(p->id, SWEEP_ID, strlen(SWEEP_ID)) == 0;
}

enum err payout_return(const struct watcher *w, struct db_txn *t, struct payout *p)
{
	struct table_key k = key_queue(p);
	if (payout_is_sweep(p) && !p->tied) {
		p->state = PAYOUT_CANCELLED;
		enum err rc = payout_write(t, p);
		return rc == ERR_OK ? payout_event(w, t, "payout_cancelled", p) : rc;
	}
	p->state = PAYOUT_QUEUED;
	enum err rc = payout_write(t, p);
	return rc == ERR_OK ? mark(t, T_QUEUE, key_span(&k)) : rc;
}

/* Checks and queues; *p is the payout as it is then. */
static enum err add(struct watcher *w, struct db_txn *t, const struct payout_order *o,
		    struct payout *p)
{
	struct payout old;
	*p = (struct payout){0};
	enum err rc = check(w, o);
	if (rc != ERR_OK) {
		return rc;
	}
	p->to = o->to;
	p->amount = o->amount;
	p->priority = o->priority;
	p->not_before = o->not_before;
	p->state = PAYOUT_QUEUED;
	memcpy(p->id, o->id, strlen(o->id));
	memcpy(p->reference, o->reference, strlen(o->reference));
	rc = payout_find(&old, t, p->id);
	if (rc == ERR_OK) {
		const char *other = other_content(&old, p);
		*p = old;
		return other ? err_set(ERR_CONFLICT, "payout %s was queued before with another %s",
				       p->id, other)
			     : ERR_OK;
	}
	return rc == ERR_NOT_FOUND ? payout_create(w, t, p) : rc;
}

enum err watcher_add_payout(struct watcher *w, const struct payout_order *order, struct payout *out)
{
	struct db_txn *t = NULL;
	struct payout p;
	enum err rc = db_begin(&t, w->db, true);
	if (rc == ERR_OK) {
		rc = txn_end(t, add(w, t, order, &p));
	}
	if (rc == ERR_OK && out) {
		*out = p;
	}
	return rc;
}

/* The number that the first new payout will have. */
static enum err next_number(uint64_t *out, struct db_txn *t)
{
	struct span key, value;
	*out = 1;
	enum err rc = db_last(t, T_PAYOUTS, db_span(NULL, 0), &key, &value);
	if (rc == ERR_OK) {
		*out = load64_be(key.p) + 1;
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err import_rows(struct watcher *w, struct db_txn *t, struct csv *c,
			    struct csv_order *row, struct payout_import *out)
{
	struct payout p;
	uint64_t first;
	enum err rc = next_number(&first, t);
	while (rc == ERR_OK && (rc = csv_next(c, row)) == ERR_OK) {
		rc = add(w, t, &row->order, &p);
		bool fresh = rc == ERR_OK && p.number == first + out->queued;
		if (rc == ERR_OK && !fresh && p.number >= first) {
			rc = err_set(ERR_CONFLICT, "payout %s is in the file twice", p.id);
		}
		if (rc != ERR_OK) {
			return err_wrap(rc, "line %u", c->line);
		}
		if (!fresh) {
			out->known++;
		} else if (amount_add(&out->amount, out->amount, p.amount)) {
			out->queued++;
		} else {
			return err_set(ERR_AMOUNT, "line %u: the payouts add up to too much",
				       c->line);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err watcher_import_payouts(struct watcher *w, struct span csv, struct payout_import *out)
{
	struct db_txn *t = NULL;
	struct csv c;
	*out = (struct payout_import){0};
	struct csv_order *row = malloc(sizeof *row);
	if (!row) {
		return ERR_NO_MEMORY;
	}
	enum err rc = csv_open(&c, csv);
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, true);
	}
	if (rc == ERR_OK) {
		rc = txn_end(t, import_rows(w, t, &c, row, out));
	}
	if (rc != ERR_OK) {
		*out = (struct payout_import){0};
	}
	free(row);
	return rc;
}

enum err watcher_get_payout(const struct watcher *w, const char *id, struct payout *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = payout_find(out, t, id);
	db_abort(t);
	return rc == ERR_NOT_FOUND ? payout_unknown(id) : rc;
}

enum err watcher_get_payout_by_number(const struct watcher *w, uint64_t number, struct payout *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = payout_read(out, t, number);
	db_abort(t);
	return rc;
}

enum err watcher_payouts(const struct watcher *w, payout_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	struct payout p;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_PAYOUTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = payout_decode(&p, key, value);
		if (rc != ERR_OK || !visit(ctx, &p)) {
			break;
		}
		rc = db_next(t, T_PAYOUTS, &key, &value);
	}
	db_abort(t);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
