/* Secrets as memcheck understands them: bytes that are not defined may be computed with, but no
 * branch and no address may depend on them. */
#ifndef AIRLOCK_TESTS_MARKS_H
#define AIRLOCK_TESTS_MARKS_H

#include <stdbool.h>
#include <stddef.h>

void mark_secret(const void *p, size_t n);
/* At the end of a case, for what is looked at by the test. */
void mark_public(const void *p, size_t n);
/* Whether memcheck watches: without it nothing here proves anything. */
bool is_watched(void);
/* How often a secret was seen to matter so far. */
unsigned seen(void);

#endif
