/* Keccak-256 against published values, and in pieces against whole. */
#include "tests/unit/unit.h"

#include "common/base/hex.h"
#include "common/crypto/keccak.h"

static void expect(const void *p, size_t n, const char *hex)
{
	uint8_t h[32], expected[32];
	keccak256(h, p, n);
	assert_int_equal(hex_decode(expected, 32, hex), ERR_OK);
	assert_memory_equal(h, expected, 32);
}

static void known_values(void **state)
{
	(void)state;
	expect("", 0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
	expect("abc", 3, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

static void pieces_equal_the_whole(void **state)
{
	(void)state;
	uint8_t data[700], whole[32], parts[32];
	for (size_t i = 0; i < sizeof data; i++) {
		data[i] = (uint8_t)(i * 7 + i / 256);
	}
	/* Lengths around the block of 136 bytes, cut at every kind of place. */
	for (size_t n = 0; n <= sizeof data; n += n < 280 ? 1 : 45) {
		keccak256(whole, data, n);
		for (size_t step = 1; step < 300; step += step < 20 ? 1 : 23) {
			struct keccak k;
			keccak_init(&k);
			for (size_t at = 0; at < n; at += step) {
				keccak_update(&k, data + at, n - at < step ? n - at : step);
			}
			keccak_final(&k, parts);
			assert_memory_equal(whole, parts, 32);
		}
	}
}

static void output_may_overlap_and_state_is_wiped(void **state)
{
	(void)state;
	uint8_t data[32] = "in place", expected[32];
	keccak256(expected, data, sizeof data);
	keccak256(data, data, sizeof data);
	assert_memory_equal(data, expected, 32);

	struct keccak k;
	const struct keccak zero = {0};
	keccak_init(&k);
	keccak_update(&k, "secret", 6);
	keccak_final(&k, data);
	assert_memory_equal(&k, &zero, sizeof k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_values),
	    cmocka_unit_test(pieces_equal_the_whole),
	    cmocka_unit_test(output_may_overlap_and_state_is_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
