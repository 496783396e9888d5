/*
 * The one-time key arithmetic against its own definitions, spelled out again with the group. The
 * official vectors (tests/unit/crypto) and the real chain (test_scan.c) tie it to Monero.
 */
#include "tests/unit/unit.h"

#include "common/base/bytes.h"
#include "common/base/hex.h"
#include "common/crypto/keccak.h"
#include "common/monero/keys.h"

static struct rng_seeded seeded;
static struct rng rng;
static struct account_view account;
static struct scalar spend_secret;

static void random_public(struct public_key *out)
{
	struct scalar s;
	sc_random(&s, &rng);
	public_of_scalar(out, &s);
}

static int start(void **state)
{
	(void)state;
	struct view_key view;
	struct public_key spend;
	rng = rng_seeded(&seeded, 5);
	sc_random(&view.s, &rng);
	sc_random(&spend_secret, &rng);
	public_of_scalar(&spend, &spend_secret);
	return account_view_init(&account, NETWORK_STAGENET, &view, &spend) == ERR_OK ? 0 : -1;
}

static void both_sides_derive_the_same(void **state)
{
	(void)state;
	struct scalar r;
	struct public_key tx_public;
	struct derivation sender, recipient;
	sc_random(&r, &rng);
	public_of_scalar(&tx_public, &r);
	assert_int_equal(derive(&sender, &account.view_public, &r), ERR_OK);
	assert_int_equal(derive(&recipient, &tx_public, &account.view.s), ERR_OK);
	assert_memory_equal(&sender, &recipient, sizeof sender);
}

/* The one-time secret H_s(D, i) + b opens P; and P leads back to B. */
static void one_time_keys_open(void **state)
{
	(void)state;
	static const uint64_t INDEX[] = {0, 1, 127, 128, 300, UINT64_MAX};
	struct public_key pub, one_time, opened, back;
	struct derivation d;
	random_public(&pub);
	assert_int_equal(derive(&d, &pub, &account.view.s), ERR_OK);
	for (size_t i = 0; i < sizeof INDEX / sizeof INDEX[0]; i++) {
		struct scalar x;
		assert_int_equal(derive_public_key(&one_time, &d, INDEX[i], &account.spend_public),
				 ERR_OK);
		derivation_scalar(&x, &d, INDEX[i]);
		sc_add(&x, &x, &spend_secret);
		public_of_scalar(&opened, &x);
		assert_memory_equal(&opened, &one_time, sizeof opened);
		assert_int_equal(derive_subaddress_spend_vartime(&back, &one_time, &d, INDEX[i]),
				 ERR_OK);
		assert_memory_equal(&back, &account.spend_public, sizeof back);
		assert_int_equal(
		    derive_subaddress_spend_vartime(&back, &one_time, &d, INDEX[i] ^ 1), ERR_OK);
		assert_memory_not_equal(&back, &account.spend_public, sizeof back);
	}
}

static void batches_equal_single_derivations(void **state)
{
	(void)state;
	enum { N = 150 };
	static struct public_key pub[N];
	static struct derivation batch[N];
	for (size_t n = 0; n <= N; n += n < 12 ? 1 : 23) {
		for (size_t i = 0; i < n; i++) {
			random_public(&pub[i]);
		}
		if (n > 3) {
			memset(&pub[n / 2], 0xff, sizeof pub[0]); /* does not decode */
		}
		derive_batch(batch, pub, n, &account.view.s);
		for (size_t i = 0; i < n; i++) {
			struct derivation one;
			enum err e = derive(&one, &pub[i], &account.view.s);
			assert_int_equal(e, n > 3 && i == n / 2 ? ERR_POINT : ERR_OK);
			assert_memory_equal(&one, &batch[i], sizeof one);
		}
	}
}

static void keys_that_do_not_decode(void **state)
{
	(void)state;
	struct public_key bad, out;
	struct derivation d;
	const struct derivation zero_d = {{0}};
	const struct public_key zero = {{0}};
	random_public(&out);
	assert_int_equal(derive(&d, &out, &account.view.s), ERR_OK);
	memset(&bad, 0xff, sizeof bad);
	assert_int_equal(derive_public_key(&out, &d, 0, &bad), ERR_POINT);
	assert_memory_equal(&out, &zero, sizeof out);
	memset(&out, 1, sizeof out);
	assert_int_equal(derive_subaddress_spend_vartime(&out, &bad, &d, 0), ERR_POINT);
	assert_memory_equal(&out, &zero, sizeof out);
	assert_int_equal(derive(&d, &bad, &account.view.s), ERR_POINT);
	assert_memory_equal(&d, &zero_d, sizeof d);
}

static void accounts_that_are_refused(void **state)
{
	(void)state;
	struct account_view out;
	struct public_key spend = account.spend_public;
	struct view_key view = account.view;
	/* Not a point; a point of order 2; our key with that point added. */
	memset(&spend, 0xff, sizeof spend);
	assert_int_equal(account_view_init(&out, NETWORK_MAINNET, &view, &spend), ERR_POINT);
	assert_true(sc_is_zero(&out.view.s));
	assert_int_equal(
	    hex_decode(spend.b, 32,
		       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	    ERR_OK);
	assert_int_equal(account_view_init(&out, NETWORK_MAINNET, &view, &spend), ERR_POINT);
	struct point two, p;
	assert_int_equal(point_unpack_vartime(&two, spend.b), ERR_OK);
	assert_int_equal(point_unpack_vartime(&p, account.spend_public.b), ERR_OK);
	point_add(&p, &p, &two);
	point_pack(spend.b, &p);
	assert_int_equal(account_view_init(&out, NETWORK_MAINNET, &view, &spend), ERR_POINT);
	/* A view key of zero, and one that is not reduced. */
	spend = account.spend_public;
	view.s = SC_ZERO;
	assert_int_equal(account_view_init(&out, NETWORK_MAINNET, &view, &spend), ERR_SCALAR);
	memset(&view, 0xff, sizeof view);
	assert_int_equal(account_view_init(&out, NETWORK_MAINNET, &view, &spend), ERR_SCALAR);
}

static void subaddresses(void **state)
{
	(void)state;
	static const struct subaddress AT[] = {{0, 1}, {1, 0}, {2, 300}, {UINT32_MAX, UINT32_MAX}};
	struct public_key spend, view, alone, expected;
	struct scalar m;
	subaddress_keys(&spend, &view, &account, (struct subaddress){0, 0});
	assert_memory_equal(&spend, &account.spend_public, sizeof spend);
	assert_memory_equal(&view, &account.view_public, sizeof view);
	subaddress_scalar(&m, &account.view, (struct subaddress){0, 0});
	assert_true(sc_is_zero(&m));
	for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++) {
		uint8_t input[48];
		memcpy(input, "SubAddr", 8);
		memcpy(input + 8, account.view.s.b, 32);
		for (int j = 0; j < 4; j++) {
			input[40 + j] = (uint8_t)(AT[i].major >> 8 * j);
			input[44 + j] = (uint8_t)(AT[i].minor >> 8 * j);
		}
		struct scalar d;
		sc_hash(&m, input, sizeof input);
		sc_add(&d, &m, &spend_secret);
		public_of_scalar(&expected, &d);
		subaddress_keys(&spend, &view, &account, AT[i]);
		assert_memory_equal(&spend, &expected, sizeof spend);
		sc_mul(&d, &d, &account.view.s);
		public_of_scalar(&expected, &d);
		assert_memory_equal(&view, &expected, sizeof view);
		subaddress_spend_key(&alone, &account, AT[i]);
		assert_memory_equal(&alone, &spend, sizeof spend);
	}
}

/* A range is what its members are, over more than one part of it and from the primary address on.
 */
static void subaddress_ranges(void **state)
{
	(void)state;
	static const struct subaddress FIRST[] = {{0, 0}, {2, 5}, {1, UINT32_MAX - 69}};
	enum { N = 70 };
	struct public_key keys[N + 1];
	memset(keys, 0x5a, sizeof keys);
	const struct public_key untouched = keys[N];
	for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
		subaddress_spend_keys(keys, &account, FIRST[i], N);
		for (uint32_t k = 0; k < N; k++) {
			struct public_key spend, view;
			struct subaddress at = {FIRST[i].major, FIRST[i].minor + k};
			subaddress_keys(&spend, &view, &account, at);
			assert_memory_equal(&keys[k], &spend, sizeof spend);
		}
	}
	subaddress_spend_keys(keys, &account, FIRST[1], 0);
	assert_memory_equal(&keys[N], &untouched, sizeof untouched);
}

static void commitments(void **state)
{
	(void)state;
	static const uint64_t AMOUNT[] = {0, 1, 1000000000000, UINT64_MAX};
	for (size_t i = 0; i < sizeof AMOUNT / sizeof AMOUNT[0]; i++) {
		struct mask mask;
		struct commitment c;
		struct point p, g;
		struct scalar a = sc_of_u64(AMOUNT[i]);
		uint8_t expected[32];
		sc_random(&mask.s, &rng);
		point_mul(&p, &a, &POINT_H);
		point_mul(&g, &mask.s, &POINT_G);
		point_add(&g, &g, &p);
		point_pack(expected, &g);
		commit(&c, &mask, amount_of(AMOUNT[i]));
		assert_memory_equal(c.b, expected, 32);
		point_add(&p, &p, &POINT_G);
		point_pack(expected, &p);
		commit_coinbase(&c, amount_of(AMOUNT[i]));
		assert_memory_equal(c.b, expected, 32);
	}
}

static void amounts_and_payment_ids(void **state)
{
	(void)state;
	struct public_key pub;
	struct derivation d;
	uint8_t clear[8] = {1, 2, 3, 4, 5, 6, 7, 8}, hidden[8], back[8], input[64], h[32];
	struct scalar shared;
	struct mask mask, expected;
	random_public(&pub);
	assert_int_equal(derive(&d, &pub, &account.view.s), ERR_OK);
	derivation_scalar(&shared, &d, 3);

	memcpy(input, "amount", 6);
	memcpy(input + 6, shared.b, 32);
	keccak256(h, input, 38);
	amount_crypt(hidden, clear, &d, 3);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(hidden[i], clear[i] ^ h[i]);
	}
	amount_crypt(back, hidden, &d, 3);
	assert_memory_equal(back, clear, 8);
	amount_crypt(back, hidden, &d, 4);
	assert_memory_not_equal(back, clear, 8);

	memcpy(input, "commitment_mask", 15);
	memcpy(input + 15, shared.b, 32);
	sc_hash(&expected.s, input, 47);
	derive_mask(&mask, &d, 3);
	assert_memory_equal(&mask, &expected, sizeof mask);

	memcpy(input, d.b, 32);
	input[32] = 0x8d;
	keccak256(h, input, 33);
	payment_id_crypt(hidden, clear, &d);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(hidden[i], clear[i] ^ h[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_sides_derive_the_same),
	    cmocka_unit_test(one_time_keys_open),
	    cmocka_unit_test(batches_equal_single_derivations),
	    cmocka_unit_test(keys_that_do_not_decode),
	    cmocka_unit_test(accounts_that_are_refused),
	    cmocka_unit_test(subaddresses),
	    cmocka_unit_test(subaddress_ranges),
	    cmocka_unit_test(commitments),
	    cmocka_unit_test(amounts_and_payment_ids),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
