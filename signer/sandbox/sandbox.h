/*
 * From here on the process can do no more than it needs. seccomp allows the calls of one table
 * (sandbox.c) and fails all others with EPERM; Landlock, where the kernel has it, keeps writing to
 * the folders named here. Irrevocable.
 */
#ifndef AIRLOCK_SIGNER_SANDBOX_H
#define AIRLOCK_SIGNER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/file.h"

#define SANDBOX_PLACES_MAX 5

/* The folders in which files may be made, changed and removed. */
struct sandbox_places {
	size_t n;
	char folder[SANDBOX_PLACES_MAX][PATH_TEXT_MAX];
};

/* Adds a folder, or the folder that a file is to stand in. ERR_USAGE when the path is too long. */
enum err MUST_CHECK sandbox_place(struct sandbox_places *p, const char *folder);
enum err MUST_CHECK sandbox_place_of(struct sandbox_places *p, const char *file);

/*
 * ERR_SANDBOX with the reason. After secret_start, before any foreign byte is read. A folder that
 * does not exist is no error here: whatever needs it will fail by itself.
 */
enum err MUST_CHECK sandbox_enter(const struct sandbox_places *places);

/* What is in force, as the kernel says: for `status`. */
struct sandbox_state {
	int seccomp;      /* its mode; 2 is a filter */
	unsigned allowed; /* kinds of call that the filter lets through */
	int landlock;     /* its ABI; 0: this kernel has none, or an unfit one */
	bool no_new_privs;
	bool dumpable;
	uint64_t core_limit;
	bool memory_locked; /* all memory for secrets was locked so far */
};
void sandbox_read(struct sandbox_state *out);

#endif
