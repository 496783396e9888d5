/*
 * The node's binary answers: 32 bytes of a block id that is known, then the answer, given to every
 * decoder. What is accepted is linked and complete.
 */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "watcher/chain/rpc_bin.h"

#define OUTS 4

static void blocks(struct span answer, const struct hash *known)
{
	struct chain_batch b;
	if (rpc_blocks_decode(&b, answer, known, 1) != ERR_OK) {
		CHECK(b.n == 0 && !b.blocks);
		return;
	}
	for (size_t i = 0; i < b.n; i++) {
		const struct chain_block *block = &b.blocks[i];
		CHECK(block->height == b.start_height + i && block->n_txs > 0);
		CHECK(i == 0 || memcmp(&block->previous, &b.blocks[i - 1].id, 32) == 0);
		for (size_t j = 0; j < block->n_txs; j++) {
			CHECK(block->txs[j].coinbase == (j == 0));
			CHECK(block->txs[j].size > 0 && block->txs[j].size < answer.n);
		}
	}
	chain_batch_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint64_t indices[OUTS] = {0, 1, 2, 3};
	struct hash known;
	struct chain_out outs[OUTS];
	uint64_t *counts = NULL, from;
	size_t n_counts;
	if (n < sizeof known) {
		return 0;
	}
	memcpy(&known, data, sizeof known);
	struct span answer = {data + sizeof known, n - sizeof known};
	blocks(answer, &known);
	if (rpc_outs_decode(outs, indices, OUTS, answer) == ERR_OK) {
		CHECK(outs[OUTS - 1].global_index == 3);
	}
	if (rpc_distribution_decode(&counts, &n_counts, &from, answer) == ERR_OK) {
		CHECK(n_counts > 0 && counts[0] <= counts[n_counts - 1]);
	}
	free(counts);
	return 0;
}
