/*
 * Sums of many products of public scalars and points: Straus interleaves the digits of few
 * products, Pippenger sorts many into buckets.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/crypto/batch.h"
#include "common/crypto/group_forms.h"

#define STRAUS_WIDTH 5
#define STRAUS_ENTRIES 8
/* Measured: where Pippenger becomes the faster one. */
#define STRAUS_MAX 190
/* Measured: below this a vector register is too empty. */
#define VECTOR_MIN 4

struct straus_item {
	struct cached odd[STRAUS_ENTRIES];
	int8_t naf[256];
};

static void straus_sum(struct point *out, struct straus_item *item, const struct scalar *s,
		       const struct point *p, size_t n)
{
	int top = -1;
	for (size_t i = 0; i < n; i++) {
		int last = digits_naf_vartime(item[i].naf, &s[i], STRAUS_WIDTH);
		top = last > top ? last : top;
		odd_multiples(item[i].odd, &p[i], STRAUS_ENTRIES);
	}
	struct point r = POINT_IDENTITY;
	for (int place = top; place >= 0; place--) {
		double_point(&r, &r, true);
		for (size_t i = 0; i < n; i++) {
			int digit = item[i].naf[place];
			if (digit > 0) {
				add_cached(&r, &r, &item[i].odd[digit / 2], true);
			} else if (digit < 0) {
				sub_cached(&r, &r, &item[i].odd[-digit / 2], true);
			}
		}
	}
	*out = r;
}

enum err straus_msm(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
	struct straus_item *item = calloc(n, sizeof *item);
	if (item == NULL) {
		*out = POINT_IDENTITY;
		return ERR_NO_MEMORY;
	}
	straus_sum(out, item, s, p, n);
	free(item);
	return ERR_OK;
}

/* The window that costs least for n points; measured around the estimate n + 2^(w-1) per window. */
static int pippenger_width(size_t n)
{
	static const size_t FROM[] = {0, 0, 0, 0, 0, 0, 0, 300, 800, 2200, 6000};
	/* FROM[width]: the least n for a width. */
	int width = 6;
	while (width < 10 && n >= FROM[width + 1]) {
		width++;
	}
	return width;
}

/* Bits from `at` on, `width` of them, as a digit of -2^(width-1)..2^(width-1) with carry. */
static int signed_digit(const struct scalar *s, int at, int width, int *carry)
{
	int digit = *carry;
	for (int i = 0; i < width && at + i < 256; i++) {
		digit += (s->b[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
	}
	*carry = digit > 1 << (width - 1);
	return digit - (*carry << width);
}

enum err pippenger_msm(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
	int width = pippenger_width(n), windows = 256 / width + 1;
	size_t n_buckets = (size_t)1 << (width - 1);
	struct cached *cached = calloc(n, sizeof *cached);
	int16_t *digit = calloc(n * (size_t)windows, sizeof *digit);
	struct point *bucket = calloc(n_buckets, sizeof *bucket);
	enum err e = ERR_NO_MEMORY;
	if (cached == NULL || digit == NULL || bucket == NULL) {
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		int carry = 0;
		cached_of_point(&cached[i], &p[i]);
		for (int w = 0; w < windows; w++) {
			digit[(size_t)w * n + i] =
			    (int16_t)signed_digit(&s[i], w * width, width, &carry);
		}
	}
	struct point r = POINT_IDENTITY;
	for (int w = windows - 1; w >= 0; w--) {
		for (int i = 0; i < width; i++) {
			double_point(&r, &r, true);
		}
		for (size_t i = 0; i < n_buckets; i++) {
			bucket[i] = POINT_IDENTITY;
		}
		for (size_t i = 0; i < n; i++) {
			int d = digit[(size_t)w * n + i];
			if (d > 0) {
				add_cached(&bucket[d - 1], &bucket[d - 1], &cached[i], true);
			} else if (d < 0) {
				sub_cached(&bucket[-d - 1], &bucket[-d - 1], &cached[i], true);
			}
		}
		/* sum (i + 1) bucket[i], by running sums from the top */
		struct point running = POINT_IDENTITY;
		for (size_t i = n_buckets; i-- > 0;) {
			point_add(&running, &running, &bucket[i]);
			point_add(&r, &r, &running);
		}
	}
	*out = r;
	e = ERR_OK;
out:
	free(cached);
	free(digit);
	free(bucket);
	return e;
}

enum err point_msm_vartime(struct point *out, const struct scalar *s, const struct point *p,
			   size_t n)
{
	*out = POINT_IDENTITY;
	if (n == 0) {
		return ERR_OK;
	}
	if (n >= VECTOR_MIN && ifma_usable()) {
		return ifma_msm(out, s, p, n);
	}
	return n <= STRAUS_MAX ? straus_msm(out, s, p, n) : pippenger_msm(out, s, p, n);
}

/* As many sums as lanes hold, one term to a lane. */
static void sums_in_lanes(struct point *out, const struct scalar *s, const struct point *p,
			  size_t terms, size_t sums)
{
	struct scalar lane_s[LANES] = {{{0}}};
	struct point lane_p[LANES], product[LANES];
	for (size_t i = 0; i < LANES; i++) {
		lane_p[i] = i < terms * sums ? p[i] : POINT_IDENTITY;
		if (i < terms * sums) {
			lane_s[i] = s[i];
		}
	}
	ifma_products(product, lane_s, lane_p);
	for (size_t i = 0; i < sums; i++) {
		out[i] = product[terms * i];
		for (size_t j = 1; j < terms; j++) {
			point_add(&out[i], &out[i], &product[terms * i + j]);
		}
	}
}

void point_sums_vartime(struct point *out, const struct scalar *s, const struct point *p,
			size_t terms, size_t sums)
{
	struct straus_item item[POINT_SUMS_TERMS_MAX];
	CHECK(terms > 0 && terms <= POINT_SUMS_TERMS_MAX);
	size_t together = LANES / terms;
	bool vector = ifma_usable();
	for (size_t i = 0; i < sums;) {
		size_t left = sums - i, n = left < together ? left : together;
		if (vector && n * terms >= VECTOR_MIN) {
			sums_in_lanes(out + i, s + i * terms, p + i * terms, terms, n);
		} else {
			n = 1;
			straus_sum(out + i, item, s + i * terms, p + i * terms, terms);
		}
		i += n;
	}
}

void point_fold_vartime(struct point *out, const struct scalar *s, size_t terms,
			const struct point *p, size_t n)
{
	struct straus_item item[POINT_SUMS_TERMS_MAX];
	struct point column[POINT_SUMS_TERMS_MAX];
	size_t i = 0;
	CHECK(terms > 0 && terms <= POINT_SUMS_TERMS_MAX);
	for (; ifma_usable() && i + LANES <= n; i += LANES) {
		ifma_fold(out + i, s, terms, p + i, n);
	}
	for (; i < n; i++) {
		for (size_t j = 0; j < terms; j++) {
			column[j] = p[n * j + i];
		}
		straus_sum(out + i, item, s, column, terms);
	}
}
