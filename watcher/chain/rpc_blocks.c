/* get_blocks.bin: runs of blocks with their transactions and global output indices. */
#include <stdlib.h>
#include <string.h>

#include "common/monero/block.h"
#include "watcher/chain/epee.h"
#include "watcher/chain/rpc_bin.h"

/* The node sends at most 1000; more is not asked for and not believed. */
#define BLOCKS_MAX 4096

/* An array met in passing, to be walked when everything around it is known. */
struct later {
	bool seen;
	struct epee_value v;
	struct reader at;
};

static struct later put_off(struct reader *r, const struct epee_value *v)
{
	struct later l = {true, *v, *r};
	epee_skip(r, v);
	return l;
}

void rpc_blocks_request(struct buf *out, const struct hash *known, size_t n_known, bool pruned)
{
	epee_begin(out, 4);
	epee_put_string(out, "block_ids", known, n_known * sizeof *known);
	epee_put_bool(out, "no_miner_tx", false);
	epee_put_bool(out, "prune", pruned);
	epee_put_u64(out, "start_height", 0);
}

static enum err copy(uint8_t **out, struct span s)
{
	*out = malloc(s.n ? s.n : 1);
	if (!*out) {
		return ERR_NO_MEMORY;
	}
	if (s.n) {
		memcpy(*out, s.p, s.n);
	}
	return ERR_OK;
}

static enum err decode_tx(struct chain_tx *tx, struct reader *r, const struct epee_value *v,
			  const struct hash *id)
{
	static const struct hash zero;
	struct hash prunable = {0}, got = {0};
	struct span blob = {NULL, 0};
	tx->pruned = v->type == EPEE_OBJECT;
	if (tx->pruned) {
		size_t fields = epee_section(r);
		for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
			struct span name;
			struct epee_value f = epee_field(r, &name);
			if (epee_is(name, "blob")) {
				epee_expect(r, &f, EPEE_STRING, false);
				blob = epee_string(r, &f);
			} else if (epee_is(name, "prunable_hash")) {
				epee_blob(r, &f, &prunable, sizeof prunable);
			} else {
				epee_skip(r, &f);
			}
		}
	} else {
		blob = epee_string(r, v);
	}
	if (r->failed != ERR_OK || blob.n == 0) {
		return err_set(ERR_NODE_ANSWER, "a transaction of get_blocks.bin is not readable");
	}
	enum err e = ERR_OK;
	if (!tx->pruned) {
		e = tx_id(&got, blob.p, blob.n);
	} else if (memcmp(&prunable, &zero, sizeof zero) != 0) {
		e = tx_id_pruned(&got, blob.p, blob.n, &prunable);
	} else {
		/* monerod 0.18 leaves the hash empty here: the blob stands on the node's word. */
		got = *id;
	}
	if (e != ERR_OK || memcmp(&got, id, sizeof got) != 0) {
		return e == ERR_NO_MEMORY
			   ? e
			   : err_set(ERR_NODE_ANSWER,
				     "a transaction is not the one that its block names");
	}
	tx->id = *id;
	tx->size = blob.n;
	return copy(&tx->blob, blob);
}

/* The miner transaction and what the block's entry holds of the others. */
static enum err decode_txs(struct chain_block *out, const struct block *b, struct later *txs)
{
	size_t n = txs->seen ? txs->v.n : 0;
	if (n != b->n_txs) {
		return err_set(ERR_NODE_ANSWER, "a block names %zu transactions, %zu came",
			       b->n_txs, n);
	}
	if (n > 0 &&
	    (!txs->v.array || (txs->v.type != EPEE_OBJECT && txs->v.type != EPEE_STRING))) {
		return err_set(ERR_NODE_ANSWER, "a block's transactions are not readable");
	}
	/* Each of the n has 32 bytes in the block's own bytes, so n is bounded by the answer. */
	out->txs = calloc(n + 1, sizeof *out->txs);
	if (!out->txs) {
		return ERR_NO_MEMORY;
	}
	out->n_txs = n + 1;
	out->txs[0].coinbase = true;
	out->txs[0].size = b->miner_tx.n;
	enum err e = tx_id(&out->txs[0].id, b->miner_tx.p, b->miner_tx.n);
	if (e != ERR_OK) {
		return err_set(ERR_NODE_ANSWER, "a miner transaction is not readable");
	}
	e = copy(&out->txs[0].blob, b->miner_tx);
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		struct hash id;
		block_tx_id(&id, b, i);
		e = decode_tx(&out->txs[i + 1], &txs->at, &txs->v, &id);
	}
	return e;
}

static enum err decode_block(struct chain_block *out, struct reader *r)
{
	struct span blob = {NULL, 0};
	struct later txs = {0};
	size_t fields = epee_section(r);
	for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(r, &name);
		if (epee_is(name, "block")) {
			epee_expect(r, &f, EPEE_STRING, false);
			blob = epee_string(r, &f);
		} else if (epee_is(name, "txs")) {
			txs = put_off(r, &f);
		} else {
			epee_skip(r, &f);
		}
	}
	struct block b;
	if (r->failed != ERR_OK || block_parse(&b, blob.p, blob.n) != ERR_OK) {
		return err_set(ERR_NODE_ANSWER, "a block of get_blocks.bin is not readable");
	}
	enum err e = block_id(&out->id, &b);
	if (e != ERR_OK) {
		return e == ERR_NO_MEMORY
			   ? e
			   : err_set(ERR_NODE_ANSWER, "a block has no id: %s", err_text(e));
	}
	out->height = b.height;
	out->previous = b.previous;
	out->time = b.timestamp;
	out->major_version = b.major_version;
	return decode_txs(out, &b, &txs);
}

static enum err decode_indices_of_tx(struct chain_tx *tx, struct reader *r)
{
	size_t fields = epee_section(r);
	for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(r, &name);
		if (!epee_is(name, "indices") || !f.array || tx->output_indices) {
			epee_skip(r, &f);
			continue;
		}
		/* 8 bytes each have come already, so this asks for no more than the answer holds.
		 */
		epee_expect(r, &f, EPEE_UINT64, true);
		if (r->failed != ERR_OK) {
			break;
		}
		tx->output_indices = calloc(f.n ? f.n : 1, sizeof *tx->output_indices);
		if (!tx->output_indices) {
			return ERR_NO_MEMORY;
		}
		tx->n_indices = f.n;
		for (size_t j = 0; j < f.n; j++) {
			tx->output_indices[j] = epee_u64(r, &f);
		}
	}
	if (r->failed != ERR_OK) {
		return err_set(ERR_NODE_ANSWER, "output indices are not readable");
	}
	return ERR_OK;
}

static enum err decode_indices_of_block(struct chain_block *b, struct reader *r)
{
	size_t fields = epee_section(r);
	bool seen = false;
	for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(r, &name);
		if (!epee_is(name, "indices")) {
			epee_skip(r, &f);
			continue;
		}
		epee_expect(r, &f, EPEE_OBJECT, true);
		if (seen || f.n != b->n_txs) {
			reader_fail(r, ERR_PARSE_VALUE);
		}
		seen = true;
		for (size_t j = 0; j < b->n_txs && r->failed == ERR_OK; j++) {
			enum err e = decode_indices_of_tx(&b->txs[j], r);
			if (e != ERR_OK) {
				return e;
			}
		}
	}
	if (r->failed != ERR_OK || !seen) {
		return err_set(ERR_NODE_ANSWER, "a block's output indices are missing");
	}
	return ERR_OK;
}

static bool is_known(const struct hash *id, const struct hash *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(id, &known[i], sizeof *id) == 0) {
			return true;
		}
	}
	return false;
}

static enum err check_links(const struct chain_batch *b, const struct hash *known, size_t n_known)
{
	const struct chain_block *blocks = b->blocks;
	if (b->n == 0) {
		return ERR_OK;
	}
	if (!is_known(&blocks[0].id, known, n_known) &&
	    !is_known(&blocks[0].previous, known, n_known)) {
		return err_set(ERR_NODE_ANSWER,
			       "the first block does not follow one that we know of");
	}
	for (size_t i = 0; i < b->n; i++) {
		if (blocks[i].height != b->start_height + i) {
			return err_set(ERR_NODE_ANSWER, "a block says height %llu, not %llu",
				       (unsigned long long)blocks[i].height,
				       (unsigned long long)(b->start_height + i));
		}
		if (i > 0 && memcmp(&blocks[i].previous, &blocks[i - 1].id,
				    sizeof blocks[i].previous) != 0) {
			return err_set(ERR_NODE_ANSWER,
				       "block %llu does not follow the one before it",
				       (unsigned long long)blocks[i].height);
		}
	}
	if (b->node_height < b->start_height || b->node_height - b->start_height < b->n) {
		return err_set(ERR_NODE_ANSWER, "more blocks than the node says it has");
	}
	return ERR_OK;
}

enum err rpc_blocks_decode(struct chain_batch *out, struct span answer, const struct hash *known,
			   size_t n_known)
{
	*out = (struct chain_batch){0};
	struct later blocks = {0}, indices = {0};
	struct span status = {NULL, 0};
	bool has_start = false, has_height = false;
	struct reader r = epee_open(answer.p, answer.n);
	size_t fields = epee_section(&r);
	for (size_t i = 0; i < fields && r.failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(&r, &name);
		if (epee_is(name, "blocks")) {
			epee_expect(&r, &f, EPEE_OBJECT, true);
			blocks = put_off(&r, &f);
		} else if (epee_is(name, "output_indices")) {
			epee_expect(&r, &f, EPEE_OBJECT, true);
			indices = put_off(&r, &f);
		} else if (epee_is(name, "start_height")) {
			epee_expect(&r, &f, EPEE_UINT64, false);
			out->start_height = epee_u64(&r, &f);
			has_start = true;
		} else if (epee_is(name, "current_height")) {
			epee_expect(&r, &f, EPEE_UINT64, false);
			out->node_height = epee_u64(&r, &f);
			has_height = true;
		} else if (epee_is(name, "status")) {
			epee_expect(&r, &f, EPEE_STRING, false);
			status = epee_string(&r, &f);
		} else {
			epee_skip(&r, &f);
		}
	}
	enum err e = reader_end(&r);
	if (e != ERR_OK) {
		e = err_set(ERR_NODE_ANSWER, "get_blocks.bin: %s", err_text(e));
		goto fail;
	}
	e = rpc_status("get_blocks.bin", (const char *)status.p, status.n);
	if (e != ERR_OK) {
		goto fail;
	}
	size_t n = blocks.seen ? blocks.v.n : 0;
	if (!has_start || !has_height || n > BLOCKS_MAX || n != (indices.seen ? indices.v.n : 0)) {
		e = err_set(ERR_NODE_ANSWER, "get_blocks.bin: parts are missing or too many");
		goto fail;
	}
	if (n == 0) {
		/* Nothing newer than known[0]: the node says start 0 then. */
		out->start_height = out->node_height;
		return ERR_OK;
	}
	out->blocks = calloc(n, sizeof *out->blocks);
	if (!out->blocks) {
		e = ERR_NO_MEMORY;
		goto fail;
	}
	out->n = n;
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		e = decode_block(&out->blocks[i], &blocks.at);
		if (e == ERR_OK) {
			e = decode_indices_of_block(&out->blocks[i], &indices.at);
		}
	}
	if (e == ERR_OK) {
		e = check_links(out, known, n_known);
	}
	if (e != ERR_OK) {
		goto fail;
	}
	return ERR_OK;
fail:
	chain_batch_free(out);
	return e;
}
