/*
 * xoshiro256**, seeded with a SHA-256 as the fountain code of BCR-2020-005 has it. Both sides of a
 * transfer draw the same numbers from it; nothing secret ever comes from here.
 */
#ifndef AIRLOCK_OPTICAL_XOSHIRO_H
#define AIRLOCK_OPTICAL_XOSHIRO_H

#include <stddef.h>
#include <stdint.h>

struct xoshiro {
	uint64_t s[4];
};

void xoshiro_seed(struct xoshiro *x, const void *seed, size_t n);
uint64_t xoshiro_next(struct xoshiro *x);

/* In [0, 1]: rounding can give 1 itself. */
double xoshiro_unit(struct xoshiro *x);

/* In [low, high], by the specification's formula, its bias included. */
uint64_t xoshiro_between(struct xoshiro *x, uint64_t low, uint64_t high);

#endif
