/* Randomness as the cores see it: passed in, so that tests and the simulation can fix it. */
#ifndef AIRLOCK_BASE_RNG_H
#define AIRLOCK_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	void *ctx;
	void (*fill)(void *ctx, void *out, size_t n);
};

/* The system's source (libsodium's randombytes). */
struct rng rng_system(void);

/*
 * A reproducible stream (ChaCha20 keyed by the seed) for tests and the simulation; `state` is the
 * caller's and lives as long as the rng.
 */
struct rng_seeded {
	uint8_t key[32];
	uint64_t block;
};
struct rng rng_seeded(struct rng_seeded *state, uint64_t seed);

static inline void rng_fill(const struct rng *r, void *out, size_t n)
{
	r->fill(r->ctx, out, n);
}

/* Uniform in [0, bound); bound above 0. */
uint64_t rng_below(const struct rng *r, uint64_t bound);

/* Uniform in [0, 1), 53 bits. Only for the decoy distribution; money never meets it. */
double rng_unit(const struct rng *r);

#endif
