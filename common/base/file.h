/* Files, whole: read with a bound, replaced atomically and durably, locked. */
#ifndef AIRLOCK_BASE_FILE_H
#define AIRLOCK_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

/*
 * Appends the whole of a file ("-" is standard input) to `out`, at most max bytes.
 * ERR_NOT_FOUND, ERR_IO, or ERR_MSG_SIZE when it is larger; the detail names the path.
 */
enum err MUST_CHECK file_read(struct buf *out, const char *path, size_t max);

/*
 * Replaces or makes `path` with the bytes, mode 0600: written beside it, fsynced, renamed over it,
 * directory fsynced. On any error the old file stands untouched and nothing is left behind.
 * "-" writes to standard output. ERR_NO_SPACE or ERR_IO, naming the path.
 */
enum err MUST_CHECK file_write(const char *path, const void *p, size_t n);

/* As file_write, but ERR_EXISTS when there is one already. */
enum err MUST_CHECK file_write_new(const char *path, const void *p, size_t n);

/* Renames, durably where it then is. ERR_IO, ERR_NOT_FOUND. */
enum err MUST_CHECK file_rename(const char *from, const char *to);

/* Makes the folder (mode 0700) unless it is there. */
enum err MUST_CHECK dir_make(const char *path);

bool file_exists(const char *path);

/* Whether the file can be read, and whether files can be made in the folder. ERR_NOT_FOUND, ERR_IO;
 * the detail is the reason, without the path. */
enum err MUST_CHECK file_readable(const char *path);
enum err MUST_CHECK dir_writable(const char *path);

/*
 * An exclusive advisory lock on path (made if needed) that the kernel drops with the process;
 * ERR_LOCKED when another process holds it. *fd stays open until lock_release.
 */
enum err MUST_CHECK lock_take(int *fd, const char *path);
void lock_release(int fd);

/* errno as one of ours (ENOSPC and EDQUOT: ERR_NO_SPACE), with "what path: reason" as the detail.
 */
enum err err_errno(int errnum, const char *what, const char *path);

/* "dir/name" in a fixed array; ERR_USAGE when it would not fit. */
#define PATH_TEXT_MAX 4096
enum err MUST_CHECK path_join(char out[static PATH_TEXT_MAX], const char *dir, const char *name);

#endif
