#include "common/base/clock.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

static uint64_t system_wall(void *ctx)
{
	(void)ctx;
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec;
}

static uint64_t system_steady(void *ctx)
{
	(void)ctx;
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct clock clock_system(void)
{
	return (struct clock){NULL, system_wall, system_steady};
}

char *time_format(char out[static TIME_TEXT_MAX], uint64_t wall)
{
	/* Past the year 9999 the text would not fit; such a time is a stranger's. */
	time_t t = wall > UINT64_C(253402300799) ? (time_t)253402300799 : (time_t)wall;
	struct tm tm;
	memset(&tm, 0, sizeof tm);
	gmtime_r(&t, &tm);
	strftime(out, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%SZ", &tm);
	return out;
}
