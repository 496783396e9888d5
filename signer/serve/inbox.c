#include "signer/serve/inbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/sweep.h"
#include "proto/messages.h"

#define SAME_NAME_MAX 9999
#define NUMBERED_MAX (INBOX_NAME_MAX + 64)

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);
	return n > m && strcmp(name + n - m, ending) == 0;
}

static bool is_waiting(const char *name)
{
	static const char *const others[] = {".tmp",     ".part",      INBOX_REPLY,
					     INBOX_DONE, INBOX_FAILED, INBOX_REASON};
	if (name[0] == '.' || strlen(name) > INBOX_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (ends_with(name, others[i])) {
			return false;
		}
	}
	return true;
}

struct listing {
	struct inbox_file *files;
	size_t n;
};

static enum err add(void *ctx, int dir, const char *name)
{
	struct listing *l = ctx;
	struct stat st;
	if (l->n == INBOX_FILES_MAX || !is_waiting(name) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) {
		return ERR_OK;
	}
	struct inbox_file *f = &l->files[l->n++];
	*f = (struct inbox_file){.changed = (uint64_t)st.st_mtime};
	snprintf(f->name, sizeof f->name, "%s", name);
	return ERR_OK;
}

enum err inbox_list(struct inbox_file *out, size_t *n, const char *folder)
{
	struct listing l = {out, 0};
	enum err rc = dir_each(folder, add, &l);
	*n = rc == ERR_OK ? l.n : 0;
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct inbox_file *x = a, *y = b;
	if (x->sequence != y->sequence) {
		return x->sequence < y->sequence ? -1 : 1;
	}
	return strcmp(x->name, y->name);
}

void inbox_sort(struct inbox_file *files, size_t n)
{
	qsort(files, n, sizeof *files, compare);
}

static void numbered(char out[static NUMBERED_MAX], const char *name, unsigned k,
		     const char *ending)
{
	if (k == 1) {
		snprintf(out, NUMBERED_MAX, "%s%s", name, ending);
	} else {
		snprintf(out, NUMBERED_MAX, "%s.%u%s", name, k, ending);
	}
}

static enum err holds(bool *same, const char *path, struct span bytes)
{
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX + 1024);
	enum err rc = file_read(&b, path, PROTO_MESSAGE_MAX + 1024);
	*same = rc == ERR_OK && b.n == bytes.n && memcmp(b.p, bytes.p, b.n) == 0;
	buf_free(&b);
	return rc == ERR_MSG_SIZE ? ERR_OK : rc;
}

enum err inbox_place(char placed[static PATH_TEXT_MAX], const char *outbox, const char *name,
		     struct span bytes)
{
	char path[PATH_TEXT_MAX], file[NUMBERED_MAX];
	for (unsigned k = 1; k <= SAME_NAME_MAX; k++) {
		bool same = false;
		numbered(file, name, k, INBOX_REPLY);
		snprintf(placed, PATH_TEXT_MAX, "%s", file);
		enum err rc = path_join(path, outbox, file);
		if (rc == ERR_OK && !file_exists(path)) {
			return file_write_new(path, bytes.p, bytes.n);
		}
		if (rc == ERR_OK) {
			rc = holds(&same, path, bytes);
		}
		if (rc != ERR_OK || same) {
			return rc;
		}
	}
	return err_set(ERR_EXISTS, "%s: too many replies of this name", name);
}

enum err inbox_finish(const char *inbox, const char *name, const char *ending,
		      const struct buf *reason)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX], beside[PATH_TEXT_MAX];
	char file[NUMBERED_MAX], reason_file[NUMBERED_MAX];
	unsigned k = 0;
	enum err rc = path_join(from, inbox, name);
	do {
		k++;
		numbered(file, name, k, ending);
		if (rc == ERR_OK) {
			rc = path_join(to, inbox, file);
		}
	} while (rc == ERR_OK && k < SAME_NAME_MAX && file_exists(to));
	if (rc == ERR_OK && reason) {
		snprintf(reason_file, sizeof reason_file, "%s%s", file, INBOX_REASON);
		rc = path_join(beside, inbox, reason_file);
		if (rc == ERR_OK) {
			rc = file_write(beside, reason->p, reason->n);
		}
	}
	return rc == ERR_OK ? file_rename(from, to) : rc;
}
