/* Powers; and point_mul for eight points and one scalar at once; the steps are those of
 * group_mul.c. */
#include "common/crypto/batch.h"
#include "common/crypto/fe.h"

#if defined(__x86_64__)

#include "common/base/secret.h"
#include "common/crypto/fe8.h"
#include "common/crypto/group_forms.h"

struct point8 {
	struct fe8 x, y, z, t;
};

struct cached8 {
	struct fe8 plus, minus, z2, t2d;
};

bool ifma_usable(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma");
}

static IFMA void gather(struct fe8 *out, const struct fe *lane0, size_t stride)
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

static IFMA void scatter(struct fe *lane0, size_t stride, const struct fe8 *a)
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

static IFMA void cached8_of_point(struct cached8 *out, const struct point8 *p)
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

static IFMA void add8(struct point8 *p, const struct cached8 *q)
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

static IFMA void double8(struct point8 *p, bool with_t)
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

/* As group_mul.c's look_up: every entry is read; one digit serves all lanes. */
static IFMA void look_up8(struct cached8 *out, const struct cached8 table[static 8], int8_t digit)
{
	uint64_t negative = 0 - ((uint64_t)(int64_t)digit >> 63);
	uint64_t size = ((uint64_t)(int64_t)digit ^ negative) - negative;
	const struct fe two = {{2, 0, 0, 0, 0}};
	struct fe8 zero, t;
	fe8_all(&out->plus, &FE_ONE);
	fe8_all(&out->minus, &FE_ONE);
	fe8_all(&out->z2, &two);
	fe8_all(&out->t2d, &FE_ZERO);
	for (uint64_t i = 0; i < 8; i++) {
		__mmask8 mask = (__mmask8)mask_equal(size, i + 1);
		fe8_select(&out->plus, &table[i].plus, mask);
		fe8_select(&out->minus, &table[i].minus, mask);
		fe8_select(&out->z2, &table[i].z2, mask);
		fe8_select(&out->t2d, &table[i].t2d, mask);
	}
	t = out->plus;
	fe8_select(&out->plus, &out->minus, (__mmask8)negative);
	fe8_select(&out->minus, &t, (__mmask8)negative);
	fe8_all(&zero, &FE_ZERO);
	fe8_sub(&t, &zero, &out->t2d);
	fe8_select(&out->t2d, &t, (__mmask8)negative);
}

IFMA void ifma_mul8(struct point *out, const struct scalar *s, const struct point *p)
{
	int8_t digits[64];
	struct cached8 table[8], entry;
	struct point8 r;
	gather(&r.x, &p->x, POINT_STRIDE);
	gather(&r.y, &p->y, POINT_STRIDE);
	gather(&r.z, &p->z, POINT_STRIDE);
	gather(&r.t, &p->t, POINT_STRIDE);
	for (int i = 0; i < 8; i++) {
		cached8_of_point(&table[i], &r);
		add8(&r, &table[0]);
	}
	digits16(digits, s);
	fe8_all(&r.x, &FE_ZERO);
	fe8_all(&r.y, &FE_ONE);
	fe8_all(&r.z, &FE_ONE);
	fe8_all(&r.t, &FE_ZERO);
	for (int i = 63; i >= 0; i--) {
		double8(&r, false);
		double8(&r, false);
		double8(&r, false);
		double8(&r, true);
		look_up8(&entry, table, digits[i]);
		add8(&r, &entry);
	}
	double8(&r, false);
	double8(&r, false);
	double8(&r, true);
	scatter(&out->x, POINT_STRIDE, &r.x);
	scatter(&out->y, POINT_STRIDE, &r.y);
	scatter(&out->z, POINT_STRIDE, &r.z);
	scatter(&out->t, POINT_STRIDE, &r.t);
	secret_wipe(digits, sizeof digits);
	secret_wipe(&entry, sizeof entry);
	secret_wipe(&r, sizeof r);
	secret_wipe(table, sizeof table);
}

static IFMA void sq_times8(struct fe8 *out, const struct fe8 *a, int n)
{
	fe8_sq(out, a);
	while (--n > 0) {
		fe8_sq(out, out);
	}
}

/* The chain of fe.c. */
IFMA void ifma_pow_p58(struct fe *lanes)
{
	struct fe8 a, t, x, y, z;
	gather(&a, lanes, 1);
	fe8_sq(&t, &a);
	sq_times8(&x, &t, 2);
	fe8_mul(&x, &x, &a); /* 9 */
	fe8_mul(&t, &x, &t); /* 11 */
	fe8_sq(&t, &t);
	fe8_mul(&x, &t, &x); /* 2^5 - 1 */
	sq_times8(&t, &x, 5);
	fe8_mul(&x, &t, &x); /* 2^10 - 1 */
	sq_times8(&t, &x, 10);
	fe8_mul(&y, &t, &x); /* 2^20 - 1 */
	sq_times8(&t, &y, 20);
	fe8_mul(&t, &t, &y); /* 2^40 - 1 */
	sq_times8(&t, &t, 10);
	fe8_mul(&x, &t, &x); /* 2^50 - 1 */
	sq_times8(&t, &x, 50);
	fe8_mul(&y, &t, &x); /* 2^100 - 1 */
	sq_times8(&t, &y, 100);
	fe8_mul(&z, &t, &y); /* 2^200 - 1 */
	sq_times8(&t, &z, 50);
	fe8_mul(&x, &t, &x); /* 2^250 - 1 */
	sq_times8(&t, &x, 2);
	fe8_mul(&t, &t, &a); /* 2^252 - 3 */
	scatter(lanes, 1, &t);
}

#else

bool ifma_usable(void)
{
	return false;
}

void ifma_mul8(struct point *out, const struct scalar *s, const struct point *p)
{
	portable_mul8(out, s, p, LANES);
}

void ifma_pow_p58(struct fe *a)
{
	for (int i = 0; i < LANES; i++) {
		fe_pow_p58(&a[i], &a[i]);
	}
}

#endif
