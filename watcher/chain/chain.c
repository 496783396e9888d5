/* Releases what a chain's answers hold. */
#include "watcher/chain/chain.h"

#include <stdlib.h>

void chain_batch_free(struct chain_batch *b)
{
	for (size_t i = 0; b->blocks && i < b->n; i++) {
		struct chain_block *block = &b->blocks[i];
		for (size_t j = 0; block->txs && j < block->n_txs; j++) {
			free(block->txs[j].blob);
			free(block->txs[j].output_indices);
		}
		free(block->txs);
	}
	free(b->blocks);
	*b = (struct chain_batch){0};
}

void chain_pool_free(struct chain_pool_tx *txs, size_t n)
{
	for (size_t i = 0; txs && i < n; i++) {
		free(txs[i].blob);
	}
	free(txs);
}
