/*
 * Arithmetic modulo l in 4 limbs of 64 bits. Reduction folds the bits from 252 up with
 * 2^252 = -c (mod l), c = l - 2^252 of 125 bits, which is cheaper than Barrett's two long products.
 */
#include "common/crypto/scalar.h"

#include <string.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "common/crypto/keccak.h"

typedef unsigned __int128 wide;

static const uint64_t L[4] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000};
static const uint64_t TWICE_L[4] = {0xb024c634b9eba7da, 0x29bdf3bd45ef39ac, 0, 0x2000000000000000};
static const uint64_t TOP_MASK = 0x0fffffffffffffff;

const struct scalar SC_ZERO = {{0}};
const struct scalar SC_ONE = {{1}};
const struct scalar SC_EIGHT = {{8}};
const struct scalar SC_INV_EIGHT = {{0x79, 0x2f, 0xdc, 0xe2, 0x29, 0xe5, 0x06, 0x61,
				     0xd0, 0xda, 0x1c, 0x7d, 0xb3, 0x9d, 0xd3, 0x07,
				     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
				     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06}};

static void load(uint64_t v[4], const uint8_t in[static 32])
{
	for (int i = 0; i < 4; i++) {
		v[i] = load64_le(in + 8 * i);
	}
}

static void store(struct scalar *out, const uint64_t v[4])
{
	for (int i = 0; i < 4; i++) {
		store64_le(out->b + 8 * i, v[i]);
	}
}

static uint64_t add4(uint64_t out[4], const uint64_t a[4], const uint64_t b[4])
{
	wide t = 0;
	for (int i = 0; i < 4; i++) {
		t += (wide)a[i] + b[i];
		out[i] = (uint64_t)t;
		t >>= 64;
	}
	return (uint64_t)t;
}

/* Returns 1 when it borrowed. */
static uint64_t sub4(uint64_t out[4], const uint64_t a[4], const uint64_t b[4])
{
	uint64_t borrow = 0;
	for (int i = 0; i < 4; i++) {
		wide t = (wide)a[i] - b[i] - borrow;
		out[i] = (uint64_t)t;
		borrow = (uint64_t)(t >> 64) & 1;
	}
	return borrow;
}

/* Adds l when `when` is 1. */
static void add_l_if(uint64_t v[4], uint64_t when)
{
	uint64_t masked[4], mask = 0 - when;
	/* The compiler must not make a branch of it. */
	__asm__("" : "+r"(mask));
	for (int i = 0; i < 4; i++) {
		masked[i] = L[i] & mask;
	}
	(void)add4(v, v, masked);
}

/* v below 2l becomes v mod l. */
static void subtract_l_once(uint64_t v[4])
{
	add_l_if(v, sub4(v, v, L));
}

/* out (n + 2 limbs) = a (n limbs) * c */
static inline void mul_c(uint64_t *out, const uint64_t *a, int n)
{
	wide carry = 0;
	for (int i = 0; i < n; i++) {
		carry += (wide)a[i] * L[0];
		out[i] = (uint64_t)carry;
		carry >>= 64;
	}
	out[n] = (uint64_t)carry;
	carry = 0;
	for (int i = 0; i < n; i++) {
		carry += (wide)a[i] * L[1] + out[i + 1];
		out[i + 1] = (uint64_t)carry;
		carry >>= 64;
	}
	out[n + 1] = (uint64_t)carry;
}

/* out (n - 3 limbs) = a (n limbs) >> 252 */
static inline void high(uint64_t *out, const uint64_t *a, int n)
{
	for (int i = 3; i < n; i++) {
		out[i - 3] = a[i] >> 60 | (i + 1 < n ? a[i + 1] << 4 : 0);
	}
}

/*
 * x = xl + 2^252 xh = xl - y with y = c xh, then the same for y (133 high bits) and its z (6 high
 * bits): x = xl - yl + zl - w, where w = c zh is below 2^131.
 */
static void reduce8(uint64_t out[4], const uint64_t x[8])
{
	uint64_t xh[5], y[7], yh[4], z[6], zh[3], w[5];
	high(xh, x, 8);
	mul_c(y, xh, 5);
	high(yh, y, 7);
	mul_c(z, yh, 3); /* yh has 133 bits */
	high(zh, z, 5);
	mul_c(w, zh, 1); /* zh has 6 bits */
	w[3] = 0;
	uint64_t xl[4] = {x[0], x[1], x[2], x[3] & TOP_MASK};
	uint64_t yl[4] = {y[0], y[1], y[2], y[3] & TOP_MASK};
	uint64_t zl[4] = {z[0], z[1], z[2], z[3] & TOP_MASK};
	(void)add4(out, xl, zl);
	(void)add4(out, out, TWICE_L);
	(void)sub4(out, out, yl);
	(void)sub4(out, out, w);
	/* Not negative: take off l times the bits from 252 up, at most one l too much. */
	uint64_t q = out[3] >> 60;
	uint64_t ql[6];
	mul_c(ql, &q, 1);
	ql[3] = q << 60;
	add_l_if(out, sub4(out, out, ql));
}

static void mul4(uint64_t out[8], const uint64_t a[4], const uint64_t b[4])
{
	memset(out, 0, 8 * sizeof out[0]);
	for (int i = 0; i < 4; i++) {
		wide carry = 0;
		for (int j = 0; j < 4; j++) {
			carry += (wide)a[i] * b[j] + out[i + j];
			out[i + j] = (uint64_t)carry;
			carry >>= 64;
		}
		out[i + 4] = (uint64_t)carry;
	}
}

struct scalar sc_of_u64(uint64_t v)
{
	struct scalar out = SC_ZERO;
	store64_le(out.b, v);
	return out;
}

void sc_reduce32(struct scalar *out, const uint8_t in[static 32])
{
	uint64_t x[8] = {0}, r[4];
	load(x, in);
	reduce8(r, x);
	store(out, r);
}

void sc_reduce64(struct scalar *out, const uint8_t in[static 64])
{
	uint64_t x[8], r[4];
	load(x, in);
	load(x + 4, in + 32);
	reduce8(r, x);
	store(out, r);
}

bool sc_is_canonical(const uint8_t in[static 32])
{
	uint64_t v[4];
	load(v, in);
	return sub4(v, v, L) == 1;
}

bool sc_is_zero(const struct scalar *a)
{
	return sc_equal(a, &SC_ZERO);
}

bool sc_equal(const struct scalar *a, const struct scalar *b)
{
	uint64_t x[4], y[4];
	load(x, a->b);
	load(y, b->b);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

void sc_add(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
	uint64_t x[4], y[4];
	load(x, a->b);
	load(y, b->b);
	(void)add4(x, x, y);
	subtract_l_once(x);
	store(out, x);
}

void sc_sub(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
	uint64_t x[4], y[4];
	load(x, a->b);
	load(y, b->b);
	add_l_if(x, sub4(x, x, y));
	store(out, x);
}

void sc_neg(struct scalar *out, const struct scalar *a)
{
	sc_sub(out, &SC_ZERO, a);
}

void sc_mul(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
	uint64_t x[4], y[4], xy[8];
	load(x, a->b);
	load(y, b->b);
	mul4(xy, x, y);
	reduce8(x, xy);
	store(out, x);
}

void sc_muladd(struct scalar *out, const struct scalar *a, const struct scalar *b,
	       const struct scalar *c)
{
	uint64_t x[4], y[4], xy[8];
	load(x, a->b);
	load(y, b->b);
	mul4(xy, x, y);
	load(y, c->b);
	/* Cannot overflow: (2^256 - 1)^2 + 2^256 - 1 is below 2^512. */
	wide t = add4(xy, xy, y);
	for (int i = 4; i < 8; i++) {
		t += xy[i];
		xy[i] = (uint64_t)t;
		t >>= 64;
	}
	reduce8(x, xy);
	store(out, x);
}

void sc_invert(struct scalar *out, const struct scalar *a)
{
	/* a^(l - 2), the public exponent in windows of four bits. */
	struct scalar power[16], r;
	power[0] = SC_ONE;
	for (int i = 1; i < 16; i++) {
		sc_mul(&power[i], &power[i - 1], a);
	}
	uint64_t e[4] = {L[0] - 2, L[1], L[2], L[3]};
	r = power[e[3] >> 60];
	for (int i = 62; i >= 0; i--) {
		for (int j = 0; j < 4; j++) {
			sc_mul(&r, &r, &r);
		}
		unsigned digit = e[i / 16] >> (4 * (i % 16)) & 15;
		if (digit != 0) {
			sc_mul(&r, &r, &power[digit]);
		}
	}
	*out = r;
	secret_wipe(power, sizeof power);
	secret_wipe(&r, sizeof r);
}

/* Blocks on the stack rather than memory that can run out. */
#define INVERT_BLOCK 64

void sc_invert_batch_vartime(struct scalar *a, size_t n)
{
	struct scalar before[INVERT_BLOCK];
	for (size_t start = 0; start < n; start += INVERT_BLOCK) {
		struct scalar *block = a + start;
		size_t size = n - start < INVERT_BLOCK ? n - start : INVERT_BLOCK;
		struct scalar product = SC_ONE;
		for (size_t i = 0; i < size; i++) {
			before[i] = product;
			sc_mul(&product, &product, &block[i]);
		}
		sc_invert(&product, &product);
		for (size_t i = size; i-- > 0;) {
			struct scalar inverse;
			sc_mul(&inverse, &product, &before[i]);
			sc_mul(&product, &product, &block[i]);
			block[i] = inverse;
		}
	}
}

void sc_hash(struct scalar *out, const void *p, size_t n)
{
	uint8_t h[32];
	keccak256(h, p, n);
	sc_reduce32(out, h);
	secret_wipe(h, sizeof h);
}
