/* Blocks and their ids against a real chain's; the tree of ids for every shape. */
#include "tests/unit/monero/vector.h"

#include "common/crypto/keccak.h"
#include "common/monero/block.h"
#include "common/monero/tx.h"
#include "tests/unit/monero/regtest.h"

static void official_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < REGTEST_BLOCK_COUNT; i++) {
		const struct regtest_block *v = &REGTEST_BLOCKS[i];
		struct block b;
		struct hash id;
		size_t n;
		uint8_t *blob = vector_bytes(v->blob, &n);
		assert_int_equal(block_parse(&b, blob, n), ERR_OK);
		assert_int_equal(b.height, v->height);
		assert_int_equal(b.timestamp, v->time);
		assert_int_equal(b.n_txs, v->n_txs);
		assert_int_equal(b.major_version, v->height == 0 ? 1 : 16);
		assert_int_equal(tx_id(&id, b.miner_tx.p, b.miner_tx.n), ERR_OK);
		assert_hex(id.b, 32, v->miner_tx);
		assert_int_equal(block_id(&id, &b), ERR_OK);
		assert_hex(id.b, 32, v->id);
		if (i > 0 && v->height == REGTEST_BLOCKS[i - 1].height + 1) {
			assert_hex(b.previous.b, 32, REGTEST_BLOCKS[i - 1].id);
		}
		for (size_t k = 0; k < n; k++) {
			assert_int_not_equal(block_parse(&b, blob, k), ERR_OK);
		}
		free(blob);
	}
}

static void every_byte_counts(void **state)
{
	(void)state;
	size_t n;
	struct block b;
	struct hash id, was;
	/* The block with transactions. */
	const struct regtest_block *v = &REGTEST_BLOCKS[3];
	assert_int_equal(v->n_txs, REGTEST_TX_COUNT);
	uint8_t *blob = vector_bytes(v->blob, &n);
	assert_int_equal(block_parse(&b, blob, n), ERR_OK);
	assert_int_equal(block_id(&was, &b), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		blob[i] ^= 1;
		if (block_parse(&b, blob, n) == ERR_OK) {
			assert_int_equal(block_id(&id, &b), ERR_OK);
			assert_memory_not_equal(id.b, was.b, 32);
		}
		blob[i] ^= 1;
	}
	assert_int_equal(block_parse(&b, blob, n), ERR_OK);
	for (size_t i = 0; i < b.n_txs; i++) {
		block_tx_id(&id, &b, i);
		size_t found = 0;
		for (size_t k = 0; k < REGTEST_TX_COUNT; k++) {
			uint8_t official[32];
			assert_int_equal(hex_decode(official, 32, REGTEST_TXS[k].id), ERR_OK);
			found += memcmp(official, id.b, 32) == 0;
		}
		assert_int_equal(found, 1);
	}
	free(blob);
}

static void pair(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	uint8_t both[64];
	memcpy(both, a, 32);
	memcpy(both + 32, b, 32);
	keccak256(out, both, 64);
}

/* The same tree by recursion from its definition: of n leaves, the last 2(n - p) are paired first.
 */
static void tree(uint8_t *out, const uint8_t *ids, size_t n)
{
	static uint8_t row[2][64 * 32];
	size_t p = 1;
	while (2 * p < n) {
		p *= 2;
	}
	if (n <= 1) {
		memcpy(out, ids, 32);
		return;
	}
	size_t alone = 2 * p - n;
	memcpy(row[0], ids, 32 * alone);
	for (size_t i = 0; i < n - p; i++) {
		pair(row[0] + 32 * (alone + i), ids + 32 * (alone + 2 * i),
		     ids + 32 * (alone + 2 * i + 1));
	}
	while (p > 1) {
		for (size_t i = 0; i < p / 2; i++) {
			pair(row[1] + 32 * i, row[0] + 64 * i, row[0] + 64 * i + 32);
		}
		p /= 2;
		memcpy(row[0], row[1], 32 * p);
	}
	memcpy(out, row[0], 32);
}

static void trees(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 64; n++) {
		uint8_t ids[64 * 32], expected[32];
		struct hash root;
		for (size_t i = 0; i < n; i++) {
			keccak256(ids + 32 * i, &i, sizeof i);
		}
		tree(expected, ids, n);
		block_tree_hash(&root, ids, n);
		assert_memory_equal(root.b, expected, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_blocks),
	    cmocka_unit_test(every_byte_counts),
	    cmocka_unit_test(trees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
