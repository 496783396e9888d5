/* Shared by the files that build, keep and answer requests. */
#ifndef AIRLOCK_WATCHER_REQUESTS_REQUESTS_H
#define AIRLOCK_WATCHER_REQUESTS_REQUESTS_H

#include "watcher/store/store.h"

/* Asks the node for its state: of our network and of a hard fork we know, or ERR_NODE_*. */
enum err MUST_CHECK node_check(const struct watcher *w, struct chain_info *info);

enum err MUST_CHECK request_event(const struct watcher *w, struct db_txn *t, const char *kind,
				  const struct request_info *r);

/* Moves a transaction's inputs from being reserved by `from` to `to` (0: nobody). */
enum err MUST_CHECK reserve_inputs(struct db_txn *t, const struct request_tx_record *tx,
				   uint64_t from, uint64_t to);

/* Reserves for `to` those inputs that nobody has reserved. */
enum err MUST_CHECK reserve_free(struct db_txn *t, const struct request_tx_record *tx, uint64_t to);

/* The body of a request as it was sent; request_free. */
enum err MUST_CHECK request_body(struct request *out, struct db_txn *t, uint64_t number);

/*
 * The chain may no longer be the one that rings were planned on: rings_check looks, at the chain's
 * top, and gives up what can never be mined, with an event.
 */
enum err MUST_CHECK rings_suspect(struct db_txn *t);
enum err MUST_CHECK rings_check(struct watcher *w);

/* The newest journal head seen. */
enum err MUST_CHECK journal_seen(struct ledger_head *out, struct db_txn *t);
/*
 * Appends a reply's entries to our copy: numbered on without a gap, each signed by the signer over
 * its place in the chain, ending in the reply's head; those we have must be the same. *added counts
 * the new ones. ERR_JOURNAL_BROKEN.
 */
enum err MUST_CHECK journal_take(const struct watcher *w, struct db_txn *t, const struct reply *r,
				 uint64_t *added);
/* Our copy of the signer's journal, from its first entry to the head. ERR_JOURNAL_BROKEN. */
enum err MUST_CHECK journal_check(const struct watcher *w, struct db_txn *t);

/*
 * Whether a signed transaction is what was planned: id, inputs by ring, fee, and every output's
 * recipient and amount. images[i] becomes the key image of plan input i. ERR_MSG_UNKNOWN with the
 * difference.
 */
enum err MUST_CHECK reply_tx_check(struct key_image images[static TX_INPUTS_MAX],
				   const struct watcher *w, struct db_txn *t,
				   const struct reply_tx *tx, const struct plan *plan);

#endif
