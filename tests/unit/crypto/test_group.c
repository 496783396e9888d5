/* The group against libsodium's, against itself in other ways, and on encodings to be refused. */
#include "tests/unit/unit.h"

#include <sodium.h>

#include "common/base/hex.h"
#include "common/crypto/batch.h"
#include "common/crypto/group.h"
#include "common/crypto/keccak.h"

static struct rng_seeded seeded;
static struct rng rng;

static int start(void **state)
{
	(void)state;
	rng = rng_seeded(&seeded, 7);
	return sodium_init() < 0 ? -1 : 0;
}

/* A point anywhere on the curve, also outside the prime subgroup, with z other than one. */
static void any_point(struct point *out)
{
	uint8_t h[32];
	struct point g;
	struct scalar s;
	rng_fill(&rng, h, 32);
	point_from_hash_vartime(out, h);
	sc_random(&s, &rng);
	point_mul_base(&g, &s);
	point_add(out, out, &g);
}

static void unpack_hex(struct point *out, const char *hex, enum err expected)
{
	uint8_t b[32];
	assert_int_equal(hex_decode(b, 32, hex), ERR_OK);
	assert_int_equal(point_unpack_vartime(out, b), expected);
}

static void constants(void **state)
{
	(void)state;
	uint8_t b[32];
	struct point h;
	point_pack(b, &POINT_G);
	assert_memory_equal(b, PACKED_G.b, 32);
	point_pack(b, &POINT_H);
	assert_memory_equal(b, PACKED_H.b, 32);
	point_pack(b, &POINT_IDENTITY);
	assert_memory_equal(b, PACKED_IDENTITY.b, 32);
	/* H is 8 times the point that keccak256(G) happens to encode. */
	keccak256(b, PACKED_G.b, 32);
	assert_int_equal(point_unpack_vartime(&h, b), ERR_OK);
	point_mul8(&h, &h);
	assert_true(point_equal(&h, &POINT_H));
	assert_true(point_in_subgroup_vartime(&POINT_G));
	assert_true(point_in_subgroup_vartime(&POINT_H));
	assert_true(point_in_subgroup_vartime(&POINT_IDENTITY));
}

static void refused_encodings(void **state)
{
	(void)state;
	static const char *const BAD[] = {
	    /* y = p, p + 1 (with either sign), 2^255 - 1: not canonical */
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    /* x = 0 with the sign bit: y = 1, y = -1 */
	    "0100000000000000000000000000000000000000000000000000000000000080",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    /* y = 2 has no x */
	    "0200000000000000000000000000000000000000000000000000000000000000",
	};
	struct point p;
	const struct point zero = {0};
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		unpack_hex(&p, BAD[i], ERR_POINT);
		assert_memory_equal(&p, &zero, sizeof p);
	}
}

static void small_order_points(void **state)
{
	(void)state;
	static const char *const SMALL[] = {
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0000000000000000000000000000000000000000000000000000000000000080",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	};
	for (size_t i = 0; i < sizeof SMALL / sizeof SMALL[0]; i++) {
		struct point p, q;
		unpack_hex(&p, SMALL[i], ERR_OK);
		assert_false(point_is_identity(&p));
		assert_false(point_in_subgroup_vartime(&p));
		point_mul8(&q, &p);
		assert_true(point_is_identity(&q));
		point_add(&q, &p, &POINT_G);
		assert_false(point_in_subgroup_vartime(&q));
	}
}

static void packs_what_it_unpacks(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct point p, q;
		uint8_t b[32];
		any_point(&p);
		point_pack(b, &p);
		assert_int_equal(point_unpack_vartime(&q, b), ERR_OK);
		assert_true(point_equal(&p, &q));
		point_sub(&q, &p, &q);
		assert_true(point_is_identity(&q));
	}
}

static void group_law_as_sodium(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct point p, q, r;
		uint8_t a[32], b[32], ours[32], theirs[32];
		any_point(&p);
		any_point(&q);
		point_mul8(&p, &p);
		point_mul8(&q, &q);
		point_pack(a, &p);
		point_pack(b, &q);
		point_add(&r, &p, &q);
		point_pack(ours, &r);
		assert_int_equal(crypto_core_ed25519_add(theirs, a, b), 0);
		assert_memory_equal(ours, theirs, 32);
		point_sub(&r, &p, &q);
		point_pack(ours, &r);
		assert_int_equal(crypto_core_ed25519_sub(theirs, a, b), 0);
		assert_memory_equal(ours, theirs, 32);
		point_double(&r, &p);
		point_pack(ours, &r);
		assert_int_equal(crypto_core_ed25519_add(theirs, a, a), 0);
		assert_memory_equal(ours, theirs, 32);
		point_neg(&r, &p);
		point_add(&r, &r, &p);
		assert_true(point_is_identity(&r));
		assert_false(point_equal(&p, &q));
		point_sub(&p, &p, &p);
		assert_true(point_is_identity(&p));
	}
}

static void products_as_sodium(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct scalar s;
		struct point p, r;
		uint8_t b[32], ours[32], theirs[32];
		sc_random(&s, &rng);
		point_mul_base(&r, &s);
		point_pack(ours, &r);
		assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(theirs, s.b), 0);
		assert_memory_equal(ours, theirs, 32);
		any_point(&p);
		point_mul8(&p, &p);
		point_pack(b, &p);
		point_mul(&r, &s, &p);
		point_pack(ours, &r);
		assert_int_equal(crypto_scalarmult_ed25519_noclamp(theirs, s.b, b), 0);
		assert_memory_equal(ours, theirs, 32);
	}
}

/* s * p by doubling and adding, bit by bit. */
static void slow_mul(struct point *out, const struct scalar *s, const struct point *p)
{
	struct point r = POINT_IDENTITY;
	for (int i = 255; i >= 0; i--) {
		point_double(&r, &r);
		if (s->b[i / 8] >> (i % 8) & 1) {
			point_add(&r, &r, p);
		}
	}
	*out = r;
}

static void edge_scalar(struct scalar *s, int i)
{
	sc_random(s, &rng);
	switch (i) {
	case 0:
		*s = SC_ZERO;
		break;
	case 1:
		*s = SC_ONE;
		break;
	case 2:
		sc_neg(s, &SC_ONE);
		break;
	case 3: /* the greatest allowed */
		memset(s->b, 0xff, 32);
		s->b[31] = 0x7f;
		break;
	case 4:
		memset(s->b, 0x88, 32);
		s->b[31] = 0x78;
		break;
	case 5:
		memset(s->b, 0x77, 32);
		break;
	case 6:
		*s = sc_of_u64(UINT64_MAX);
		break;
	case 7:
		memset(s->b, 0, 32);
		s->b[31] = 0x40;
		break;
	default:
		break;
	}
}

static void products_at_the_edges(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		struct scalar a, b;
		struct point p, q, expected, other, r;
		edge_scalar(&a, i);
		edge_scalar(&b, i / 8);
		any_point(&p);
		any_point(&q);
		slow_mul(&expected, &a, &p);
		point_mul(&r, &a, &p);
		assert_true(point_equal(&r, &expected));
		slow_mul(&other, &b, &q);
		point_add(&expected, &expected, &other);
		point_double_mul_vartime(&r, &a, &p, &b, &q);
		assert_true(point_equal(&r, &expected));
		point_sub(&expected, &expected, &other);
		slow_mul(&other, &b, &POINT_G);
		point_mul_base(&r, &b);
		assert_true(point_equal(&r, &other));
		point_add(&expected, &expected, &other);
		point_double_mul_base_vartime(&r, &a, &p, &b);
		assert_true(point_equal(&r, &expected));
		slow_mul(&other, &b, &POINT_H);
		point_mul_h(&r, &b);
		assert_true(point_equal(&r, &other));
		/* in place */
		point_mul(&p, &a, &p);
		slow_mul(&other, &b, &p);
		point_mul(&p, &b, &p);
		assert_true(point_equal(&p, &other));
	}
}

static void batches_equal_single_ones(void **state)
{
	(void)state;
	enum { N = 131 };
	static struct point p[N];
	static uint8_t packed[N][32], products[N][32];
	uint8_t one[32];
	for (int i = 0; i < N; i++) {
		any_point(&p[i]);
	}
	p[3] = POINT_IDENTITY;
	unpack_hex(&p[4], "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		   ERR_OK);
	point_pack_batch(packed[0], p, N);
	for (int i = 0; i < N; i++) {
		point_pack(one, &p[i]);
		assert_memory_equal(packed[i], one, 32);
	}
	for (int round = 0; round < 12; round++) {
		struct scalar s;
		int n = round < 8 ? round * 3 : N;
		edge_scalar(&s, round);
		memset(products, 0xaa, sizeof products);
		point_mul8_batch_pack(products[0], &s, p, (size_t)n);
		for (int i = 0; i < n; i++) {
			struct point r;
			point_mul(&r, &s, &p[i]);
			point_mul8(&r, &r);
			point_pack(one, &r);
			assert_memory_equal(products[i], one, 32);
		}
		if (n < N) {
			assert_int_equal(products[n][0], 0xaa);
		}
	}
}

/* Where the processor has the vector path, it must give the very bytes of the portable one. */
static void vector_path_equals_portable(void **state)
{
	(void)state;
	if (!ifma_usable()) {
		skip();
	}
	for (int round = 0; round < 60; round++) {
		struct scalar s;
		struct point p[LANES], vector[LANES], portable[LANES];
		uint8_t a[LANES][32], b[LANES][32];
		edge_scalar(&s, round);
		for (int i = 0; i < LANES; i++) {
			any_point(&p[i]);
		}
		if (round % 4 == 0) {
			p[round / 4 % LANES] = POINT_IDENTITY;
		}
		ifma_mul8(vector, &s, p);
		portable_mul8(portable, &s, p, LANES);
		point_pack_batch(a[0], vector, LANES);
		point_pack_batch(b[0], portable, LANES);
		assert_memory_equal(a, b, sizeof a);
		for (int i = 0; i < LANES; i++) {
			/* t as well, which an encoding does not show */
			point_add(&vector[i], &vector[i], &POINT_G);
			point_add(&portable[i], &portable[i], &POINT_G);
			assert_true(point_equal(&vector[i], &portable[i]));
		}
	}
}

static void unpacks_batches_as_single_ones(void **state)
{
	(void)state;
	enum { N = 77 };
	static uint8_t in[N][32];
	static struct point batch[N];
	bool good[N];
	for (int round = 0; round < 20; round++) {
		size_t n = round < 10 ? (size_t)round : N;
		unsigned n_good = 0;
		for (size_t i = 0; i < n; i++) {
			/* About half of all strings are a point. */
			rng_fill(&rng, in[i], 32);
		}
		memset(in[3], round % 2 ? 0xff : 0, 32);
		point_unpack_batch_vartime(batch, good, in[0], n);
		for (size_t i = 0; i < n; i++) {
			struct point one;
			bool expected = point_unpack_vartime(&one, in[i]) == ERR_OK;
			n_good += good[i];
			assert_int_equal(good[i], expected);
			if (expected) {
				uint8_t b[32];
				assert_true(point_equal(&one, &batch[i]));
				point_pack(b, &batch[i]);
				assert_memory_equal(b, in[i], 32);
			} else {
				assert_memory_equal(&one, &batch[i], sizeof one);
			}
		}
		assert_true(n < N || (n_good > 10 && n_good < N - 10));
	}
}

static void hash_maps_reach_the_curve(void **state)
{
	(void)state;
	uint8_t b[32], h[32] = {0};
	struct point p, q;
	/* u = 0, and u = p: the point (0, -1) either way */
	point_from_hash_vartime(&p, h);
	unpack_hex(&q, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ERR_OK);
	assert_true(point_equal(&p, &q));
	assert_int_equal(
	    hex_decode(h, 32, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	    ERR_OK);
	point_from_hash_vartime(&p, h);
	assert_true(point_equal(&p, &q));
	for (int i = 0; i < 100; i++) {
		rng_fill(&rng, h, 32);
		point_from_hash_vartime(&p, h);
		point_pack(b, &p);
		assert_int_equal(point_unpack_vartime(&q, b), ERR_OK);
		assert_true(point_equal(&p, &q));
		/* t = xy/z too, which packing does not see */
		point_add(&p, &p, &POINT_G);
		point_add(&q, &q, &POINT_G);
		assert_true(point_equal(&p, &q));
		point_hash_vartime(&p, h, 32);
		assert_true(point_in_subgroup_vartime(&p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(constants),
	    cmocka_unit_test(refused_encodings),
	    cmocka_unit_test(small_order_points),
	    cmocka_unit_test(packs_what_it_unpacks),
	    cmocka_unit_test(group_law_as_sodium),
	    cmocka_unit_test(products_as_sodium),
	    cmocka_unit_test(products_at_the_edges),
	    cmocka_unit_test(batches_equal_single_ones),
	    cmocka_unit_test(vector_path_equals_portable),
	    cmocka_unit_test(unpacks_batches_as_single_ones),
	    cmocka_unit_test(hash_maps_reach_the_curve),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
