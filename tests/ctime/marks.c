#include "tests/ctime/marks.h"

#include <valgrind/memcheck.h>

#include "common/base/secret.h"

void mark_secret(const void *p, size_t n)
{
	VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

void mark_public(const void *p, size_t n)
{
	VALGRIND_MAKE_MEM_DEFINED(p, n);
}

void declassify(const void *p, size_t n)
{
	mark_public(p, n);
}

bool is_watched(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

unsigned seen(void)
{
	return VALGRIND_COUNT_ERRORS;
}
