/* Bytewords and CRC-32 against the specification's vectors; what is no word is refused. */
#include "tests/unit/optical/vectors.h"
#include "tests/unit/unit.h"

#include "common/optical/bytewords.h"
#include "common/optical/crc32.h"

/* The minimal form of words in full: their first and last letters. */
static struct buf minimal(const char *words)
{
	struct buf out;
	buf_init(&out, 4096);
	while (*words) {
		size_t n = strcspn(words, " ");
		buf_put(&out, words, 1);
		buf_put(&out, words + n - 1, 1);
		words += n + (words[n] == ' ');
	}
	return out;
}

static void checksums_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *v;
	json_array_foreach(vector("crc32"), i, v)
	{
		const char *text = vector_text(v, "ascii");
		struct buf want = vector_hex(v, "hex_be");
		assert_int_equal(crc32_of(text, strlen(text)), load32_be(want.p));
		buf_free(&want);
	}
	assert_int_equal(crc32_of("", 0), 0);
}

static void words_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *v;
	json_array_foreach(vector("bytewords"), i, v)
	{
		struct buf bytes = vector_hex(v, "hex"), got, words;
		const char *letters = vector_text(v, "minimal");
		buf_init(&got, 4096);
		bytewords_put(&got, buf_span(&bytes));
		assert_int_equal(got.n, strlen(letters));
		assert_int_equal(got.n, bytewords_length(bytes.n));
		assert_memory_equal(got.p, letters, got.n);
		words = minimal(vector_text(v, "standard"));
		assert_int_equal(words.n, got.n);
		assert_memory_equal(words.p, letters, got.n);
		buf_reset(&got);
		assert_int_equal(bytewords_get(&got, letters, strlen(letters)), ERR_OK);
		assert_int_equal(got.n, bytes.n);
		assert_memory_equal(got.p, bytes.p, bytes.n);
		buf_free(&words);
		buf_free(&bytes);
		buf_free(&got);
	}
}

static void every_byte_comes_back_in_either_case(void **state)
{
	(void)state;
	uint8_t all[256];
	struct buf letters, got;
	buf_init(&letters, 1024);
	buf_init(&got, 1024);
	for (size_t i = 0; i < sizeof all; i++) {
		all[i] = (uint8_t)i;
	}
	bytewords_put(&letters, (struct span){all, sizeof all});
	for (size_t i = 0; i < letters.n; i += 3) {
		letters.p[i] = (uint8_t)(letters.p[i] - 'a' + 'A');
	}
	assert_int_equal(bytewords_get(&got, (const char *)letters.p, letters.n), ERR_OK);
	assert_int_equal(got.n, sizeof all);
	assert_memory_equal(got.p, all, sizeof all);
	buf_free(&letters);
	buf_free(&got);
}

static void bad_ones_are_refused(void **state)
{
	(void)state;
	size_t i;
	json_t *v;
	struct buf got;
	buf_init(&got, 1024);
	buf_text(&got, "kept");
	json_array_foreach(vector("bytewords_bad"), i, v)
	{
		struct buf letters;
		buf_init(&letters, 1024);
		if (json_object_get(v, "minimal")) {
			buf_text(&letters, vector_text(v, "minimal"));
		} else {
			letters = minimal(vector_text(v, "standard"));
		}
		enum err want = strcmp(vector_text(v, "why"), "checksum") == 0 ? ERR_UR_CHECKSUM
									       : ERR_UR_FORMAT;
		assert_int_equal(
		    bytewords_get(&got, letters.p ? (const char *)letters.p : "", letters.n), want);
		assert_int_equal(got.n, 4);
		buf_free(&letters);
	}
	assert_int_equal(bytewords_get(&got, "aeadaolazmjendeot", 17), ERR_UR_FORMAT);
	assert_int_equal(bytewords_get(&got, "aeadaolazmjendeo!i", 18), ERR_UR_FORMAT);
	assert_int_equal(bytewords_get(&got, "aeadaolazmjendeozz", 18), ERR_UR_FORMAT);
	assert_int_equal(got.n, 4);
	buf_free(&got);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checksums_are_the_vectors),
	    cmocka_unit_test(words_are_the_vectors),
	    cmocka_unit_test(every_byte_comes_back_in_either_case),
	    cmocka_unit_test(bad_ones_are_refused),
	};
	vectors_open(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
