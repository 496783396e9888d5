/*
 * Eight points side by side: group_forms.h once more, over fe8.h. Constant time.
 */
#ifndef AIRLOCK_CRYPTO_POINT8_H
#define AIRLOCK_CRYPTO_POINT8_H

#include "common/crypto/batch.h"
#include "common/crypto/fe8.h"
#include "common/crypto/group_forms.h"

struct point8 {
	struct fe8 x, y, z, t;
};

struct cached8 {
	struct fe8 plus, minus, z2, t2d;
};

static inline IFMA void gather(struct fe8 *out, const struct fe *lane0, size_t stride)
{
	uint64_t limb[LANES] __attribute__((aligned(64)));
	for (int i = 0; i < 5; i++) {
		for (size_t lane = 0; lane < LANES; lane++) {
			limb[lane] = lane0[lane * stride].v[i];
		}
		out->v[i] = _mm512_load_si512(limb);
	}
	/* Tight, also where the caller's limbs came from elsewhere. */
	fe8_carry(out, out->v[0], out->v[1], out->v[2], out->v[3], out->v[4]);
}

static inline IFMA void scatter(struct fe *lane0, size_t stride, const struct fe8 *a)
{
	uint64_t limb[LANES] __attribute__((aligned(64)));
	for (int i = 0; i < 5; i++) {
		_mm512_store_si512(limb, a->v[i]);
		for (size_t lane = 0; lane < LANES; lane++) {
			lane0[lane * stride].v[i] = limb[lane];
		}
	}
}

#define POINT_STRIDE 4
_Static_assert(sizeof(struct point) == POINT_STRIDE * sizeof(struct fe),
	       "a point is four elements");

static inline IFMA void cached8_of_point(struct cached8 *out, const struct point8 *p)
{
	struct fe8 d2;
	fe8_all(&d2, &FE_2D);
	fe8_add(&out->plus, &p->y, &p->x);
	fe8_sub(&out->minus, &p->y, &p->x);
	fe8_add(&out->z2, &p->z, &p->z);
	fe8_mul(&out->t2d, &p->t, &d2);
}

static inline IFMA void complete8(struct point8 *out, const struct fe8 *e, const struct fe8 *f,
				  const struct fe8 *g, const struct fe8 *h, bool with_t)
{
	fe8_mul(&out->x, e, f);
	fe8_mul(&out->y, g, h);
	fe8_mul(&out->z, f, g);
	if (with_t) {
		fe8_mul(&out->t, e, h);
	}
}

static inline IFMA void add8(struct point8 *p, const struct cached8 *q)
{
	struct fe8 a, b, c, d, e, f, g, h;
	fe8_sub(&a, &p->y, &p->x);
	fe8_mul(&a, &a, &q->minus);
	fe8_add(&b, &p->y, &p->x);
	fe8_mul(&b, &b, &q->plus);
	fe8_mul(&c, &p->t, &q->t2d);
	fe8_mul(&d, &p->z, &q->z2);
	fe8_sub(&e, &b, &a);
	fe8_sub(&f, &d, &c);
	fe8_add(&g, &d, &c);
	fe8_add(&h, &b, &a);
	complete8(p, &e, &f, &g, &h, true);
}

static inline IFMA void double8(struct point8 *p, bool with_t)
{
	struct fe8 a, b, c, e, f, g, h;
	fe8_sq(&a, &p->x);
	fe8_sq(&b, &p->y);
	fe8_sq(&c, &p->z);
	fe8_add(&c, &c, &c);
	fe8_add(&h, &a, &b);
	fe8_add(&e, &p->x, &p->y);
	fe8_sq(&e, &e);
	fe8_sub(&e, &h, &e);
	fe8_sub(&g, &a, &b);
	fe8_add(&f, &c, &g);
	complete8(p, &e, &f, &g, &h, with_t);
}

static inline IFMA void point8_identity(struct point8 *out)
{
	fe8_all(&out->x, &FE_ZERO);
	fe8_all(&out->y, &FE_ONE);
	fe8_all(&out->z, &FE_ONE);
	fe8_all(&out->t, &FE_ZERO);
}

static inline IFMA void cached8_identity(struct cached8 *out)
{
	const struct fe two = {{2, 0, 0, 0, 0}};
	fe8_all(&out->plus, &FE_ONE);
	fe8_all(&out->minus, &FE_ONE);
	fe8_all(&out->z2, &two);
	fe8_all(&out->t2d, &FE_ZERO);
}

static inline IFMA void cached8_select(struct cached8 *out, const struct cached8 *c, __mmask8 mask)
{
	fe8_select(&out->plus, &c->plus, mask);
	fe8_select(&out->minus, &c->minus, mask);
	fe8_select(&out->z2, &c->z2, mask);
	fe8_select(&out->t2d, &c->t2d, mask);
}

static inline IFMA void cached8_negate_if(struct cached8 *c, __mmask8 mask)
{
	struct fe8 zero, t = c->plus;
	fe8_select(&c->plus, &c->minus, mask);
	fe8_select(&c->minus, &t, mask);
	fe8_all(&zero, &FE_ZERO);
	fe8_sub(&t, &zero, &c->t2d);
	fe8_select(&c->t2d, &t, mask);
}

static inline IFMA void point8_gather(struct point8 *out, const struct point *p)
{
	gather(&out->x, &p->x, POINT_STRIDE);
	gather(&out->y, &p->y, POINT_STRIDE);
	gather(&out->z, &p->z, POINT_STRIDE);
	gather(&out->t, &p->t, POINT_STRIDE);
}

static inline IFMA void point8_scatter(struct point *out, const struct point8 *p)
{
	scatter(&out->x, POINT_STRIDE, &p->x);
	scatter(&out->y, POINT_STRIDE, &p->y);
	scatter(&out->z, POINT_STRIDE, &p->z);
	scatter(&out->t, POINT_STRIDE, &p->t);
}

/* 1p, 2p, ... 8p */
static inline IFMA void multiples8(struct cached8 table[static 8], const struct point8 *p)
{
	struct point8 r = *p;
	for (int i = 0; i < 8; i++) {
		cached8_of_point(&table[i], &r);
		add8(&r, &table[0]);
	}
}

#endif
