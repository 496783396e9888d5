/*
 * Preloaded into a program under test: writes down, in their order, the calls by which it changes
 * files below CRASH_ROOT (an absolute path, as are those the program is given), and when it makes
 * them durable, into the file CRASH_LOG. From that log every state that a power cut could have left
 * can be built (images.py). The log's descriptor is opened before the program's sandbox closes in.
 * Records: kind, descriptor's flags, offset, path, data or second path; integers little endian.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LOG_FD 777
#define FDS 1024

enum kind {
	MAKE = 'm',
	WRITE = 'w',
	SYNC = 's',
	RENAME = 'r',
	LINK = 'l',
	UNLINK = 'u',
	CUT = 't',
	FOLDER = 'd'
};

static char root[PATH_MAX];
static char paths[FDS][PATH_MAX];
static uint8_t through[FDS]; /* opened so that each write is durable by itself */

static void put(const void *p, size_t n)
{
	const char *at = p;
	while (n) {
		long done = syscall(SYS_write, LOG_FD, at, n);
		if (done <= 0) {
			abort();
		}
		at += done;
		n -= (size_t)done;
	}
}

static void put_u64(uint64_t v)
{
	uint8_t b[8];
	for (int i = 0; i < 8; i++) {
		b[i] = (uint8_t)(v >> (8 * i));
	}
	put(b, sizeof b);
}

static void record(enum kind kind, int flags, uint64_t offset, const char *path, const void *data,
		   size_t n)
{
	uint8_t head[2] = {(uint8_t)kind, (uint8_t)flags};
	put(head, sizeof head);
	put_u64(offset);
	put_u64(strlen(path));
	put(path, strlen(path));
	put_u64(n);
	put(data, n);
}

__attribute__((constructor)) static void start(void)
{
	const char *log = getenv("CRASH_LOG"), *below = getenv("CRASH_ROOT");
	if (!log || !below) {
		return;
	}
	int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, LOG_FD) != LOG_FD || strlen(below) >= sizeof root) {
		abort();
	}
	memcpy(root, below, strlen(below) + 1);
	syscall(SYS_close, fd);
}

/* The path below the root, by its letters alone: the sandbox lets nobody follow links. */
static bool below_root(char out[static PATH_MAX], const char *path)
{
	size_t n = strlen(root);
	if (!n || strlen(path) >= PATH_MAX || strncmp(path, root, n) != 0 ||
	    (path[n] && path[n] != '/')) {
		return false;
	}
	const char *within = path[n] ? path + n + 1 : ".";
	memcpy(out, within, strlen(within) + 1);
	return true;
}

static void *real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);
	if (!p) {
		abort();
	}
	return p;
}

/* dlsym gives an object pointer where a function is meant. */
#define REAL(type, name)                                                                           \
	union {                                                                                    \
		void *object;                                                                      \
		type function;                                                                     \
	} next = {.object = real(name)}

typedef int open_function(const char *, int, ...);
typedef int openat_function(int, const char *, int, ...);
typedef ssize_t pwrite_function(int, const void *, size_t, off_t);
typedef ssize_t write_function(int, const void *, size_t);
typedef ssize_t writev_function(int, const struct iovec *, int);
typedef ssize_t pwritev_function(int, const struct iovec *, int, off_t);
typedef int fd_function(int);
typedef int cut_function(int, off_t);
typedef int two_function(const char *, const char *);
typedef int one_function(const char *);
typedef int mkdir_function(const char *, mode_t);

static void opened(int fd, const char *path, int flags, bool existed)
{
	char p[PATH_MAX];
	if (fd < 0 || fd >= FDS) {
		return;
	}
	paths[fd][0] = '\0';
	if (!below_root(p, path)) {
		return;
	}
	memcpy(paths[fd], p, strlen(p) + 1);
	through[fd] = (flags & (O_DSYNC | O_SYNC)) != 0;
	if ((flags & O_CREAT) && !existed) {
		record(MAKE, 0, 0, p, "", 0);
	} else if (flags & O_TRUNC) {
		record(CUT, 0, 0, p, "", 0);
	}
}

static bool exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static int open_any(const char *name, const char *path, int flags, mode_t mode)
{
	REAL(open_function *, name);
	bool existed = exists(path);
	int fd = next.function(path, flags, mode);
	opened(fd, path, flags, existed);
	return fd;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...);                                                \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;                            \
		va_end(ap);                                                                        \
		return open_any(#name, path, flags, mode);                                         \
	}
OPEN(open)
OPEN(open64)

int close(int fd)
{
	REAL(fd_function *, "close");
	if (fd == LOG_FD) {
		return 0;
	}
	if (fd >= 0 && fd < FDS) {
		paths[fd][0] = '\0';
	}
	return next.function(fd);
}

static bool known(int fd)
{
	return fd >= 0 && fd < FDS && paths[fd][0];
}

static void wrote(int fd, uint64_t at, const void *p, ssize_t n)
{
	if (n > 0 && known(fd)) {
		record(WRITE, through[fd], at, paths[fd], p, (size_t)n);
	}
}

static void wrote_all(int fd, uint64_t at, const struct iovec *v, int count, ssize_t n)
{
	for (int i = 0; i < count && n > 0; i++) {
		ssize_t part = n < (ssize_t)v[i].iov_len ? n : (ssize_t)v[i].iov_len;
		wrote(fd, at, v[i].iov_base, part);
		at += (uint64_t)part;
		n -= part;
	}
}

static uint64_t place(int fd)
{
	off_t at = known(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
	return at > 0 ? (uint64_t)at : 0;
}

ssize_t write(int fd, const void *p, size_t n)
{
	REAL(write_function *, "write");
	uint64_t at = place(fd);
	ssize_t done = next.function(fd, p, n);
	wrote(fd, at, p, done);
	return done;
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	REAL(writev_function *, "writev");
	uint64_t at = place(fd);
	ssize_t done = next.function(fd, v, count);
	wrote_all(fd, at, v, count, done);
	return done;
}

#define PWRITE(name)                                                                               \
	ssize_t name(int fd, const void *p, size_t n, off_t at);                                   \
	ssize_t name(int fd, const void *p, size_t n, off_t at)                                    \
	{                                                                                          \
		REAL(pwrite_function *, #name);                                                    \
		ssize_t done = next.function(fd, p, n, at);                                        \
		wrote(fd, (uint64_t)at, p, done);                                                  \
		return done;                                                                       \
	}
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name)                                                                              \
	ssize_t name(int fd, const struct iovec *v, int count, off_t at);                          \
	ssize_t name(int fd, const struct iovec *v, int count, off_t at)                           \
	{                                                                                          \
		REAL(pwritev_function *, #name);                                                   \
		ssize_t done = next.function(fd, v, count, at);                                    \
		wrote_all(fd, (uint64_t)at, v, count, done);                                       \
		return done;                                                                       \
	}
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define SYNCER(name)                                                                               \
	int name(int fd)                                                                           \
	{                                                                                          \
		REAL(fd_function *, #name);                                                        \
		int rc = next.function(fd);                                                        \
		if (rc == 0 && known(fd)) {                                                        \
			record(SYNC, 0, 0, paths[fd], "", 0);                                      \
		}                                                                                  \
		return rc;                                                                         \
	}
SYNCER(fsync)
SYNCER(fdatasync)

#define CUTTER(name)                                                                               \
	int name(int fd, off_t size);                                                              \
	int name(int fd, off_t size)                                                               \
	{                                                                                          \
		REAL(cut_function *, #name);                                                       \
		int rc = next.function(fd, size);                                                  \
		if (rc == 0 && known(fd)) {                                                        \
			record(CUT, 0, (uint64_t)size, paths[fd], "", 0);                          \
		}                                                                                  \
		return rc;                                                                         \
	}
CUTTER(ftruncate)
CUTTER(ftruncate64)

#define TWO(name, kind)                                                                            \
	int name(const char *from, const char *to)                                                 \
	{                                                                                          \
		char a[PATH_MAX], b[PATH_MAX];                                                     \
		REAL(two_function *, #name);                                                       \
		bool both = below_root(a, from) && below_root(b, to);                              \
		int rc = next.function(from, to);                                                  \
		if (rc == 0 && both) {                                                             \
			record(kind, 0, 0, a, b, strlen(b));                                       \
		}                                                                                  \
		return rc;                                                                         \
	}
TWO(rename, RENAME)
TWO(link, LINK)

#define ONE(name)                                                                                  \
	int name(const char *path)                                                                 \
	{                                                                                          \
		char a[PATH_MAX];                                                                  \
		REAL(one_function *, #name);                                                       \
		bool ours = below_root(a, path);                                                   \
		int rc = next.function(path);                                                      \
		if (rc == 0 && ours) {                                                             \
			record(UNLINK, 0, 0, a, "", 0);                                            \
		}                                                                                  \
		return rc;                                                                         \
	}
ONE(unlink)
ONE(rmdir)

int mkdir(const char *path, mode_t mode)
{
	char a[PATH_MAX];
	REAL(mkdir_function *, "mkdir");
	bool ours = below_root(a, path);
	int rc = next.function(path, mode);
	if (rc == 0 && ours) {
		record(FOLDER, 0, 0, a, "", 0);
	}
	return rc;
}
