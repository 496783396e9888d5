/*
 * Amounts in atomic units (1 XMR = 10^12), a type of their own so that a bare number is not money.
 * Arithmetic is checked: a false result leaves *out at zero and must not be ignored. The member is
 * read outside amount.c only to put it on the wire, into a record or into a commitment.
 */
#ifndef AIRLOCK_BASE_AMOUNT_H
#define AIRLOCK_BASE_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define AMOUNT_TEXT_MAX 24 /* "18446744.073709551615" and its terminator fit */
#define ATOMIC_PER_XMR UINT64_C(1000000000000)

struct amount {
	uint64_t atomic;
};

static inline struct amount amount_of(uint64_t atomic)
{
	return (struct amount){atomic};
}

bool MUST_CHECK amount_add(struct amount *out, struct amount a, struct amount b);
bool MUST_CHECK amount_sub(struct amount *out, struct amount a, struct amount b);
bool MUST_CHECK amount_mul(struct amount *out, struct amount a, uint64_t n);

/* -1, 0 or 1 as a is below, equal to or above b. */
int amount_cmp(struct amount a, struct amount b);
bool amount_is_zero(struct amount a);

/*
 * "1", "1.5", "0.000000000001": XMR with up to 12 decimals, digits and one point only, no sign, no
 * exponent, no spaces, below 2^64 atomic units. ERR_AMOUNT with the reason otherwise.
 */
enum err MUST_CHECK amount_parse(struct amount *out, const char *text);

/* XMR with all 12 decimals ("1.500000000000"); returns out. */
char *amount_format(char out[static AMOUNT_TEXT_MAX], struct amount a);

#endif
