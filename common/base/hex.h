/* Lower-case hexadecimal, constant time and without tables (libsodium's codec): keys may pass
 * through. */
#ifndef AIRLOCK_BASE_HEX_H
#define AIRLOCK_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Writes 2n digits and a terminator to out, which holds 2n + 1. */
void hex_encode(char *out, const void *p, size_t n);

/* Reads exactly 2n digits (either case) ending the string; ERR_PARSE_VALUE otherwise, out zeroed.
 */
enum err MUST_CHECK hex_decode(void *out, size_t n, const char *hex);

#endif
