/*
 * The ages of decoys, held against the distribution they are said to have: its own formula for the
 * shares, computed here by the series of the incomplete gamma function.
 */
#include "tests/unit/unit.h"

#include <math.h>

#include "watcher/planner/gamma.h"

#define SHAPE 19.28
#define RATE 1.61
#define DRAWS 100000
#define LOCK 1200.0
#define RECENT 1800.0

/* P(X <= x) of the gamma distribution. */
static double gamma_share(double x)
{
	if (x <= 0) {
		return 0;
	}
	x *= RATE;
	double term = 1, sum = 1;
	for (int i = 1; i < 1000 && term > sum * 1e-15; i++) {
		term *= x / (SHAPE + i);
		sum += term;
	}
	return exp(SHAPE * log(x) - x - lgamma(SHAPE + 1)) * sum;
}

/* P(age <= seconds) before the wait for unlocking is taken into account. */
static double age_share(double seconds)
{
	return gamma_share(log(seconds));
}

static uint64_t *even_chain(size_t blocks, uint64_t a_block)
{
	uint64_t *counts = calloc(blocks, sizeof *counts);
	assert_non_null(counts);
	for (size_t i = 0; i < blocks; i++) {
		counts[i] = a_block * (i + 1);
	}
	return counts;
}

static void test_variate(void **state)
{
	(void)state;
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 1);
	static const double AT[] = {6, 8, 10, 12, 14, 16, 20};
	size_t below[sizeof AT / sizeof AT[0]] = {0};
	double sum = 0, squares = 0;
	for (int i = 0; i < DRAWS; i++) {
		double x = gamma_variate(&rng, SHAPE, 1 / RATE);
		sum += x;
		squares += x * x;
		for (size_t k = 0; k < sizeof AT / sizeof AT[0]; k++) {
			below[k] += x <= AT[k];
		}
	}
	double mean = sum / DRAWS;
	assert_true(fabs(mean - SHAPE / RATE) < 0.05);
	assert_true(fabs(squares / DRAWS - mean * mean - SHAPE / RATE / RATE) < 0.2);
	for (size_t k = 0; k < sizeof AT / sizeof AT[0]; k++) {
		assert_true(fabs((double)below[k] / DRAWS - gamma_share(AT[k])) < 0.008);
	}
}

/* How many blocks back from the newest unlocked one the draws fall, to the formula. */
static void test_ages(void **state)
{
	(void)state;
	enum { BLOCKS = 100009, EACH = 10, UNLOCKED = BLOCKS - 9 };
	static const size_t WITHIN[] = {1, 2, 5, 14, 16, 50, 300, 2000, 10000, 50000};
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 2);
	uint64_t *counts = even_chain(BLOCKS, EACH), index;
	size_t below[sizeof WITHIN / sizeof WITHIN[0]] = {0}, place[EACH] = {0}, n = 0;
	struct gamma_picker g;
	assert_int_equal(gamma_init(&g, counts, BLOCKS), ERR_OK);
	assert_int_equal(g.n, UNLOCKED);
	assert_int_equal(g.outputs, UNLOCKED * EACH);
	assert_true(fabs(g.seconds_an_output - 120.0 / EACH) < 1e-9);
	for (int i = 0; i < DRAWS; i++) {
		if (!gamma_pick(&index, &g, &rng)) {
			assert_int_equal(index, 0);
			continue;
		}
		assert_true(index < g.outputs);
		size_t back = UNLOCKED - 1 - (size_t)(index / EACH);
		for (size_t k = 0; k < sizeof WITHIN / sizeof WITHIN[0]; k++) {
			below[k] += back < WITHIN[k];
		}
		place[index % EACH]++;
		n++;
	}
	/* Older than the chain: drawn again by the caller. */
	double all = age_share(LOCK + 120.0 * UNLOCKED), early = age_share(LOCK);
	assert_true(fabs((double)n / DRAWS - all) < 0.008);
	for (size_t k = 0; k < sizeof WITHIN / sizeof WITHIN[0]; k++) {
		double t = 120.0 * (double)WITHIN[k] - 120.0 / EACH;
		double share = early * fmin(1, t / RECENT) + age_share(LOCK + t) - early;
		assert_true(fabs((double)below[k] / (double)n - share / all) < 0.008);
	}
	/* Within a block, every output as often. */
	for (size_t k = 0; k < EACH; k++) {
		assert_true(fabs((double)place[k] / (double)n - 1.0 / EACH) < 0.006);
	}
	free(counts);
}

/* The average time between outputs is that of the last year alone. */
static void test_last_year(void **state)
{
	(void)state;
	enum { YEAR = 262800, BEFORE = 1000 };
	uint64_t *counts = even_chain(YEAR + BEFORE, 2);
	struct gamma_picker g;
	for (size_t i = 0; i < YEAR + BEFORE; i++) {
		counts[i] += i < BEFORE ? 1000 * (i + 1) : 1000 * BEFORE;
	}
	assert_int_equal(gamma_init(&g, counts, YEAR + BEFORE), ERR_OK);
	assert_true(fabs(g.seconds_an_output - 60) < 1e-9);
	free(counts);
}

/* Blocks without outputs are never drawn from, nor are the newest nine. */
static void test_gaps(void **state)
{
	(void)state;
	enum { BLOCKS = 400 };
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 3);
	uint64_t *counts = calloc(BLOCKS, sizeof *counts), index;
	struct gamma_picker g;
	size_t drawn = 0, newest = 0;
	assert_non_null(counts);
	for (size_t i = 0; i < BLOCKS; i++) {
		counts[i] = (i ? counts[i - 1] : 0) + (i % 3 ? 0 : 7);
	}
	assert_int_equal(gamma_init(&g, counts, BLOCKS), ERR_OK);
	assert_int_equal(g.outputs, counts[BLOCKS - 10]);
	for (int i = 0; i < DRAWS; i++) {
		if (gamma_pick(&index, &g, &rng)) {
			assert_true(index < counts[BLOCKS - 10]);
			drawn++;
			newest += index >= counts[BLOCKS - 10] - 7;
		}
	}
	/* The newest block that is unlocked is within reach. */
	assert_true(drawn > 0 && newest > 0);
	free(counts);
}

static void test_refused(void **state)
{
	(void)state;
	uint64_t *counts = even_chain(20, 3);
	struct gamma_picker g;
	assert_int_equal(gamma_init(&g, counts, 0), ERR_NODE_ANSWER);
	assert_int_equal(gamma_init(&g, counts, 10), ERR_NODE_ANSWER);
	assert_int_equal(gamma_init(&g, counts, 11), ERR_OK);
	counts[7] = counts[6] - 1;
	assert_int_equal(gamma_init(&g, counts, 20), ERR_NODE_ANSWER);
	memset(counts, 0, 20 * sizeof *counts);
	assert_int_equal(gamma_init(&g, counts, 20), ERR_NODE_ANSWER);
	/* Outputs, but all of them locked. */
	counts[19] = 5;
	assert_int_equal(gamma_init(&g, counts, 20), ERR_NODE_ANSWER);
	free(counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_variate),   cmocka_unit_test(test_ages),
	    cmocka_unit_test(test_last_year), cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
