/* The parts of the field too long to be inlined. */
#include "common/crypto/fe.h"

#include "common/base/bytes.h"

const struct fe FE_ZERO = {{0, 0, 0, 0, 0}};
const struct fe FE_ONE = {{1, 0, 0, 0, 0}};
/* 2^((p-1)/4) */
const struct fe FE_SQRT_MINUS_ONE = {
    {0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};
/* -121665/121666 */
const struct fe FE_D = {
    {0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
const struct fe FE_2D = {
    {0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};

void fe_load(struct fe *out, const uint8_t in[static 32])
{
	uint64_t a = load64_le(in), b = load64_le(in + 8), c = load64_le(in + 16),
		 d = load64_le(in + 24);
	out->v[0] = a & FE_MASK;
	out->v[1] = (a >> 51 | b << 13) & FE_MASK;
	out->v[2] = (b >> 38 | c << 26) & FE_MASK;
	out->v[3] = (c >> 25 | d << 39) & FE_MASK;
	out->v[4] = (d >> 12) & FE_MASK;
}

void fe_store(uint8_t out[static 32], const struct fe *a)
{
	struct fe t;
	fe_carry(&t, a);
	fe_carry(&t, &t);
	/* Now below 2p: q is 1 exactly when the value is p or more. */
	uint64_t q = (t.v[0] + 19) >> 51;
	for (int i = 1; i < 5; i++) {
		q = (t.v[i] + q) >> 51;
	}
	t.v[0] += 19 * q;
	for (int i = 0; i < 4; i++) {
		t.v[i + 1] += t.v[i] >> 51;
		t.v[i] &= FE_MASK;
	}
	t.v[4] &= FE_MASK;
	store64_le(out, t.v[0] | t.v[1] << 51);
	store64_le(out + 8, t.v[1] >> 13 | t.v[2] << 38);
	store64_le(out + 16, t.v[2] >> 26 | t.v[3] << 25);
	store64_le(out + 24, t.v[3] >> 39 | t.v[4] << 12);
}

bool fe_is_zero(const struct fe *a)
{
	uint8_t b[32];
	fe_store(b, a);
	unsigned any = 0;
	for (int i = 0; i < 32; i++) {
		any |= b[i];
	}
	return any == 0;
}

unsigned fe_is_odd(const struct fe *a)
{
	uint8_t b[32];
	fe_store(b, a);
	return b[0] & 1;
}

static void sq_times(struct fe *out, const struct fe *a, int n)
{
	fe_sq(out, a);
	while (--n > 0) {
		fe_sq(out, out);
	}
}

/* a^(2^250 - 1) and a^11, the common part of both exponents. */
static void pow_2_250_1(struct fe *out, struct fe *a11, const struct fe *a)
{
	struct fe t, x, y, z;
	fe_sq(&t, a);
	sq_times(&x, &t, 2);
	fe_mul(&x, &x, a);
	fe_mul(a11, &x, &t);
	fe_sq(&t, a11);
	fe_mul(&x, &t, &x); /* 2^5 - 1 */
	sq_times(&t, &x, 5);
	fe_mul(&x, &t, &x); /* 2^10 - 1 */
	sq_times(&t, &x, 10);
	fe_mul(&y, &t, &x); /* 2^20 - 1 */
	sq_times(&t, &y, 20);
	fe_mul(&t, &t, &y); /* 2^40 - 1 */
	sq_times(&t, &t, 10);
	fe_mul(&x, &t, &x); /* 2^50 - 1 */
	sq_times(&t, &x, 50);
	fe_mul(&y, &t, &x); /* 2^100 - 1 */
	sq_times(&t, &y, 100);
	fe_mul(&z, &t, &y); /* 2^200 - 1 */
	sq_times(&t, &z, 50);
	fe_mul(out, &t, &x);
}

void fe_invert(struct fe *out, const struct fe *a)
{
	struct fe t, a11;
	pow_2_250_1(&t, &a11, a);
	sq_times(&t, &t, 5);
	fe_mul(out, &t, &a11); /* 2^255 - 21 */
}

void fe_pow_p58(struct fe *out, const struct fe *a)
{
	struct fe t, a11;
	pow_2_250_1(&t, &a11, a);
	sq_times(&t, &t, 2);
	fe_mul(out, &t, a); /* 2^252 - 3 */
}

void fe_invert_batch(struct fe *a, struct fe *scratch, size_t n)
{
	struct fe product = FE_ONE;
	for (size_t i = 0; i < n; i++) {
		scratch[i] = product;
		fe_mul(&product, &product, &a[i]);
	}
	fe_invert(&product, &product);
	for (size_t i = n; i-- > 0;) {
		struct fe inverse;
		fe_mul(&inverse, &product, &scratch[i]);
		fe_mul(&product, &product, &a[i]);
		a[i] = inverse;
	}
}
