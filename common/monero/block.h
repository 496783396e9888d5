/*
 * Blocks as bytes: header, miner transaction, ids of the other transactions; and the block's id.
 * Source: monero src/cryptonote_basic/cryptonote_basic.h, cryptonote_format_utils.cpp,
 * src/crypto/tree-hash.c.
 */
#ifndef AIRLOCK_MONERO_BLOCK_H
#define AIRLOCK_MONERO_BLOCK_H

#include "common/base/bytes.h"
#include "common/monero/keys.h"

/* A parsed block; every span and pointer reaches into the bytes parsed, nothing is owned. */
struct block {
	uint8_t major_version; /* the hard fork */
	uint8_t minor_version;
	uint64_t timestamp; /* seconds */
	struct hash previous;
	uint32_t nonce;
	uint64_t height; /* as the miner transaction says; committed to by the id */
	struct span whole;
	struct span header;
	struct span miner_tx;  /* for tx_parse and tx_id */
	size_t n_txs;          /* without the miner transaction */
	const uint8_t *tx_ids; /* n_txs * 32 bytes in place */
};

/* Parses a block that fills the bytes exactly. ERR_PARSE_*, ERR_TX_TYPE of its miner transaction.
 */
enum err MUST_CHECK block_parse(struct block *out, const void *p, size_t n);

/* Transaction i's id; i below n_txs. */
void block_tx_id(struct hash *out, const struct block *b, size_t i);

/* The id, computed from header and the tree of transaction ids. ERR_PARSE_*, ERR_NO_MEMORY. */
enum err MUST_CHECK block_id(struct hash *out, const struct block *b);

/* The root over n ids (n at least 1), 32 bytes each in `ids`, which is overwritten. */
void block_tree_hash(struct hash *out, uint8_t *ids, size_t n);

#endif
