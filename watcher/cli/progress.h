/* How far a long sync is: a line on a terminal that is drawn over and over. */
#ifndef AIRLOCK_WATCHER_PROGRESS_H
#define AIRLOCK_WATCHER_PROGRESS_H

#include "watcher/watcher.h"

struct progress {
	bool terminal; /* standard error is one */
	bool drawn;    /* a bar is under way */
	uint64_t start_ms, start_height, last_ms;
};

void progress_begin(struct progress *p);
/* After each step; false when there is no bar: no terminal, or just a block or two. */
bool progress_show(struct progress *p, const struct sync_result *r);

/* "[#####-----]  50.0%  block 5 of 10  120 blocks/s  0:42 left"; out is terminated. */
#define PROGRESS_TEXT_MAX 128
void progress_text(char out[static PROGRESS_TEXT_MAX], uint64_t done, uint64_t start, uint64_t all,
		   uint64_t elapsed_ms);

#endif
