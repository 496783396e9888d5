/* Only one form of everything, nothing unknown, and no belief in declared sizes. */
#include "tests/unit/unit.h"

#include "proto/wire.h"

static enum err open_hex(const char *hex)
{
	uint8_t bytes[256];
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++) {
		unsigned v;
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		bytes[i] = (uint8_t)v;
	}
	struct wire *w;
	enum err rc = wire_open(&w, (struct span){bytes, n});
	assert_true((rc == ERR_OK) == (w != NULL));
	wire_free(w);
	return rc;
}

static void accepts_what_messages_have(void **state)
{
	(void)state;
	assert_int_equal(open_hex("80"), ERR_OK);
	assert_int_equal(open_hex("83001818190100"), ERR_OK);
	assert_int_equal(open_hex("821a000100001b0000000100000000"), ERR_OK);
	assert_int_equal(open_hex("82404361626380"), ERR_MSG_FORMAT);
	assert_int_equal(open_hex("83404361626380"), ERR_OK);
	assert_int_equal(open_hex("8262c3a960"), ERR_OK);
	assert_int_equal(open_hex("8181818181818180"), ERR_OK);
}

static void refuses_longer_forms(void **state)
{
	(void)state;
	assert_int_equal(open_hex("811817"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("811900ff"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("811a0000ffff"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("811b00000000ffffffff"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("8158016100"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("980100"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("9f00ff"), ERR_MSG_CANONICAL);
	assert_int_equal(open_hex("815f4100ff"), ERR_MSG_CANONICAL);
}

static void refuses_other_kinds(void **state)
{
	(void)state;
	assert_int_equal(open_hex("00"), ERR_MSG_FORMAT);     /* no array outermost */
	assert_int_equal(open_hex("8120"), ERR_MSG_FORMAT);   /* negative */
	assert_int_equal(open_hex("81a0"), ERR_MSG_FORMAT);   /* map */
	assert_int_equal(open_hex("81c100"), ERR_MSG_FORMAT); /* tag */
	assert_int_equal(open_hex("81f6"), ERR_MSG_FORMAT);   /* null */
	assert_int_equal(open_hex("81f93c00"), ERR_MSG_FORMAT);
	assert_int_equal(open_hex("811c"), ERR_MSG_FORMAT); /* reserved */
	assert_int_equal(open_hex("8000"), ERR_MSG_FORMAT); /* trailing */
}

static void refuses_bad_text(void **state)
{
	(void)state;
	assert_int_equal(open_hex("8161ff"), ERR_MSG_FORMAT);
	assert_int_equal(open_hex("8162c080"), ERR_MSG_FORMAT);     /* overlong */
	assert_int_equal(open_hex("8163e08080"), ERR_MSG_FORMAT);   /* overlong */
	assert_int_equal(open_hex("8163eda080"), ERR_MSG_FORMAT);   /* surrogate */
	assert_int_equal(open_hex("8164f4908080"), ERR_MSG_FORMAT); /* above U+10FFFF */
	assert_int_equal(open_hex("8162c361"), ERR_MSG_FORMAT);
	assert_int_equal(open_hex("8161c3"), ERR_MSG_FORMAT);
	assert_int_equal(open_hex("816100"), ERR_MSG_FORMAT);
	assert_int_equal(open_hex("8163efbfbf"), ERR_OK);
	assert_int_equal(open_hex("8164f48fbfbf"), ERR_OK);
}

static void refuses_what_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(open_hex(""), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("81"), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("8119"), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("814261"), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("815bffffffffffffffff00"), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("9bffffffffffffffff00"), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("9a7fffffff00"), ERR_MSG_TRUNCATED);
	assert_int_equal(open_hex("818181818181818180"), ERR_MSG_SIZE);
}

static void refuses_too_many_values(void **state)
{
	(void)state;
	size_t n = (1u << 18) + 5;
	uint8_t *p = calloc(n, 1);
	struct wire *w;
	assert_non_null(p);
	p[0] = 0x9a;
	store32_be(p + 1, (uint32_t)(n - 5));
	assert_int_equal(wire_open(&w, (struct span){p, n}), ERR_MSG_SIZE);
	store32_be(p + 1, (uint32_t)(n - 6));
	assert_int_equal(wire_open(&w, (struct span){p, n - 1}), ERR_OK);
	wire_free(w);
	free(p);
}

static void reads_and_stays_failed(void **state)
{
	(void)state;
	struct buf b;
	struct wire *w;
	char text[4];
	uint8_t two[2];
	buf_init(&b, 100);
	wire_put_list(&b, 4);
	wire_put_uint(&b, 1000);
	wire_put_text(&b, "abc");
	wire_put_bytes(&b, "xy", 2);
	wire_put_uint(&b, 5);
	assert_int_equal(wire_open(&w, buf_span(&b)), ERR_OK);
	struct wire_list in = wire_root(w);
	assert_int_equal(wire_uint(&in, 1000), 1000);
	wire_text(&in, text, sizeof text);
	assert_string_equal(text, "abc");
	wire_fixed(&in, two, 2);
	assert_memory_equal(two, "xy", 2);
	assert_int_equal(wire_end(w), ERR_OK);
	assert_int_equal(wire_uint(&in, 4), 0);
	assert_int_equal(wire_end(w), ERR_MSG_FORMAT);
	in = wire_root(w);
	assert_int_equal(wire_uint(&in, 1000), 0);
	struct wire_list none = wire_list(&in, 0, 9);
	assert_int_equal(none.n, 0);
	assert_int_equal(wire_uint(&none, 9), 0);
	wire_free(w);

	/* One too long, one of another kind, one too many. */
	assert_int_equal(wire_open(&w, buf_span(&b)), ERR_OK);
	in = wire_root(w);
	(void)wire_uint(&in, UINT64_MAX);
	wire_text(&in, text, 3);
	assert_int_equal(wire_end(w), ERR_MSG_FORMAT);
	assert_string_equal(text, "");
	wire_free(w);
	assert_int_equal(wire_open(&w, buf_span(&b)), ERR_OK);
	in = wire_root(w);
	assert_int_equal(wire_bytes(&in, 9).n, 0);
	assert_int_equal(wire_end(w), ERR_MSG_FORMAT);
	wire_free(w);
	assert_int_equal(wire_open(&w, buf_span(&b)), ERR_OK);
	in = wire_root(w);
	wire_expect(&in, 3);
	assert_int_equal(wire_end(w), ERR_MSG_FORMAT);
	wire_free(w);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts_what_messages_have), cmocka_unit_test(refuses_longer_forms),
	    cmocka_unit_test(refuses_other_kinds),        cmocka_unit_test(refuses_bad_text),
	    cmocka_unit_test(refuses_what_is_not_there),  cmocka_unit_test(refuses_too_many_values),
	    cmocka_unit_test(reads_and_stays_failed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
