/*
 * Memory for secrets: locked, kept out of core dumps, between guard pages, wiped when freed
 * (libsodium's guarded heap). Short-lived secrets on the stack are wiped with secret_wipe.
 */
#ifndef AIRLOCK_BASE_SECRET_H
#define AIRLOCK_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Zeroed guarded memory, or NULL. Release with secret_free, which wipes. */
void *secret_alloc(size_t n);
void secret_free(void *p);

/*
 * Whether all memory that secret_alloc gave so far is locked. Where the system's limit forbids it,
 * secrets may reach the swap area: worth saying, no reason to stop.
 */
int secret_memory_locked(void);

/* No access / read-only / writable again, for a whole secret_alloc block. */
void secret_lock(void *p);
void secret_readonly(void *p);
void secret_unlock(void *p);

/* Wipes n bytes in a way the compiler keeps. */
void secret_wipe(void *p, size_t n);

/*
 * Wipes the stack below the caller, where the functions it called have left what they did not wipe
 * themselves: foreign libraries, and what the compiler kept there.
 */
void secret_wipe_stack(void);

/* Constant-time comparison; 1 when equal. */
int secret_equal(const void *a, const void *b, size_t n);

/*
 * From here on these bytes are public, though they come of secrets: what is published, or follows
 * from what is. Each call says why. Means something in the tests of constant time alone
 * (tests/ctime), where valgrind follows what is secret.
 */
#ifdef AIRLOCK_CTIME
void declassify(const void *p, size_t n);
#else
static inline void declassify(const void *p, size_t n)
{
	(void)p;
	(void)n;
}
#endif

/*
 * First thing in both programs: libsodium's start, no core dumps, not traceable (PR_SET_DUMPABLE
 * 0), umask 077. From then on secret_memory_locked knows. ERR_RANDOM or ERR_SANDBOX with the
 * reason, ERR_NO_MEMORY.
 */
enum err MUST_CHECK secret_start(void);

#endif
