/*
 * Monero's base58: bytes in blocks of 8, each block a big-endian number in a fixed count of digits,
 * so that the length follows from the number of bytes. Source: monero src/common/base58.cpp.
 */
#ifndef AIRLOCK_MONERO_BASE58_H
#define AIRLOCK_MONERO_BASE58_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Digits that n bytes take, without a terminator. */
size_t base58_encoded_size(size_t n);

/* Writes base58_encoded_size(n) digits and a terminator to out. */
void base58_encode(char *out, const uint8_t *p, size_t n);

/*
 * Decodes exactly `digits` characters into n bytes, where digits must be base58_encoded_size(n).
 * ERR_ADDR_LENGTH, ERR_ADDR_CHARACTER (naming the position), ERR_ADDR_BLOCK; out is zeroed then.
 */
enum err MUST_CHECK base58_decode(uint8_t *out, size_t n, const char *text, size_t digits);

#endif
