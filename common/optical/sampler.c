#include "common/optical/sampler.h"

#include <stdlib.h>

/* Indices whose share is below 1 grow from the front, the others from the back. */
struct stacks {
	uint32_t *at;
	size_t n, small, large;
};

static void push(struct stacks *s, const double *share, uint32_t i)
{
	if (share[i] < 1) {
		s->at[s->small++] = i;
	} else {
		s->at[s->n - ++s->large] = i;
	}
}

static void fill(struct sampler *out, double *share, struct stacks *s)
{
	for (size_t i = out->n; i-- > 0;) {
		push(s, share, (uint32_t)i);
	}
	while (s->small && s->large) {
		uint32_t a = s->at[--s->small];
		uint32_t g = s->at[s->n - s->large--];
		out->chance[a] = share[a];
		out->alias[a] = g;
		share[g] += share[a] - 1;
		push(s, share, g);
	}
	while (s->large) {
		out->chance[s->at[s->n - s->large--]] = 1;
	}
	while (s->small) {
		out->chance[s->at[--s->small]] = 1;
	}
}

enum err sampler_init(struct sampler *out, const double *weights, size_t n)
{
	double sum = 0;
	double *share = calloc(n, sizeof *share);
	struct stacks s = {.at = calloc(n, sizeof *s.at), .n = n};
	enum err rc = ERR_NO_MEMORY;
	*out = (struct sampler){n, calloc(n, sizeof *out->chance), calloc(n, sizeof *out->alias)};
	if (share && s.at && out->chance && out->alias) {
		for (size_t i = 0; i < n; i++) {
			sum += weights[i];
		}
		for (size_t i = 0; i < n; i++) {
			share[i] = weights[i] * (double)n / sum;
		}
		fill(out, share, &s);
		rc = ERR_OK;
	} else {
		sampler_free(out);
	}
	free(share);
	free(s.at);
	return rc;
}

void sampler_free(struct sampler *s)
{
	free(s->chance);
	free(s->alias);
	*s = (struct sampler){0};
}

size_t sampler_next(const struct sampler *s, struct xoshiro *x)
{
	double r1 = xoshiro_unit(x);
	double r2 = xoshiro_unit(x);
	size_t i = (size_t)((double)s->n * r1);
	i = i < s->n ? i : s->n - 1;
	return r2 < s->chance[i] ? i : s->alias[i];
}
