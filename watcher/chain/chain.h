/*
 * The chain as the watcher's core sees it: passed in, so that the core runs on monerod (rpc.h, the
 * one place of libcurl), in unit tests and in the simulation alike. Nothing an implementation
 * returns is believed further than the core can check it.
 */
#ifndef AIRLOCK_WATCHER_CHAIN_H
#define AIRLOCK_WATCHER_CHAIN_H

#include "common/monero/tx.h"

struct chain_info {
	uint64_t height;        /* blocks in the chain: top block's height + 1 */
	uint64_t target_height; /* 0 when the node knows none higher */
	struct hash top;
	uint64_t top_time;
	enum network network; /* regtest says mainnet */
	bool synchronized;
	uint8_t hard_fork; /* version in force at the top */
};

struct chain_tx {
	/*
	 * Always the one that the block's id commits to. Computed from the blob too when that is
	 * whole or came with its prunable hash; monerod 0.18 sends none with runs of pruned blocks,
	 * so there the blob itself stands on the node's word.
	 */
	struct hash id;
	uint8_t *blob; /* pruned or whole */
	size_t size;
	bool pruned;
	bool coinbase;
	uint64_t first_global_index; /* unused when output_indices is set */
	uint64_t *output_indices;    /* one an output: global index among RingCT outputs */
	size_t n_indices; /* as told: whoever parses the blob compares it with its outputs */
};

struct chain_block {
	uint64_t height;
	struct hash id; /* computed from the block's header and tree of tx ids, not told */
	struct hash previous;
	uint64_t time;
	uint8_t major_version;
	size_t n_txs; /* coinbase first */
	struct chain_tx *txs;
};

struct chain_batch {
	uint64_t start_height;
	uint64_t node_height;
	size_t n;
	struct chain_block *blocks;
};
void chain_batch_free(struct chain_batch *b);

struct chain_out {
	uint64_t global_index;
	struct public_key key;
	struct commitment commitment;
	bool unlocked;
	uint64_t height;
};

struct chain_fee {
	uint64_t per_byte[4]; /* the four levels: slow, normal, fast, fastest */
	uint64_t quantization_mask;
};

enum tx_place { TX_UNKNOWN, TX_IN_POOL, TX_IN_BLOCK };
struct chain_tx_place {
	enum tx_place place;
	uint64_t height;
	bool double_spend_seen;
};

struct chain_pool_tx {
	struct hash id;
	uint8_t *blob;
	size_t size;
	bool pruned;
};

/* All return ERR_NODE_* on failure; `chain_*` wrappers are not needed: call c->f(c->ctx, ...). */
struct chain {
	void *ctx;
	enum err (*info)(void *ctx, struct chain_info *out);
	/*
	 * Blocks following the newest of `known` (ids, newest first, genesis last) that is on the
	 * node's chain: the first block returned is that one or the next. Bounded by the node to
	 * about 1000.
	 */
	enum err (*blocks)(void *ctx, struct chain_batch *out, const struct hash *known,
			   size_t n_known);
	enum err (*block_id)(void *ctx, struct hash *out, uint64_t height);
	/* Cumulative RingCT output counts per block, from block `from`. *out is malloc'd, n
	 * entries. */
	enum err (*distribution)(void *ctx, uint64_t **out, size_t *n, uint64_t *from);
	enum err (*outs)(void *ctx, struct chain_out *out, const uint64_t *global_indices,
			 size_t n);
	enum err (*fee)(void *ctx, struct chain_fee *out);
	enum err (*submit)(void *ctx, const uint8_t *blob, size_t n);
	enum err (*place)(void *ctx, struct chain_tx_place *out, const struct hash *ids, size_t n);
	/* spent[i]: 0 unspent, 1 spent in a block, 2 spent in the pool. */
	enum err (*spent)(void *ctx, uint8_t *spent, const struct key_image *images, size_t n);
	enum err (*pool)(void *ctx, struct chain_pool_tx **out, size_t *n);
};
void chain_pool_free(struct chain_pool_tx *txs, size_t n);

#endif
