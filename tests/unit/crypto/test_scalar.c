/* Our scalars against libsodium's, at random and at the edges. */
#include "tests/unit/unit.h"

#include <sodium.h>

#include "common/crypto/keccak.h"
#include "common/crypto/scalar.h"

#define ROUNDS 2000

static struct rng_seeded seeded;
static struct rng rng;

static int start(void **state)
{
	(void)state;
	rng = rng_seeded(&seeded, 20260101);
	return sodium_init() < 0 ? -1 : 0;
}

/* Mostly random; often bytes of 00 and ff, where carries are born. */
static void edgy(uint8_t *out, size_t n)
{
	rng_fill(&rng, out, n);
	uint64_t kind = rng_below(&rng, 4);
	for (size_t i = 0; i < n && kind > 0; i++) {
		if (rng_below(&rng, 8) < 2 * kind) {
			out[i] = kind == 2 ? 0 : 0xff;
		}
	}
}

static void reduce64_by_sodium(struct scalar *out, const uint8_t in[64])
{
	crypto_core_ed25519_scalar_reduce(out->b, in);
}

static void reduces_as_sodium(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t in[64];
		struct scalar a, b;
		edgy(in, 64);
		sc_reduce64(&a, in);
		reduce64_by_sodium(&b, in);
		assert_memory_equal(a.b, b.b, 32);
		assert_true(sc_is_canonical(a.b));
		memset(in + 32, 0, 32);
		sc_reduce32(&a, in);
		reduce64_by_sodium(&b, in);
		assert_memory_equal(a.b, b.b, 32);
	}
}

/* k*l - 1, k*l and k*l + 1 for k up to 15: the values that hurt a reduction. */
static void reduces_multiples_of_the_order(void **state)
{
	(void)state;
	struct scalar minus_one;
	sc_neg(&minus_one, &SC_ONE);
	uint8_t x[33] = {0};
	for (int k = 1; k <= 15; k++) {
		unsigned carry = 1; /* x += l = (l - 1) + 1 */
		for (int i = 0; i < 32; i++) {
			carry += x[i] + (unsigned)minus_one.b[i];
			x[i] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_int_equal(carry, 0);
		struct scalar r;
		uint8_t y[32];
		sc_reduce32(&r, x);
		assert_true(sc_is_zero(&r));
		assert_false(sc_is_canonical(x));
		memcpy(y, x, 32);
		y[0]++; /* the low byte of a multiple up to 15 never carries here */
		sc_reduce32(&r, y);
		assert_true(sc_equal(&r, &SC_ONE) == (y[0] != 0));
		memcpy(y, x, 32);
		if (y[0]-- != 0) {
			sc_reduce32(&r, y);
			assert_true(sc_equal(&r, &minus_one));
			assert_true(sc_is_canonical(y) == (k == 1));
		}
	}
}

static void arithmetic_as_sodium(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t in[64];
		struct scalar a, b, c, ours, theirs;
		edgy(in, 64);
		sc_reduce64(&a, in);
		edgy(in, 64);
		sc_reduce64(&b, in);
		edgy(in, 64);
		sc_reduce64(&c, in);
		sc_add(&ours, &a, &b);
		crypto_core_ed25519_scalar_add(theirs.b, a.b, b.b);
		assert_memory_equal(ours.b, theirs.b, 32);
		sc_sub(&ours, &a, &b);
		crypto_core_ed25519_scalar_sub(theirs.b, a.b, b.b);
		assert_memory_equal(ours.b, theirs.b, 32);
		sc_neg(&ours, &a);
		crypto_core_ed25519_scalar_negate(theirs.b, a.b);
		assert_memory_equal(ours.b, theirs.b, 32);
		sc_mul(&ours, &a, &b);
		crypto_core_ed25519_scalar_mul(theirs.b, a.b, b.b);
		assert_memory_equal(ours.b, theirs.b, 32);
		crypto_core_ed25519_scalar_add(theirs.b, theirs.b, c.b);
		sc_muladd(&ours, &a, &b, &c);
		assert_memory_equal(ours.b, theirs.b, 32);
		sc_muladd(&c, &a, &b, &c); /* in place */
		assert_memory_equal(c.b, theirs.b, 32);
	}
}

static void products_of_unreduced_bytes(void **state)
{
	(void)state;
	struct scalar all, r, a, expected;
	memset(all.b, 0xff, 32);
	sc_reduce32(&a, all.b);
	sc_mul(&expected, &a, &a);
	sc_mul(&r, &all, &all);
	assert_memory_equal(r.b, expected.b, 32);
	sc_add(&expected, &expected, &a);
	sc_muladd(&r, &all, &all, &all);
	assert_memory_equal(r.b, expected.b, 32);
}

static void inverses(void **state)
{
	(void)state;
	struct scalar a[150], batch[150], one, theirs;
	for (int i = 0; i < 150; i++) {
		sc_random(&a[i], &rng);
		batch[i] = a[i];
	}
	sc_neg(&a[7], &SC_ONE);
	batch[7] = a[7];
	sc_invert_batch_vartime(batch, 150);
	for (int i = 0; i < 150; i++) {
		sc_mul(&one, &a[i], &batch[i]);
		assert_true(sc_equal(&one, &SC_ONE));
		sc_invert(&one, &a[i]);
		assert_true(sc_equal(&one, &batch[i]));
		assert_int_equal(crypto_core_ed25519_scalar_invert(theirs.b, a[i].b), 0);
		assert_memory_equal(theirs.b, batch[i].b, 32);
	}
	sc_mul(&one, &SC_EIGHT, &SC_INV_EIGHT);
	assert_true(sc_equal(&one, &SC_ONE));
	sc_invert_batch_vartime(batch, 0);
}

static void small_numbers(void **state)
{
	(void)state;
	struct scalar a = sc_of_u64(0x0102030405060708), b = sc_of_u64(8);
	assert_int_equal(a.b[0], 8);
	assert_int_equal(a.b[7], 1);
	assert_true(sc_equal(&b, &SC_EIGHT));
	assert_false(sc_equal(&a, &b));
	assert_true(sc_is_zero(&SC_ZERO));
	assert_false(sc_is_zero(&SC_ONE));
}

static void dead_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 0, n);
}

static void randoms_and_nonces(void **state)
{
	(void)state;
	const struct rng dead = {NULL, dead_fill};
	struct scalar a, b;
	sc_random(&a, &dead);
	assert_false(sc_is_zero(&a));
	/* With a dead rng: the same inputs repeat, any other input does not, nor a shifted border.
	 */
	sc_nonce(&a, "x", "key", 3, "message", 7, &dead);
	sc_nonce(&b, "x", "key", 3, "message", 7, &dead);
	assert_true(sc_equal(&a, &b));
	assert_true(sc_is_canonical(a.b));
	sc_nonce(&b, "y", "key", 3, "message", 7, &dead);
	assert_false(sc_equal(&a, &b));
	sc_nonce(&b, "x", "kez", 3, "message", 7, &dead);
	assert_false(sc_equal(&a, &b));
	sc_nonce(&b, "x", "key", 3, "messagf", 7, &dead);
	assert_false(sc_equal(&a, &b));
	sc_nonce(&b, "x", "keym", 4, "essage", 6, &dead);
	assert_false(sc_equal(&a, &b));
	/* With a live one, never twice. */
	sc_nonce(&a, "x", "key", 3, "message", 7, &rng);
	sc_nonce(&b, "x", "key", 3, "message", 7, &rng);
	assert_false(sc_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reduces_as_sodium),
	    cmocka_unit_test(reduces_multiples_of_the_order),
	    cmocka_unit_test(arithmetic_as_sodium),
	    cmocka_unit_test(products_of_unreduced_bytes),
	    cmocka_unit_test(inverses),
	    cmocka_unit_test(small_numbers),
	    cmocka_unit_test(randoms_and_nonces),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
