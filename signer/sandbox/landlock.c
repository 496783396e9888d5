/*
 * Landlock by its raw calls: the C library has none. The distribution's headers may be older than
 * the kernel, so what they lack is named here (Linux, Documentation/userspace-api/landlock.rst).
 */
#include "signer/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (UINT64_C(1) << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)
#endif
#define NET_BIND_AND_CONNECT_TCP UINT64_C(3)
#define SCOPE_SOCKETS_AND_SIGNALS UINT64_C(3)

#define ABI_REFER 2 /* before it, no file could be renamed from one folder to another */
#define ABI_TRUNCATE 3
#define ABI_NET 4
#define ABI_SCOPE 6

/* The header's struct has but the members of its own age. */
struct ruleset {
	uint64_t fs, net, scoped;
};

#define IN_PLACES                                                                                  \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                             \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER)
#define NOWHERE                                                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                               \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static enum err failed(const char *what)
{
	return err_set(ERR_SANDBOX, "Landlock: %s: %s", what, strerror(errno));
}

static uint64_t truncate_right(int abi)
{
	return abi >= ABI_TRUNCATE ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
}

static enum err allow(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) {
		return errno == ENOENT || errno == ENOTDIR ? ERR_OK : failed(path);
	}
	enum err rc = ERR_OK;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
		rc = failed(path);
	}
	close(rule.parent_fd);
	return rc;
}

static enum err restrict_to(int abi, const struct sandbox_places *places)
{
	const struct ruleset r = {
	    .fs = IN_PLACES | NOWHERE | truncate_right(abi),
	    .net = NET_BIND_AND_CONNECT_TCP,
	    .scoped = SCOPE_SOCKETS_AND_SIGNALS,
	};
	size_t size = abi >= ABI_SCOPE ? sizeof r : abi >= ABI_NET ? 16 : 8;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (fd < 0) {
		return failed("no ruleset");
	}
	/* Where passphrases and codes are asked for. */
	enum err rc = allow(fd, "/dev/tty", LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_right(abi));
	for (size_t i = 0; rc == ERR_OK && i < places->n; i++) {
		struct stat st;
		bool folder = stat(places->folder[i], &st) == 0 && S_ISDIR(st.st_mode);
		if (folder) {
			rc = allow(fd, places->folder[i], IN_PLACES | truncate_right(abi));
		}
	}
	if (rc == ERR_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
		rc = failed("not accepted");
	}
	close(fd);
	return rc;
}

enum err landlock_enter(int *abi, const struct sandbox_places *places)
{
	*abi = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return failed("no_new_privs");
	}
	long found = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (found < ABI_REFER) {
		return ERR_OK;
	}
	*abi = (int)found;
	return restrict_to(*abi, places);
}
