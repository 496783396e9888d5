/* One point times one scalar, or two by two. */
#include <pthread.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/crypto/group_forms.h"

void digits16(int8_t out[static 64], const struct scalar *s)
{
	int carry = 0;
	for (int i = 0; i < 64; i++) {
		int digit = (s->b[i / 2] >> (4 * (i & 1)) & 15) + carry;
		carry = i < 63 ? (digit + 8) >> 4 : 0;
		out[i] = (int8_t)(digit - 16 * carry);
	}
}

int digits_naf_vartime(int8_t out[static 256], const struct scalar *s, int width)
{
	int last = -1, carry = 0, limit = 1 << (width - 1);
	memset(out, 0, 256);
	for (int i = 0; i < 256;) {
		int bit = s->b[i / 8] >> (i % 8) & 1;
		if (bit == carry) {
			i++;
			continue;
		}
		int digit = 0;
		for (int j = 0; j < width && i + j < 256; j++) {
			digit |= (s->b[(i + j) / 8] >> ((i + j) % 8) & 1) << j;
		}
		digit += carry;
		carry = digit >= limit;
		out[i] = (int8_t)(digit - (carry ? 2 * limit : 0));
		last = i;
		i += width;
	}
	return last;
}

void odd_multiples(struct cached *out, const struct point *p, int n)
{
	struct point twice, t;
	struct cached c;
	double_point(&twice, p, true);
	cached_of_point(&c, &twice);
	t = *p;
	for (int i = 0; i < n; i++) {
		cached_of_point(&out[i], &t);
		add_cached(&t, &t, &c, true);
	}
}

/* table[|digit| - 1] with the digit's sign, reading every entry. */
static void look_up(struct cached *out, const struct cached table[static 8], int8_t digit)
{
	uint64_t negative = digit_sign(digit), size = digit_size(digit, negative);
	*out = (struct cached){FE_ONE, FE_ONE, {{2, 0, 0, 0, 0}}, FE_ZERO};
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t mask = mask_equal(size, i + 1);
		fe_select(&out->plus, &table[i].plus, mask);
		fe_select(&out->minus, &table[i].minus, mask);
		fe_select(&out->z2, &table[i].z2, mask);
		fe_select(&out->t2d, &table[i].t2d, mask);
	}
	cached_negate_if(out, negative);
}

void point_mul(struct point *out, const struct scalar *s, const struct point *p)
{
	int8_t digits[64];
	struct cached table[8], entry;
	struct point r = *p;
	for (int i = 0; i < 8; i++) {
		cached_of_point(&table[i], &r);
		add_cached(&r, &r, &table[0], true);
	}
	digits16(digits, s);
	r = POINT_IDENTITY;
	for (int i = 63; i >= 0; i--) {
		double_point(&r, &r, false);
		double_point(&r, &r, false);
		double_point(&r, &r, false);
		double_point(&r, &r, true);
		look_up(&entry, table, digits[i]);
		add_cached(&r, &r, &entry, true);
	}
	*out = r;
	secret_wipe(digits, sizeof digits);
	secret_wipe(&entry, sizeof entry);
	secret_wipe(&r, sizeof r);
	secret_wipe(table, sizeof table);
}

/* [i][j] = (j + 1) * 256^i * base: s in digits of 16 needs 64 additions and 4 doublings. */
struct comb {
	struct cached_affine entry[32][8];
};

static struct comb comb_g, comb_h;
static struct cached_affine odd_g[BASE_ODD];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void comb_fill(struct comb *out, const struct point *base)
{
	struct point row = *base, multiple[8];
	for (int i = 0; i < 32; i++) {
		multiple[0] = row;
		for (int j = 1; j < 8; j++) {
			point_add(&multiple[j], &multiple[j - 1], &row);
		}
		affine_of_points(out->entry[i], multiple, 8);
		for (int j = 0; j < 8; j++) {
			point_double(&row, &row);
		}
	}
}

static void tables_fill(void)
{
	struct point odd[BASE_ODD], twice;
	comb_fill(&comb_g, &POINT_G);
	comb_fill(&comb_h, &POINT_H);
	point_double(&twice, &POINT_G);
	odd[0] = POINT_G;
	for (int i = 1; i < BASE_ODD; i++) {
		point_add(&odd[i], &odd[i - 1], &twice);
	}
	affine_of_points(odd_g, odd, BASE_ODD);
}

static void tables_ready(void)
{
	(void)pthread_once(&tables_once, tables_fill);
}

const struct cached_affine *base_odd_g(void)
{
	tables_ready();
	return odd_g;
}

static void comb_add(struct point *r, const struct cached_affine row[static 8], int8_t digit)
{
	uint64_t negative = digit_sign(digit), size = digit_size(digit, negative);
	struct cached_affine entry = {FE_ONE, FE_ONE, FE_ZERO};
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t mask = mask_equal(size, i + 1);
		fe_select(&entry.plus, &row[i].plus, mask);
		fe_select(&entry.minus, &row[i].minus, mask);
		fe_select(&entry.t2d, &row[i].t2d, mask);
	}
	cached_affine_negate_if(&entry, negative);
	add_affine(r, r, &entry, true);
	secret_wipe(&entry, sizeof entry);
}

static void comb_mul(struct point *out, const struct scalar *s, const struct comb *comb)
{
	int8_t digits[64];
	struct point r = POINT_IDENTITY;
	digits16(digits, s);
	for (int i = 1; i < 64; i += 2) {
		comb_add(&r, comb->entry[i / 2], digits[i]);
	}
	double_point(&r, &r, false);
	double_point(&r, &r, false);
	double_point(&r, &r, false);
	double_point(&r, &r, true);
	for (int i = 0; i < 64; i += 2) {
		comb_add(&r, comb->entry[i / 2], digits[i]);
	}
	*out = r;
	secret_wipe(digits, sizeof digits);
	secret_wipe(&r, sizeof r);
}

void point_mul_base(struct point *out, const struct scalar *s)
{
	tables_ready();
	comb_mul(out, s, &comb_g);
}

void point_mul_h(struct point *out, const struct scalar *s)
{
	tables_ready();
	comb_mul(out, s, &comb_h);
}

#define NAF_WIDTH 5
#define NAF_ENTRIES 8

static void naf_step(struct point *r, const struct cached *odd, int8_t digit)
{
	if (digit > 0) {
		add_cached(r, r, &odd[digit / 2], true);
	} else if (digit < 0) {
		sub_cached(r, r, &odd[-digit / 2], true);
	}
}

void point_double_mul_base_vartime(struct point *out, const struct scalar *a, const struct point *A,
				   const struct scalar *b)
{
	int8_t naf_a[256], naf_b[256];
	struct cached odd[NAF_ENTRIES];
	const struct cached_affine *base = base_odd_g();
	int top_a = digits_naf_vartime(naf_a, a, NAF_WIDTH);
	int top_b = digits_naf_vartime(naf_b, b, 8);
	odd_multiples(odd, A, NAF_ENTRIES);
	struct point r = POINT_IDENTITY;
	for (int i = top_a > top_b ? top_a : top_b; i >= 0; i--) {
		double_point(&r, &r, naf_a[i] != 0 || naf_b[i] != 0 || i == 0);
		naf_step(&r, odd, naf_a[i]);
		if (naf_b[i] > 0) {
			add_affine(&r, &r, &base[naf_b[i] / 2], true);
		} else if (naf_b[i] < 0) {
			sub_affine(&r, &r, &base[-naf_b[i] / 2], true);
		}
	}
	*out = r;
}

void point_double_mul_vartime(struct point *out, const struct scalar *a, const struct point *A,
			      const struct scalar *b, const struct point *B)
{
	int8_t naf_a[256], naf_b[256];
	struct cached odd_a[NAF_ENTRIES], odd_b[NAF_ENTRIES];
	int top_a = digits_naf_vartime(naf_a, a, NAF_WIDTH);
	int top_b = digits_naf_vartime(naf_b, b, NAF_WIDTH);
	odd_multiples(odd_a, A, NAF_ENTRIES);
	odd_multiples(odd_b, B, NAF_ENTRIES);
	struct point r = POINT_IDENTITY;
	for (int i = top_a > top_b ? top_a : top_b; i >= 0; i--) {
		double_point(&r, &r, naf_a[i] != 0 || naf_b[i] != 0 || i == 0);
		naf_step(&r, odd_a, naf_a[i]);
		naf_step(&r, odd_b, naf_b[i]);
	}
	*out = r;
}

bool point_in_subgroup_vartime(const struct point *p)
{
	static const struct scalar ORDER = {{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
					     0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					     0,    0,    0,    0,    0,    0,    0,    0,
					     0,    0,    0,    0,    0,    0,    0,    0x10}};
	struct point r;
	point_double_mul_base_vartime(&r, &ORDER, p, &SC_ZERO);
	return point_is_identity(&r);
}
