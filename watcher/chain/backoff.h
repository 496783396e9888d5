/* Waiting times between attempts: doubled each time up to a cap, half of each drawn at random. */
#ifndef AIRLOCK_WATCHER_BACKOFF_H
#define AIRLOCK_WATCHER_BACKOFF_H

#include <stdint.h>

#include "common/base/rng.h"

struct backoff {
	uint64_t first_ms, most_ms;
	uint64_t next_ms; /* 0 before the first failure and after backoff_reset */
};

/* How long to wait after one more failure: between half and all of the present step. */
static inline uint64_t backoff_wait_ms(struct backoff *b, const struct rng *rng)
{
	uint64_t step = b->next_ms ? b->next_ms : b->first_ms;
	b->next_ms = step > b->most_ms / 2 ? b->most_ms : 2 * step;
	return step / 2 + rng_below(rng, step - step / 2 + 1);
}

static inline void backoff_reset(struct backoff *b)
{
	b->next_ms = 0;
}

#endif
