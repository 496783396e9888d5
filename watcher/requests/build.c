/*
 * A request: drafts with rings and fee, written down with the reservation of their inputs before
 * the message exists, so that no input is ever in two requests.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/health/health.h"
#include "watcher/payouts/payouts.h"
#include "watcher/planner/planner.h"
#include "watcher/requests/finish.h"
#include "watcher/scan/halt.h"

/* No transaction weighs less: what rounding adds is spread over so many bytes at least. */
#define WEIGHT_LEAST 1000

static const char *const STATES[] = {
    [REQUEST_OPEN] = "open",           [REQUEST_SIGNED] = "signed",   [REQUEST_REFUSED] = "refused",
    [REQUEST_CANCELLED] = "cancelled", [REQUEST_EXPIRED] = "expired",
};

const char *request_state_name(enum request_state s)
{
	return STATES[s];
}

/* The node must be healthy, and have our newest block: else rings would be made on sand. */
static enum err node_is_ours(const struct watcher *w, const struct block_record *top)
{
	struct chain_info info;
	struct hash id;
	struct node_health h;
	enum err rc = health_ask(w, &info, &h);
	if (rc == ERR_OK) {
		rc = health_require(&h);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (info.height <= top->height) {
		return err_set(ERR_NODE_BEHIND, "the node is at block %" PRIu64 ", we at %" PRIu64,
			       info.height, top->height + 1);
	}
	rc = w->chain.block_id(w->chain.ctx, &id, top->height);
	if (rc == ERR_OK && memcmp(id.b, top->id.b, 32) != 0) {
		rc = err_set(ERR_NODE_BEHIND,
			     "the node's block %" PRIu64 " is not ours: sync first", top->height);
	}
	return rc;
}

static enum err fee_rate(struct fee_rate *out, const struct watcher *w)
{
	struct chain_fee fee;
	enum err rc = w->chain.fee(w->chain.ctx, &fee);
	if (rc != ERR_OK) {
		return rc;
	}
	*out = (struct fee_rate){.per_byte = fee.per_byte[w->config.fee_level],
				 .least = fee.per_byte[FEE_SLOW],
				 .mask = fee.quantization_mask};
	uint64_t most = w->config.fee_per_byte_most.atomic, rounding = out->mask / WEIGHT_LEAST + 1;
	if (out->per_byte == 0 || out->per_byte > most || rounding > most - out->per_byte) {
		char asked[AMOUNT_TEXT_MAX], limit[AMOUNT_TEXT_MAX];
		return err_set(ERR_NODE_ANSWER,
			       "the node asks for %s XMR a byte, rounded up to multiples of "
			       "%" PRIu64 "; fee-per-byte-most is %s",
			       amount_format(asked, amount_of(out->per_byte)), out->mask,
			       amount_format(limit, w->config.fee_per_byte_most));
	}
	return ERR_OK;
}

/* By the signer's rule (its policy's `fee`), so that nothing is built that it would refuse. */
static enum err check_fee(const struct draft *d, const struct watcher *w)
{
	char fee[AMOUNT_TEXT_MAX], limit[AMOUNT_TEXT_MAX];
	if (amount_cmp(d->plan.fee, w->config.fee_most) <= 0) {
		return ERR_OK;
	}
	return err_set(ERR_LIMIT_FEE,
		       "a transaction of %zu inputs would cost %s XMR; fee-most is %s", d->n_in,
		       amount_format(fee, d->plan.fee), amount_format(limit, w->config.fee_most));
}

/* The message's struct; plans move over from the drafts. */
static enum err fill_request(struct request *r, struct draft *d, size_t n)
{
	size_t payouts = 0;
	for (size_t i = 0; i < n; i++) {
		payouts += d[i].n_payouts;
	}
	r->payouts = calloc(payouts, sizeof *r->payouts);
	r->txs = calloc(n, sizeof *r->txs);
	if (!r->payouts || !r->txs) {
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < n; i++) {
		struct request_tx *tx = &r->txs[r->n_txs++];
		tx->plan = d[i].plan;
		memset(&d[i].plan, 0, sizeof d[i].plan);
		tx->payout = calloc(d[i].n_payouts, sizeof *tx->payout);
		if (!tx->payout) {
			return ERR_NO_MEMORY;
		}
		for (size_t k = 0; k < d[i].n_payouts; k++) {
			const struct payout *p = &d[i].payouts[k];
			struct request_payout *rp = &r->payouts[r->n_payouts];
			tx->payout[k] = (uint32_t)r->n_payouts++;
			rp->id = p->wire;
			rp->to = p->to;
			rp->amount = p->amount;
			memcpy(rp->reference, p->reference, sizeof rp->reference);
		}
	}
	return ERR_OK;
}

static enum err fill_record(struct request_record *rec, const struct request *r,
			    const struct draft *d)
{
	bool fits = true;
	rec->info.state = REQUEST_OPEN;
	rec->info.time = r->time;
	rec->info.expires = r->expires;
	rec->info.n_payouts = r->n_payouts;
	rec->info.n_txs = r->n_txs;
	rec->n_txs = (uint32_t)r->n_txs;
	rec->txs = calloc(r->n_txs, sizeof *rec->txs);
	if (!rec->txs) {
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < r->n_txs; i++) {
		struct request_tx_record *t = &rec->txs[i];
		t->n_in = (uint32_t)d[i].n_in;
		t->n_out = (uint32_t)d[i].n_payouts;
		rec->info.n_inputs += d[i].n_in;
		fits = fits && amount_add(&rec->info.fee, rec->info.fee, r->txs[i].plan.fee);
		for (size_t k = 0; k < d[i].n_in; k++) {
			t->in[k] = d[i].in[k].at;
		}
		for (size_t k = 0; k < d[i].n_payouts; k++) {
			t->payout[k] = d[i].payouts[k].number;
			fits = fits && amount_add(&rec->info.amount, rec->info.amount,
						  d[i].payouts[k].amount);
		}
	}
	return fits ? ERR_OK : err_set(ERR_LIMIT, "the request's amounts overflow");
}

enum err request_event(const struct watcher *w, struct db_txn *t, const char *kind,
		       const struct request_info *r)
{
	struct event_writer e;
	event_begin(&e, kind, watcher_now(w));
	event_number(&e, "request", r->number);
	event_number(&e, "transactions", r->n_txs);
	event_number(&e, "payouts", r->n_payouts);
	event_amount(&e, "amount", r->amount);
	event_amount(&e, "fee", r->fee);
	return event_end(&e, t, NULL);
}

enum err reserve_inputs(struct db_txn *t, const struct request_tx_record *tx, uint64_t from,
			uint64_t to)
{
	struct output_record o;
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < tx->n_in; i++) {
		rc = output_read(&o, t, &tx->in[i]);
		if (rc == ERR_OK && o.reserved == from) {
			o.reserved = to;
			rc = output_write(t, &o);
		} else if (rc == ERR_OK && to != 0) {
			rc = err_set(ERR_CONFLICT, "an input is in request %" PRIu64, o.reserved);
		}
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

enum err reserve_free(struct db_txn *t, const struct request_tx_record *tx, uint64_t to)
{
	struct output_record o;
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < tx->n_in; i++) {
		rc = output_read(&o, t, &tx->in[i]);
		if (rc == ERR_OK && !o.reserved) {
			o.reserved = to;
			rc = output_write(t, &o);
		}
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err mark_requested(struct db_txn *t, const struct request_record *rec)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < rec->n_txs; i++) {
		const struct request_tx_record *tx = &rec->txs[i];
		rc = reserve_inputs(t, tx, 0, rec->info.number);
		for (size_t k = 0; rc == ERR_OK && k < tx->n_out; k++) {
			struct payout p;
			rc = payout_read(&p, t, tx->payout[k]);
			if (rc == ERR_OK) {
				struct table_key q = key_queue(&p);
				rc = unmark(t, T_QUEUE, key_span(&q));
			}
			if (rc == ERR_OK) {
				p.state = PAYOUT_REQUESTED;
				p.request = rec->info.number;
				p.refused = ERR_OK;
				rc = payout_write(t, &p);
			}
		}
	}
	return rc;
}

/* Numbers, encodes, seals and writes down, in one transaction. */
static enum err store(struct watcher *w, const struct ground *g, struct request *r, struct draft *d,
		      struct buf *file, struct request_info *out)
{
	struct request_record rec = {0};
	struct db_txn *t = NULL;
	struct buf body;
	buf_init(&body, PROTO_MESSAGE_MAX);
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		goto out;
	}
	/* The node was waited for: what was planned on must still be there. */
	rc = payouts_check(t);
	if (rc == ERR_OK) {
		rc = block_still_top(t, &g->top);
	}
	for (size_t i = 0; rc == ERR_OK && i < r->n_txs; i++) {
		if (d[i].fresh) {
			rc = payout_create(w, t, &d[i].payouts[0]);
			r->payouts[r->txs[i].payout[0]].id = d[i].payouts[0].wire;
		}
	}
	if (rc == ERR_OK) {
		rc = fill_record(&rec, r, d);
	}
	if (rc == ERR_OK) {
		rc = counter_raise(t, COUNT_REQUESTS, w->config.requests_after);
	}
	if (rc == ERR_OK) {
		rc = counter_next(t, COUNT_REQUESTS, &r->number);
	}
	rec.info.number = r->number;
	if (rc == ERR_OK) {
		rc = journal_seen(&r->journal, t);
	}
	if (rc == ERR_OK) {
		rc = request_encode(&body, r);
	}
	if (rc == ERR_OK) {
		rc = envelope_seal(file, &rec.info.hash, MSG_REQUEST, w->account.network, r->number,
				   buf_span(&body), &w->identity, &w->signer);
	}
	if (rc == ERR_OK) {
		struct table_key k = key_height(r->number);
		rc = db_put(t, T_BODIES, key_span(&k), buf_span(&body));
	}
	if (rc == ERR_OK) {
		rc = request_write(t, &rec);
	}
	if (rc == ERR_OK) {
		rc = mark_requested(t, &rec);
	}
	if (rc == ERR_OK) {
		rc = request_event(w, t, "request_built", &rec.info);
	}
	rc = txn_end(t, rc);
	if (rc == ERR_OK) {
		size_t left = out->left;
		*out = rec.info;
		out->left = left;
	}
out:
	request_record_free(&rec);
	buf_free(&body);
	return rc;
}

enum err ground_find(struct ground *g, struct watcher *w)
{
	struct db_txn *t = NULL;
	size_t expired;
	*g = (struct ground){0};
	enum err rc = watcher_expire_requests(w, &expired);
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, false);
	}
	if (rc == ERR_OK) {
		rc = payouts_check(t);
		if (rc == ERR_OK) {
			rc = block_top(&g->top, t);
		}
		db_abort(t);
	}
	if (rc == ERR_NOT_FOUND) {
		rc = err_set(ERR_NODE_BEHIND, "nothing of the chain is known yet: sync first");
	}
	if (rc == ERR_OK) {
		rc = node_is_ours(w, &g->top);
	}
	return rc == ERR_OK ? fee_rate(&g->rate, w) : rc;
}

enum err request_finish(struct watcher *w, const struct ground *g, struct draft *d, size_t n,
			struct buf *file, struct request_info *out)
{
	struct request r = {0};
	enum err rc = rings_make(d, n, &w->chain, &w->rng);
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		rc = draft_fee(&d[i], &g->rate, &w->account);
		rc = rc == ERR_OK ? check_fee(&d[i], w) : rc;
	}
	if (rc == ERR_OK) {
		r.time = watcher_now(w);
		r.expires = r.time + w->config.request_seconds;
		r.chain_height = g->top.height + 1;
		r.chain_time = g->top.time;
		r.chain_top = g->top.id;
		rc = fill_request(&r, d, n);
	}
	if (rc == ERR_OK) {
		rc = store(w, g, &r, d, file, out);
	}
	request_free(&r);
	return rc;
}

enum err watcher_build_request(struct watcher *w, struct buf *file, struct request_info *out)
{
	struct draft *d = NULL;
	struct ground g;
	struct db_txn *t = NULL;
	size_t n = 0;
	*out = (struct request_info){0};
	enum err rc = ground_find(&g, w);
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, false);
	}
	if (rc == ERR_OK) {
		rc = drafts_make(&d, &n, &out->left, t, &g.rate, w);
		db_abort(t);
	}
	if (rc == ERR_OK) {
		rc = request_finish(w, &g, d, n, file, out);
	}
	if (rc != ERR_OK) {
		buf_reset(file);
		*out = (struct request_info){0};
	}
	drafts_free(d, n);
	return rc;
}
