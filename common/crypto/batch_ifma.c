/* Powers; and point_mul for eight points and one scalar at once; the steps are those of
 * group_mul.c. */
#include "common/crypto/batch.h"
#include "common/crypto/fe.h"

#if defined(__x86_64__)

#include "common/base/secret.h"
#include "common/crypto/point8.h"

bool ifma_usable(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma");
}

/* As group_mul.c's look_up: every entry is read; one digit serves all lanes. */
static IFMA void look_up8(struct cached8 *out, const struct cached8 table[static 8], int8_t digit)
{
	uint64_t negative = digit_sign(digit), size = digit_size(digit, negative);
	cached8_identity(out);
	for (uint64_t i = 0; i < 8; i++) {
		cached8_select(out, &table[i], (__mmask8)mask_equal(size, i + 1));
	}
	cached8_negate_if(out, (__mmask8)negative);
}

IFMA void ifma_mul8(struct point *out, const struct scalar *s, const struct point *p)
{
	int8_t digits[64];
	struct cached8 table[8], entry;
	struct point8 r;
	point8_gather(&r, p);
	multiples8(table, &r);
	digits16(digits, s);
	point8_identity(&r);
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
	point8_scatter(out, &r);
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
