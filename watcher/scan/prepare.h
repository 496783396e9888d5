/*
 * The costly part of scanning a batch, which needs no store: transactions parsed, and the shared
 * secret of each of their public keys with our view key.
 */
#ifndef AIRLOCK_WATCHER_SCAN_PREPARE_H
#define AIRLOCK_WATCHER_SCAN_PREPARE_H

#include "watcher/chain/chain.h"

struct prepared_tx {
	const struct chain_block *block;
	size_t place; /* in the block */
	struct tx tx; /* reaches into the chain_tx's blob */
	struct tx_extra extra;
	size_t derived; /* index of its first shared secret */
};

struct prepared_block {
	size_t n;
	struct prepared_tx *txs; /* of prepared.txs */
};

struct prepared {
	size_t n; /* as the batch's blocks from `first` on */
	size_t first;
	struct prepared_block *blocks;
	size_t n_txs; /* of all these blocks, in the chain's order */
	struct prepared_tx *txs;
	size_t n_derived;
	uint8_t *derived; /* 32 bytes each; secret */
};

/*
 * Prepares blocks[first..] of the batch, which must outlive it. ERR_NODE_ANSWER when a transaction
 * does not parse, ERR_NODE_FORK when it is of a type not known.
 */
enum err MUST_CHECK scan_prepare(struct prepared *out, const struct chain_batch *batch,
				 size_t first, const struct view_key *view);
/* Wipes; fine on a zeroed struct. */
void prepared_free(struct prepared *p);

#endif
