/*
 * Which fragments of a message a part holds (BCR-2020-005): the first n parts one each, all later
 * ones the exclusive or of a set that follows from the part's number and the message's checksum.
 */
#ifndef AIRLOCK_OPTICAL_FOUNTAIN_H
#define AIRLOCK_OPTICAL_FOUNTAIN_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/optical/sampler.h"

/* Parts of one message: what bounds the decoder's memory and work. */
#define FOUNTAIN_PARTS_MAX 4096
#define FOUNTAIN_WORDS(n) (((n) + 63) / 64)

struct fountain {
	size_t n;
	uint32_t checksum;
	struct sampler degrees;
	uint32_t *pool; /* scratch of a draw */
};

/* The size of fragments: the first of ceil(message / 1), ceil(message / 2), ... within `most`. */
size_t fountain_fragment_size(size_t message, size_t least, size_t most);

/* n from 1 to FOUNTAIN_PARTS_MAX. ERR_NO_MEMORY. */
enum err MUST_CHECK fountain_init(struct fountain *out, size_t n, uint32_t checksum);
void fountain_free(struct fountain *f);

/* How many fragments a mixed part holds, 1 to n. */
size_t fountain_degree(const struct fountain *f, struct xoshiro *x);

/* Moves `count` items, drawn without replacement, to the front; the rest keep their order. */
void fountain_shuffle(uint32_t *items, size_t n, size_t count, struct xoshiro *x);

/* Sets the bits of the fragments in part `number` (from 1) and no others. */
void fountain_choose(struct fountain *f, uint32_t number, uint64_t *bits);

static inline bool fountain_has(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* a ^= b, n bytes. */
void fountain_mix(uint8_t *a, const uint8_t *b, size_t n);

#endif
