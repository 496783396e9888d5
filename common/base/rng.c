#include "common/base/rng.h"

#include <string.h>

#include <sodium.h>

#include "common/base/bytes.h"
#include "common/base/check.h"

static void system_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	randombytes_buf(out, n);
}

struct rng rng_system(void)
{
	return (struct rng){NULL, system_fill};
}

static void seeded_fill(void *ctx, void *out, size_t n)
{
	struct rng_seeded *s = ctx;
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	store64_le(nonce, s->block++);
	crypto_stream_chacha20(out, n, nonce, s->key);
}

struct rng rng_seeded(struct rng_seeded *state, uint64_t seed)
{
	memset(state, 0, sizeof *state);
	store64_le(state->key, seed);
	return (struct rng){state, seeded_fill};
}

uint64_t rng_below(const struct rng *r, uint64_t bound)
{
	CHECK(bound > 0);
	/* Draws at or above the largest multiple of bound would favour small results. */
	uint64_t top = UINT64_MAX - UINT64_MAX % bound;
	for (;;) {
		uint8_t b[8];
		rng_fill(r, b, sizeof b);
		uint64_t v = load64_le(b);
		if (v < top) {
			return v % bound;
		}
	}
}

double rng_unit(const struct rng *r)
{
	return (double)rng_below(r, UINT64_C(1) << 53) / 9007199254740992.0;
}
