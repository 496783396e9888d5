/* Hexadecimal from a table into bytes, for tests. */
#ifndef AIRLOCK_TESTS_VECTOR_H
#define AIRLOCK_TESTS_VECTOR_H

#include "tests/unit/unit.h"

#include "common/base/hex.h"

/* malloc'd; *n gets the size. */
static inline uint8_t *vector_bytes(const char *hex, size_t *n)
{
	*n = strlen(hex) / 2;
	uint8_t *p = malloc(*n ? *n : 1);
	assert_non_null(p);
	assert_int_equal(hex_decode(p, *n, hex), ERR_OK);
	return p;
}

/* Asserts that n bytes are these. */
static inline void assert_hex(const void *p, size_t n, const char *hex)
{
	size_t size;
	uint8_t *expected = vector_bytes(hex, &size);
	assert_int_equal(size, n);
	assert_memory_equal(p, expected, n);
	free(expected);
}

#endif
