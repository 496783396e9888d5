/* Points: constants, encodings, the group law. */
#include "common/crypto/group.h"

#include <string.h>

#include "common/base/check.h"
#include "common/crypto/group_forms.h"

const struct packed PACKED_G = {{0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
				 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
				 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}};
const struct packed PACKED_H = {{0x8b, 0x65, 0x59, 0x70, 0x15, 0x37, 0x99, 0xaf, 0x2a, 0xea, 0xdc,
				 0x9f, 0xf1, 0xad, 0xd0, 0xea, 0x6c, 0x72, 0x51, 0xd5, 0x41, 0x54,
				 0xcf, 0xa9, 0x2c, 0x17, 0x3a, 0x0d, 0xd3, 0x9c, 0x1f, 0x94}};
const struct packed PACKED_IDENTITY = {{1}};

const struct point POINT_G = {
    {{0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5}},
    {{0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666}},
    {{1, 0, 0, 0, 0}},
    {{0x68ab3a5b7dda3, 0x00eea2a5eadbb, 0x2af8df483c27e, 0x332b375274732, 0x67875f0fd78b7}}};
const struct point POINT_H = {
    {{0x46649386fd873, 0x1d0c4fddf4d0e, 0x73cddc5ab32b3, 0x65c2eab55bf7c, 0x6188ae4072004}},
    {{0x137157059658b, 0x633fb9d4555f3, 0x545c9b3ab42b7, 0x39654e7aa20ea, 0x141f9cd30d3a1}},
    {{1, 0, 0, 0, 0}},
    {{0x6c8160965b85d, 0x6f6cb437a16a2, 0x47e1f8869205f, 0x0c82358720e9a, 0x6391430de06ee}}};
const struct point POINT_IDENTITY = {{{0}}, {{1}}, {{1}}, {{0}}};

/* A decoding between its two halves, on either side of the costly exponentiation. */
struct decoding {
	struct fe y, u, v, uv3;
	bool canonical;
};

/*
 * x^2 = u/v with u = y^2 - 1, v = dy^2 + 1, so x = u v^3 (u v^7)^((p-5)/8) or that times i. Gives
 * u v^7 to be raised.
 */
static void decode_start(struct decoding *d, struct fe *uv7, const uint8_t in[static 32])
{
	uint8_t again[32];
	struct fe t;
	fe_load(&d->y, in);
	fe_store(again, &d->y);
	again[31] |= in[31] & 0x80;
	d->canonical = memcmp(again, in, 32) == 0;
	fe_sq(&t, &d->y);
	fe_sub(&d->u, &t, &FE_ONE);
	fe_carry(&d->u, &d->u);
	fe_mul(&d->v, &t, &FE_D);
	fe_add(&d->v, &d->v, &FE_ONE);
	fe_sq(&t, &d->v);
	fe_mul(&d->uv3, &t, &d->v);
	fe_mul(&d->uv3, &d->uv3, &d->u);
	fe_sq(&t, &t);
	fe_mul(uv7, &d->uv3, &t);
}

static bool decode_finish(struct point *out, const struct decoding *d, const struct fe *power,
			  unsigned sign)
{
	struct fe x, t, check;
	memset(out, 0, sizeof *out);
	fe_mul(&x, power, &d->uv3);
	fe_sq(&t, &x);
	fe_mul(&t, &t, &d->v);
	fe_sub(&check, &t, &d->u);
	if (!fe_is_zero(&check)) {
		fe_add(&check, &t, &d->u);
		if (!fe_is_zero(&check)) {
			return false;
		}
		fe_mul(&x, &x, &FE_SQRT_MINUS_ONE);
	}
	if (fe_is_odd(&x) != sign) {
		if (fe_is_zero(&x)) {
			return false;
		}
		fe_neg(&x, &x);
	}
	if (!d->canonical) {
		return false;
	}
	out->x = x;
	out->y = d->y;
	out->z = FE_ONE;
	fe_mul(&out->t, &x, &d->y);
	return true;
}

enum err point_unpack_vartime(struct point *out, const uint8_t in[static 32])
{
	struct decoding d;
	struct fe power;
	decode_start(&d, &power, in);
	fe_pow_p58(&power, &power);
	return decode_finish(out, &d, &power, in[31] >> 7) ? ERR_OK : ERR_POINT;
}

#define UNPACK_BLOCK 32

void point_unpack_batch_vartime(struct point *out, bool *good, const uint8_t *in, size_t n)
{
	struct decoding d[UNPACK_BLOCK];
	struct fe power[UNPACK_BLOCK];
	for (size_t start = 0; start < n; start += UNPACK_BLOCK) {
		size_t size = n - start < UNPACK_BLOCK ? n - start : UNPACK_BLOCK;
		for (size_t i = 0; i < size; i++) {
			decode_start(&d[i], &power[i], in + 32 * (start + i));
		}
		fe_pow_p58_batch(power, size);
		for (size_t i = 0; i < size; i++) {
			good[start + i] = decode_finish(&out[start + i], &d[i], &power[i],
							in[32 * (start + i) + 31] >> 7);
		}
	}
}

static void pack_with_inverse(uint8_t out[static 32], const struct point *p, const struct fe *inv)
{
	struct fe x, y;
	fe_mul(&x, &p->x, inv);
	fe_mul(&y, &p->y, inv);
	fe_store(out, &y);
	out[31] |= (uint8_t)(fe_is_odd(&x) << 7);
}

void point_pack(uint8_t out[static 32], const struct point *p)
{
	struct fe inv;
	fe_invert(&inv, &p->z);
	pack_with_inverse(out, p, &inv);
}

#define PACK_BLOCK 64

void point_pack_batch(uint8_t *out, const struct point *p, size_t n)
{
	struct fe z[PACK_BLOCK], scratch[PACK_BLOCK];
	for (size_t start = 0; start < n; start += PACK_BLOCK) {
		size_t size = n - start < PACK_BLOCK ? n - start : PACK_BLOCK;
		for (size_t i = 0; i < size; i++) {
			z[i] = p[start + i].z;
		}
		fe_invert_batch(z, scratch, size);
		for (size_t i = 0; i < size; i++) {
			pack_with_inverse(out + 32 * (start + i), &p[start + i], &z[i]);
		}
	}
}

void affine_of_points(struct cached_affine *out, const struct point *p, size_t n)
{
	struct fe z[AFFINE_MAX], scratch[AFFINE_MAX];
	CHECK(n <= AFFINE_MAX);
	for (size_t i = 0; i < n; i++) {
		z[i] = p[i].z;
	}
	fe_invert_batch(z, scratch, n);
	for (size_t i = 0; i < n; i++) {
		struct fe x, y;
		fe_mul(&x, &p[i].x, &z[i]);
		fe_mul(&y, &p[i].y, &z[i]);
		fe_add(&out[i].plus, &y, &x);
		fe_sub(&out[i].minus, &y, &x);
		fe_carry(&out[i].minus, &out[i].minus);
		fe_mul(&x, &x, &y);
		fe_mul(&out[i].t2d, &x, &FE_2D);
	}
}

void point_add(struct point *out, const struct point *a, const struct point *b)
{
	struct cached c;
	cached_of_point(&c, b);
	add_cached(out, a, &c, true);
}

void point_sub(struct point *out, const struct point *a, const struct point *b)
{
	struct cached c;
	cached_of_point(&c, b);
	sub_cached(out, a, &c, true);
}

void point_neg(struct point *out, const struct point *a)
{
	*out = *a;
	fe_neg(&out->x, &a->x);
	fe_neg(&out->t, &a->t);
}

void point_double(struct point *out, const struct point *a)
{
	double_point(out, a, true);
}

void point_mul8(struct point *out, const struct point *a)
{
	double_point(out, a, false);
	double_point(out, out, false);
	double_point(out, out, true);
}

bool point_equal(const struct point *a, const struct point *b)
{
	struct fe s, t;
	fe_mul(&s, &a->x, &b->z);
	fe_mul(&t, &b->x, &a->z);
	fe_sub(&s, &s, &t);
	bool same_x = fe_is_zero(&s);
	fe_mul(&s, &a->y, &b->z);
	fe_mul(&t, &b->y, &a->z);
	fe_sub(&s, &s, &t);
	return (int)same_x & (int)fe_is_zero(&s);
}

bool point_is_identity(const struct point *a)
{
	struct fe t;
	fe_sub(&t, &a->y, &a->z);
	return (int)fe_is_zero(&a->x) & (int)fe_is_zero(&t);
}

void point_select(struct point *out, const struct point *p, bool choose)
{
	uint64_t mask = mask_hide(0 - (uint64_t)choose);
	fe_select(&out->x, &p->x, mask);
	fe_select(&out->y, &p->y, mask);
	fe_select(&out->z, &p->z, mask);
	fe_select(&out->t, &p->t, mask);
}
