/* Multi-scalar multiplication against sums of single products, over every method and window. */
#include "tests/unit/unit.h"

#include "common/crypto/batch.h"
#include "common/crypto/group.h"

#define MAX 900

static struct scalar s[MAX];
static struct point p[MAX];

static void fill(void)
{
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 99);
	for (int i = 0; i < MAX; i++) {
		uint8_t h[32];
		sc_random(&s[i], &rng);
		rng_fill(&rng, h, 32);
		point_from_hash_vartime(&p[i], h); /* not only of the prime subgroup */
	}
	s[0] = SC_ZERO;
	s[1] = SC_ONE;
	sc_neg(&s[2], &SC_ONE);
	memset(s[3].b, 0xff, 32); /* above l, below 2^255 */
	s[3].b[31] = 0x7f;
	p[4] = POINT_IDENTITY;
	p[6] = p[5];
	s[6] = s[5];
	point_neg(&p[7], &p[5]);
	memset(s[8].b, 0x10, 32);
	s[9] = sc_of_u64(3);
}

static void equals_the_sum_of_products(void **state)
{
	(void)state;
	fill();
	struct point sum = POINT_IDENTITY, r;
	size_t n = 0;
	static const size_t SIZES[] = {0,  1,  2,   3,   4,   5,   7,   8,   10,  16,  31,
				       64, 99, 128, 150, 180, 200, 256, 300, 400, 513, MAX};
	for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
		for (; n < SIZES[i]; n++) {
			struct point term;
			point_mul(&term, &s[n], &p[n]);
			point_add(&sum, &sum, &term);
		}
		assert_int_equal(point_msm_vartime(&r, s, p, n), ERR_OK);
		assert_true(point_equal(&r, &sum));
		if (n == 0) {
			continue;
		}
		assert_int_equal(straus_msm(&r, s, p, n), ERR_OK);
		assert_true(point_equal(&r, &sum));
		assert_int_equal(pippenger_msm(&r, s, p, n), ERR_OK);
		assert_true(point_equal(&r, &sum));
		if (ifma_usable()) {
			assert_int_equal(ifma_msm(&r, s, p, n), ERR_OK);
			assert_true(point_equal(&r, &sum));
		}
	}
}

static void notices_one_changed_term(void **state)
{
	(void)state;
	struct point a, b;
	for (size_t n = 32; n <= 512; n *= 4) {
		assert_int_equal(point_msm_vartime(&a, s, p, n), ERR_OK);
		struct scalar kept = s[n - 1];
		sc_add(&s[n - 1], &s[n - 1], &SC_ONE);
		assert_int_equal(point_msm_vartime(&b, s, p, n), ERR_OK);
		assert_false(point_equal(&a, &b));
		point_sub(&b, &b, &a);
		assert_true(point_equal(&b, &p[n - 1]));
		s[n - 1] = kept;
	}
}

/* The widest windows: the same terms over and over give a multiple of their sum. */
static void many_terms(void **state)
{
	(void)state;
	enum { TIMES = 7 };
	static struct scalar many_s[TIMES * MAX];
	static struct point many_p[TIMES * MAX];
	struct point once, sum = POINT_IDENTITY, r;
	assert_int_equal(straus_msm(&once, s, p, MAX), ERR_OK);
	for (size_t i = 1; i <= TIMES; i++) {
		memcpy(many_s + (i - 1) * MAX, s, sizeof s);
		memcpy(many_p + (i - 1) * MAX, p, sizeof p);
		point_add(&sum, &sum, &once);
		if (i == 3 || i == TIMES) {
			assert_int_equal(pippenger_msm(&r, many_s, many_p, i * MAX), ERR_OK);
			assert_true(point_equal(&r, &sum));
			assert_int_equal(point_msm_vartime(&r, many_s, many_p, i * MAX), ERR_OK);
			assert_true(point_equal(&r, &sum));
		}
	}
}

static void small_sums_together(void **state)
{
	(void)state;
	struct point out[8];
	for (size_t terms = 1; terms <= POINT_SUMS_TERMS_MAX; terms++) {
		for (size_t sums = 0; sums < 8; sums++) {
			point_sums_vartime(out, s, p, terms, sums);
			for (size_t k = 0; k < sums; k++) {
				struct point sum;
				assert_int_equal(
				    straus_msm(&sum, s + k * terms, p + k * terms, terms), ERR_OK);
				assert_true(point_equal(&out[k], &sum));
			}
		}
	}
}

static void folds_in_place(void **state)
{
	(void)state;
	static struct point before[8 * 19], now[8 * 19];
	struct scalar by[8];
	for (size_t i = 0; i < 8 * 19; i++) {
		struct scalar t = sc_of_u64(3 * i + 1);
		point_mul_base(&before[i], &t);
	}
	for (size_t j = 0; j < 8; j++) {
		sc_hash(&by[j], &j, sizeof j);
	}
	for (size_t terms = 1; terms <= POINT_SUMS_TERMS_MAX; terms++) {
		/* Fewer than the lanes hold, and more with a rest. */
		for (size_t n = 1; n <= 19; n += 6) {
			memcpy(now, before, sizeof now);
			point_fold_vartime(now, by, terms, now, n);
			for (size_t i = 0; i < n; i++) {
				struct point column[8], sum;
				for (size_t j = 0; j < terms; j++) {
					column[j] = before[n * j + i];
				}
				assert_int_equal(straus_msm(&sum, by, column, terms), ERR_OK);
				assert_true(point_equal(&now[i], &sum));
			}
		}
	}
}

static void selects_all_or_nothing(void **state)
{
	(void)state;
	struct point r = POINT_G;
	point_select(&r, &POINT_H, false);
	assert_memory_equal(&r, &POINT_G, sizeof r);
	point_select(&r, &POINT_H, true);
	assert_memory_equal(&r, &POINT_H, sizeof r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equals_the_sum_of_products),
	    cmocka_unit_test(many_terms),
	    cmocka_unit_test(small_sums_together),
	    cmocka_unit_test(folds_in_place),
	    cmocka_unit_test(selects_all_or_nothing),
	    cmocka_unit_test(notices_one_changed_term),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
