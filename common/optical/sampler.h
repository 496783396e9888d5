/*
 * Draws an index with a given weight in constant time (Walker's alias method), in exactly the
 * specification's order of operations: all of it is IEEE double arithmetic that both sides repeat,
 * so it is compiled without fused multiply-add.
 */
#ifndef AIRLOCK_OPTICAL_SAMPLER_H
#define AIRLOCK_OPTICAL_SAMPLER_H

#include "common/base/err.h"
#include "common/optical/xoshiro.h"

struct sampler {
	size_t n;
	double *chance;
	uint32_t *alias;
};

/* n weights, n above 0. ERR_NO_MEMORY. */
enum err MUST_CHECK sampler_init(struct sampler *out, const double *weights, size_t n);
void sampler_free(struct sampler *s);
size_t sampler_next(const struct sampler *s, struct xoshiro *x);

#endif
