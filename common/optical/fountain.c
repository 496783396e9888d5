#include "common/optical/fountain.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/check.h"

size_t fountain_fragment_size(size_t message, size_t least, size_t most)
{
	size_t size = message;
	for (size_t count = 1; size > most && count <= message / least; count++) {
		size = (message + count - 1) / count;
	}
	return size;
}

enum err fountain_init(struct fountain *out, size_t n, uint32_t checksum)
{
	CHECK(n >= 1 && n <= FOUNTAIN_PARTS_MAX);
	enum err rc = ERR_NO_MEMORY;
	double *weights = calloc(n, sizeof *weights);
	*out = (struct fountain){n, checksum, {0}, calloc(n, sizeof *out->pool)};
	if (weights && out->pool) {
		for (size_t i = 0; i < n; i++) {
			weights[i] = 1 / (double)(i + 1);
		}
		rc = sampler_init(&out->degrees, weights, n);
	}
	free(weights);
	if (rc != ERR_OK) {
		fountain_free(out);
	}
	return rc;
}

void fountain_free(struct fountain *f)
{
	sampler_free(&f->degrees);
	free(f->pool);
	*f = (struct fountain){0};
}

size_t fountain_degree(const struct fountain *f, struct xoshiro *x)
{
	return sampler_next(&f->degrees, x) + 1;
}

void fountain_shuffle(uint32_t *items, size_t n, size_t count, struct xoshiro *x)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = i + xoshiro_between(x, 0, n - i - 1);
		uint32_t taken = items[at];
		memmove(items + i + 1, items + i, (at - i) * sizeof *items);
		items[i] = taken;
	}
}

static void set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

void fountain_choose(struct fountain *f, uint32_t number, uint64_t *bits)
{
	struct xoshiro x;
	uint8_t seed[8];
	memset(bits, 0, FOUNTAIN_WORDS(f->n) * sizeof *bits);
	if (number >= 1 && number <= f->n) {
		set(bits, number - 1);
		return;
	}
	store32_be(seed, number);
	store32_be(seed + 4, f->checksum);
	xoshiro_seed(&x, seed, sizeof seed);
	size_t degree = fountain_degree(f, &x);
	for (size_t i = 0; i < f->n; i++) {
		f->pool[i] = (uint32_t)i;
	}
	fountain_shuffle(f->pool, f->n, degree, &x);
	for (size_t i = 0; i < degree; i++) {
		set(bits, f->pool[i]);
	}
}

void fountain_mix(uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		a[i] ^= b[i];
	}
}
