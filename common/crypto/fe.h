/*
 * The field of 2^255 - 19 in 5 limbs of 51 bits, for the files of this folder only. Everything here
 * is constant time. Bounds: "tight" limbs are below 2^51 + 2^15 (what fe_mul, fe_sq and fe_carry
 * give); multiplications take limbs below 2^54, and fe_sub takes a subtrahend below 2^53 - 2^7. So
 * sums of two tight values may be multiplied, subtracted from, and subtracted.
 */
#ifndef AIRLOCK_CRYPTO_FE_H
#define AIRLOCK_CRYPTO_FE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto/group.h"

#define FE_MASK ((UINT64_C(1) << 51) - 1)

typedef unsigned __int128 fe_wide;

extern const struct fe FE_ZERO, FE_ONE, FE_SQRT_MINUS_ONE, FE_D, FE_2D;

static inline void fe_add(struct fe *out, const struct fe *a, const struct fe *b)
{
	for (int i = 0; i < 5; i++) {
		out->v[i] = a->v[i] + b->v[i];
	}
}

/* a - b + 4p: limbs below those of a plus 2^53. */
static inline void fe_sub(struct fe *out, const struct fe *a, const struct fe *b)
{
	out->v[0] = a->v[0] + UINT64_C(0x1fffffffffffb4) - b->v[0];
	for (int i = 1; i < 5; i++) {
		out->v[i] = a->v[i] + UINT64_C(0x1ffffffffffffc) - b->v[i];
	}
}

/* Limbs of any size to tight ones. */
static inline void fe_carry(struct fe *out, const struct fe *a)
{
	uint64_t c[5];
	for (int i = 0; i < 5; i++) {
		c[i] = a->v[i] >> 51;
	}
	out->v[0] = (a->v[0] & FE_MASK) + 19 * c[4];
	for (int i = 1; i < 5; i++) {
		out->v[i] = (a->v[i] & FE_MASK) + c[i - 1];
	}
}

/* -a for a below 2^53, tight. */
static inline void fe_neg(struct fe *out, const struct fe *a)
{
	fe_sub(out, &FE_ZERO, a);
	fe_carry(out, out);
}

static inline void fe_reduce_wide(struct fe *out, fe_wide r0, fe_wide r1, fe_wide r2, fe_wide r3,
				  fe_wide r4)
{
	r1 += (uint64_t)(r0 >> 51);
	r2 += (uint64_t)(r1 >> 51);
	r3 += (uint64_t)(r2 >> 51);
	r4 += (uint64_t)(r3 >> 51);
	uint64_t low = ((uint64_t)r0 & FE_MASK) + 19 * (uint64_t)(r4 >> 51);
	out->v[0] = low & FE_MASK;
	out->v[1] = ((uint64_t)r1 & FE_MASK) + (low >> 51);
	out->v[2] = (uint64_t)r2 & FE_MASK;
	out->v[3] = (uint64_t)r3 & FE_MASK;
	out->v[4] = (uint64_t)r4 & FE_MASK;
}

static inline void fe_mul(struct fe *out, const struct fe *f, const struct fe *g)
{
	uint64_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	uint64_t g0 = g->v[0], g1 = g->v[1], g2 = g->v[2], g3 = g->v[3], g4 = g->v[4];
	uint64_t h1 = 19 * g1, h2 = 19 * g2, h3 = 19 * g3, h4 = 19 * g4;
	fe_wide r0 = (fe_wide)f0 * g0 + (fe_wide)f1 * h4 + (fe_wide)f2 * h3 + (fe_wide)f3 * h2 +
		     (fe_wide)f4 * h1;
	fe_wide r1 = (fe_wide)f0 * g1 + (fe_wide)f1 * g0 + (fe_wide)f2 * h4 + (fe_wide)f3 * h3 +
		     (fe_wide)f4 * h2;
	fe_wide r2 = (fe_wide)f0 * g2 + (fe_wide)f1 * g1 + (fe_wide)f2 * g0 + (fe_wide)f3 * h4 +
		     (fe_wide)f4 * h3;
	fe_wide r3 = (fe_wide)f0 * g3 + (fe_wide)f1 * g2 + (fe_wide)f2 * g1 + (fe_wide)f3 * g0 +
		     (fe_wide)f4 * h4;
	fe_wide r4 = (fe_wide)f0 * g4 + (fe_wide)f1 * g3 + (fe_wide)f2 * g2 + (fe_wide)f3 * g1 +
		     (fe_wide)f4 * g0;
	fe_reduce_wide(out, r0, r1, r2, r3, r4);
}

static inline void fe_sq(struct fe *out, const struct fe *f)
{
	uint64_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	uint64_t d0 = 2 * f0, d1 = 2 * f1, d2 = 2 * f2;
	uint64_t h3 = 19 * f3, h4 = 19 * f4;
	fe_wide r0 = (fe_wide)f0 * f0 + (fe_wide)d1 * h4 + (fe_wide)d2 * h3;
	fe_wide r1 = (fe_wide)d0 * f1 + (fe_wide)d2 * h4 + (fe_wide)f3 * h3;
	fe_wide r2 = (fe_wide)d0 * f2 + (fe_wide)f1 * f1 + (fe_wide)(2 * f3) * h4;
	fe_wide r3 = (fe_wide)d0 * f3 + (fe_wide)d1 * f2 + (fe_wide)f4 * h4;
	fe_wide r4 = (fe_wide)d0 * f4 + (fe_wide)d1 * f3 + (fe_wide)f2 * f2;
	fe_reduce_wide(out, r0, r1, r2, r3, r4);
}

/* out = b where mask is all ones, unchanged where it is zero. */
static inline void fe_select(struct fe *out, const struct fe *b, uint64_t mask)
{
	for (int i = 0; i < 5; i++) {
		out->v[i] ^= mask & (out->v[i] ^ b->v[i]);
	}
}

static inline void fe_swap(struct fe *a, struct fe *b, uint64_t mask)
{
	for (int i = 0; i < 5; i++) {
		uint64_t t = mask & (a->v[i] ^ b->v[i]);
		a->v[i] ^= t;
		b->v[i] ^= t;
	}
}

/* The 255 low bits; the value may be p or above. */
void fe_load(struct fe *out, const uint8_t in[static 32]);
/* The one encoding below p. */
void fe_store(uint8_t out[static 32], const struct fe *a);
bool fe_is_zero(const struct fe *a);
/* The low bit of the encoding. */
unsigned fe_is_odd(const struct fe *a);
/* 1/a, and 0 for 0. */
void fe_invert(struct fe *out, const struct fe *a);
/* a^((p - 5) / 8), the core of square roots. */
void fe_pow_p58(struct fe *out, const struct fe *a);
/* The same for each of n, in place; several at once where the processor can. */
void fe_pow_p58_batch(struct fe *a, size_t n);
/* Inverses of n non-zero values with one inversion; scratch holds n. */
void fe_invert_batch(struct fe *a, struct fe *scratch, size_t n);

#endif
