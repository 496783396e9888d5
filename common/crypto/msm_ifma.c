/*
 * Straus over eight partial sums at once: term i goes to lane i mod 8 of group i / 8, every group
 * has its table of multiples, and the digits of 16 are walked from the top. Does not care about the
 * values of the scalars except to skip places where all are zero.
 */
#include "common/crypto/batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/check.h"

#if defined(__x86_64__)

#include "common/crypto/point8.h"

#define PLACES 64

struct group8 {
	struct cached8 multiple[8];
	int8_t digit[PLACES][LANES];
};

static IFMA void group_fill(struct group8 *g, const struct scalar *s, const struct point *p,
			    size_t n)
{
	struct point padded[LANES];
	struct point8 r;
	memset(g->digit, 0, sizeof g->digit);
	for (size_t lane = 0; lane < LANES; lane++) {
		int8_t digit[PLACES];
		padded[lane] = lane < n ? p[lane] : POINT_IDENTITY;
		if (lane >= n) {
			continue;
		}
		digits16(digit, &s[lane]);
		for (int i = 0; i < PLACES; i++) {
			g->digit[i][lane] = digit[i];
		}
	}
	point8_gather(&r, padded);
	multiples8(g->multiple, &r);
}

static bool place_is_empty(const struct group8 *g, int place)
{
	return load64_le(g->digit[place]) == 0;
}

/* As look_up in group_mul.c, with a digit for each lane. */
static inline IFMA void add_digits(struct point8 *r, const struct group8 *g, int place)
{
	struct cached8 entry;
	const __m512i zero = _mm512_setzero_si512();
	__m512i digit =
	    _mm512_cvtepi8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)g->digit[place]));
	__m512i size = _mm512_abs_epi64(digit);
	cached8_identity(&entry);
	for (uint64_t i = 0; i < 8; i++) {
		cached8_select(&entry, &g->multiple[i], _mm512_cmpeq_epi64_mask(size, all8(i + 1)));
	}
	cached8_negate_if(&entry, _mm512_cmplt_epi64_mask(digit, zero));
	add8(r, &entry);
}

/* out[lane] = the sum of that lane's terms. */
static IFMA void sum_lanes(struct point out[static LANES], const struct group8 *g, size_t n_groups)
{
	struct point8 r;
	bool started = false;
	point8_identity(&r);
	for (int place = PLACES - 1; place >= 0; place--) {
		if (started) {
			double8(&r, false);
			double8(&r, false);
			double8(&r, false);
			double8(&r, true);
		}
		for (size_t i = 0; i < n_groups; i++) {
			if (!place_is_empty(&g[i], place)) {
				add_digits(&r, &g[i], place);
				started = true;
			}
		}
	}
	point8_scatter(out, &r);
}

void ifma_products(struct point *out, const struct scalar *s, const struct point *p)
{
	struct group8 g;
	group_fill(&g, s, p, LANES);
	sum_lanes(out, &g, 1);
}

void ifma_fold(struct point *out, const struct scalar *s, size_t terms, const struct point *p,
	       size_t stride)
{
	struct group8 g[POINT_SUMS_TERMS_MAX];
	CHECK(terms > 0 && terms <= POINT_SUMS_TERMS_MAX);
	for (size_t j = 0; j < terms; j++) {
		struct scalar same[LANES];
		for (size_t lane = 0; lane < LANES; lane++) {
			same[lane] = s[j];
		}
		group_fill(&g[j], same, p + stride * j, LANES);
	}
	sum_lanes(out, g, terms);
}

/* The tables of this many terms fit the second-level cache. */
#define CHUNK 256

enum err ifma_msm(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
	size_t n_groups = ((n < CHUNK ? n : CHUNK) + LANES - 1) / LANES;
	struct group8 *g = aligned_alloc(64, n_groups * sizeof *g);
	struct point sum = POINT_IDENTITY;
	if (g == NULL) {
		*out = POINT_IDENTITY;
		return ERR_NO_MEMORY;
	}
	for (size_t start = 0; start < n; start += CHUNK) {
		size_t size = n - start < CHUNK ? n - start : CHUNK;
		struct point lane[LANES];
		for (size_t i = 0; i < size; i += LANES) {
			group_fill(&g[i / LANES], s + start + i, p + start + i, size - i);
		}
		sum_lanes(lane, g, (size + LANES - 1) / LANES);
		for (int i = 0; i < LANES; i++) {
			point_add(&sum, &sum, &lane[i]);
		}
	}
	free(g);
	*out = sum;
	return ERR_OK;
}

#else

enum err ifma_msm(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
	(void)s;
	(void)p;
	(void)n;
	*out = POINT_IDENTITY;
	return ERR_INTERNAL;
}

void ifma_fold(struct point *out, const struct scalar *s, size_t terms, const struct point *p,
	       size_t stride)
{
	(void)out;
	(void)s;
	(void)terms;
	(void)p;
	(void)stride;
	CHECK(ifma_usable());
}

void ifma_products(struct point *out, const struct scalar *s, const struct point *p)
{
	(void)out;
	(void)s;
	(void)p;
	CHECK(ifma_usable());
}

#endif
