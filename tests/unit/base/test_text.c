/* Nothing but printable ASCII reaches a terminal. */
#include "tests/unit/unit.h"

#include "common/base/text.h"

static void escapes_everything_else(void **state)
{
	(void)state;
	char out[32];
	assert_string_equal(text_safe(out, sizeof out, "plain", 5), "plain");
	assert_string_equal(text_safe(out, sizeof out, "\x1b[2J", 4), "\\x1b[2J");
	assert_string_equal(text_safe(out, sizeof out, "\xe2\x80\xae", 3), "\\xe2\\x80\\xae");
	assert_string_equal(text_safe(out, sizeof out, "a\\b", 3), "a\\x5cb");
	assert_string_equal(text_safe(out, 8, "1234567", 7), "1234567");
	assert_string_equal(text_safe(out, 8, "12345678", 8), "1234...");
	assert_false(text_is_plain("a\nb", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(escapes_everything_else)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
