/* Draws by age: see gamma.h. */
#include "watcher/planner/gamma.h"

#include <math.h>

#define SHAPE 19.28
#define SCALE (1 / 1.61)
#define BLOCK_SECONDS 120
#define UNLOCK_BLOCKS 10
#define UNLOCK_SECONDS (UNLOCK_BLOCKS * BLOCK_SECONDS)
#define RECENT_SECONDS (15 * BLOCK_SECONDS)
#define YEAR_BLOCKS (86400 * 365 / BLOCK_SECONDS)

enum err gamma_init(struct gamma_picker *g, const uint64_t *counts, size_t n)
{
	*g = (struct gamma_picker){.counts = counts};
	if (n <= UNLOCK_BLOCKS) {
		return err_set(ERR_NODE_ANSWER, "the chain is too short to hide in: %zu blocks", n);
	}
	for (size_t i = 1; i < n; i++) {
		if (counts[i] < counts[i - 1]) {
			return err_set(ERR_NODE_ANSWER, "the count of outputs falls at block %zu",
				       i);
		}
	}
	size_t recent = n < YEAR_BLOCKS ? n : YEAR_BLOCKS;
	uint64_t outputs = counts[n - 1] - (recent < n ? counts[n - recent - 1] : 0);
	g->n = n - (UNLOCK_BLOCKS - 1);
	g->outputs = counts[g->n - 1];
	if (outputs == 0 || g->outputs == 0) {
		return err_set(ERR_NODE_ANSWER, "the chain has no outputs to hide among");
	}
	g->seconds_an_output = BLOCK_SECONDS * (double)recent / (double)outputs;
	return ERR_OK;
}

/* One value of the normal distribution (Marsaglia's polar method). */
static double normal_variate(const struct rng *rng)
{
	double u, v, s;
	do {
		u = 2 * rng_unit(rng) - 1;
		v = 2 * rng_unit(rng) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s <= 0);
	return u * sqrt(-2 * log(s) / s);
}

/* "A Simple Method for Generating Gamma Variables" (Marsaglia, Tsang 2000). */
double gamma_variate(const struct rng *rng, double shape, double scale)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
	for (;;) {
		double x = normal_variate(rng), v = 1 + c * x;
		if (v <= 0) {
			continue;
		}
		v = v * v * v;
		double u = 1 - rng_unit(rng); /* never 0 */
		if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) {
			return d * v * scale;
		}
	}
}

/* The first block whose count is above `index`'s place, as std::lower_bound on the counts. */
static size_t block_of(const struct gamma_picker *g, uint64_t index)
{
	size_t low = 0, high = g->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (g->counts[middle] < index) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

bool gamma_pick(uint64_t *index, const struct gamma_picker *g, const struct rng *rng)
{
	double age = exp(gamma_variate(rng, SHAPE, SCALE));
	*index = 0;
	if (age > UNLOCK_SECONDS) {
		age -= UNLOCK_SECONDS;
	} else {
		age = (double)rng_below(rng, RECENT_SECONDS);
	}
	double back = age / g->seconds_an_output;
	if (back >= (double)g->outputs) {
		return false;
	}
	size_t block = block_of(g, g->outputs - 1 - (uint64_t)back);
	uint64_t first = block ? g->counts[block - 1] : 0;
	uint64_t n = g->counts[block] - first;
	if (n == 0) {
		return false;
	}
	*index = first + rng_below(rng, n);
	return true;
}
