/*
 * Eight field elements side by side in AVX-512 registers, 5 limbs of 51 bits each, multiplied by
 * the 52-bit multiply-add instructions. Every function gives tight limbs, below 2^51 + 2^15, and
 * takes tight ones: the multiplier sees only the low 52 bits of a limb. Only for functions marked
 * IFMA.
 */
#ifndef AIRLOCK_CRYPTO_FE8_H
#define AIRLOCK_CRYPTO_FE8_H

#include <immintrin.h>

#include "common/crypto/fe.h"

#define IFMA __attribute__((target("avx512f,avx512ifma")))

struct fe8 {
	__m512i v[5];
};

static inline IFMA __m512i all8(uint64_t x)
{
	return _mm512_set1_epi64((long long)x);
}

static inline IFMA void fe8_all(struct fe8 *out, const struct fe *a)
{
	for (int i = 0; i < 5; i++) {
		out->v[i] = all8(a->v[i]);
	}
}

/* Limbs below 2^61 to tight ones. */
static inline IFMA void fe8_carry(struct fe8 *out, __m512i r0, __m512i r1, __m512i r2, __m512i r3,
				  __m512i r4)
{
	const __m512i mask = all8(FE_MASK);
	__m512i c0 = _mm512_srli_epi64(r0, 51), c1 = _mm512_srli_epi64(r1, 51),
		c2 = _mm512_srli_epi64(r2, 51), c3 = _mm512_srli_epi64(r3, 51),
		c4 = _mm512_srli_epi64(r4, 51);
	out->v[0] = _mm512_madd52lo_epu64(_mm512_and_si512(r0, mask), c4, all8(19));
	out->v[1] = _mm512_add_epi64(_mm512_and_si512(r1, mask), c0);
	out->v[2] = _mm512_add_epi64(_mm512_and_si512(r2, mask), c1);
	out->v[3] = _mm512_add_epi64(_mm512_and_si512(r3, mask), c2);
	out->v[4] = _mm512_add_epi64(_mm512_and_si512(r4, mask), c3);
}

static inline IFMA void fe8_add(struct fe8 *out, const struct fe8 *a, const struct fe8 *b)
{
	fe8_carry(out, _mm512_add_epi64(a->v[0], b->v[0]), _mm512_add_epi64(a->v[1], b->v[1]),
		  _mm512_add_epi64(a->v[2], b->v[2]), _mm512_add_epi64(a->v[3], b->v[3]),
		  _mm512_add_epi64(a->v[4], b->v[4]));
}

/* a - b, with 2p added to stay above zero. */
static inline IFMA void fe8_sub(struct fe8 *out, const struct fe8 *a, const struct fe8 *b)
{
	const __m512i low = all8(UINT64_C(0xfffffffffffda)), rest = all8(UINT64_C(0xffffffffffffe));
	fe8_carry(out, _mm512_sub_epi64(_mm512_add_epi64(a->v[0], low), b->v[0]),
		  _mm512_sub_epi64(_mm512_add_epi64(a->v[1], rest), b->v[1]),
		  _mm512_sub_epi64(_mm512_add_epi64(a->v[2], rest), b->v[2]),
		  _mm512_sub_epi64(_mm512_add_epi64(a->v[3], rest), b->v[3]),
		  _mm512_sub_epi64(_mm512_add_epi64(a->v[4], rest), b->v[4]));
}

/* low + 2 * high: the high halves count from bit 52, one above the next limb. */
static inline IFMA __m512i join8(__m512i low, __m512i high)
{
	return _mm512_add_epi64(low, _mm512_add_epi64(high, high));
}

static inline IFMA __m512i times19(__m512i a)
{
	return _mm512_add_epi64(a,
				_mm512_add_epi64(_mm512_slli_epi64(a, 1), _mm512_slli_epi64(a, 4)));
}

/* Ten columns of sums, low halves l[0..8] and high halves h[1..9], below 2^55 each, to tight limbs.
 */
static inline IFMA void fe8_fold(struct fe8 *out, const __m512i l[10], const __m512i h[10])
{
	__m512i r[5];
	for (int i = 0; i < 5; i++) {
		r[i] = _mm512_add_epi64(join8(l[i], h[i]), times19(join8(l[i + 5], h[i + 5])));
	}
	fe8_carry(out, r[0], r[1], r[2], r[3], r[4]);
}

static inline IFMA void fe8_mul(struct fe8 *out, const struct fe8 *a, const struct fe8 *b)
{
	__m512i l[10], h[10];
	for (int i = 0; i < 10; i++) {
		l[i] = h[i] = _mm512_setzero_si512();
	}
	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < 5; j++) {
			l[i + j] = _mm512_madd52lo_epu64(l[i + j], a->v[i], b->v[j]);
			h[i + j + 1] = _mm512_madd52hi_epu64(h[i + j + 1], a->v[i], b->v[j]);
		}
	}
	fe8_fold(out, l, h);
}

static inline IFMA void fe8_sq(struct fe8 *out, const struct fe8 *a)
{
	__m512i l[10], h[10];
	for (int i = 0; i < 10; i++) {
		l[i] = h[i] = _mm512_setzero_si512();
	}
	/* Products of two different limbs once, then doubled. */
	for (int i = 0; i < 5; i++) {
		for (int j = i + 1; j < 5; j++) {
			l[i + j] = _mm512_madd52lo_epu64(l[i + j], a->v[i], a->v[j]);
			h[i + j + 1] = _mm512_madd52hi_epu64(h[i + j + 1], a->v[i], a->v[j]);
		}
	}
	for (int i = 0; i < 10; i++) {
		l[i] = _mm512_add_epi64(l[i], l[i]);
		h[i] = _mm512_add_epi64(h[i], h[i]);
	}
	for (int i = 0; i < 5; i++) {
		l[2 * i] = _mm512_madd52lo_epu64(l[2 * i], a->v[i], a->v[i]);
		h[2 * i + 1] = _mm512_madd52hi_epu64(h[2 * i + 1], a->v[i], a->v[i]);
	}
	fe8_fold(out, l, h);
}

/* out = b in every lane where mask is set. */
static inline IFMA void fe8_select(struct fe8 *out, const struct fe8 *b, __mmask8 mask)
{
	for (int i = 0; i < 5; i++) {
		out->v[i] = _mm512_mask_mov_epi64(out->v[i], mask, b->v[i]);
	}
}

#endif
