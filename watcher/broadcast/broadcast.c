/*
 * Signed transactions to the node, always as the same bytes. That one was given out is written down
 * before it is: after a crash in between it is looked for, and sent again only if it is nowhere.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/secret.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"
#include "watcher/scan/halt.h"

/*
 * Given out, or found with the node already. False when it is not to be given out any more: another
 * process may have followed the chain while the node was waited for.
 */
static enum err set_broadcast(struct watcher *w, const struct hash *id, bool *waits)
{
	*waits = false;
	struct db_txn *t = NULL;
	struct sent_tx s;
	struct event_writer e;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = payouts_check(t);
	if (rc == ERR_OK) {
		rc = sent_read(&s, t, id);
	}
	*waits = rc == ERR_OK && (s.state == SENT_BROADCAST || s.state == SENT_SIGNED);
	if (rc == ERR_OK && s.state != SENT_SIGNED) {
		db_abort(t);
		secret_wipe(&s, sizeof s);
		return ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = sent_set(t, &s, SENT_BROADCAST, PAYOUT_BROADCAST);
	}
	if (rc == ERR_OK) {
		event_begin(&e, "transaction_broadcast", watcher_now(w));
		event_hash(&e, "txid", id);
		rc = event_end(&e, t, NULL);
	}
	secret_wipe(&s, sizeof s);
	return txn_end(t, rc);
}

static enum err copy_blob(struct buf *out, struct watcher *w, const struct hash *id)
{
	struct db_txn *t = NULL;
	struct sent_tx s;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = sent_read(&s, t, id);
	if (rc == ERR_OK) {
		buf_put(out, s.blob.p, s.blob.n);
		rc = buf_end(out);
	}
	db_abort(t);
	secret_wipe(&s, sizeof s);
	return rc;
}

/*
 * Why the node does not take one: an input that a block spends already is no passing trouble. Whose
 * transaction that is only an operator can find out, when no block that we followed told it.
 */
static enum err explain_rejection(struct watcher *w, const struct hash *id)
{
	uint8_t spent[TX_INPUTS_MAX] = {0};
	struct db_txn *t = NULL;
	struct sent_tx s;
	char hex[65];
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = sent_read(&s, t, id);
	db_abort(t);
	if (rc == ERR_OK) {
		rc = w->chain.spent(w->chain.ctx, spent, s.images, s.n_images);
	}
	for (size_t i = 0; rc == ERR_OK && i < s.n_images; i++) {
		if (spent[i] == 1) {
			hex_encode(hex, id->b, 32);
			rc = err_set(ERR_OVERTAKEN,
				     "transaction %s can not be mined: input %zu is spent in a "
				     "block by another one",
				     hex, i);
		}
	}
	secret_wipe(&s, sizeof s);
	return rc == ERR_OK ? ERR_NODE_REJECTED : rc;
}

static enum err submit(struct watcher *w, const struct hash *id, struct broadcast_result *out)
{
	struct buf blob;
	bool waits = false;
	buf_init(&blob, PROTO_TX_BLOB_MAX);
	enum err rc = copy_blob(&blob, w, id);
	if (rc == ERR_OK) {
		rc = set_broadcast(w, id, &waits);
	}
	if (rc == ERR_OK && waits) {
		rc = w->chain.submit(w->chain.ctx, blob.p, blob.n);
		if (rc == ERR_OK) {
			out->submitted++;
		} else if (rc == ERR_NODE_REJECTED) {
			out->rejected++;
			rc = explain_rejection(w, id);
		}
	}
	buf_free(&blob);
	return rc;
}

static enum err one(struct watcher *w, const struct hash *id, const struct chain_tx_place *place,
		    struct broadcast_result *out)
{
	bool waits;
	switch (place->place) {
	case TX_IN_BLOCK:
		out->in_block++;
		return set_broadcast(w, id, &waits);
	case TX_IN_POOL:
		out->waiting++;
		return set_broadcast(w, id, &waits);
	case TX_UNKNOWN:
		return submit(w, id, out);
	}
	return err_set(ERR_NODE_ANSWER, "the node names no place of a transaction");
}

static enum err broadcast(struct watcher *w, bool again, struct broadcast_result *out)
{
	struct sent_list p = {0};
	struct chain_tx_place *places = NULL;
	struct chain_info info;
	struct db_txn *t = NULL;
	enum err rejected = ERR_OK;
	*out = (struct broadcast_result){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = payouts_check(t);
		if (rc == ERR_OK) {
			rc = sent_waiting(&p, t, !again);
		}
		db_abort(t);
	}
	if (rc != ERR_OK || p.n == 0) {
		free(p.id);
		return rc;
	}
	places = calloc(p.n, sizeof *places);
	rc = places ? node_check(w, &info) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = w->chain.place(w->chain.ctx, places, p.id, p.n);
	}
	for (size_t i = 0; rc == ERR_OK && i < p.n; i++) {
		rc = one(w, &p.id[i], &places[i], out);
		if (rc == ERR_NODE_REJECTED || rc == ERR_OVERTAKEN) {
			/* A node may reject what the next block makes good; nothing is given up,
			 * and nothing is paid again, on one node's word. */
			rejected = rejected == ERR_OVERTAKEN ? rejected : rc;
			rc = ERR_OK;
		}
	}
	free(places);
	free(p.id);
	return rc == ERR_OK ? rejected : rc;
}

enum err watcher_broadcast(struct watcher *w, struct broadcast_result *out)
{
	return broadcast(w, false, out);
}

enum err watcher_broadcast_again(struct watcher *w, struct broadcast_result *out)
{
	return broadcast(w, true, out);
}
