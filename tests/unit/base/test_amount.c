/* Amounts: parsing tells every fault, arithmetic never wraps. */
#include "tests/unit/unit.h"

#include "common/base/amount.h"

static void parses_exactly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t atomic;
	} good[] = {
	    {"0", 0},
	    {"1", ATOMIC_PER_XMR},
	    {"0.000000000001", 1},
	    {"1.5", 1500000000000},
	    {".5", 500000000000},
	    {"18446744.073709551615", UINT64_MAX},
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct amount a;
		assert_int_equal(amount_parse(&a, good[i].text), ERR_OK);
		assert_true(a.atomic == good[i].atomic);
	}
}

static void refuses_what_is_no_amount(void **state)
{
	(void)state;
	static const char *const bad[] = {"",
					  ".",
					  "1.",
					  "-1",
					  "+1",
					  "1e3",
					  " 1",
					  "1 ",
					  "1,5",
					  "0x1",
					  "1..2",
					  "0.0000000000001",
					  "18446744.073709551616",
					  "99999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct amount a = amount_of(7);
		assert_int_equal(amount_parse(&a, bad[i]), ERR_AMOUNT);
		assert_true(a.atomic == 0);
	}
}

static void never_wraps(void **state)
{
	(void)state;
	struct amount a;
	assert_false(amount_add(&a, amount_of(UINT64_MAX), amount_of(1)));
	assert_false(amount_sub(&a, amount_of(0), amount_of(1)));
	assert_false(amount_mul(&a, amount_of(UINT64_MAX / 2 + 1), 2));
	assert_true(amount_add(&a, amount_of(UINT64_MAX - 1), amount_of(1)));
	assert_true(a.atomic == UINT64_MAX);
}

static void formats_all_decimals(void **state)
{
	(void)state;
	char text[AMOUNT_TEXT_MAX];
	assert_string_equal(amount_format(text, amount_of(1500000000000)), "1.500000000000");
	assert_string_equal(amount_format(text, amount_of(UINT64_MAX)), "18446744.073709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses_exactly),
	    cmocka_unit_test(refuses_what_is_no_amount),
	    cmocka_unit_test(never_wraps),
	    cmocka_unit_test(formats_all_decimals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
