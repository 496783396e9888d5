/*
 * Bytewords (BCR-2020-012) in their minimal form: each byte is the first and last letter of one of
 * 256 words, and a CRC-32 of all bytes follows them. Only lower case is written; either is read.
 */
#ifndef AIRLOCK_OPTICAL_BYTEWORDS_H
#define AIRLOCK_OPTICAL_BYTEWORDS_H

#include "common/base/bytes.h"

/* How many letters n bytes become. */
static inline size_t bytewords_length(size_t n)
{
	return 2 * (n + 4);
}

/* Appends the letters; no terminator. */
void bytewords_put(struct buf *out, struct span bytes);

/*
 * Appends the bytes of n letters to out. ERR_UR_FORMAT for letters that are no word, an odd number
 * of them or none at all; ERR_UR_CHECKSUM. On failure out is as it was.
 */
enum err MUST_CHECK bytewords_get(struct buf *out, const char *letters, size_t n);

#endif
