/*
 * Signed transactions whose ring members a reorganisation took away. A ring names outputs by their
 * number on the chain; when the chain is another, a number may stand for another output or for
 * none, and no block will ever take the transaction. It is not given out again, and its payouts
 * return to the queue tied to one of its inputs: should the old chain come back after all, only one
 * of the two can be mined.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

enum err rings_suspect(struct db_txn *t)
{
	return meta_put(t, META_RINGS, db_span("", 1));
}

static enum err suspected(bool *out, struct db_txn *t)
{
	uint8_t b;
	enum err rc = meta_get(t, META_RINGS, &b, 1);
	*out = rc == ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* How many RingCT outputs the node's chain has. */
static enum err count_outputs(uint64_t *out, const struct chain *chain)
{
	uint64_t *counts = NULL, from;
	size_t n = 0;
	enum err rc = chain->distribution(chain->ctx, &counts, &n, &from);
	if (rc == ERR_OK && n == 0) {
		rc = err_set(ERR_NODE_ANSWER, "the node has no outputs at all");
	}
	*out = rc == ERR_OK ? counts[n - 1] : 0;
	free(counts);
	return rc;
}

static enum err ring_stands(bool *stands, const struct chain *chain, const struct plan_input *in,
			    uint64_t outputs)
{
	struct chain_out found[RING_SIZE];
	uint64_t indices[RING_SIZE];
	*stands = true;
	for (size_t i = 0; i < RING_SIZE; i++) {
		indices[i] = in->ring[i].global_index;
		*stands = *stands && indices[i] < outputs;
	}
	if (!*stands) {
		return ERR_OK;
	}
	enum err rc = chain->outs(chain->ctx, found, indices, RING_SIZE);
	for (size_t i = 0; rc == ERR_OK && i < RING_SIZE; i++) {
		*stands = *stands && memcmp(found[i].key.b, in->ring[i].key.b, 32) == 0 &&
			  memcmp(found[i].commitment.b, in->ring[i].commitment.b, 32) == 0;
	}
	return rc;
}

/* Where a transaction stands in its request, and the plan it was signed by. */
static enum err rings_stand(bool *stand, const struct watcher *w, const struct hash *id,
			    uint64_t outputs)
{
	struct request body = {0};
	struct sent_tx s;
	struct db_txn *t = NULL;
	*stand = true;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = sent_read(&s, t, id);
	if (rc == ERR_OK) {
		rc = request_body(&body, t, s.request);
	}
	if (rc == ERR_OK && s.place >= body.n_txs) {
		rc = err_set(ERR_DB_DAMAGED, "a signed transaction is not in its request");
	}
	uint32_t place = s.place;
	db_abort(t);
	secret_wipe(&s, sizeof s);
	for (size_t i = 0; rc == ERR_OK && *stand && i < body.txs[place].plan.n_in; i++) {
		rc = ring_stands(stand, &w->chain, &body.txs[place].plan.in[i], outputs);
	}
	request_free(&body);
	return rc;
}

/* An input that is still on the chain, to tie to; the first when none is. */
static enum err choose_tie(struct outpoint *tie, struct db_txn *t,
			   const struct request_tx_record *tx)
{
	struct output_record o;
	enum err rc = ERR_OK;
	bool found = false;
	*tie = tx->in[0];
	for (size_t i = 0; rc == ERR_OK && !found && i < tx->n_in; i++) {
		rc = output_read(&o, t, &tx->in[i]);
		if (rc == ERR_OK && o.state != DEPOSIT_REVERSED) {
			*tie = tx->in[i];
			found = true;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err return_payout(struct db_txn *t, const struct sent_tx *s, uint64_t number,
			      const struct outpoint *tie)
{
	struct payout p;
	enum err rc = payout_read(&p, t, number);
	if (rc != ERR_OK || memcmp(p.tx.b, s->id.b, 32) != 0 ||
	    (p.state != PAYOUT_SIGNED && p.state != PAYOUT_BROADCAST)) {
		return rc;
	}
	p.state = PAYOUT_QUEUED;
	p.tie = p.tied ? p.tie : *tie;
	p.tied = true;
	p.tied_in = s->request;
	struct table_key k = key_queue(&p);
	rc = payout_write(t, &p);
	return rc == ERR_OK ? mark(t, T_QUEUE, key_span(&k)) : rc;
}

static enum err give_up(const struct watcher *w, struct db_txn *t, const struct hash *id)
{
	struct request_record rec = {0};
	struct sent_tx s;
	struct outpoint tie;
	struct event_writer e;
	enum err rc = sent_read(&s, t, id);
	if (rc == ERR_OK && s.state != SENT_SIGNED && s.state != SENT_BROADCAST) {
		/* Another process did it while the node was waited for. */
		secret_wipe(&s, sizeof s);
		return ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = request_read(&rec, t, s.request);
	}
	if (rc == ERR_OK && s.place >= rec.n_txs) {
		rc = err_set(ERR_DB_DAMAGED, "a signed transaction is not in its request");
	}
	if (rc == ERR_OK) {
		rc = choose_tie(&tie, t, &rec.txs[s.place]);
	}
	if (rc == ERR_OK) {
		rc = reserve_inputs(t, &rec.txs[s.place], s.request, 0);
	}
	for (size_t i = 0; rc == ERR_OK && i < s.n_payouts; i++) {
		rc = return_payout(t, &s, s.payouts[i], &tie);
	}
	if (rc == ERR_OK) {
		s.state = SENT_INVALID;
		rc = sent_write(t, &s);
	}
	if (rc == ERR_OK) {
		event_begin(&e, "transaction_invalid", watcher_now(w));
		event_hash(&e, "txid", id);
		event_number(&e, "request", s.request);
		event_text(&e, "why", "its ring members are not on the chain any more");
		rc = event_end(&e, t, NULL);
	}
	request_record_free(&rec);
	secret_wipe(&s, sizeof s);
	return rc;
}

static enum err record(struct watcher *w, const struct sent_list *l, const bool *gone,
		       const struct block_record *top)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = block_still_top(t, top);
	for (size_t i = 0; rc == ERR_OK && i < l->n; i++) {
		if (gone[i]) {
			rc = give_up(w, t, &l->id[i]);
		}
	}
	if (rc == ERR_OK) {
		rc = db_del(t, T_META, db_span(META_RINGS, strlen(META_RINGS)));
	}
	return txn_end(t, rc);
}

enum err rings_check(struct watcher *w)
{
	struct sent_list l = {0};
	struct block_record top;
	struct db_txn *t = NULL;
	bool suspect = false, *gone = NULL;
	uint64_t outputs = 0;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = suspected(&suspect, t);
	if (rc == ERR_OK && suspect) {
		rc = sent_waiting(&l, t, true);
		rc = rc == ERR_OK ? block_top(&top, t) : rc;
	}
	db_abort(t);
	if (rc == ERR_OK && l.n) {
		rc = count_outputs(&outputs, &w->chain);
	}
	if (rc == ERR_OK && suspect) {
		gone = calloc(l.n ? l.n : 1, sizeof *gone);
		rc = gone ? ERR_OK : ERR_NO_MEMORY;
	}
	for (size_t i = 0; rc == ERR_OK && i < l.n; i++) {
		bool stand;
		rc = rings_stand(&stand, w, &l.id[i], outputs);
		gone[i] = !stand;
	}
	if (rc == ERR_OK && suspect) {
		rc = record(w, &l, gone, &top);
	}
	free(gone);
	free(l.id);
	return rc;
}
