/*
 * Which outputs to hide among: the official wallet's distribution of how old the outputs are that
 * people spend. Sources: "An Empirical Analysis of Traceability in the Monero Blockchain" (Moeser
 * et al. 2018); monero src/wallet/wallet2.cpp (gamma_picker). Doubles are fine here: no money.
 */
#ifndef AIRLOCK_WATCHER_PLANNER_GAMMA_H
#define AIRLOCK_WATCHER_PLANNER_GAMMA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/rng.h"

struct gamma_picker {
	const uint64_t *counts; /* RingCT outputs up to and with each block; the caller's */
	size_t n;               /* blocks whose outputs are unlocked */
	uint64_t outputs;       /* in those */
	double seconds_an_output;
};

/*
 * ERR_NODE_ANSWER when the counts fall, or hold too few blocks or outputs to choose from. `counts`
 * must outlive the picker.
 */
enum err MUST_CHECK gamma_init(struct gamma_picker *g, const uint64_t *counts, size_t n);

/* One draw: false when it fell where there is no output, so that the caller draws again. */
bool gamma_pick(uint64_t *index, const struct gamma_picker *g, const struct rng *rng);

/* One value of the gamma distribution with this shape (at least 1) and scale. */
double gamma_variate(const struct rng *rng, double shape, double scale);

#endif
