/*
 * A reply comes back. All of it is checked before any of it is stored, and it is stored whole: the
 * journal's new entries, each transaction with its key images, each payout's new state.
 */
#include <inttypes.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "watcher/payouts/payouts.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

struct taking {
	struct watcher *w;
	struct db_txn *t;
	const struct reply *reply;
	const struct request *request;
	struct request_record *rec;
	struct import_result *out;
	bool late; /* the request was given up before */
};

/* What passes by itself: the payout may be asked for again, as it is. */
static bool passes(enum err refused)
{
	static const enum err passing[] = {
	    ERR_LIMIT_DAY,     ERR_LIMIT_DAY_COUNT, ERR_LIMIT_WEEK,
	    ERR_LIMIT_MONTH,   ERR_LIMIT_REQUESTS,  ERR_REQUEST_EXPIRED,
	    ERR_REQUEST_STALE, ERR_CLOCK_BEHIND,    ERR_ROLLED_BACK,
	};
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		if (refused == passing[i]) {
			return true;
		}
	}
	return false;
}

static enum err put_images(struct taking *k, const struct request_tx_record *rtx,
			   const struct key_image *images, const struct hash *id)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < rtx->n_in; i++) {
		struct image_record r;
		rc = image_read(&r, k->t, &images[i]);
		if (rc == ERR_NOT_FOUND) {
			r = (struct image_record){.at = rtx->in[i]};
			rc = late_suspect(k->t);
		}
		if (rc == ERR_OK) {
			r.signed_by = *id;
			rc = image_write(k->t, &images[i], &r);
		}
	}
	return rc;
}

/*
 * Its inputs were spent in a block while the reply was away: by itself, which nobody could know, or
 * by another one, and then it can only be the loser.
 */
static enum err decided_already(struct taking *k, const struct key_image *images, size_t n,
				const struct hash *id)
{
	uint64_t mined = 0;
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		struct image_record r;
		rc = image_read(&r, k->t, &images[i]);
		if (rc == ERR_OK && r.spent && memcmp(r.by.b, id->b, 32) == 0) {
			mined = r.height;
		} else if (rc == ERR_OK && r.spent) {
			rc = sent_conflict(k->w, k->t, &images[i], &r.by);
		}
	}
	return rc == ERR_OK && mined ? sent_mined(k->w, k->t, id, mined) : rc;
}

static enum err take_signed(struct taking *k, size_t i)
{
	const struct reply_tx *rt = &k->reply->txs[i];
	const struct request_tx_record *rtx = &k->rec->txs[i];
	struct key_image images[TX_INPUTS_MAX];
	struct sent_tx s = {
	    .id = rt->id,
	    .request = k->rec->info.number,
	    .place = (uint32_t)i,
	    .time = watcher_now(k->w),
	    .fee = k->request->txs[i].plan.fee,
	    .blob = {rt->blob, rt->blob_size},
	    .n_keys = rt->n_keys,
	    .n_images = rt->n_images,
	    .n_payouts = rtx->n_out,
	};
	enum err rc = reply_tx_check(images, k->w, k->t, rt, &k->request->txs[i].plan);
	if (rc == ERR_OK && (rt->n_keys == 0 || rt->n_keys > 1 + TX_OUTPUTS_MAX)) {
		rc = err_set(ERR_MSG_FORMAT, "a transaction with %zu keys", rt->n_keys);
	}
	if (rc != ERR_OK) {
		return err_wrap(rc, "transaction %zu", i + 1);
	}
	memcpy(s.keys, rt->keys, rt->n_keys * sizeof s.keys[0]);
	memcpy(s.images, rt->images, rt->n_images * sizeof s.images[0]);
	memcpy(s.payouts, rtx->payout, rtx->n_out * sizeof s.payouts[0]);
	/* The payouts name their newest transaction before it may set their state. */
	for (size_t p = 0; rc == ERR_OK && p < rtx->n_out; p++) {
		struct payout payout;
		rc = payout_read(&payout, k->t, rtx->payout[p]);
		/* Late: it waits in the queue again, or was refused there; not if it is asked anew.
		 */
		bool late = k->late && payout.tied &&
			    (payout.state == PAYOUT_QUEUED || payout.state == PAYOUT_REFUSED);
		if (rc == ERR_OK && (late || (payout.state == PAYOUT_REQUESTED &&
					      payout.request == k->rec->info.number))) {
			payout.tx = s.id;
			payout.request = k->rec->info.number;
			rc = payout_write(k->t, &payout);
		}
	}
	if (rc == ERR_OK && k->late) {
		rc = reserve_free(k->t, rtx, k->rec->info.number);
	}
	if (rc == ERR_OK) {
		rc = put_images(k, rtx, images, &s.id);
	}
	if (rc == ERR_OK) {
		rc = sent_set(k->t, &s, SENT_SIGNED, PAYOUT_SIGNED);
	}
	if (rc == ERR_OK) {
		/* The chain may have become another one while the request was away. */
		rc = rings_suspect(k->t);
	}
	if (rc == ERR_OK) {
		struct event_writer e;
		event_begin(&e, "transaction_signed", watcher_now(k->w));
		event_hash(&e, "txid", &s.id);
		event_number(&e, "request", s.request);
		rc = event_end(&e, k->t, NULL);
	}
	if (rc == ERR_OK) {
		rc = decided_already(k, images, rtx->n_in, &s.id);
	}
	secret_wipe(&s, sizeof s);
	k->out->n_signed++;
	return rc;
}

/* Refused: nothing was signed, so the inputs are free again. A tie from before stays. */
static enum err take_refused(struct taking *k, size_t i, enum err why)
{
	const struct request_tx_record *rtx = &k->rec->txs[i];
	enum err rc = reserve_inputs(k->t, rtx, k->rec->info.number, 0);
	for (size_t p = 0; rc == ERR_OK && p < rtx->n_out; p++) {
		struct payout payout;
		struct event_writer e;
		rc = payout_read(&payout, k->t, rtx->payout[p]);
		if (rc != ERR_OK || payout.state != PAYOUT_REQUESTED ||
		    payout.request != k->rec->info.number) {
			continue;
		}
		payout.refused = why;
		payout.state = PAYOUT_REFUSED;
		rc = passes(why) || payout_is_sweep(&payout) ? payout_return(k->w, k->t, &payout)
							     : payout_write(k->t, &payout);
		if (rc == ERR_OK) {
			event_begin(&e, "payout_refused", watcher_now(k->w));
			event_text(&e, "id", payout.id);
			event_text(&e, "reason", err_name(why));
			event_text(&e, "state", payout_state_name(payout.state));
			rc = event_end(&e, k->t, NULL);
		}
	}
	k->out->n_refused++;
	return rc;
}

static enum err take(struct taking *k)
{
	const struct reply *r = k->reply;
	enum err rc = ERR_OK;
	if (r->refused == ERR_OK && r->n_txs != k->rec->n_txs) {
		return err_set(ERR_MSG_UNKNOWN, "the reply answers %zu transactions of %u",
			       r->n_txs, k->rec->n_txs);
	}
	for (size_t i = 0; rc == ERR_OK && i < k->rec->n_txs; i++) {
		enum err why = r->refused != ERR_OK ? r->refused : r->txs[i].refused;
		if (why != ERR_OK) {
			rc = take_refused(k, i, why);
			if (k->out->reason[0] == '\0') {
				const char *reason =
				    r->refused != ERR_OK ? r->reason : r->txs[i].reason;
				text_safe(k->out->reason, sizeof k->out->reason, reason,
					  strlen(reason));
			}
		} else {
			rc = take_signed(k, i);
		}
	}
	return rc;
}

/* Finds the request that is answered: by number, and by hash. */
static enum err find_request(struct request_record *rec, struct db_txn *t, const struct reply *r)
{
	enum err rc = request_read(rec, t, r->request_number);
	if (rc == ERR_NOT_FOUND ||
	    (rc == ERR_OK && memcmp(rec->info.hash.b, r->request_hash.b, 32) != 0)) {
		rc = err_set(ERR_MSG_UNKNOWN, "the reply answers no request of ours");
	}
	return rc;
}

static enum err import(struct watcher *w, struct db_txn *t, const struct reply *r,
		       const struct hash *hash, struct import_result *out)
{
	struct request_record rec = {0};
	struct request request = {0};
	enum err rc = find_request(&rec, t, r);
	if (rc != ERR_OK) {
		goto out;
	}
	out->request = rec.info.number;
	out->refused = r->refused;
	bool late = rec.info.state == REQUEST_CANCELLED || rec.info.state == REQUEST_EXPIRED;
	if (late && rec.never_left) {
		rc = err_set(ERR_STATE,
			     "request %" PRIu64 " was cancelled here as one that never left",
			     rec.info.number);
		goto out;
	}
	if (!late && rec.info.state != REQUEST_OPEN) {
		out->again = memcmp(rec.reply.b, hash->b, 32) == 0;
		rc = out->again ? ERR_OK
				: err_set(ERR_MSG_REPLAYED,
					  "request %" PRIu64 " was answered by another reply",
					  rec.info.number);
		goto out;
	}
	rc = journal_take(w, t, r, &out->n_entries);
	if (rc == ERR_OK) {
		rc = request_body(&request, t, rec.info.number);
	}
	if (rc == ERR_OK) {
		struct taking k = {w, t, r, &request, &rec, out, late};
		rc = take(&k);
	}
	if (rc == ERR_OK) {
		rec.reply = *hash;
		rec.info.state = out->n_signed ? REQUEST_SIGNED : REQUEST_REFUSED;
		rc = request_write(t, &rec);
	}
	if (rc == ERR_OK) {
		rc = request_event(w, t, out->n_signed ? "request_signed" : "request_refused",
				   &rec.info);
	}
out:
	request_record_free(&rec);
	request_free(&request);
	return rc;
}

enum err watcher_import_reply(struct watcher *w, struct span file, struct import_result *out)
{
	struct envelope env;
	struct reply r = {0};
	struct buf plain = {0};
	struct db_txn *t = NULL;
	*out = (struct import_result){0};
	enum err rc = envelope_open(&env, &plain, file, MSG_REPLY, w->account.network, &w->identity,
				    &w->signer);
	if (rc == ERR_OK) {
		rc = reply_decode(&r, env.body);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, true);
	}
	if (rc == ERR_OK) {
		rc = import(w, t, &r, &env.hash, out);
		if (rc == ERR_OK && out->again) {
			db_abort(t);
		} else {
			rc = txn_end(t, rc);
		}
	}
	if (rc != ERR_OK) {
		*out = (struct import_result){0};
	}
	reply_free(&r);
	buf_free(&plain);
	return rc;
}
