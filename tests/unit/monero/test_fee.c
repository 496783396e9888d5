/* Fees as the official wallet rounds them. */
#include "tests/unit/unit.h"

#include "common/monero/fee.h"

static void rounding(void **state)
{
	(void)state;
	static const struct {
		uint64_t weight, per_byte, mask, fee;
	} cases[] = {
	    {2171, 1200000, 10000, 2605200000}, /* paid on regtest by monero-wallet-rpc */
	    {3445, 1200000, 10000, 4134000000},
	    {1533, 20123, 10000, 30850000},
	    {1, 1, 10000, 10000},
	    {10000, 1, 10000, 10000},
	    {10001, 1, 10000, 20000},
	    {1234, 5, 0, 6170},
	    {0, 20000, 10000, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct amount fee;
		assert_int_equal(
		    fee_of_weight(&fee, cases[i].weight, cases[i].per_byte, cases[i].mask), ERR_OK);
		assert_true(fee.atomic == cases[i].fee);
	}
}

static void figures_that_overflow(void **state)
{
	(void)state;
	struct amount fee = amount_of(1);
	assert_int_equal(fee_of_weight(&fee, 2000, UINT64_MAX / 2, 1), ERR_NODE_ANSWER);
	assert_true(amount_is_zero(fee));
	assert_int_equal(fee_of_weight(&fee, 1, UINT64_MAX, 10000), ERR_NODE_ANSWER);
	assert_int_equal(fee_of_weight(&fee, 1, 1, UINT64_MAX), ERR_OK);
	assert_int_equal(fee_of_weight(&fee, 2, 1, UINT64_MAX), ERR_NODE_ANSWER);
}

static void levels(void **state)
{
	(void)state;
	enum fee_level level;
	for (unsigned i = 0; i < FEE_LEVEL_COUNT; i++) {
		assert_int_equal(fee_level_parse(&level, fee_level_name((enum fee_level)i)),
				 ERR_OK);
		assert_int_equal(level, i);
	}
	assert_int_equal(fee_level_parse(&level, "Slow"), ERR_USAGE);
	assert_int_equal(fee_level_parse(&level, ""), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rounding),
	    cmocka_unit_test(figures_that_overflow),
	    cmocka_unit_test(levels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
