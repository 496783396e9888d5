/*
 * Times our side of every row of tools/bench and prints "name microseconds runs" lines: the median
 * over several rounds of the time for one operation, on one core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "tests/bench/rows.h"

#define ROUNDS 7

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* As many operations a round as fill about 150 ms, so that the clock's grain does not matter. */
static void time_row(const struct bench_row *row)
{
	void *ctx = row->prepare();
	double start = now_us();
	size_t done = row->run(ctx);
	double once = now_us() - start;
	size_t repeat = once < 150000.0 ? (size_t)(150000.0 / (once + 1.0)) + 1 : 1;
	double us[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		start = now_us();
		done = 0;
		for (size_t j = 0; j < repeat; j++) {
			done += row->run(ctx);
		}
		us[i] = (now_us() - start) / (double)done;
	}
	qsort(us, ROUNDS, sizeof us[0], ascending);
	printf("%s %.3f %zu\n", row->name, us[ROUNDS / 2], done * ROUNDS);
	fflush(stdout);
	row->release(ctx);
}

int main(int argc, char **argv)
{
	CHECK(secret_start() == ERR_OK);
	for (size_t i = 0; i < bench_n_rows; i++) {
		if (argc < 2 || strstr(bench_rows[i].name, argv[1])) {
			time_row(&bench_rows[i]);
		}
	}
	return 0;
}
