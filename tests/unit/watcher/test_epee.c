/* Portable storage: the format's own numbers, types and nesting; what is refused. */
#include "tests/unit/unit.h"

#include "common/base/err.h"
#include "watcher/chain/epee.h"

static void sizes(void **state)
{
	(void)state;
	/* By hand after the format: two lowest bits of the first byte are the width. */
	static const struct {
		uint64_t v;
		size_t n;
		uint8_t bytes[8];
	} cases[] = {
	    {0, 1, {0x00}},
	    {1, 1, {0x04}},
	    {63, 1, {0xfc}},
	    {64, 2, {0x01, 0x01}},
	    {16383, 2, {0xfd, 0xff}},
	    {16384, 4, {0x02, 0x00, 0x01, 0x00}},
	    {(1u << 30) - 1, 4, {0xfe, 0xff, 0xff, 0xff}},
	    {1u << 30, 8, {0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b;
		buf_init(&b, 64);
		epee_put_size(&b, cases[i].v);
		assert_int_equal(b.n, cases[i].n);
		assert_memory_equal(b.p, cases[i].bytes, b.n);
		buf_free(&b);
	}
}

static void example(struct buf *b)
{
	static const uint64_t numbers[] = {7, 1ull << 63};
	buf_init(b, 1 << 16);
	epee_begin(b, 5);
	epee_put_bool(b, "yes", true);
	epee_put_u64(b, "big", UINT64_MAX);
	epee_put_string(b, "text", "abc", 3);
	epee_put_u64s(b, "numbers", numbers, 2);
	epee_put_objects(b, "things", 2);
	epee_put_size(b, 1);
	epee_put_string(b, "a", "", 0);
	epee_put_size(b, 1);
	epee_put_bool(b, "b", false);
	assert_int_equal(buf_end(b), ERR_OK);
}

static void round_trip(void **state)
{
	(void)state;
	struct buf b;
	struct span name;
	uint8_t three[3];
	example(&b);
	struct reader r = epee_open(b.p, b.n);
	assert_int_equal(epee_section(&r), 5);
	struct epee_value v = epee_field(&r, &name);
	assert_true(epee_is(name, "yes") && !epee_is(name, "ye") && !epee_is(name, "yess"));
	assert_true(epee_bool(&r, &v));
	v = epee_field(&r, &name);
	assert_true(epee_u64(&r, &v) == UINT64_MAX);
	v = epee_field(&r, &name);
	epee_blob(&r, &v, three, 3);
	assert_memory_equal(three, "abc", 3);
	v = epee_field(&r, &name);
	epee_expect(&r, &v, EPEE_UINT64, true);
	assert_int_equal(v.n, 2);
	assert_true(epee_u64(&r, &v) == 7 && epee_u64(&r, &v) == 1ull << 63);
	v = epee_field(&r, &name);
	epee_expect(&r, &v, EPEE_OBJECT, true);
	assert_int_equal(v.n, 2);
	epee_skip(&r, &v);
	assert_int_equal(reader_end(&r), ERR_OK);
	buf_free(&b);
}

static enum err skip_all(const uint8_t *p, size_t n)
{
	struct reader r = epee_open(p, n);
	size_t fields = epee_section(&r);
	for (size_t i = 0; i < fields && r.failed == ERR_OK; i++) {
		struct span name;
		struct epee_value v = epee_field(&r, &name);
		epee_skip(&r, &v);
	}
	return reader_end(&r);
}

static void cut_short(void **state)
{
	(void)state;
	struct buf b;
	example(&b);
	assert_int_equal(skip_all(b.p, b.n), ERR_OK);
	for (size_t n = 0; n < b.n; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		assert_non_null(exact);
		memcpy(exact, b.p, n);
		assert_int_not_equal(skip_all(exact, n), ERR_OK);
		free(exact);
	}
	buf_u8(&b, 0);
	assert_int_equal(skip_all(b.p, b.n), ERR_PARSE_TRAILING);
	b.p[3] ^= 1;
	assert_int_equal(skip_all(b.p, b.n - 1), ERR_PARSE_VALUE);
	buf_free(&b);
}

/* Counts beyond the bytes left are refused before anybody could allocate for them. */
static void counts(void **state)
{
	(void)state;
	struct buf b;
	struct span name;
	buf_init(&b, 1 << 16);
	epee_begin(&b, 1);
	epee_put_objects(&b, "x", (uint64_t)1 << 40);
	struct reader r = epee_open(b.p, b.n);
	assert_int_equal(epee_section(&r), 1);
	struct epee_value v = epee_field(&r, &name);
	assert_int_equal(v.n, 0);
	assert_int_equal(r.failed, ERR_PARSE_END);

	buf_reset(&b);
	epee_begin(&b, (uint64_t)1 << 40);
	r = epee_open(b.p, b.n);
	assert_int_equal(epee_section(&r), 0);
	assert_int_equal(r.failed, ERR_PARSE_END);

	buf_reset(&b);
	epee_begin(&b, 1);
	epee_put_u64s(&b, "x", (const uint64_t[]){1, 2}, 2);
	b.n -= 1;
	r = epee_open(b.p, b.n);
	(void)epee_section(&r);
	(void)epee_field(&r, &name);
	assert_int_equal(r.failed, ERR_PARSE_END);
	buf_free(&b);
}

static void nesting(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth < 40; depth++) {
		struct buf b;
		buf_init(&b, 1 << 16);
		epee_begin(&b, 1);
		for (unsigned i = 0; i < depth; i++) {
			epee_put_objects(&b, "o", 1);
			epee_put_size(&b, 1);
		}
		epee_put_bool(&b, "end", true);
		assert_int_equal(skip_all(b.p, b.n), depth < 8 ? ERR_OK : ERR_PARSE_VALUE);
		buf_free(&b);
	}
}

/* One field "v" of the type and bytes; returns a reader at its value. */
static struct reader field(struct buf *b, struct epee_value *v, uint8_t type, const void *p,
			   size_t n)
{
	struct span name;
	buf_reset(b);
	epee_begin(b, 1);
	buf_put(b, "\x01v", 2);
	buf_u8(b, type);
	buf_put(b, p, n);
	struct reader r = epee_open(b->p, b->n);
	(void)epee_section(&r);
	*v = epee_field(&r, &name);
	return r;
}

static void wrong_types(void **state)
{
	(void)state;
	struct buf b;
	struct epee_value v;
	buf_init(&b, 1 << 10);
	struct reader r = field(&b, &v, EPEE_INT8, "\x7f", 1);
	assert_true(epee_u64(&r, &v) == 127 && reader_end(&r) == ERR_OK);
	r = field(&b, &v, EPEE_INT8, "\x80", 1);
	assert_true(epee_u64(&r, &v) == 0 && r.failed == ERR_PARSE_VALUE);
	r = field(&b, &v, EPEE_UINT16, "\x34\x12", 2);
	assert_true(epee_u64(&r, &v) == 0x1234 && reader_end(&r) == ERR_OK);
	r = field(&b, &v, EPEE_DOUBLE, "12345678", 8);
	assert_true(epee_u64(&r, &v) == 0 && r.failed == ERR_PARSE_VALUE);
	r = field(&b, &v, EPEE_BOOL, "\x02", 1);
	assert_true(!epee_bool(&r, &v) && r.failed == ERR_PARSE_VALUE);
	r = field(&b, &v, EPEE_UINT8, "\x01", 1);
	assert_true(!epee_bool(&r, &v) && r.failed == ERR_PARSE_VALUE);
	r = field(&b, &v, EPEE_UINT8, "\x01", 1);
	assert_true(!epee_string(&r, &v).p && r.failed == ERR_PARSE_VALUE);
	for (unsigned type = 0; type < 256; type++) {
		bool known = (type & 0x7f) >= 1 && (type & 0x7f) <= 12;
		r = field(&b, &v, (uint8_t)type, "\0\0\0\0\0\0\0\0", 8);
		assert_int_equal(r.failed == ERR_OK, known);
	}
	uint8_t two[2] = {1, 1};
	r = field(&b, &v, EPEE_STRING,
		  "\x0c"
		  "abc",
		  4);
	epee_blob(&r, &v, two, 2);
	assert_true(r.failed == ERR_PARSE_VALUE && two[0] == 0 && two[1] == 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes),  cmocka_unit_test(round_trip), cmocka_unit_test(cut_short),
	    cmocka_unit_test(counts), cmocka_unit_test(nesting),    cmocka_unit_test(wrong_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
