/* A range of work on all cores: threads that live as long as the work, and no longer. */
#ifndef AIRLOCK_WATCHER_SCAN_WORKERS_H
#define AIRLOCK_WATCHER_SCAN_WORKERS_H

#include "common/base/err.h"

#include <stddef.h>

#define WORKERS_MAX 64

/* Does from..to-1; other ranges are done by others meanwhile. */
typedef enum err work_part(void *ctx, size_t from, size_t to);

/*
 * Splits 0..n-1 into parts of at least `least`, one a core, the caller's thread among them. The
 * error of the first part that failed. Parts that no thread could be made for the caller does.
 */
enum err MUST_CHECK work_on_all_cores(size_t n, size_t least, work_part *part, void *ctx);

#endif
