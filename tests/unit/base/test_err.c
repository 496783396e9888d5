/* The error table: distinct numbers, texts, exit codes by category, details that can be wrapped. */
#include "tests/unit/unit.h"

#include "common/base/err.h"

static const enum err codes[] = {
#define X(name, number, category, text) name,
    ERR_TABLE(X)
#undef X
};

static void table_is_consistent(void **state)
{
	(void)state;
	size_t n = sizeof codes / sizeof codes[0];
	for (size_t i = 0; i < n; i++) {
		assert_true(err_known((uint64_t)codes[i]));
		assert_true(strlen(err_text(codes[i])) > 0);
		assert_in_range(err_exit_code(codes[i]), 0, 5);
		for (size_t j = 0; j < i; j++) {
			assert_true(codes[i] != codes[j]);
		}
	}
	assert_false(err_known(9999));
	assert_int_equal(err_exit_code(ERR_LIMIT_DAY), 3);
	assert_int_equal(err_exit_code(ERR_MSG_SIGNATURE), 4);
	assert_int_equal(err_exit_code(ERR_NODE_BUSY), 5);
	assert_string_equal(err_name(ERR_LIMIT_DAY), "limit_day");
}

static void details_nest(void **state)
{
	(void)state;
	assert_int_equal(err_set(ERR_IO, "disk %d", 3), ERR_IO);
	assert_int_equal(err_wrap(ERR_IO, "file %s", "x"), ERR_IO);
	assert_string_equal(err_detail(), "file x: disk 3");
	err_ignore(err_set(ERR_IO, "again: %s", err_detail()));
	assert_string_equal(err_detail(), "again: file x: disk 3");
	err_clear();
	assert_string_equal(err_detail(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_is_consistent),
	    cmocka_unit_test(details_nest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
