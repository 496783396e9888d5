#include "common/base/hex.h"

#include <string.h>

#include <sodium.h>

void hex_encode(char *out, const void *p, size_t n)
{
	sodium_bin2hex(out, 2 * n + 1, p, n);
}

enum err hex_decode(void *out, size_t n, const char *hex)
{
	size_t got = 0;
	size_t len = strlen(hex);
	const char *end = NULL;
	if (len != 2 * n || sodium_hex2bin(out, n, hex, len, NULL, &got, &end) != 0 || got != n) {
		sodium_memzero(out, n);
		return err_set(ERR_PARSE_VALUE, "expected %zu hexadecimal digits", 2 * n);
	}
	return ERR_OK;
}
