#include "common/base/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <sodium.h>

#include "common/base/check.h"

static int all_locked = 1;

void *secret_alloc(size_t n)
{
	/* The block ends at a guard page, so it is aligned only if its size is. */
	size_t size = (n + 15) & ~(size_t)15;
	void *p = sodium_malloc(size);
	if (p) {
		/* sodium_malloc locks too, but does not say whether it could. */
		all_locked &= sodium_mlock(p, size) == 0;
		sodium_memzero(p, size);
	}
	return p;
}

int secret_memory_locked(void)
{
	return all_locked;
}

void secret_free(void *p)
{
	sodium_free(p);
}

void secret_lock(void *p)
{
	CHECK(sodium_mprotect_noaccess(p) == 0);
}

void secret_readonly(void *p)
{
	CHECK(sodium_mprotect_readonly(p) == 0);
}

void secret_unlock(void *p)
{
	CHECK(sodium_mprotect_readwrite(p) == 0);
}

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

#define STACK_USED 65536 /* more than any of our calls needs */

void secret_wipe_stack(void)
{
	sodium_stackzero(STACK_USED);
}

int secret_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

enum err secret_start(void)
{
	if (sodium_init() < 0) {
		return err_set(ERR_RANDOM, "libsodium could not start");
	}
	umask(077);
	struct rlimit none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
		return err_set(ERR_SANDBOX, "core dumps could not be switched off: %s",
			       strerror(errno));
	}
	void *probe = secret_alloc(1);
	if (!probe) {
		return ERR_NO_MEMORY;
	}
	secret_free(probe);
	return ERR_OK;
}
