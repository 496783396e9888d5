/* Block parsing and ids: see the header. */
#include "common/monero/block.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/crypto/keccak.h"
#include "common/monero/tx_read.h"

/* CRYPTONOTE_MAX_TX_PER_BLOCK */
#define BLOCK_TXS_MAX 0x10000000

/* Block 202612 of mainnet was hashed with a faulty tree; its id stays what it was then. */
#define ODD_BLOCK_BYTES "3a8a2b3a29b50fc86ff73dd087ea43c6f0d6b8f936c849194d5c84c737903966"
#define ODD_BLOCK_ID "bbd604d2ba11ba27935e006ed39c9bfdd99b76bf4a50654bc1e1e61217962698"
#define ODD_BLOCK_HEIGHT 202612

static uint8_t read_version(struct reader *r)
{
	uint64_t v = read_varint(r);
	if (v > UINT8_MAX) {
		reader_fail(r, ERR_PARSE_VALUE);
		return 0;
	}
	return (uint8_t)v;
}

static enum err read_miner_tx(struct block *out, struct reader *r)
{
	struct tx tx;
	out->miner_tx.p = r->p;
	enum err e = tx_read(&tx, r, false);
	if (e != ERR_OK) {
		return e;
	}
	out->miner_tx.n = tx.total_size;
	out->height = tx.in[0].height;
	if (!tx.in[0].coinbase) {
		e = ERR_PARSE_VALUE;
	}
	tx_free(&tx);
	return e;
}

enum err block_parse(struct block *out, const void *p, size_t n)
{
	struct reader r = reader_of(p, n);
	*out = (struct block){.whole = {p, n}};
	out->major_version = read_version(&r);
	out->minor_version = read_version(&r);
	out->timestamp = read_varint(&r);
	read_bytes(&r, out->previous.b, sizeof out->previous.b);
	out->nonce = read_u32le(&r);
	out->header = (struct span){p, n - r.left};
	enum err e = r.failed != ERR_OK ? r.failed : read_miner_tx(out, &r);
	if (e == ERR_OK) {
		out->n_txs = read_count(&r, sizeof(struct hash));
		out->tx_ids = read_span(&r, sizeof(struct hash) * out->n_txs);
		e = out->n_txs > BLOCK_TXS_MAX ? ERR_PARSE_VALUE : reader_end(&r);
	}
	if (e != ERR_OK) {
		*out = (struct block){0};
	}
	return e;
}

void block_tx_id(struct hash *out, const struct block *b, size_t i)
{
	CHECK(i < b->n_txs);
	memcpy(out->b, b->tx_ids + 32 * i, 32);
}

static void hash_pair(uint8_t *out, const uint8_t *pair)
{
	keccak256(out, pair, 64);
}

void block_tree_hash(struct hash *out, uint8_t *ids, size_t n)
{
	CHECK(n > 0);
	/* The leaves that do not fit a power of two are paired first, from the right. */
	size_t level = 1;
	while (2 * level < n) {
		level *= 2;
	}
	size_t alone = n > 1 ? 2 * level - n : 1;
	for (size_t i = alone, from = alone; i < level; i++, from += 2) {
		hash_pair(ids + 32 * i, ids + 32 * from);
	}
	for (; level > 1; level /= 2) {
		for (size_t i = 0; i < level / 2; i++) {
			hash_pair(ids + 32 * i, ids + 64 * i);
		}
	}
	memcpy(out->b, ids, 32);
}

static enum err tree_root(struct hash *out, const struct block *b)
{
	struct hash miner;
	enum err e = tx_id(&miner, b->miner_tx.p, b->miner_tx.n);
	if (e != ERR_OK) {
		return e;
	}
	uint8_t *ids = malloc(32 * (b->n_txs + 1));
	if (!ids) {
		return ERR_NO_MEMORY;
	}
	memcpy(ids, miner.b, 32);
	if (b->n_txs > 0) {
		memcpy(ids + 32, b->tx_ids, 32 * b->n_txs);
	}
	block_tree_hash(out, ids, b->n_txs + 1);
	free(ids);
	return ERR_OK;
}

static enum err odd_block(struct hash *out, const struct block *b)
{
	struct hash bytes, expected;
	enum err e = hex_decode(expected.b, sizeof expected.b, ODD_BLOCK_BYTES);
	if (e != ERR_OK) {
		return e;
	}
	keccak256(bytes.b, b->whole.p, b->whole.n);
	if (memcmp(bytes.b, expected.b, sizeof bytes.b) != 0) {
		return ERR_OK; /* another chain's block of that height */
	}
	return hex_decode(out->b, sizeof out->b, ODD_BLOCK_ID);
}

enum err block_id(struct hash *out, const struct block *b)
{
	struct hash root;
	struct buf hashing, prefixed;
	*out = (struct hash){{0}};
	enum err e = tree_root(&root, b);
	if (e != ERR_OK) {
		return e;
	}
	buf_init(&hashing, 256);
	buf_init(&prefixed, 256);
	buf_put(&hashing, b->header.p, b->header.n);
	buf_put(&hashing, root.b, sizeof root.b);
	buf_varint(&hashing, b->n_txs + 1);
	/* The id is the hash of the blob as a string, which begins with its length. */
	buf_varint(&prefixed, hashing.n);
	buf_put(&prefixed, hashing.p, hashing.n);
	if ((e = buf_end(&hashing)) == ERR_OK && (e = buf_end(&prefixed)) == ERR_OK) {
		keccak256(out->b, prefixed.p, prefixed.n);
		if (b->height == ODD_BLOCK_HEIGHT) {
			e = odd_block(out, b);
		}
	}
	buf_free(&hashing);
	buf_free(&prefixed);
	return e;
}
