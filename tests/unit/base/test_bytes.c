/* The reader fails once and for all; the buffer never passes its cap; varints are strict. */
#include "tests/unit/unit.h"

#include "common/base/bytes.h"

static void varints_round_trip(void **state)
{
	(void)state;
	static const uint64_t values[] = {0,         1, 127, 128, 300, UINT32_MAX, UINT64_MAX - 1,
					  UINT64_MAX};
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		uint8_t out[10];
		size_t n = varint_encode(out, values[i]);
		struct reader r = reader_of(out, n);
		assert_true(read_varint(&r) == values[i]);
		assert_int_equal(reader_end(&r), ERR_OK);
		assert_int_equal(varint_size(values[i]), n);
	}
}

static void varints_are_strict(void **state)
{
	(void)state;
	static const struct {
		uint8_t b[11];
		size_t n;
		enum err e;
	} bad[] = {
	    {{0x80, 0x00}, 2, ERR_PARSE_VALUE},
	    {{0x80}, 1, ERR_PARSE_END},
	    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, 10, ERR_PARSE_VALUE},
	    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 1}, 11, ERR_PARSE_VALUE},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct reader r = reader_of(bad[i].b, bad[i].n);
		assert_true(read_varint(&r) == 0);
		assert_int_equal(reader_end(&r), bad[i].e);
	}
}

static void failure_sticks(void **state)
{
	(void)state;
	struct reader r = reader_of("abc", 3);
	uint8_t out[4] = {1, 1, 1, 1};
	read_bytes(&r, out, 4);
	assert_memory_equal(out, "\0\0\0\0", 4);
	assert_int_equal(read_u8(&r), 0);
	assert_int_equal(reader_end(&r), ERR_PARSE_END);
	r = reader_of("abc", 3);
	read_u8(&r);
	assert_int_equal(reader_end(&r), ERR_PARSE_TRAILING);
}

static void counts_are_bounded_by_what_is_there(void **state)
{
	(void)state;
	struct reader r = reader_of("\x03xxxx", 5);
	assert_int_equal(read_count(&r, 2), 0);
	assert_int_equal(reader_end(&r), ERR_PARSE_END);
	r = reader_of("\x02xxxx", 5);
	assert_int_equal(read_count(&r, 2), 2);
}

static void buffer_keeps_its_cap(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1000);
	for (int i = 0; i < 100; i++) {
		buf_put(&b, "0123456789", 10);
	}
	assert_int_equal(buf_end(&b), ERR_OK);
	assert_int_equal(b.n, 1000);
	buf_u8(&b, 1);
	assert_int_equal(buf_end(&b), ERR_LIMIT);
	assert_int_equal(b.n, 1000);
	buf_free(&b);
	buf_init(&b, 100);
	buf_printf(&b, "%d-%s", 12, "ab");
	assert_int_equal(b.n, 5);
	assert_memory_equal(b.p, "12-ab", 5);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(varints_round_trip),
	    cmocka_unit_test(varints_are_strict),
	    cmocka_unit_test(failure_sticks),
	    cmocka_unit_test(counts_are_bounded_by_what_is_there),
	    cmocka_unit_test(buffer_keeps_its_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
