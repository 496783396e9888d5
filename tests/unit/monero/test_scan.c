/*
 * The scanner finds what the official wallet finds, no more and no less; and with outputs built
 * here, that each condition matters: view tag, commitment, older encryptions, broken keys.
 */
#include "tests/unit/monero/wallet.h"

#include "common/base/rng.h"
#include "common/monero/block.h"

static struct wallet wallet;

static int open_wallet(void **state)
{
	(void)state;
	wallet_open(&wallet);
	return 0;
}

/* Asserts that the official wallet found the same in this transaction; returns how many. */
static size_t compare(const char *id, const struct owned_output *found, size_t n)
{
	size_t expected = 0;
	for (size_t i = 0; i < REGTEST_OUTPUT_COUNT; i++) {
		const struct regtest_output *v = &REGTEST_OUTPUTS[i];
		if (strcmp(v->tx, id) != 0) {
			continue;
		}
		expected++;
		size_t matches = 0;
		for (size_t k = 0; k < n; k++) {
			uint8_t key[32];
			assert_int_equal(hex_decode(key, 32, v->key), ERR_OK);
			if (memcmp(found[k].one_time.b, key, 32) == 0) {
				matches++;
				assert_true(found[k].amount.atomic == v->amount);
				assert_int_equal(found[k].at.major, v->at.major);
				assert_int_equal(found[k].at.minor, v->at.minor);
			}
		}
		assert_int_equal(matches, 1);
	}
	assert_int_equal(n, expected);
	return expected;
}

/* What any found output must satisfy on its own. */
static void check_proof(const struct owned_output *o, const struct tx *tx)
{
	struct derivation d;
	struct public_key one_time;
	struct commitment c;
	assert_int_equal(derive(&d, &o->tx_public, &wallet.account.view.s), ERR_OK);
	assert_int_equal(
	    derive_public_key(&one_time, &d, o->index, &wallet.spend[o->at.major][o->at.minor]),
	    ERR_OK);
	assert_memory_equal(one_time.b, tx->out[o->index].key.b, 32);
	commit(&c, &o->mask, o->amount);
	assert_memory_equal(c.b, o->commitment.b, 32);
}

static size_t scan_blob(const uint8_t *blob, size_t n, bool pruned, const char *id)
{
	struct tx tx;
	struct tx_extra extra;
	struct owned_output found[16];
	size_t n_found;
	assert_int_equal(tx_parse(&tx, blob, n, pruned), ERR_OK);
	tx_extra_parse(&extra, tx.extra);
	assert_int_equal(wallet_scan(&wallet, found, &n_found, 16, &tx, &extra), ERR_OK);
	size_t count = compare(id, found, n_found);
	for (size_t i = 0; i < n_found; i++) {
		check_proof(&found[i], &tx);
	}
	tx_free(&tx);
	return count;
}

static void as_the_official_wallet(void **state)
{
	(void)state;
	size_t n, count = 0;
	for (size_t i = 0; i < REGTEST_TX_COUNT; i++) {
		uint8_t *blob = vector_bytes(REGTEST_TXS[i].blob, &n);
		size_t whole = scan_blob(blob, n, false, REGTEST_TXS[i].id);
		size_t pruned = scan_blob(blob, REGTEST_TXS[i].base_size, true, REGTEST_TXS[i].id);
		assert_int_equal(whole, pruned);
		count += whole;
		free(blob);
	}
	for (size_t i = 0; i < REGTEST_BLOCK_COUNT; i++) {
		struct block b;
		uint8_t *blob = vector_bytes(REGTEST_BLOCKS[i].blob, &n);
		assert_int_equal(block_parse(&b, blob, n), ERR_OK);
		count += scan_blob(b.miner_tx.p, b.miner_tx.n, false, REGTEST_BLOCKS[i].miner_tx);
		free(blob);
	}
	assert_int_equal(count, REGTEST_OUTPUT_COUNT);
}

static void too_little_room_is_an_error(void **state)
{
	(void)state;
	struct tx tx;
	struct tx_extra extra;
	struct owned_output found[16];
	size_t n, n_found;
	uint8_t *blob = vector_bytes(REGTEST_TXS[REGTEST_TO_SEVERAL].blob, &n);
	assert_int_equal(tx_parse(&tx, blob, n, false), ERR_OK);
	tx_extra_parse(&extra, tx.extra);
	assert_int_equal(wallet_scan(&wallet, found, &n_found, 3, &tx, &extra), ERR_LIMIT);
	assert_int_equal(n_found, 0);
	assert_int_equal(wallet_scan(&wallet, found, &n_found, 4, &tx, &extra), ERR_OK);
	assert_int_equal(n_found, 4);
	/* Without its keys nothing is ours. */
	extra.n_public = 0;
	extra.n_additional = 0;
	assert_int_equal(wallet_scan(&wallet, found, &n_found, 16, &tx, &extra), ERR_OK);
	assert_int_equal(n_found, 0);
	tx_free(&tx);
	free(blob);
}

/* A transaction with outputs to the primary address, all by one key. */
struct made {
	struct tx tx;
	struct tx_output out[4];
	struct tx_extra extra;
	struct scalar r;
};

static void encrypt_long(struct tx_output *o, const struct derivation *d, size_t i,
			 const struct mask *mask, uint64_t amount)
{
	struct scalar key, s;
	derivation_scalar(&key, d, i);
	sc_hash(&key, key.b, 32);
	sc_add(&s, &mask->s, &key);
	memcpy(o->mask_enc, s.b, 32);
	sc_hash(&key, key.b, 32);
	s = sc_of_u64(amount);
	sc_add(&s, &s, &key);
	memcpy(o->amount_enc, s.b, 32);
}

static void make(struct made *m, enum rct_type type, size_t n_out)
{
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 7);
	*m = (struct made){.tx = {.version = 2, .rct = type, .n_out = n_out, .out = m->out}};
	sc_random(&m->r, &rng);
	m->extra.n_public = 1;
	public_of_scalar(&m->extra.public_key[0], &m->r);
	struct derivation d;
	assert_int_equal(derive(&d, &wallet.account.view_public, &m->r), ERR_OK);
	for (size_t i = 0; i < n_out; i++) {
		struct tx_output *o = &m->out[i];
		struct mask mask;
		uint64_t amount = UINT64_C(18000000000000000000) + i;
		assert_int_equal(derive_public_key(&o->key, &d, i, &wallet.account.spend_public),
				 ERR_OK);
		if (type == RCT_NULL) {
			o->amount = amount;
			continue;
		}
		if (type >= RCT_BULLETPROOF2) {
			uint8_t clear[8];
			store64_le(clear, amount);
			amount_crypt(o->amount_enc, clear, &d, i);
			derive_mask(&mask, &d, i);
		} else {
			sc_random(&mask.s, &rng);
			encrypt_long(o, &d, i, &mask, amount);
		}
		o->has_view_tag = type == RCT_BULLETPROOF_PLUS;
		o->view_tag = derive_view_tag(&d, i);
		commit(&o->commitment, &mask, amount_of(amount));
	}
}

static size_t found_in(struct made *m, struct owned_output found[static 4])
{
	size_t n;
	assert_int_equal(wallet_scan(&wallet, found, &n, 4, &m->tx, &m->extra), ERR_OK);
	return n;
}

static void every_encryption(void **state)
{
	(void)state;
	for (int type = RCT_NULL; type <= RCT_BULLETPROOF_PLUS; type++) {
		struct made m;
		struct owned_output found[4];
		make(&m, (enum rct_type)type, 3);
		assert_int_equal(found_in(&m, found), 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(found[i].index, i);
			assert_true(found[i].amount.atomic == UINT64_C(18000000000000000000) + i);
			check_proof(&found[i], &m.tx);
		}
		m.tx.version = 1;
		assert_int_equal(found_in(&m, found), 0);
	}
}

static void commitment_must_open(void **state)
{
	(void)state;
	for (int type = RCT_FULL; type <= RCT_BULLETPROOF_PLUS; type++) {
		struct made m;
		struct owned_output found[4];
		make(&m, (enum rct_type)type, 2);
		m.out[0].amount_enc[0] ^= 1;
		assert_int_equal(found_in(&m, found), 1);
		assert_int_equal(found[0].index, 1);
		m.out[1].commitment.b[5] ^= 1;
		assert_int_equal(found_in(&m, found), 0);
		if (type < RCT_BULLETPROOF2) {
			make(&m, (enum rct_type)type, 1);
			m.out[0].mask_enc[3] ^= 1;
			assert_int_equal(found_in(&m, found), 0);
		}
	}
}

/* 2^64 + 5 opens its commitment, and must not be taken for 5. */
static void amounts_above_64_bits_are_not_cut(void **state)
{
	(void)state;
	struct made m;
	struct owned_output found[4];
	struct derivation d;
	struct point h, g;
	struct scalar key, s = sc_of_u64(5), two64 = {{0}};
	make(&m, RCT_SIMPLE, 1);
	two64.b[8] = 1;
	sc_add(&s, &s, &two64);
	assert_int_equal(derive(&d, &wallet.account.view_public, &m.r), ERR_OK);
	encrypt_long(&m.out[0], &d, 0, &(struct mask){SC_ONE}, 5);
	point_mul_h(&h, &s);
	point_mul_base(&g, &SC_ONE);
	point_add(&h, &h, &g);
	point_pack(m.out[0].commitment.b, &h);
	sc_reduce32(&key, m.out[0].amount_enc);
	sc_add(&key, &key, &two64);
	memcpy(m.out[0].amount_enc, key.b, 32);
	assert_int_equal(found_in(&m, found), 0);
}

static void wrong_view_tag(void **state)
{
	(void)state;
	struct made m;
	struct owned_output found[4];
	make(&m, RCT_BULLETPROOF_PLUS, 2);
	m.out[1].view_tag ^= 0x80;
	assert_int_equal(found_in(&m, found), 1);
	assert_int_equal(found[0].index, 0);
}

static void additional_keys_serve_their_place_alone(void **state)
{
	(void)state;
	struct made m;
	struct owned_output found[4];
	uint8_t keys[3][32] = {{0}};
	make(&m, RCT_CLSAG, 3);
	memcpy(keys[1], m.extra.public_key[0].b, 32);
	m.extra.public_key[0] = wallet.account.view_public; /* any other point */
	m.extra.n_additional = 3;
	m.extra.additional = keys[0];
	assert_int_equal(found_in(&m, found), 1);
	assert_int_equal(found[0].index, 1);
	check_proof(&found[0], &m.tx);
	m.extra.n_additional = 1; /* fewer than outputs */
	assert_int_equal(found_in(&m, found), 0);
}

static void several_keys_and_broken_ones(void **state)
{
	(void)state;
	struct made m;
	struct owned_output found[4];
	make(&m, RCT_CLSAG, 2);
	m.extra.n_public = 3;
	m.extra.public_key[2] = m.extra.public_key[0];
	memset(m.extra.public_key[0].b, 0xff, 32);
	m.extra.public_key[1] = m.extra.public_key[2];
	assert_int_equal(found_in(&m, found), 2); /* each once, though two keys find it */
	assert_memory_equal(found[0].tx_public.b, m.extra.public_key[1].b, 32);
	memset(m.out[0].key.b, 0xff, 32);
	assert_int_equal(found_in(&m, found), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_the_official_wallet),
	    cmocka_unit_test(too_little_room_is_an_error),
	    cmocka_unit_test(every_encryption),
	    cmocka_unit_test(commitment_must_open),
	    cmocka_unit_test(amounts_above_64_bits_are_not_cut),
	    cmocka_unit_test(wrong_view_tag),
	    cmocka_unit_test(additional_keys_serve_their_place_alone),
	    cmocka_unit_test(several_keys_and_broken_ones),
	};
	return cmocka_run_group_tests(tests, open_wallet, NULL);
}
