/*
 * What is no longer needed is forgotten by age. Each table is walked in parts, a transaction each,
 * so that nobody waits long.
 */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"

#define PART 1000 /* records looked at in one transaction */
#define DAY 86400

struct pruning {
	struct watcher *w;
	struct db_txn *t;
	uint64_t now;
	uint64_t top; /* height of our newest block */
	struct prune_result *out;
};

static bool is_old(const struct pruning *p, uint64_t time, uint64_t keep)
{
	return keep && time < p->now && p->now - time > keep;
}

/* Mined in a block that is not remembered any more: no reorganisation that we follow undoes it. */
static bool is_settled(const struct pruning *p, const struct sent_tx *s)
{
	return s->state == SENT_CONFIRMED && s->height + BLOCKS_REMEMBERED <= p->top;
}

static enum err payout_is_over(bool *over, const struct pruning *p, const struct payout *o)
{
	struct sent_tx s;
	enum err rc = ERR_OK;
	*over = o->state == PAYOUT_CANCELLED;
	if (o->state == PAYOUT_CONFIRMED) {
		rc = sent_read(&s, p->t, &o->tx);
		*over = rc == ERR_OK && is_settled(p, &s);
		secret_wipe(&s, sizeof s);
	}
	return rc;
}

static enum err prune_address(struct pruning *p, struct span key, struct span value)
{
	struct address_entry e;
	enum err rc = address_decode(&e, key, value);
	if (rc != ERR_OK || e.label[0] == '\0' || !is_old(p, e.time, p->w->config.keep_labels)) {
		return rc;
	}
	memset(e.label, 0, sizeof e.label);
	p->out->labels++;
	return address_write(p->t, &e);
}

static enum err prune_payout(struct pruning *p, struct span key, struct span value)
{
	struct payout o;
	bool over = false;
	enum err rc = payout_decode(&o, key, value);
	if (rc != ERR_OK || o.forgotten || !is_old(p, o.time, p->w->config.keep_references)) {
		return rc;
	}
	rc = payout_is_over(&over, p, &o);
	if (rc != ERR_OK || !over) {
		return rc;
	}
	memset(o.reference, 0, sizeof o.reference);
	o.forgotten = true;
	p->out->references++;
	return payout_write(p->t, &o);
}

/* Nobody is to pay, to decide or to be paid back. */
static bool is_done(const struct invoice_outcome *o)
{
	return o->state != INVOICE_OPEN && o->state != INVOICE_PARTLY_PAID &&
	       amount_is_zero(o->held) && amount_is_zero(o->refund) && amount_is_zero(o->pending);
}

/* The address has the invoice's label for its own. */
static enum err forget_label(struct db_txn *t, struct subaddress at)
{
	struct span value;
	struct address_entry e;
	struct table_key k = {0};
	key_u32(&k, at.major);
	key_u32(&k, at.minor);
	enum err rc = db_get(t, T_ADDRESSES, key_span(&k), &value);
	if (rc == ERR_OK) {
		rc = address_decode(&e, key_span(&k), value);
	}
	if (rc == ERR_OK && e.label[0]) {
		memset(e.label, 0, sizeof e.label);
		rc = address_write(t, &e);
	}
	return rc;
}

static enum err prune_invoice(struct pruning *p, struct span key, struct span value)
{
	struct invoice v;
	struct invoice_outcome now;
	enum err rc = invoice_decode(&v, key, value);
	if (rc != ERR_OK || v.id[0] == '\0' || !is_old(p, v.changed, p->w->config.keep_invoices)) {
		return rc;
	}
	rc = invoice_outcome_now(&now, p->t, &v);
	if (rc != ERR_OK || !is_done(&now)) {
		return rc;
	}
	rc = forget_label(p->t, v.at);
	if (rc == ERR_OK) {
		rc = invoice_forget(p->t, &v);
	}
	p->out->invoices++;
	return rc;
}

static enum err prune_sent(struct pruning *p, struct span key, struct span value)
{
	struct sent_tx s;
	enum err rc = sent_decode(&s, key, value);
	if (rc == ERR_OK && is_settled(p, &s) && s.blob.n &&
	    is_old(p, s.time, p->w->config.keep_blobs)) {
		/* Its keys stay: they prove the payments. */
		s.blob = (struct span){0};
		p->out->blobs++;
		rc = sent_write(p->t, &s);
	}
	secret_wipe(&s, sizeof s);
	return rc;
}

/* Whether everything that a request asked for is over for good. */
static enum err is_over(bool *over, const struct pruning *p, const struct request_record *r)
{
	enum err rc = ERR_OK;
	*over = r->info.state != REQUEST_OPEN;
	for (size_t i = 0; rc == ERR_OK && *over && i < r->n_txs; i++) {
		for (size_t k = 0; rc == ERR_OK && *over && k < r->txs[i].n_out; k++) {
			struct payout o;
			rc = payout_read(&o, p->t, r->txs[i].payout[k]);
			if (rc == ERR_OK) {
				rc = payout_is_over(over, p, &o);
			}
		}
	}
	return rc;
}

static enum err prune_body(struct pruning *p, struct span key, struct span value)
{
	struct request_record r = {0};
	bool over = false;
	(void)value;
	if (key.n != 8) {
		return err_set(ERR_DB_DAMAGED, "a record of request bodies has a bad key");
	}
	uint64_t number = load64_be(key.p);
	struct table_key k = key_height(number);
	enum err rc = request_read(&r, p->t, number);
	if (rc == ERR_OK && is_old(p, r.info.time, p->w->config.keep_blobs)) {
		rc = is_over(&over, p, &r);
	}
	if (rc == ERR_OK && over) {
		p->out->requests++;
		rc = unmark(p->t, T_BODIES, key_span(&k));
	}
	request_record_free(&r);
	return rc;
}

typedef enum err prune_one(struct pruning *p, struct span key, struct span value);

/* One part of a table, from *at on; *at is empty at its end. */
static enum err prune_part(struct pruning *p, enum table table, prune_one *one,
			   struct table_key *at)
{
	struct span key, value;
	enum err rc = db_begin(&p->t, p->w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(p->t, table, key_span(at), &key, &value);
	for (size_t i = 0; rc == ERR_OK && i < PART; i++) {
		*at = (struct table_key){0};
		key_bytes(at, key.p, key.n);
		rc = one(p, key, value);
		key = key_span(at);
		if (rc == ERR_OK) {
			rc = db_next(p->t, table, &key, &value);
		}
		if (rc == ERR_OK) {
			*at = (struct table_key){0};
			key_bytes(at, key.p, key.n);
		}
	}
	if (rc == ERR_NOT_FOUND) {
		*at = (struct table_key){0};
		rc = ERR_OK;
	}
	return txn_end(p->t, rc);
}

static enum err note(struct pruning *p)
{
	uint8_t now[8];
	struct event_writer e;
	const struct prune_result *r = p->out;
	enum err rc = db_begin(&p->t, p->w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	store64_le(now, p->now);
	rc = meta_put(p->t, META_PRUNED, db_span(now, sizeof now));
	if (rc == ERR_OK && r->labels + r->references + r->invoices + r->blobs + r->requests > 0) {
		event_begin(&e, "pruned", p->now);
		event_number(&e, "labels", r->labels);
		event_number(&e, "references", r->references);
		event_number(&e, "invoices", r->invoices);
		event_number(&e, "transactions", r->blobs);
		event_number(&e, "requests", r->requests);
		rc = event_end(&e, p->t, NULL);
	}
	return txn_end(p->t, rc);
}

/*
 * Our newest block. A clock that is years ahead would make everything old at once; the chain has a
 * time of its own.
 */
static enum err find_top(struct pruning *p)
{
	char clock[TIME_TEXT_MAX], block[TIME_TEXT_MAX];
	struct block_record top = {0};
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, p->w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = block_top(&top, t);
	db_abort(t);
	if (rc == ERR_NOT_FOUND) {
		return err_set(ERR_STATE,
			       "no block is known yet to compare the clock with: sync first");
	}
	if (rc == ERR_OK && p->now > top.time && p->now - top.time > DAY) {
		rc = err_set(
		    ERR_STATE,
		    "the clock says %s, more than a day after the newest block we have (%s): "
		    "set the clock right, or sync first",
		    time_format(clock, p->now), time_format(block, top.time));
	}
	p->top = top.height;
	return rc;
}

enum err watcher_prune(struct watcher *w, struct prune_result *out)
{
	static const struct {
		enum table table;
		prune_one *one;
	} tables[] = {
	    {T_ADDRESSES, prune_address}, {T_PAYOUTS, prune_payout}, {T_INVOICES, prune_invoice},
	    {T_SENT, prune_sent},         {T_BODIES, prune_body},
	};
	struct pruning p = {.w = w, .now = watcher_now(w), .out = out};
	*out = (struct prune_result){0};
	enum err rc = find_top(&p);
	for (size_t i = 0; rc == ERR_OK && i < sizeof tables / sizeof tables[0]; i++) {
		struct table_key at = {0};
		do {
			rc = may_go_on(w);
			if (rc == ERR_OK) {
				rc = prune_part(&p, tables[i].table, tables[i].one, &at);
			}
		} while (rc == ERR_OK && at.n);
	}
	return rc == ERR_OK ? note(&p) : rc;
}

enum err watcher_prune_daily(struct watcher *w, struct prune_result *out)
{
	struct db_txn *t = NULL;
	uint8_t last[8];
	*out = (struct prune_result){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = meta_get(t, META_PRUNED, last, sizeof last);
	db_abort(t);
	uint64_t now = watcher_now(w), then = load64_le(last);
	/* The last time may be of a clock that was wrong, and lie far ahead. */
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && (now > then + DAY || then > now + DAY))) {
		return watcher_prune(w, out);
	}
	return rc;
}
