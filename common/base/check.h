/*
 * CHECK(condition): our own misuse, never outside data. Always compiled in; prints where and
 * aborts, because going on with a broken invariant could cost money.
 */
#ifndef AIRLOCK_BASE_CHECK_H
#define AIRLOCK_BASE_CHECK_H

__attribute__((noreturn)) void check_failed(const char *file, int line, const char *what);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			check_failed(__FILE__, __LINE__, #condition);                              \
		}                                                                                  \
	} while (0)

#endif
