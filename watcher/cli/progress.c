/* The bar and the rate: see progress.h. */
#include "watcher/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR 30
#define REDRAW_MS 200
#define FEW 10 /* blocks that need no bar */

void progress_begin(struct progress *p)
{
	struct clock clock = clock_system();
	*p = (struct progress){.terminal = isatty(STDERR_FILENO),
			       .start_ms = clock_steady_ms(&clock)};
}

void progress_text(char out[static PROGRESS_TEXT_MAX], uint64_t done, uint64_t start, uint64_t all,
		   uint64_t elapsed_ms)
{
	char bar[BAR + 1];
	all = all < done ? done : all;
	size_t filled = all ? (size_t)(BAR * done / all) : BAR;
	uint64_t permille = all ? 1000 * done / all : 1000;
	uint64_t rate = elapsed_ms && done > start ? 1000 * (done - start) / elapsed_ms : 0;
	uint64_t left = rate ? (all - done) / rate : 0;
	memset(bar, '-', BAR);
	memset(bar, '#', filled);
	bar[BAR] = '\0';
	snprintf(out, PROGRESS_TEXT_MAX,
		 "[%s] %3" PRIu64 ".%" PRIu64 "%%  block %" PRIu64 " of %" PRIu64 "  %" PRIu64
		 " blocks/s  %" PRIu64 ":%02" PRIu64 " left",
		 bar, permille / 10, permille % 10, done, all, rate, left / 60, left % 60);
}

bool progress_show(struct progress *p, const struct sync_result *r)
{
	char text[PROGRESS_TEXT_MAX];
	struct clock clock = clock_system();
	uint64_t now = clock_steady_ms(&clock);
	if (!p->terminal || (!p->drawn && r->done && r->added < FEW)) {
		p->start_ms = now;
		return false;
	}
	if (!p->drawn) {
		p->start_height = r->height > r->added ? r->height - r->added : 0;
	}
	if (r->done || !p->drawn || now - p->last_ms >= REDRAW_MS) {
		p->last_ms = now;
		progress_text(text, r->height, p->start_height, r->node_height, now - p->start_ms);
		fprintf(stderr, "\r%s\033[K%s", text, r->done ? "\n" : "");
	}
	p->drawn = !r->done;
	if (r->done) {
		p->start_ms = now;
	}
	return true;
}
