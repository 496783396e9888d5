/* Base58 in blocks: see the header. Nothing here is secret, so nothing is constant time. */
#include "common/monero/base58.h"

#include <string.h>

#define BLOCK 8
#define BLOCK_DIGITS 11

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/* The fewest digits that hold any number of 0 to 8 bytes. */
static const uint8_t digits_of[BLOCK + 1] = {0, 2, 3, 5, 6, 7, 9, 10, BLOCK_DIGITS};

size_t base58_encoded_size(size_t n)
{
	return n / BLOCK * BLOCK_DIGITS + digits_of[n % BLOCK];
}

static void encode_block(char *out, const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++) {
		v = v << 8 | p[i];
	}
	for (size_t i = digits_of[n]; i-- > 0;) {
		out[i] = alphabet[v % 58];
		v /= 58;
	}
}

void base58_encode(char *out, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t take = n < BLOCK ? n : BLOCK;
		encode_block(out, p, take);
		out += digits_of[take];
		p += take;
		n -= take;
	}
	*out = '\0';
}

static enum err decode_block(uint8_t *out, size_t n, const char *text, size_t at)
{
	uint64_t v = 0;
	for (size_t i = 0; i < digits_of[n]; i++) {
		const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;
		if (!digit) {
			return err_set(ERR_ADDR_CHARACTER, "character %zu is not a base58 digit",
				       at + i + 1);
		}
		if (__builtin_mul_overflow(v, 58, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(digit - alphabet), &v)) {
			return err_set(ERR_ADDR_BLOCK, "near character %zu", at + 1);
		}
	}
	if (n < BLOCK && v >> (8 * n) != 0) {
		return err_set(ERR_ADDR_BLOCK, "near character %zu", at + 1);
	}
	for (size_t i = n; i-- > 0;) {
		out[i] = (uint8_t)v;
		v >>= 8;
	}
	return ERR_OK;
}

enum err base58_decode(uint8_t *out, size_t n, const char *text, size_t digits)
{
	memset(out, 0, n);
	if (digits != base58_encoded_size(n)) {
		return err_set(ERR_ADDR_LENGTH, "%zu characters where %zu are needed", digits,
			       base58_encoded_size(n));
	}
	size_t at = 0;
	for (size_t done = 0; done < n;) {
		size_t take = n - done < BLOCK ? n - done : BLOCK;
		enum err e = decode_block(out + done, take, text + at, at);
		if (e != ERR_OK) {
			memset(out, 0, n);
			return e;
		}
		done += take;
		at += digits_of[take];
	}
	return ERR_OK;
}
