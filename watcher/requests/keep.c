/* Requests as they are kept: listed, sealed again, given up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/requests/requests.h"

enum err request_body(struct request *out, struct db_txn *t, uint64_t number)
{
	struct span value;
	struct table_key k = key_height(number);
	enum err rc = db_get(t, T_BODIES, key_span(&k), &value);
	return rc == ERR_OK ? request_decode(out, value) : rc;
}

static enum err unknown(enum err rc, uint64_t number)
{
	return rc == ERR_NOT_FOUND ? err_set(rc, "there is no request %" PRIu64, number) : rc;
}

enum err watcher_get_request(const struct watcher *w, uint64_t number, struct request *out)
{
	struct db_txn *t = NULL;
	*out = (struct request){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = request_body(out, t, number);
	db_abort(t);
	return unknown(rc, number);
}

enum err watcher_reseal_request(const struct watcher *w, uint64_t number, struct buf *file)
{
	struct request_record rec = {0};
	struct db_txn *t = NULL;
	struct span body;
	struct hash hash;
	struct table_key k = key_height(number);
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = request_read(&rec, t, number);
	if (rc == ERR_OK && rec.info.state == REQUEST_CANCELLED) {
		rc = err_set(ERR_STATE, "request %" PRIu64 " was cancelled", number);
	}
	if (rc == ERR_OK) {
		rc = db_get(t, T_BODIES, key_span(&k), &body);
	}
	if (rc == ERR_OK) {
		rc = envelope_seal(file, &hash, MSG_REQUEST, w->account.network, number, body,
				   &w->identity, &w->signer);
	}
	if (rc == ERR_OK && memcmp(hash.b, rec.info.hash.b, 32) != 0) {
		rc = err_set(ERR_INTERNAL, "request %" PRIu64 " did not seal to the same hash",
			     number);
	}
	db_abort(t);
	request_record_free(&rec);
	return unknown(rc, number);
}

static enum err return_payouts(struct db_txn *t, const struct request_record *rec, bool never_left)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < rec->n_txs; i++) {
		const struct request_tx_record *tx = &rec->txs[i];
		rc = reserve_inputs(t, tx, rec->info.number, 0);
		for (size_t k = 0; rc == ERR_OK && k < tx->n_out; k++) {
			struct payout p;
			rc = payout_read(&p, t, tx->payout[k]);
			if (rc != ERR_OK || p.state != PAYOUT_REQUESTED ||
			    p.request != rec->info.number) {
				continue;
			}
			p.state = PAYOUT_QUEUED;
			if (!never_left && !p.tied) {
				/* A tie it had is among these inputs too, and stays. */
				p.tied = true;
				p.tie = tx->in[0];
			}
			struct table_key q = key_queue(&p);
			rc = payout_write(t, &p);
			if (rc == ERR_OK) {
				rc = mark(t, T_QUEUE, key_span(&q));
			}
		}
	}
	return rc;
}

enum err watcher_cancel_request(struct watcher *w, uint64_t number, bool never_left)
{
	struct request_record rec = {0};
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = request_read(&rec, t, number);
	if (rc == ERR_OK && rec.info.state != REQUEST_OPEN) {
		rc = err_set(ERR_STATE, "request %" PRIu64 " is %s; only an open one is cancelled",
			     number, request_state_name(rec.info.state));
	}
	if (rc == ERR_OK) {
		rc = return_payouts(t, &rec, never_left);
	}
	if (rc == ERR_OK) {
		rec.info.state = REQUEST_CANCELLED;
		rc = request_write(t, &rec);
	}
	if (rc == ERR_OK) {
		rc = request_event(w, t, "request_cancelled", &rec.info);
	}
	rc = txn_end(t, rc);
	request_record_free(&rec);
	return unknown(rc, number);
}

enum err watcher_requests(const struct watcher *w, request_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_REQUESTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct request_record rec;
		rc = request_record_decode(&rec, key, value);
		if (rc != ERR_OK) {
			break;
		}
		bool more = visit(ctx, &rec.info);
		request_record_free(&rec);
		if (!more) {
			break;
		}
		rc = db_next(t, T_REQUESTS, &key, &value);
	}
	db_abort(t);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
