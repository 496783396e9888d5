/*
 * Transactions: real ones of the official wallet to the byte, one of each older type by its layout,
 * and what must not parse.
 */
#include "tests/unit/monero/vector.h"

#include "common/monero/tx.h"
#include "tests/unit/monero/regtest.h"

static void official_transactions(void **state)
{
	(void)state;
	for (size_t i = 0; i < REGTEST_TX_COUNT; i++) {
		const struct regtest_tx *v = &REGTEST_TXS[i];
		struct tx tx;
		struct hash id, prunable;
		size_t n;
		uint8_t *blob = vector_bytes(v->blob, &n);
		assert_int_equal(tx_parse(&tx, blob, n, false), ERR_OK);
		assert_int_equal(tx.version, 2);
		assert_int_equal(tx.rct, RCT_BULLETPROOF_PLUS);
		assert_int_equal(tx.unlock_time, 0);
		assert_true(tx.fee == v->fee);
		assert_int_equal(tx.base_size, v->base_size);
		assert_int_equal(tx.total_size, n);
		assert_int_equal(tx.in[0].n_offsets, RING_SIZE);
		assert_true(tx.out[0].has_view_tag);
		assert_int_equal(tx_weight(n, tx.n_out), v->weight);
		size_t offsets = 0;
		for (size_t k = 0; k < tx.n_in; k++) {
			offsets += tx.in[k].offsets_size;
		}
		assert_int_equal(tx_weight_exact(tx.n_in, offsets, tx.n_out, tx.extra.n, tx.fee),
				 v->weight);
		assert_int_equal(tx_id(&id, blob, n), ERR_OK);
		assert_hex(id.b, 32, v->id);
		assert_int_equal(hex_decode(prunable.b, 32, v->prunable), ERR_OK);
		assert_int_equal(tx_id_pruned(&id, blob, v->base_size, &prunable), ERR_OK);
		assert_hex(id.b, 32, v->id);
		tx_free(&tx);
		free(blob);
	}
}

static void nothing_may_be_missing_or_added(void **state)
{
	(void)state;
	size_t n;
	struct tx tx;
	uint8_t *blob = vector_bytes(REGTEST_TXS[REGTEST_TO_SEVERAL].blob, &n);
	size_t base = REGTEST_TXS[REGTEST_TO_SEVERAL].base_size;
	uint8_t *more = malloc(n + 1);
	assert_non_null(more);
	memcpy(more, blob, n);
	more[n] = 0;
	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(tx_parse(&tx, blob, i, false), ERR_OK);
		assert_null(tx.in);
		assert_int_equal(tx_parse(&tx, blob, i, true) == ERR_OK, i == base);
		tx_free(&tx);
	}
	assert_int_equal(tx_parse(&tx, more, n + 1, false), ERR_PARSE_TRAILING);
	assert_int_equal(tx_parse(&tx, more, base + 1, true), ERR_PARSE_TRAILING);
	free(more);
	free(blob);
}

/* A transaction of 2 inputs with rings of 3 and 2 outputs, filled with a byte each. */
static void fill(struct buf *b, uint8_t with, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_u8(b, with);
	}
}

static void put_prefix(struct buf *b, uint64_t version, uint64_t amount)
{
	buf_varint(b, version);
	buf_varint(b, 5); /* unlock time */
	buf_varint(b, 2);
	for (uint8_t i = 0; i < 2; i++) {
		buf_u8(b, 2);
		buf_varint(b, amount);
		buf_varint(b, 3);
		buf_varint(b, 1000);
		buf_varint(b, 1);
		buf_varint(b, 2);
		fill(b, (uint8_t)(0x10 + i), 32);
	}
	buf_varint(b, 2);
	for (uint8_t i = 0; i < 2; i++) {
		buf_varint(b, amount);
		buf_u8(b, 2);
		fill(b, (uint8_t)(0x20 + i), 32);
	}
	buf_varint(b, 33);
	buf_u8(b, 1);
	fill(b, 0x30, 32);
}

static void put_base(struct buf *b, uint8_t type)
{
	buf_u8(b, type);
	buf_varint(b, 777777);
	if (type == RCT_SIMPLE) {
		fill(b, 0x40, 2 * 32);
	}
	for (uint8_t i = 0; i < 2; i++) {
		if (type < RCT_BULLETPROOF2) {
			fill(b, (uint8_t)(0x50 + i), 32);
			fill(b, (uint8_t)(0x60 + i), 32);
		} else {
			fill(b, (uint8_t)(0x60 + i), 8);
		}
	}
	fill(b, 0x70, 32);
	fill(b, 0x71, 32);
}

static void put_prunable(struct buf *b, uint8_t type, uint8_t rounds, uint8_t rounds_right)
{
	if (type < RCT_BULLETPROOF) {
		fill(b, 0x80, 2 * 193 * 32);
	} else {
		type == RCT_BULLETPROOF ? buf_u32le(b, 1) : buf_varint(b, 1);
		fill(b, 0x81, 6 * 32);
		buf_varint(b, rounds);
		fill(b, 0x82, (size_t)rounds * 32);
		buf_varint(b, rounds_right);
		fill(b, 0x83, (size_t)rounds_right * 32);
		fill(b, 0x84, type == RCT_BULLETPROOF_PLUS ? 0 : 3 * 32);
	}
	if (type == RCT_FULL) {
		fill(b, 0x90, (3 * 3 + 1) * 32);
	} else {
		fill(b, 0x91, 2 * 32 * (type >= RCT_CLSAG ? 3 + 2 : 2 * 3 + 1));
	}
	fill(b, 0xa0, type >= RCT_BULLETPROOF ? 2 * 32 : 0);
}

static void every_ringct_type(void **state)
{
	(void)state;
	struct buf b;
	struct tx tx;
	struct hash id;
	buf_init(&b, 1 << 16);
	for (uint8_t type = RCT_FULL; type <= RCT_BULLETPROOF_PLUS; type++) {
		buf_reset(&b);
		put_prefix(&b, 2, 0);
		size_t prefix = b.n;
		put_base(&b, type);
		size_t base = b.n;
		assert_int_equal(tx_parse(&tx, b.p, b.n, true), ERR_OK);
		tx_free(&tx);
		put_prunable(&b, type, 7, 7);
		assert_int_equal(tx_parse(&tx, b.p, b.n, false), ERR_OK);
		assert_int_equal(tx.rct, type);
		assert_int_equal(tx.prefix_size, prefix);
		assert_int_equal(tx.base_size, base);
		assert_int_equal(tx.fee, 777777);
		assert_int_equal(tx.unlock_time, 5);
		assert_int_equal(tx.in[1].image.b[0], 0x11);
		assert_int_equal(tx.in[1].offsets_size, 4);
		assert_int_equal(tx.out[1].key.b[31], 0x21);
		assert_int_equal(tx.out[1].amount_enc[7], 0x61);
		assert_int_equal(tx.out[1].amount_enc[8], type < RCT_BULLETPROOF2 ? 0x61 : 0);
		assert_int_equal(tx.out[1].mask_enc[0], type < RCT_BULLETPROOF2 ? 0x51 : 0);
		assert_int_equal(tx.out[0].commitment.b[0], 0x70);
		tx_free(&tx);
		assert_int_equal(tx_id(&id, b.p, b.n), ERR_OK);
		assert_int_equal(tx_parse(&tx, b.p, b.n - 1, false), ERR_PARSE_END);
		buf_u8(&b, 0);
		assert_int_equal(tx_parse(&tx, b.p, b.n, false), ERR_PARSE_TRAILING);
	}
	buf_free(&b);
}

static void proofs_have_one_form(void **state)
{
	(void)state;
	static const uint8_t rounds[][2] = {{5, 5}, {11, 11}, {7, 8}, {0, 0}, {6, 6}};
	struct buf b;
	struct tx tx;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
		buf_reset(&b);
		put_prefix(&b, 2, 0);
		put_base(&b, RCT_BULLETPROOF_PLUS);
		put_prunable(&b, RCT_BULLETPROOF_PLUS, rounds[i][0], rounds[i][1]);
		/* The last is a proof for one amount only, for two outputs. */
		assert_int_equal(tx_parse(&tx, b.p, b.n, false), ERR_PARSE_VALUE);
	}
	buf_free(&b);
}

static void version_1(void **state)
{
	(void)state;
	struct buf b;
	struct tx tx;
	struct hash id, none = {{0}};
	buf_init(&b, 1 << 16);
	put_prefix(&b, 1, 1000000);
	assert_int_equal(tx_parse(&tx, b.p, b.n, true), ERR_OK);
	tx_free(&tx);
	assert_int_equal(tx_id_pruned(&id, b.p, b.n, &none), ERR_TX_TYPE);
	assert_int_equal(tx_parse(&tx, b.p, b.n, false), ERR_PARSE_END);
	fill(&b, 1, 2 * 3 * 64);
	assert_int_equal(tx_parse(&tx, b.p, b.n, false), ERR_OK);
	assert_int_equal(tx.rct, RCT_NULL);
	assert_int_equal(tx.out[1].amount, 1000000);
	assert_int_equal(tx.in[0].amount, 1000000);
	tx_free(&tx);
	assert_int_equal(tx_id(&id, b.p, b.n), ERR_OK);
	buf_free(&b);
}

static void what_no_chain_holds_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		enum err e;
	} cases[] = {
	    {"", ERR_PARSE_END},
	    {"00", ERR_TX_TYPE},
	    {"03", ERR_TX_TYPE},
	    {"02000000", ERR_PARSE_VALUE},               /* no inputs */
	    {"020001030000", ERR_TX_TYPE},               /* input kind */
	    {"020001000000", ERR_TX_TYPE},               /* script input */
	    {"02000100", ERR_PARSE_END},                 /* count above bytes */
	    {"0200ffffffffffffffffff01", ERR_PARSE_END}, /* the same, wildly */
	    {"020002ff01ff020000", ERR_PARSE_VALUE},     /* two coinbase inputs */
	    {"020001ff01000006", ERR_PARSE_VALUE},       /* coinbase, RingCT */
	    {"020001ff01000007", ERR_TX_TYPE},           /* RingCT type 7 */
	    {"020001ff0100000000", ERR_PARSE_TRAILING},
	    {"82000001ff01000000", ERR_PARSE_VALUE}, /* long varint */
	    {"020001020000"
	     "1111111111111111111111111111111111111111111111111111111111111111",
	     ERR_PARSE_VALUE}, /* empty ring */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tx tx;
		size_t n;
		uint8_t *p = vector_bytes(cases[i].hex, &n);
		assert_int_equal(tx_parse(&tx, p, n, false), cases[i].e);
		assert_null(tx.in);
		free(p);
	}
	struct buf b;
	struct tx tx;
	buf_init(&b, 1 << 16);
	put_prefix(&b, 2, 5); /* clear amounts beside commitments */
	put_base(&b, RCT_CLSAG);
	assert_int_equal(tx_parse(&tx, b.p, b.n, true), ERR_PARSE_VALUE);
	buf_reset(&b);
	put_prefix(&b, 2, 0); /* version 2, no RingCT, not coinbase */
	buf_u8(&b, RCT_NULL);
	assert_int_equal(tx_parse(&tx, b.p, b.n, false), ERR_PARSE_VALUE);
	buf_free(&b);
}

static void weights(void **state)
{
	(void)state;
	/* wallet2's own estimates, seen as fees of regtest payments: 2 inputs, 2 outputs. */
	assert_int_equal(tx_weight_estimate(2, 2, 0), 2171);
	assert_int_equal(tx_weight_estimate(2, 2, 11), 2182);
	assert_int_equal(tx_weight(1000, 1), 1000);
	assert_int_equal(tx_weight(1000, 2), 1000);
	/* 4/5 of (320 * padded - 32 * (6 + 2 * (6 + log2 padded))) */
	assert_int_equal(tx_weight(1000, 3), 1000 + (320 * 4 - 704) * 4 / 5);
	assert_int_equal(tx_weight(1000, 5), 1000 + (320 * 8 - 768) * 4 / 5);
	assert_int_equal(tx_weight(1000, 16), 1000 + (320 * 16 - 832) * 4 / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_transactions),
	    cmocka_unit_test(nothing_may_be_missing_or_added),
	    cmocka_unit_test(every_ringct_type),
	    cmocka_unit_test(proofs_have_one_form),
	    cmocka_unit_test(version_1),
	    cmocka_unit_test(what_no_chain_holds_is_refused),
	    cmocka_unit_test(weights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
