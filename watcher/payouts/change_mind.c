/*
 * Payouts out of the queue, and into it again. What may have been signed is never free: it can be
 * paid only in conflict with what may be out there, and given up only once that is impossible.
 */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/payouts/payouts.h"
#include "watcher/planner/planner.h"
#include "watcher/requests/requests.h"

/* The request's transaction that a failed payout was signed in, and what became of its inputs. */
struct fallen {
	uint64_t request;
	struct request_tx_record tx;
	size_t unspent;
	struct outpoint first; /* of the unspent ones */
	uint64_t newest;       /* height of the newest spend */
};

static enum err look_at_inputs(struct fallen *f, struct db_txn *t, const struct sent_tx *s)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < s->n_images; i++) {
		struct image_record r;
		rc = image_read(&r, t, &s->images[i]);
		if (rc != ERR_OK) {
			break;
		}
		if (r.spent) {
			f->newest = r.height > f->newest ? r.height : f->newest;
		} else if (f->unspent++ == 0) {
			f->first = r.at;
		}
	}
	return rc;
}

static enum err fallen_read(struct fallen *f, struct db_txn *t, const struct payout *p)
{
	struct sent_tx s;
	struct request_record rec = {0};
	*f = (struct fallen){0};
	enum err rc = sent_read(&s, t, &p->tx);
	f->request = s.request;
	if (rc == ERR_OK) {
		rc = look_at_inputs(f, t, &s);
	}
	if (rc == ERR_OK) {
		rc = request_read(&rec, t, s.request);
	}
	if (rc == ERR_OK) {
		rc = s.place < rec.n_txs
			 ? ERR_OK
			 : err_set(ERR_DB_DAMAGED, "a transaction is not in its request");
	}
	if (rc == ERR_OK) {
		f->tx = rec.txs[s.place];
	}
	request_record_free(&rec);
	secret_wipe(&s, sizeof s);
	return rc;
}

static enum err may_cancel_failed(const struct watcher *w, struct db_txn *t, const struct payout *p)
{
	struct fallen f;
	struct block_record top;
	enum err rc = fallen_read(&f, t, p);
	if (rc == ERR_OK) {
		rc = block_top(&top, t);
	}
	if (rc == ERR_OK && f.unspent) {
		return err_set(ERR_STATE,
			       "payout %s was signed, and %zu inputs of its transaction are not "
			       "spent: retry pays it from them",
			       p->id, f.unspent);
	}
	if (rc == ERR_OK && top.height + 1 < f.newest + w->config.depth_above) {
		return err_set(ERR_STATE,
			       "what made payout %s impossible is at height %llu: wait until it is "
			       "%u blocks deep",
			       p->id, (unsigned long long)f.newest, w->config.depth_above);
	}
	return rc;
}

static bool is_input(const struct request_tx_record *tx, const struct outpoint *at)
{
	for (size_t i = 0; i < tx->n_in; i++) {
		if (memcmp(&tx->in[i], at, sizeof *at) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether a block from this height on spends an input of it. */
static enum err is_spent_since(bool *out, struct db_txn *t, const struct request_tx_record *tx,
			       uint64_t height)
{
	struct span key, value;
	struct table_key from = key_height(height);
	*out = false;
	enum err rc = db_first(t, T_SPENT_HEIGHT, key_span(&from), &key, &value);
	while (rc == ERR_OK && !*out) {
		struct key_image image;
		struct image_record r;
		if (key.n != 8 + sizeof image.b) {
			return err_set(ERR_DB_DAMAGED, "an index by height has a bad key");
		}
		memcpy(image.b, key.p + 8, sizeof image.b);
		rc = image_read(&r, t, &image);
		if (rc != ERR_OK) {
			return rc == ERR_NOT_FOUND ? ERR_DB_DAMAGED : rc;
		}
		*out = is_input(tx, &r.at);
		rc = db_next(t, T_SPENT_HEIGHT, &key, &value);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* Tied in vain: every input of what may have been signed was spent without paying it. */
static enum err may_cancel_tied(const struct watcher *w, struct db_txn *t, const struct payout *p)
{
	struct request_tx_record tie;
	struct block_record top;
	struct output_record o;
	bool spent = true, fresh = false;
	enum err rc = tie_read(&tie, t, p);
	for (size_t i = 0; rc == ERR_OK && spent && i < tie.n_in; i++) {
		rc = output_read(&o, t, &tie.in[i]);
		spent = rc == ERR_OK && o.spent;
		secret_wipe(&o, sizeof o);
	}
	if (rc == ERR_OK && !spent) {
		return err_set(ERR_STATE,
			       "payout %s may have been signed in request %llu; it can be paid but "
			       "not cancelled",
			       p->id, (unsigned long long)p->tied_in);
	}
	if (rc == ERR_OK) {
		rc = block_top(&top, t);
	}
	if (rc == ERR_OK && top.height + 2 > w->config.depth_above) {
		rc = is_spent_since(&fresh, t, &tie, top.height + 2 - w->config.depth_above);
	}
	return rc == ERR_OK && fresh
		   ? err_set(ERR_STATE,
			     "what made payout %s impossible is not %u blocks deep yet: wait",
			     p->id, w->config.depth_above)
		   : rc;
}

static enum err may_cancel(const struct watcher *w, struct db_txn *t, const struct payout *p)
{
	if (p->state == PAYOUT_FAILED) {
		return may_cancel_failed(w, t, p);
	}
	if (p->state != PAYOUT_QUEUED && p->state != PAYOUT_REFUSED) {
		return err_set(ERR_STATE, "payout %s is %s; only a queued one can be cancelled",
			       p->id, payout_state_name(p->state));
	}
	return p->tied ? may_cancel_tied(w, t, p) : ERR_OK;
}

static enum err cancel(struct watcher *w, struct db_txn *t, const char *id)
{
	struct payout p;
	enum err rc = payout_find(&p, t, id);
	if (rc == ERR_NOT_FOUND) {
		return payout_unknown(id);
	}
	if (rc != ERR_OK || p.state == PAYOUT_CANCELLED) {
		return rc;
	}
	rc = may_cancel(w, t, &p);
	if (rc == ERR_OK && p.state == PAYOUT_QUEUED) {
		struct table_key k = key_queue(&p);
		rc = unmark(t, T_QUEUE, key_span(&k));
	}
	p.state = PAYOUT_CANCELLED;
	if (rc == ERR_OK) {
		rc = payout_write(t, &p);
	}
	if (rc == ERR_OK) {
		rc = payout_event(w, t, "payout_cancelled", &p);
	}
	return rc == ERR_OK && p.invoice ? invoice_refund_cancelled(w, t, &p) : rc;
}

enum err watcher_cancel_payout(struct watcher *w, const char *id)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	return rc == ERR_OK ? txn_end(t, cancel(w, t, id)) : rc;
}

static enum err queue_again(const struct watcher *w, struct db_txn *t, struct payout *p)
{
	struct table_key k = key_queue(p);
	p->state = PAYOUT_QUEUED;
	p->refused = ERR_OK;
	enum err rc = mark(t, T_QUEUE, key_span(&k));
	if (rc == ERR_OK) {
		rc = payout_write(t, p);
	}
	return rc == ERR_OK ? payout_event(w, t, "payout_queued_again", p) : rc;
}

/* Every payout of the transaction that failed with this one, from the inputs that are left. */
static enum err retry_failed(const struct watcher *w, struct db_txn *t, const struct payout *p)
{
	struct fallen f;
	enum err rc = fallen_read(&f, t, p);
	if (rc == ERR_OK && f.unspent == 0) {
		return err_set(ERR_STATE,
			       "every input of payout %s's transaction was spent elsewhere, so the "
			       "signer will not sign it again: cancel it, and queue it under a new "
			       "id if it is still owed",
			       p->id);
	}
	if (rc == ERR_OK) {
		rc = reserve_inputs(t, &f.tx, f.request, 0);
	}
	for (size_t i = 0; rc == ERR_OK && i < f.tx.n_out; i++) {
		struct payout other;
		rc = payout_read(&other, t, f.tx.payout[i]);
		if (rc == ERR_OK && other.state == PAYOUT_FAILED &&
		    memcmp(other.tx.b, p->tx.b, 32) == 0) {
			other.tied = true;
			other.tie = f.first;
			other.tied_in = f.request;
			rc = queue_again(w, t, &other);
		}
	}
	return rc;
}

/* With all that were refused with it: what may have been signed is planned again whole. */
static enum err retry_refused(const struct watcher *w, struct db_txn *t, struct payout *p)
{
	struct request_tx_record tie;
	if (!p->tied) {
		return queue_again(w, t, p);
	}
	enum err rc = tie_read(&tie, t, p);
	for (size_t i = 0; rc == ERR_OK && i < tie.n_out; i++) {
		struct payout other;
		rc = payout_read(&other, t, tie.payout[i]);
		if (rc == ERR_OK && other.state == PAYOUT_REFUSED && tie_is_member(&tie, &other)) {
			rc = queue_again(w, t, &other);
		}
	}
	return rc;
}

static enum err retry(struct watcher *w, struct db_txn *t, const char *id)
{
	struct payout p;
	enum err rc = payout_find(&p, t, id);
	if (rc == ERR_NOT_FOUND) {
		return payout_unknown(id);
	}
	if (rc != ERR_OK || p.state == PAYOUT_QUEUED) {
		return rc;
	}
	if (p.state == PAYOUT_FAILED) {
		return retry_failed(w, t, &p);
	}
	if (p.state != PAYOUT_REFUSED) {
		return err_set(ERR_STATE,
			       "payout %s is %s; only a refused or failed one can be queued again",
			       id, payout_state_name(p.state));
	}
	return retry_refused(w, t, &p);
}

enum err watcher_retry_payout(struct watcher *w, const char *id)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	return rc == ERR_OK ? txn_end(t, retry(w, t, id)) : rc;
}
