/*
 * Point forms for the files of this folder only, and the formulas between them: "Twisted Edwards
 * Curves Revisited" (Hisil, Wong, Carter, Dawson 2008), section 3.1 and 3.3, a = -1. The formulas
 * are complete, so no case needs care. Constant time. Coordinates of a struct point are tight.
 */
#ifndef AIRLOCK_CRYPTO_GROUP_FORMS_H
#define AIRLOCK_CRYPTO_GROUP_FORMS_H

#include "common/crypto/fe.h"

/* The second operand of an addition, prepared. */
struct cached {
	struct fe plus, minus; /* y + x, y - x */
	struct fe z2, t2d;     /* 2z, 2dt */
};

/* The same with z = 1, for tables. */
struct cached_affine {
	struct fe plus, minus, t2d;
};

static inline void cached_of_point(struct cached *out, const struct point *p)
{
	fe_add(&out->plus, &p->y, &p->x);
	fe_sub(&out->minus, &p->y, &p->x);
	fe_carry(&out->minus, &out->minus);
	fe_add(&out->z2, &p->z, &p->z);
	fe_mul(&out->t2d, &p->t, &FE_2D);
}

static inline void cached_negate_if(struct cached *c, uint64_t mask)
{
	struct fe t;
	fe_swap(&c->plus, &c->minus, mask);
	fe_neg(&t, &c->t2d);
	fe_select(&c->t2d, &t, mask);
}

static inline void cached_affine_negate_if(struct cached_affine *c, uint64_t mask)
{
	struct fe t;
	fe_swap(&c->plus, &c->minus, mask);
	fe_neg(&t, &c->t2d);
	fe_select(&c->t2d, &t, mask);
}

/* From E, F, G, H to a point; t only where the next step needs it. */
static inline void point_complete(struct point *out, const struct fe *e, const struct fe *f,
				  const struct fe *g, const struct fe *h, bool with_t)
{
	fe_mul(&out->x, e, f);
	fe_mul(&out->y, g, h);
	fe_mul(&out->z, f, g);
	if (with_t) {
		fe_mul(&out->t, e, h);
	}
}

static inline void add_parts(struct point *out, const struct point *p, const struct fe *plus,
			     const struct fe *minus, const struct fe *t2d, const struct fe *d,
			     bool with_t)
{
	struct fe a, b, c, e, f, g, h;
	fe_sub(&a, &p->y, &p->x);
	fe_mul(&a, &a, minus);
	fe_add(&b, &p->y, &p->x);
	fe_mul(&b, &b, plus);
	fe_mul(&c, &p->t, t2d);
	fe_sub(&e, &b, &a);
	fe_sub(&f, d, &c);
	fe_add(&g, d, &c);
	fe_add(&h, &b, &a);
	point_complete(out, &e, &f, &g, &h, with_t);
}

/* out = p + c; out->t stays unset unless with_t. */
static inline void add_cached(struct point *out, const struct point *p, const struct cached *c,
			      bool with_t)
{
	struct fe d;
	fe_mul(&d, &p->z, &c->z2);
	add_parts(out, p, &c->plus, &c->minus, &c->t2d, &d, with_t);
}

/* out = p - c */
static inline void sub_cached(struct point *out, const struct point *p, const struct cached *c,
			      bool with_t)
{
	struct fe d, t;
	fe_mul(&d, &p->z, &c->z2);
	fe_neg(&t, &c->t2d);
	add_parts(out, p, &c->minus, &c->plus, &t, &d, with_t);
}

static inline void add_affine(struct point *out, const struct point *p,
			      const struct cached_affine *c, bool with_t)
{
	struct fe d;
	fe_add(&d, &p->z, &p->z);
	add_parts(out, p, &c->plus, &c->minus, &c->t2d, &d, with_t);
}

static inline void sub_affine(struct point *out, const struct point *p,
			      const struct cached_affine *c, bool with_t)
{
	struct fe d, t;
	fe_add(&d, &p->z, &p->z);
	fe_neg(&t, &c->t2d);
	add_parts(out, p, &c->minus, &c->plus, &t, &d, with_t);
}

/* Reads x, y, z only. */
static inline void double_point(struct point *out, const struct point *p, bool with_t)
{
	struct fe a, b, c, e, f, g, h;
	fe_sq(&a, &p->x);
	fe_sq(&b, &p->y);
	fe_sq(&c, &p->z);
	fe_add(&c, &c, &c);
	fe_add(&h, &a, &b);
	fe_add(&e, &p->x, &p->y);
	fe_sq(&e, &e);
	fe_sub(&e, &h, &e);
	fe_sub(&g, &a, &b);
	fe_add(&f, &c, &g);
	point_complete(out, &e, &f, &g, &h, with_t);
}

/*
 * The compiler may not look through this, so it cannot see that a mask is all or nothing and turn
 * the selection back into a branch or a jump (clang does).
 */
static inline uint64_t mask_hide(uint64_t mask)
{
	__asm__("" : "+r"(mask));
	return mask;
}

/* All ones when a == b, for values below 2^32. */
static inline uint64_t mask_equal(uint64_t a, uint64_t b)
{
	return mask_hide(0 - (((a ^ b) - 1) >> 63));
}

/* A digit's sign as a mask, all ones below zero, and its size. */
static inline uint64_t digit_sign(int8_t digit)
{
	return mask_hide(0 - ((uint64_t)(int64_t)digit >> 63));
}

static inline uint64_t digit_size(int8_t digit, uint64_t sign)
{
	return ((uint64_t)(int64_t)digit ^ sign) - sign;
}

/* 64 digits of -8..8 with s = sum digit * 16^i, for s below 2^255. Constant time. */
void digits16(int8_t out[static 64], const struct scalar *s);

/*
 * Non-adjacent form: odd digits below 2^(width-1) in size, any two at least `width` places apart.
 * For any s below 2^255. Returns the highest place used, -1 for zero.
 */
int digits_naf_vartime(int8_t out[static 256], const struct scalar *s, int width);

/* p, 3p, 5p, ... for naf digits; n entries. */
void odd_multiples(struct cached *out, const struct point *p, int n);

/* Odd multiples of G and H for naf digits of width 8, computed at first use. */
#define BASE_ODD 64
const struct cached_affine *base_odd_g(void);

/* Affine forms of n points with a single inversion; n at most AFFINE_MAX. */
#define AFFINE_MAX 64
void affine_of_points(struct cached_affine *out, const struct point *p, size_t n);

#endif
