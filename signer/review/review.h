/*
 * What a person sees before deciding: the whole request in 80 columns, without colour, every text
 * from the watcher made safe, every amount aligned on its decimal point. The JSON says the same.
 */
#ifndef AIRLOCK_SIGNER_REVIEW_H
#define AIRLOCK_SIGNER_REVIEW_H

#include "signer/session/assess.h"

/*
 * The usual fee: what the official wallet pays for a byte of weight at its lowest level while
 * blocks are not full. Monero's rule is 0.95 * 3000 * 0.6 XMR (the base reward for good) /
 * 300,000^2, which is 19,000 atomic units, rounded up to whole 10,000s. It is fixed, so that no one
 * can make a high fee look usual by creeping up to it.
 */
#define REVIEW_USUAL_FEE_PER_BYTE 20000
#define REVIEW_MULTIPLE_MAX 24

void review_text(struct buf *out, const struct assessment *a);
void review_json(struct buf *out, const struct assessment *a);

/* The fee as a multiple of the usual one for the weight, with one decimal ("1.3"), rounded down. */
bool review_fee_multiple(char out[static REVIEW_MULTIPLE_MAX], struct amount fee, uint64_t weight);

/* A limit over time: what it allows, and what of it is left before and after the request. */
struct review_left {
	const char *name; /* the rule's */
	const char *what; /* at most 12 characters */
	bool is_count;    /* else atomic units */
	uint64_t limit, before, after;
};
#define REVIEW_LIMITS_MAX 7
/* Those that the policy has; returns how many. Of a judged request. */
size_t review_limits(struct review_left out[static REVIEW_LIMITS_MAX], const struct assessment *a);

#endif
