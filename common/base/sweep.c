#include "common/base/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"

#define PARTIAL ".tmp"

enum err dir_each(const char *folder, enum err (*each)(void *ctx, int dir, const char *name),
		  void *ctx)
{
	enum err rc = ERR_OK;
	DIR *d = opendir(folder);
	if (!d) {
		return err_errno(errno, "cannot open the folder", folder);
	}
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(d);
		if (!e) {
			rc = errno ? err_errno(errno, "cannot read the folder", folder) : ERR_OK;
			break;
		}
		if ((rc = each(ctx, dirfd(d), e->d_name)) != ERR_OK) {
			break;
		}
	}
	closedir(d);
	return rc;
}

/* Whether a name is one that ends in `ending`, then a dot, a number and PARTIAL. */
static bool is_partial(const char *name, const char *ending)
{
	size_t n = strlen(name), digits = 0;
	if (n < strlen(PARTIAL) || strcmp(name + n - strlen(PARTIAL), PARTIAL) != 0) {
		return false;
	}
	n -= strlen(PARTIAL);
	while (n > 0 && name[n - 1] >= '0' && name[n - 1] <= '9') {
		n--;
		digits++;
	}
	if (digits == 0 || n == 0 || name[--n] != '.') {
		return false;
	}
	return n >= strlen(ending) &&
	       strncmp(name + n - strlen(ending), ending, strlen(ending)) == 0;
}

struct sweep {
	const char *folder, *ending;
};

static enum err drop_partial(void *ctx, int dir, const char *name)
{
	const struct sweep *s = ctx;
	char path[PATH_TEXT_MAX];
	(void)dir;
	if (!is_partial(name, s->ending)) {
		return ERR_OK;
	}
	enum err rc = path_join(path, s->folder, name);
	if (rc == ERR_OK && unlink(path) != 0 && errno != ENOENT) {
		rc = err_errno(errno, "cannot remove", path);
	}
	return rc;
}

enum err dir_sweep(const char *folder, const char *ending)
{
	struct sweep s = {folder, ending};
	return dir_each(folder, drop_partial, &s);
}
