/* Folders: each name in one, and the removal of what a killed write left in one. */
#ifndef AIRLOCK_BASE_SWEEP_H
#define AIRLOCK_BASE_SWEEP_H

#include "common/base/err.h"

/*
 * Calls `each` with the open folder and every name in it, in no order, until it fails; returns what
 * it returned, or ERR_IO or ERR_NOT_FOUND naming the folder.
 */
enum err MUST_CHECK dir_each(const char *folder,
			     enum err (*each)(void *ctx, int dir, const char *name), void *ctx);

/*
 * Removes NAME.PID.tmp, where NAME ends in `ending`: what file_write and file_write_new call what
 * they are writing. For whoever holds the lock on what they write; others might be writing still.
 */
enum err MUST_CHECK dir_sweep(const char *folder, const char *ending);

#endif
