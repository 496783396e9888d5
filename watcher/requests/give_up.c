/*
 * Requests that nobody answers: by an operator's word, or when their time is over. The clock here
 * is not the signer's, and a reply may be on its way, so what was asked for may be signed all the
 * same: the payouts are tied to the inputs.
 */
#include <inttypes.h>
#include <string.h>

#include "watcher/payouts/payouts.h"
#include "watcher/requests/requests.h"

static enum err return_payouts(const struct watcher *w, struct db_txn *t,
			       const struct request_record *rec, bool never_left)
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
			if (!never_left) {
				/* A tie it had is among these inputs too, and stays. */
				p.tie = p.tied ? p.tie : tx->in[0];
				p.tied = true;
				p.tied_in = rec->info.number;
			}
			rc = payout_return(w, t, &p);
		}
	}
	return rc;
}

static enum err give_up(struct watcher *w, struct db_txn *t, struct request_record *rec,
			enum request_state state, bool never_left)
{
	enum err rc = return_payouts(w, t, rec, never_left);
	rec->info.state = state;
	rec->never_left = never_left;
	if (rc == ERR_OK) {
		rc = request_write(t, rec);
	}
	if (rc == ERR_OK) {
		rc = request_event(
		    w, t, state == REQUEST_EXPIRED ? "request_expired" : "request_cancelled",
		    &rec->info);
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
	if (rc == ERR_NOT_FOUND) {
		rc = err_set(rc, "there is no request %" PRIu64, number);
	}
	if (rc == ERR_OK && rec.info.state != REQUEST_OPEN) {
		rc = err_set(ERR_STATE, "request %" PRIu64 " is %s; only an open one is cancelled",
			     number, request_state_name(rec.info.state));
	}
	if (rc == ERR_OK) {
		rc = give_up(w, t, &rec, REQUEST_CANCELLED, never_left);
	}
	rc = txn_end(t, rc);
	request_record_free(&rec);
	return rc;
}

/* The oldest open one whose time is over. ERR_NOT_FOUND. */
static enum err find_over(struct request_record *rec, const struct watcher *w, struct db_txn *t)
{
	struct span key, value;
	uint64_t now = watcher_now(w);
	enum err rc = db_first(t, T_REQUEST_OPEN, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		if (key.n != 8) {
			return err_set(ERR_DB_DAMAGED, "a record of open requests has a bad key");
		}
		rc = request_read(rec, t, load64_be(key.p));
		if (rc != ERR_OK) {
			return rc;
		}
		if (now > rec->info.expires && now - rec->info.expires > w->config.request_grace) {
			return ERR_OK;
		}
		request_record_free(rec);
		rc = db_next(t, T_REQUEST_OPEN, &key, &value);
	}
	return rc;
}

enum err watcher_expire_requests(struct watcher *w, size_t *n)
{
	struct request_record rec = {0};
	struct db_txn *t = NULL;
	*n = 0;
	/* A look first: most of the time there is nothing to write. */
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = find_over(&rec, w, t);
		db_abort(t);
		request_record_free(&rec);
	}
	while (rc == ERR_OK) {
		rc = db_begin(&t, w->db, true);
		if (rc != ERR_OK) {
			break;
		}
		rc = find_over(&rec, w, t);
		if (rc == ERR_OK) {
			rc = give_up(w, t, &rec, REQUEST_EXPIRED, false);
		}
		request_record_free(&rec);
		rc = txn_end(t, rc);
		*n += rc == ERR_OK;
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
