/*
 * Monero's maps from hashes to points (ge_fromfe_frombytes_vartime): Elligator 2 on the Montgomery
 * curve y^2 = x^3 + Ax^2 + x with the non-residue 2, moved to Ed25519 by Y = (x - 1)/(x + 1).
 */
#include "common/base/secret.h"
#include "common/crypto/group_forms.h"
#include "common/crypto/keccak.h"

/* A = 486662 */
static const struct fe A = {{486662, 0, 0, 0, 0}};
/* -A^2 */
static const struct fe MINUS_A2 = {
    {0x7ffc8db3de3c9, 0x7ffffffffffff, 0x7ffffffffffff, 0x7ffffffffffff, 0x7ffffffffffff}};
/* Square roots of 2A(A+2) times 1 and -1, and of A(A+2) times i and -i. Any of the two roots. */
static const struct fe ROOT_2 = {
    {0x19b7c9f83650d, 0x73f75210405a4, 0x7a68106b887f2, 0x184b715d7241f, 0x32f9e1f5fba5d}};
static const struct fe ROOT_MINUS_2 = {
    {0x0968acde3bdff, 0x2e8dab18e5bab, 0x0139870b9afed, 0x2746fab1d645f, 0x018e04102529e}};
static const struct fe ROOT_I = {
    {0x2e6fc494c6e67, 0x6ebd816b6cf58, 0x422f34446e40f, 0x2036c9f85bbc0, 0x65bc0cfcef982}};
static const struct fe ROOT_MINUS_I = {
    {0x37d8717302c66, 0x1d4b2c8452b03, 0x4368bb50093fd, 0x477dc4aa3201f, 0x674a110d14c20}};

/* (a/b)^((p + 3)/8) with one exponentiation: a b^3 (a b^7)^((p-5)/8) */
static void root_of_ratio(struct fe *out, const struct fe *a, const struct fe *b)
{
	struct fe b3, t;
	fe_sq(&b3, b);
	fe_mul(&b3, &b3, b);
	fe_sq(&t, &b3);
	fe_mul(&t, &t, b);
	fe_mul(&t, &t, a);
	fe_pow_p58(&t, &t);
	fe_mul(&t, &t, &b3);
	fe_mul(out, &t, a);
}

static bool same(const struct fe *a, const struct fe *b)
{
	struct fe t;
	fe_sub(&t, a, b);
	return fe_is_zero(&t);
}

void point_from_hash_vartime(struct point *out, const uint8_t hash[static 32])
{
	struct fe u, v, w, x, r, z, t;
	/* All 256 bits count: 2^255 = 19. */
	fe_load(&u, hash);
	u.v[0] += 19 * (uint64_t)(hash[31] >> 7);
	fe_sq(&v, &u);
	fe_add(&v, &v, &v);
	fe_carry(&v, &v);
	fe_add(&w, &v, &FE_ONE);
	fe_sq(&x, &w);
	fe_mul(&t, &v, &MINUS_A2);
	fe_add(&x, &x, &t); /* w^2 - 2 A^2 u^2, never zero, as neither is w: 2 is no square */
	root_of_ratio(&r, &w, &x);
	fe_sq(&t, &r);
	fe_mul(&t, &t, &x); /* w, -w, iw or -iw */

	/* Montgomery x = z/w, and the Edwards x up to its sign, for each of the four cases. */
	struct fe minus_w;
	fe_neg(&minus_w, &w);
	fe_neg(&z, &A);
	unsigned sign = 0;
	if (same(&t, &w) || same(&t, &minus_w)) {
		fe_mul(&r, &r, same(&t, &w) ? &ROOT_2 : &ROOT_MINUS_2);
		fe_mul(&r, &r, &u);
		fe_mul(&z, &z, &v);
	} else {
		fe_mul(&t, &t, &FE_SQRT_MINUS_ONE);
		/* t was iw when this gives -w, so that r^2 = i w/x. */
		fe_mul(&r, &r, same(&t, &minus_w) ? &ROOT_MINUS_I : &ROOT_I);
		sign = 1;
	}
	if (fe_is_odd(&r) != sign) {
		fe_neg(&r, &r);
	}
	/* x = r, y = (z - w)/(z + w) */
	struct fe y;
	fe_add(&t, &z, &w);
	fe_sub(&y, &z, &w);
	fe_carry(&y, &y);
	fe_mul(&out->x, &r, &t);
	fe_mul(&out->t, &r, &y);
	fe_carry(&out->z, &t);
	out->y = y;
}

void point_hash_vartime(struct point *out, const void *p, size_t n)
{
	uint8_t h[32];
	keccak256(h, p, n);
	point_from_hash_vartime(out, h);
	point_mul8(out, out);
}
