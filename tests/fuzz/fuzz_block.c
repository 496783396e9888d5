/* Blocks: what is accepted has parts within the bytes, and an id. */
#include "common/monero/block.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct block b;
	struct hash id;
	if (block_parse(&b, data, n) != ERR_OK) {
		CHECK(b.n_txs == 0 && !b.tx_ids);
		return 0;
	}
	CHECK(b.header.n + b.miner_tx.n < n);
	CHECK(b.header.p + b.header.n == b.miner_tx.p);
	CHECK(b.n_txs == 0 || b.tx_ids + 32 * b.n_txs == data + n);
	CHECK(block_id(&id, &b) == ERR_OK);
	return 0;
}
