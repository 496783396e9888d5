#include "common/optical/xoshiro.h"

#include <sodium/crypto_hash_sha256.h>

#include "common/base/bytes.h"

void xoshiro_seed(struct xoshiro *x, const void *seed, size_t n)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, seed, n);
	for (size_t i = 0; i < 4; i++) {
		x->s[i] = load64_be(hash + 8 * i);
	}
}

static uint64_t rotate(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

uint64_t xoshiro_next(struct xoshiro *x)
{
	uint64_t *s = x->s;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double xoshiro_unit(struct xoshiro *x)
{
	return (double)xoshiro_next(x) / 0x1p64;
}

uint64_t xoshiro_between(struct xoshiro *x, uint64_t low, uint64_t high)
{
	uint64_t n = high - low + 1;
	uint64_t v = (uint64_t)(xoshiro_unit(x) * (double)n);
	return low + (v < n ? v : n - 1);
}
