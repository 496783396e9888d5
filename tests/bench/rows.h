/* What is timed: rows.c lists the operations, bench.c runs them. */
#ifndef AIRLOCK_BENCH_ROWS_H
#define AIRLOCK_BENCH_ROWS_H

#include <stddef.h>

struct bench_row {
	const char *name;
	void *(*prepare)(void);
	/* Runs the operation; returns how many units of cost it stands for. */
	size_t (*run)(void *ctx);
	void (*release)(void *ctx);
};

extern const struct bench_row bench_rows[];
extern const size_t bench_n_rows;

#endif
