#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum err err_errno(int errnum, const char *what, const char *path)
{
	enum err e = errnum == ENOSPC || errnum == EDQUOT ? ERR_NO_SPACE
		     : errnum == ENOENT                   ? ERR_NOT_FOUND
		     : errnum == EEXIST                   ? ERR_EXISTS
							  : ERR_IO;
	return err_set(e, "%s %s: %s", what, path, strerror(errnum));
}

enum err path_join(char out[static PATH_TEXT_MAX], const char *dir, const char *name)
{
	int n = snprintf(out, PATH_TEXT_MAX, "%s/%s", dir, name);
	if (n < 0 || n >= PATH_TEXT_MAX) {
		return err_set(ERR_USAGE, "the path %.60s... is too long", dir);
	}
	return ERR_OK;
}

enum err file_read(struct buf *out, const char *path, size_t max)
{
	enum err rc = ERR_OK;
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return err_errno(errno, "cannot open", path);
	}
	uint8_t piece[16384];
	size_t total = 0;
	for (;;) {
		ssize_t got = read(fd, piece, sizeof piece);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			rc = err_errno(errno, "cannot read", path);
			goto out;
		}
		if (got == 0) {
			break;
		}
		total += (size_t)got;
		if (total > max) {
			rc = err_set(ERR_MSG_SIZE, "%s is larger than %zu bytes", path, max);
			goto out;
		}
		buf_put(out, piece, (size_t)got);
	}
	rc = buf_end(out);
out:
	explicit_bzero(piece, sizeof piece);
	if (!standard) {
		close(fd);
	}
	return rc;
}

static enum err write_all(int fd, const uint8_t *p, size_t n, const char *path)
{
	while (n) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put < 0) {
			return err_errno(errno, "cannot write", path);
		}
		p += put;
		n -= (size_t)put;
	}
	return ERR_OK;
}

static enum err sync_parent(const char *path)
{
	char dir[PATH_TEXT_MAX];
	const char *slash = strrchr(path, '/');
	if (!slash) {
		snprintf(dir, sizeof dir, ".");
	} else if (slash == path) {
		snprintf(dir, sizeof dir, "/");
	} else {
		snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
	}
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return err_errno(errno, "cannot open", dir);
	}
	enum err rc = fsync(fd) == 0 ? ERR_OK : err_errno(errno, "cannot sync", dir);
	close(fd);
	return rc;
}

/* Gives a file its name unless that is taken. */
static enum err put_new(const char *beside, const char *path)
{
	if (link(beside, path) == 0) {
		return ERR_OK;
	}
	if (errno != EPERM && errno != EOPNOTSUPP) {
		return err_errno(errno, "cannot make", path);
	}
	/* No links on FAT, as sticks have it: the name is taken first, then the file put there. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		return err_errno(errno, "cannot make", path);
	}
	close(fd);
	if (rename(beside, path) != 0) {
		enum err rc = err_errno(errno, "cannot make", path);
		unlink(path);
		return rc;
	}
	return ERR_OK;
}

static enum err write_file(const char *path, const void *p, size_t n, bool replace)
{
	if (strcmp(path, "-") == 0) {
		return write_all(STDOUT_FILENO, p, n, "standard output");
	}
	char beside[PATH_TEXT_MAX];
	int len = snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
	if (len < 0 || (size_t)len >= sizeof beside) {
		return err_set(ERR_USAGE, "the path %.60s... is too long", path);
	}
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return err_errno(errno, "cannot make", beside);
	}
	enum err rc = write_all(fd, p, n, path);
	if (rc == ERR_OK && fsync(fd) != 0) {
		rc = err_errno(errno, "cannot sync", path);
	}
	close(fd);
	if (rc == ERR_OK && replace && rename(beside, path) != 0) {
		rc = err_errno(errno, "cannot replace", path);
	}
	if (rc == ERR_OK && !replace) {
		rc = put_new(beside, path);
	}
	if (rc != ERR_OK || !replace) {
		unlink(beside);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = sync_parent(path);
	if (rc != ERR_OK && !replace) {
		unlink(path);
	}
	return rc;
}

enum err file_write(const char *path, const void *p, size_t n)
{
	return write_file(path, p, n, true);
}

enum err file_write_new(const char *path, const void *p, size_t n)
{
	return write_file(path, p, n, false);
}

enum err file_rename(const char *from, const char *to)
{
	if (rename(from, to) != 0) {
		return err_errno(errno, "cannot rename", from);
	}
	return sync_parent(to);
}

enum err dir_make(const char *path)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		return err_errno(errno, "cannot make the folder", path);
	}
	return ERR_OK;
}

bool file_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* errno as one of ours, with the reason alone. */
static enum err reason(int errnum)
{
	return err_set(errnum == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", strerror(errnum));
}

enum err file_readable(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
		return reason(errno);
	}
	return S_ISDIR(st.st_mode) ? reason(EISDIR) : ERR_OK;
}

enum err dir_writable(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		return reason(errno);
	}
	if (!S_ISDIR(st.st_mode)) {
		return reason(ENOTDIR);
	}
	/* Read as well: what is written there is made durable by the folder's own descriptor. */
	return access(path, R_OK | W_OK | X_OK) == 0 ? ERR_OK : reason(errno);
}

enum err lock_take(int *fd, const char *path)
{
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0) {
		return err_errno(errno, "cannot open", path);
	}
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		int cause = errno;
		close(*fd);
		*fd = -1;
		if (cause == EWOULDBLOCK) {
			return err_set(ERR_LOCKED, "%s is held by another process", path);
		}
		return err_errno(cause, "cannot lock", path);
	}
	return ERR_OK;
}

void lock_release(int fd)
{
	if (fd >= 0) {
		close(fd);
	}
}
