/* Answers of the binary calls, made here from blocks and transactions of a real chain. */
#include "tests/unit/monero/vector.h"

#include "tests/unit/monero/regtest.h"
#include "watcher/chain/epee.h"
#include "watcher/chain/rpc_bin.h"

/* Blocks 75, 76 (with four transactions) and 77 of the vectors. */
#define FIRST 2
#define BLOCKS 3
#define HEIGHT 75

/* What an answer shall be; the zero struct is a correct one of pruned transactions. */
struct shape {
	bool whole;          /* transactions whole, not pruned */
	bool no_prunable;    /* the prunable hash zero, as monerod 0.18 has it */
	bool wrong_prunable; /* a bit of it flipped */
	bool wrong_blob;     /* a bit of the first transaction flipped */
	bool swapped;        /* two transactions in each other's place */
	bool one_less;       /* the last transaction of block 76 left out */
	bool no_indices;
	bool gap;   /* block 76 left out */
	bool twice; /* block 75 instead of 76 */
	uint64_t start, height;
	const char *status;
	bool no_status;
};

static void put_hex(struct buf *b, const char *name, const char *hex, size_t most)
{
	size_t n;
	uint8_t *p = vector_bytes(hex, &n);
	epee_put_string(b, name, p, most && most < n ? most : n);
	free(p);
}

static void put_tx(struct buf *b, const struct shape *s, size_t i)
{
	const struct regtest_tx *tx = &REGTEST_TXS[i];
	size_t at, n, size;
	uint8_t *blob = vector_bytes(tx->blob, &size);
	uint8_t *prunable = vector_bytes(tx->prunable, &n);
	if (s->wrong_blob && i == 0) {
		blob[100] ^= 1;
	}
	if (s->whole) {
		epee_put_size(b, size);
		buf_put(b, blob, size);
	} else {
		prunable[5] ^= s->wrong_prunable;
		if (s->no_prunable) {
			memset(prunable, 0, n);
		}
		epee_put_size(b, 2);
		at = tx->base_size;
		epee_put_string(b, "blob", blob, at);
		epee_put_string(b, "prunable_hash", prunable, n);
	}
	free(prunable);
	free(blob);
}

/* Which of REGTEST_TXS stands at the place, as block 76 names them. */
static size_t tx_at(const uint8_t *block, size_t n, size_t place)
{
	const uint8_t *id = block + n - 32 * (REGTEST_TX_COUNT - place);
	char hex[65];
	hex_encode(hex, id, 32);
	for (size_t i = 0; i < REGTEST_TX_COUNT; i++) {
		if (strcmp(hex, REGTEST_TXS[i].id) == 0) {
			return i;
		}
	}
	fail();
	return 0;
}

static void put_block(struct buf *b, const struct shape *s, size_t i)
{
	const struct regtest_block *v = &REGTEST_BLOCKS[FIRST + i];
	epee_put_size(b, v->n_txs ? 3 : 2);
	put_hex(b, "block", v->blob, 0);
	epee_put_bool(b, "pruned", !s->whole);
	if (v->n_txs == 0) {
		return;
	}
	size_t size, n = v->n_txs - s->one_less;
	uint8_t *block = vector_bytes(v->blob, &size);
	if (s->whole) {
		buf_put(b, "\x03txs\x8a", 5);
		epee_put_size(b, n);
	} else {
		epee_put_objects(b, "txs", n);
	}
	for (size_t place = 0; place < n; place++) {
		put_tx(b, s, tx_at(block, size, s->swapped && place < 2 ? 1 - place : place));
	}
	free(block);
}

static void put_indices(struct buf *b, size_t n_txs)
{
	static const uint64_t some[] = {60, 61};
	epee_put_size(b, 1);
	epee_put_objects(b, "indices", n_txs);
	for (size_t i = 0; i < n_txs; i++) {
		epee_put_size(b, 1);
		epee_put_u64s(b, "indices", some, 1 + i % 2);
	}
}

static struct buf answer(struct shape s)
{
	struct buf b;
	size_t which[BLOCKS] = {0, s.twice ? 0 : 1, 2}, n = BLOCKS;
	if (s.gap) {
		which[1] = 2;
		n = 2;
	}
	buf_init(&b, 1 << 20);
	epee_begin(&b, 4 + !s.no_status - s.no_indices);
	epee_put_objects(&b, "blocks", n);
	for (size_t i = 0; i < n; i++) {
		put_block(&b, &s, which[i]);
	}
	epee_put_u64(&b, "current_height", s.height ? s.height : HEIGHT + BLOCKS);
	if (!s.no_indices) {
		epee_put_objects(&b, "output_indices", n);
		for (size_t i = 0; i < n; i++) {
			put_indices(&b, 1 + REGTEST_BLOCKS[FIRST + which[i]].n_txs);
		}
	}
	epee_put_u64(&b, "start_height", s.start ? s.start : HEIGHT);
	if (!s.no_status) {
		const char *status = s.status ? s.status : "OK";
		epee_put_string(&b, "status", status, strlen(status));
	}
	assert_int_equal(buf_end(&b), ERR_OK);
	return b;
}

static struct hash id_of(size_t i)
{
	struct hash h;
	assert_int_equal(hex_decode(&h, sizeof h, REGTEST_BLOCKS[i].id), ERR_OK);
	return h;
}

static enum err decode(struct chain_batch *out, struct shape s)
{
	struct hash known[] = {id_of(FIRST), id_of(0)};
	struct buf b = answer(s);
	enum err e = rpc_blocks_decode(out, buf_span(&b), known, 2);
	assert_true(e == ERR_OK || (!out->blocks && out->n == 0));
	buf_free(&b);
	return e;
}

static void good_blocks(void **state)
{
	(void)state;
	static const struct shape shapes[] = {{0}, {.whole = true}, {.no_prunable = true}};
	for (size_t i = 0; i < 3; i++) {
		struct chain_batch b;
		assert_int_equal(decode(&b, shapes[i]), ERR_OK);
		assert_int_equal(b.n, BLOCKS);
		assert_int_equal(b.start_height, HEIGHT);
		assert_int_equal(b.node_height, HEIGHT + BLOCKS);
		for (size_t j = 0; j < b.n; j++) {
			const struct regtest_block *v = &REGTEST_BLOCKS[FIRST + j];
			assert_hex(b.blocks[j].id.b, 32, v->id);
			assert_int_equal(b.blocks[j].height, v->height);
			assert_int_equal(b.blocks[j].time, v->time);
			assert_int_equal(b.blocks[j].n_txs, 1 + v->n_txs);
			assert_hex(b.blocks[j].txs[0].id.b, 32, v->miner_tx);
			assert_true(b.blocks[j].txs[0].coinbase && !b.blocks[j].txs[0].pruned);
			assert_int_equal(b.blocks[j].txs[0].n_indices, 1);
		}
		for (size_t j = 1; j <= REGTEST_TX_COUNT; j++) {
			const struct chain_tx *tx = &b.blocks[1].txs[j];
			struct tx parsed;
			assert_true(!tx->coinbase && tx->pruned == !shapes[i].whole);
			assert_int_equal(tx->n_indices, 1 + j % 2);
			assert_int_equal(tx->output_indices[0], 60);
			assert_int_equal(tx_parse(&parsed, tx->blob, tx->size, tx->pruned), ERR_OK);
			tx_free(&parsed);
		}
		chain_batch_free(&b);
	}
}

static void bad_blocks(void **state)
{
	(void)state;
	static const struct shape shapes[] = {
	    {.wrong_prunable = true},
	    {.wrong_blob = true},
	    {.whole = true, .wrong_blob = true},
	    {.swapped = true},
	    {.whole = true, .swapped = true},
	    {.one_less = true},
	    {.no_indices = true},
	    {.gap = true},
	    {.twice = true},
	    {.start = HEIGHT + 1},
	    {.height = HEIGHT + BLOCKS - 1},
	    {.height = 1},
	    {.status = "Failed"},
	    {.status = ""},
	    {.no_status = true},
	};
	struct chain_batch b;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		assert_int_equal(decode(&b, shapes[i]), ERR_NODE_ANSWER);
	}
	assert_int_equal(decode(&b, (struct shape){.status = "BUSY"}), ERR_NODE_BUSY);
}

static void must_follow_what_is_known(void **state)
{
	(void)state;
	struct buf a = answer((struct shape){0});
	struct chain_batch b;
	struct hash other = {{1}}, genesis = id_of(0), before = {0};
	assert_int_equal(rpc_blocks_decode(&b, buf_span(&a), &other, 1), ERR_NODE_ANSWER);
	assert_int_equal(rpc_blocks_decode(&b, buf_span(&a), &genesis, 1), ERR_NODE_ANSWER);
	/* The block before the first is known. */
	struct hash first = id_of(FIRST);
	assert_int_equal(rpc_blocks_decode(&b, buf_span(&a), &first, 1), ERR_OK);
	before = b.blocks[0].previous;
	chain_batch_free(&b);
	assert_int_equal(rpc_blocks_decode(&b, buf_span(&a), &before, 1), ERR_OK);
	chain_batch_free(&b);
	buf_free(&a);
}

/* Every cut and many flipped bits: an error or a sound batch, never a read past the end. */
static void damaged_blocks(void **state)
{
	(void)state;
	struct buf a = answer((struct shape){0});
	struct hash known = id_of(FIRST);
	struct chain_batch b;
	for (size_t n = 0; n < a.n; n += 1 + n / 64) {
		uint8_t *exact = malloc(n ? n : 1);
		assert_non_null(exact);
		memcpy(exact, a.p, n);
		assert_int_not_equal(rpc_blocks_decode(&b, (struct span){exact, n}, &known, 1),
				     ERR_OK);
		free(exact);
	}
	for (size_t i = 0; i < a.n; i += 7) {
		a.p[i] ^= 0x10;
		if (rpc_blocks_decode(&b, buf_span(&a), &known, 1) == ERR_OK) {
			/* The last block's own header is what nothing here commits to. */
			assert_hex(b.blocks[1].id.b, 32, REGTEST_BLOCKS[FIRST + 1].id);
			assert_hex(b.blocks[2].previous.b, 32, REGTEST_BLOCKS[FIRST + 1].id);
			assert_int_equal(b.n, BLOCKS);
		}
		chain_batch_free(&b);
		a.p[i] ^= 0x10;
	}
	buf_free(&a);
}

static void nothing_new(void **state)
{
	(void)state;
	struct buf b;
	struct chain_batch batch;
	struct hash known = id_of(0);
	buf_init(&b, 4096);
	epee_begin(&b, 3);
	epee_put_u64(&b, "current_height", 9);
	epee_put_u64(&b, "start_height", 0);
	epee_put_string(&b, "status", "OK", 2);
	assert_int_equal(rpc_blocks_decode(&batch, buf_span(&b), &known, 1), ERR_OK);
	assert_int_equal(batch.n, 0);
	assert_int_equal(batch.start_height, 9);
	chain_batch_free(&batch);
	buf_free(&b);
}

static struct buf outs_answer(size_t n, bool without_mask)
{
	struct buf b;
	uint8_t key[32], mask[32];
	buf_init(&b, 4096);
	epee_begin(&b, 2);
	epee_put_objects(&b, "outs", n);
	for (size_t i = 0; i < n; i++) {
		memset(key, (int)i + 1, 32);
		memset(mask, (int)i + 0x81, 32);
		epee_put_size(&b, 5 - without_mask);
		epee_put_u64(&b, "height", 1000 + i);
		epee_put_string(&b, "key", key, 32);
		if (!without_mask) {
			epee_put_string(&b, "mask", mask, 32);
		}
		epee_put_string(&b, "txid", key, 32);
		epee_put_bool(&b, "unlocked", i % 2);
	}
	epee_put_string(&b, "status", "OK", 2);
	return b;
}

static void outs(void **state)
{
	(void)state;
	static const uint64_t indices[] = {5, 9, 7};
	static const struct chain_out zero;
	struct chain_out out[3];
	struct buf b = outs_answer(3, false);
	assert_int_equal(rpc_outs_decode(out, indices, 3, buf_span(&b)), ERR_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(out[i].global_index, indices[i]);
		assert_int_equal(out[i].height, 1000 + i);
		assert_int_equal(out[i].unlocked, i % 2);
		assert_int_equal(out[i].key.b[31], i + 1);
		assert_int_equal(out[i].commitment.b[0], i + 0x81);
	}
	/* Fewer or more than asked for. */
	assert_int_equal(rpc_outs_decode(out, indices, 2, buf_span(&b)), ERR_NODE_ANSWER);
	assert_memory_equal(&out[0], &zero, sizeof zero);
	buf_free(&b);
	b = outs_answer(2, false);
	assert_int_equal(rpc_outs_decode(out, indices, 3, buf_span(&b)), ERR_NODE_ANSWER);
	assert_memory_equal(&out[0], &zero, sizeof zero);
	buf_free(&b);
	b = outs_answer(3, true);
	assert_int_equal(rpc_outs_decode(out, indices, 3, buf_span(&b)), ERR_NODE_ANSWER);
	assert_memory_equal(&out[0], &zero, sizeof zero);
	buf_free(&b);
}

static enum err distribution_of(const uint64_t *counts, size_t bytes, uint64_t amount,
				uint64_t **out, size_t *n)
{
	struct buf b;
	uint64_t from;
	buf_init(&b, 4096);
	epee_begin(&b, 2);
	epee_put_objects(&b, "distributions", 1);
	epee_put_size(&b, 3);
	epee_put_u64(&b, "amount", amount);
	epee_put_string(&b, "distribution", counts, bytes);
	epee_put_u64(&b, "start_height", 77);
	epee_put_string(&b, "status", "OK", 2);
	enum err e = rpc_distribution_decode(out, n, &from, buf_span(&b));
	assert_int_equal(from, e == ERR_OK ? 77 : 0);
	buf_free(&b);
	return e;
}

static void distribution(void **state)
{
	(void)state;
	static const uint64_t good[] = {3, 3, 1ull << 40}, falls[] = {3, 2};
	uint64_t *counts;
	size_t n;
	assert_int_equal(distribution_of(good, sizeof good, 0, &counts, &n), ERR_OK);
	assert_int_equal(n, 3);
	assert_memory_equal(counts, good, sizeof good);
	free(counts);
	assert_int_equal(distribution_of(falls, sizeof falls, 0, &counts, &n), ERR_NODE_ANSWER);
	assert_null(counts);
	assert_int_equal(distribution_of(good, sizeof good - 1, 0, &counts, &n), ERR_NODE_ANSWER);
	assert_int_equal(distribution_of(good, 0, 0, &counts, &n), ERR_NODE_ANSWER);
	assert_int_equal(distribution_of(good, sizeof good, 5, &counts, &n), ERR_NODE_ANSWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_blocks),
	    cmocka_unit_test(bad_blocks),
	    cmocka_unit_test(must_follow_what_is_known),
	    cmocka_unit_test(damaged_blocks),
	    cmocka_unit_test(nothing_new),
	    cmocka_unit_test(outs),
	    cmocka_unit_test(distribution),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
