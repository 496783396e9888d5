/* Time as the cores see it: passed in, so that tests and the simulation own it. */
#ifndef AIRLOCK_BASE_CLOCK_H
#define AIRLOCK_BASE_CLOCK_H

#include <stdint.h>

struct clock {
	void *ctx;
	/* Seconds since 1970 UTC by the machine's clock. */
	uint64_t (*wall)(void *ctx);
	/* Milliseconds since some fixed moment; never goes back. */
	uint64_t (*steady_ms)(void *ctx);
};

/* The machine's clocks. */
struct clock clock_system(void);

static inline uint64_t clock_wall(const struct clock *c)
{
	return c->wall(c->ctx);
}

static inline uint64_t clock_steady_ms(const struct clock *c)
{
	return c->steady_ms(c->ctx);
}

#define TIME_TEXT_MAX 24
/* "2026-11-23 20:15:04Z"; returns out. */
char *time_format(char out[static TIME_TEXT_MAX], uint64_t wall);

#endif
