/* Generator, sampler and choice of fragments draw exactly what the specification's vectors say. */
#include "tests/unit/optical/vectors.h"
#include "tests/unit/unit.h"

#include "common/base/hex.h"
#include "common/optical/crc32.h"
#include "common/optical/fountain.h"

static void seed(struct xoshiro *x, const char *text)
{
	xoshiro_seed(x, text, strlen(text));
}

static void draws_are_the_vectors(void **state)
{
	(void)state;
	size_t i, k;
	json_t *row, *want;
	struct xoshiro x;
	json_array_foreach(vector("rng_next_mod_100"), k, row)
	{
		const char *name = vector_text(row, "seed");
		uint8_t crc[4];
		if (strstr(name, "crc32")) {
			store32_be(crc, crc32_of("Wolf", 4));
			xoshiro_seed(&x, crc, sizeof crc);
		} else {
			seed(&x, "Wolf");
		}
		json_array_foreach(json_object_get(row, "values"), i, want)
		{
			assert_int_equal(xoshiro_next(&x) % 100, json_integer_value(want));
		}
		assert_true(i > 0);
	}
	seed(&x, "Wolf");
	json_array_foreach(vector("rng_next_int_1_10/values"), i, want)
	{
		assert_int_equal(xoshiro_between(&x, 1, 10), json_integer_value(want));
	}
}

static void shuffles_are_the_vectors(void **state)
{
	(void)state;
	size_t i, k;
	json_t *row, *want;
	struct xoshiro x;
	seed(&x, "Wolf");
	json_array_foreach(vector("shuffle_1_to_10/values"), k, row)
	{
		uint32_t items[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
		fountain_shuffle(items, 10, 10, &x);
		json_array_foreach(row, i, want)
		{
			assert_int_equal(items[i], json_integer_value(want));
		}
	}
	assert_int_equal(k, 10);
}

static void samples_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *want;
	struct xoshiro x;
	struct sampler s;
	static const double weights[] = {1, 2, 4, 8};
	seed(&x, "Wolf");
	assert_int_equal(sampler_init(&s, weights, 4), ERR_OK);
	json_array_foreach(vector("random_sampler/values"), i, want)
	{
		assert_int_equal(sampler_next(&s, &x), json_integer_value(want));
	}
	assert_int_equal(i, 500);
	sampler_free(&s);
}

static void sizes_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *v;
	json_array_foreach(vector("find_nominal_fragment_length"), i, v)
	{
		assert_int_equal(fountain_fragment_size(vector_number(v, "message_len"),
							vector_number(v, "min"),
							vector_number(v, "max")),
				 vector_number(v, "result"));
	}
}

static void degrees_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *want;
	struct fountain f;
	assert_int_equal(fountain_init(&f, vector_number(vector("choose_degree"), "seq_len"), 0),
			 ERR_OK);
	json_array_foreach(vector("choose_degree/values"), i, want)
	{
		char text[32];
		struct xoshiro x;
		snprintf(text, sizeof text, "Wolf-%zu", i + 1);
		seed(&x, text);
		assert_int_equal(fountain_degree(&f, &x), json_integer_value(want));
	}
	fountain_free(&f);
}

static void assert_chosen(struct fountain *f, uint32_t number, json_t *indexes)
{
	uint64_t bits[FOUNTAIN_WORDS(FOUNTAIN_PARTS_MAX)];
	size_t count = 0;
	fountain_choose(f, number, bits);
	for (size_t i = 0; i < f->n; i++) {
		count += fountain_has(bits, i);
	}
	assert_int_equal(count, json_array_size(indexes));
	for (size_t i = 0; i < count; i++) {
		assert_true(
		    fountain_has(bits, (size_t)json_integer_value(json_array_get(indexes, i))));
	}
}

static void fragments_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *row, *v = vector("choose_fragments");
	struct fountain f;
	struct buf crc = vector_hex(v, "checksum_hex");
	assert_int_equal(fountain_init(&f, vector_number(v, "seq_len"), load32_be(crc.p)), ERR_OK);
	json_array_foreach(json_object_get(v, "values"), i, row)
	{
		assert_chosen(&f, (uint32_t)i + 1, row);
	}
	assert_int_equal(i, 30);
	fountain_free(&f);
	buf_free(&crc);
	json_array_foreach(vector("derived"), i, v)
	{
		const char *number;
		crc = vector_hex(v, "checksum_hex");
		assert_int_equal(fountain_init(&f, vector_number(v, "seq_len"), load32_be(crc.p)),
				 ERR_OK);
		json_object_foreach(json_object_get(v, "indexes_of_first_mixed_parts"), number, row)
		{
			assert_chosen(&f, (uint32_t)strtoul(number, NULL, 10), row);
		}
		fountain_free(&f);
		buf_free(&crc);
	}
}

static void mixing_is_exclusive_or(void **state)
{
	(void)state;
	json_t *v = vector("xor");
	struct buf a = vector_hex(v, "a"), b = vector_hex(v, "b"), want = vector_hex(v, "a_xor_b");
	fountain_mix(a.p, b.p, a.n);
	assert_memory_equal(a.p, want.p, want.n);
	buf_free(&a);
	buf_free(&b);
	buf_free(&want);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(draws_are_the_vectors),   cmocka_unit_test(shuffles_are_the_vectors),
	    cmocka_unit_test(samples_are_the_vectors), cmocka_unit_test(sizes_are_the_vectors),
	    cmocka_unit_test(degrees_are_the_vectors), cmocka_unit_test(fragments_are_the_vectors),
	    cmocka_unit_test(mixing_is_exclusive_or),
	};
	vectors_open(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
