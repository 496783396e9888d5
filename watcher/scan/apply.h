/* Blocks into the store and out of it again, inside the caller's transaction. */
#ifndef AIRLOCK_WATCHER_SCAN_APPLY_H
#define AIRLOCK_WATCHER_SCAN_APPLY_H

#include "watcher/scan/prepare.h"
#include "watcher/store/store.h"

/* One block: outputs of ours, spends of ours, our transactions mined, the block remembered. */
enum err MUST_CHECK block_apply(const struct watcher *w, struct db_txn *t,
				const struct chain_block *b, const struct prepared_block *pb,
				const uint8_t *derived);

/*
 * A block that is in the store already, for key images that were not known then: spends are
 * recorded, ours with their payouts, and what came back to us with them is no deposit. *n counts
 * the spends.
 */
enum err MUST_CHECK block_spends_late(const struct watcher *w, struct db_txn *t,
				      const struct chain_block *b, uint64_t *n);

/* Key images are new to us: they may be spent in blocks we have. */
enum err MUST_CHECK late_suspect(struct db_txn *t);
/* Blocks were replaced: a look that goes on, if one does, begins anew. */
enum err MUST_CHECK late_anew(struct db_txn *t);
/* Looks, at the chain's top, as far as one answer of the node goes; *more when not at the end. */
enum err MUST_CHECK late_look(struct watcher *w, bool *more);

/* Whether heights rise by one and each block names the one before it. ERR_NODE_*. */
enum err MUST_CHECK batch_check_links(const struct chain_batch *batch);

/* Forgets every block above `height` (or all, when everything goes); counts them. */
enum err MUST_CHECK blocks_drop(const struct watcher *w, struct db_txn *t, uint64_t keep,
				bool everything, size_t *dropped);

/* An output's block is no more, or it was no deposit: its credit is reversed by an event. */
enum err MUST_CHECK output_reverse(const struct watcher *w, struct db_txn *t,
				   const struct outpoint *at);

/* What was taken for a deposit is none: our own (DEPOSIT_OWN), or burnt (DEPOSIT_DUPLICATE). */
enum err MUST_CHECK output_become(const struct watcher *w, struct db_txn *t,
				  const struct outpoint *at, enum deposit_state state);

/* Credits deposits that are deep enough in a chain of `height` blocks, whose top is in the store.
 */
enum err MUST_CHECK deposits_credit(const struct watcher *w, struct db_txn *t, uint64_t height);

/* Confirms payouts 10 blocks deep in a chain of `height` blocks. */
enum err MUST_CHECK sent_confirm(const struct watcher *w, struct db_txn *t, uint64_t height);

/* A transaction of ours was mined, or came out of the chain again; says nothing to others. */
enum err MUST_CHECK sent_mined(const struct watcher *w, struct db_txn *t, const struct hash *id,
			       uint64_t height);
enum err MUST_CHECK sent_unmined(const struct watcher *w, struct db_txn *t, const struct hash *id);
/* A key image that our transaction has was spent by another one. */
enum err MUST_CHECK sent_conflict(const struct watcher *w, struct db_txn *t,
				  const struct key_image *image, const struct hash *by);
/*
 * Calls `one` with each that is not confirmed yet, and not rejected for one that is; it may set
 * their state. Stops at an error.
 */
typedef enum err sent_open_visit(void *ctx, struct db_txn *t, struct sent_tx *s);
enum err MUST_CHECK sent_each_open(struct db_txn *t, sent_open_visit *one, void *ctx);
/* Ids of those in no block that can still be mined; unless `fresh`, only those given out before. */
struct sent_list {
	size_t n;
	struct hash *id; /* free() */
};
enum err MUST_CHECK sent_waiting(struct sent_list *l, struct db_txn *t, bool fresh);
/* Sets a sent transaction's state and its payouts' with it; the event is the caller's. */
enum err MUST_CHECK sent_set(struct db_txn *t, struct sent_tx *s, enum sent_state state,
			     enum payout_state payouts);

/*
 * Chooses, once all of a block is in the store, the depth of each of its deposits, and lists them
 * as due then.
 */
enum err MUST_CHECK block_depths(const struct watcher *w, struct db_txn *t, uint64_t height);

/*
 * What waits in the node's pool for us, compared with what did: newcomers are recorded as seen,
 * those that left without being mined as gone. Nothing is promised of either.
 */
enum err MUST_CHECK pool_look(struct watcher *w);
/* A deposit was mined: it waits no longer. */
enum err MUST_CHECK pool_mined(struct db_txn *t, const struct outpoint *at);

/* Begins an event about a deposit: what names it, and the invoice it pays. */
enum err MUST_CHECK deposit_event(struct event_writer *e, const struct watcher *w, struct db_txn *t,
				  const char *kind, const struct outpoint *at,
				  struct subaddress address, struct amount amount);

/* Looks subaddresses up in the store; `rc` tells a failed look-up from "not ours". */
struct stored_book {
	struct db_txn *t;
	enum err rc;
};
bool stored_book_find(void *ctx, struct subaddress *out, const struct public_key *spend);

/* The depth of credit for an amount. */
uint32_t credit_depth(const struct watcher_config *c, struct amount a);

/*
 * Outputs that share a one-time key (the "burning bug"): only one of them can ever be spent. What
 * one is worth is what it adds to the largest that the chain had before it, and nothing when one
 * of them is spent already: a function of the chain's order, not of when they were noticed.
 */
enum err MUST_CHECK duplicates_worth(struct amount *out, struct db_txn *t,
				     const struct output_record *o);
/* The one of those with this key that can be spent, if any. */
enum err MUST_CHECK duplicates_best(struct outpoint *best, bool *any, struct db_txn *t,
				    const struct public_key *one_time);
/* The largest of those with this key that are in blocks up to this height, if any. */
enum err MUST_CHECK duplicates_until(struct outpoint *best, bool *any, struct db_txn *t,
				     const struct public_key *one_time, uint64_t height);
/* Height of the first of those with this key that are in blocks, if any. */
enum err MUST_CHECK duplicates_oldest(uint64_t *height, bool *any, struct db_txn *t,
				      const struct public_key *one_time);
/*
 * One with its key was spent in a block of this height: what others were credited with though they
 * would not have been, had that been known, is reversed. And when it is spent no longer: those that
 * it burnt wait for their credit again.
 */
enum err MUST_CHECK duplicates_burn(const struct watcher *w, struct db_txn *t,
				    const struct output_record *by, uint64_t height);
enum err MUST_CHECK duplicates_unburn(const struct watcher *w, struct db_txn *t,
				      const struct public_key *one_time);
/* Chooses anew which of those with this key can be spent, after one came, went or was spent. */
enum err MUST_CHECK duplicates_settle(struct db_txn *t, const struct public_key *one_time);

#endif
