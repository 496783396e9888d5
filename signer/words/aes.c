#include "signer/words/aes.h"

#include <pthread.h>
#include <string.h>

#include "common/base/secret.h"

static uint8_t sub[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

uint8_t aes_double(uint8_t a)
{
	return (uint8_t)(a << 1 ^ (a >> 7) * 0x1b);
}

static uint8_t times(uint8_t a, uint8_t b)
{
	uint8_t sum = 0;
	for (; b; b >>= 1) {
		sum ^= b & 1 ? a : 0;
		a = aes_double(a);
	}
	return sum;
}

/* The inverse is the 254th power; zero stays zero. */
static uint8_t invert(uint8_t a)
{
	uint8_t power = 1;
	for (int i = 0; i < 254; i++) {
		power = times(power, a);
	}
	return power;
}

static void fill(void)
{
	for (unsigned a = 0; a < 256; a++) {
		unsigned b = invert((uint8_t)a), twice = b << 8 | b;
		sub[a] = (uint8_t)(0x63 ^ b ^ twice >> 7 ^ twice >> 6 ^ twice >> 5 ^ twice >> 4);
	}
}

uint8_t aes_sub(uint8_t a)
{
	(void)pthread_once(&once, fill);
	return sub[a];
}

void aes_round(uint8_t block[static AES_BLOCK], const uint8_t key[static AES_BLOCK])
{
	uint8_t t[AES_BLOCK];
	(void)pthread_once(&once, fill);
	for (unsigned i = 0; i < AES_BLOCK; i++) {
		t[i] = sub[block[(i + 4 * (i % 4)) % AES_BLOCK]];
	}
	for (unsigned c = 0; c < AES_BLOCK; c += 4) {
		uint8_t all = t[c] ^ t[c + 1] ^ t[c + 2] ^ t[c + 3];
		for (unsigned i = 0; i < 4; i++) {
			uint8_t pair = t[c + i] ^ t[c + (i + 1) % 4];
			block[c + i] = t[c + i] ^ all ^ aes_double(pair) ^ key[c + i];
		}
	}
}

void aes_expand(uint8_t keys[static AES_KEYS * AES_BLOCK], const uint8_t key[static 32])
{
	uint8_t constant = 1;
	(void)pthread_once(&once, fill);
	memcpy(keys, key, 32);
	for (unsigned i = 32; i < AES_KEYS * AES_BLOCK; i += 4) {
		const uint8_t *before = keys + i - 4;
		uint8_t t[4] = {before[0], before[1], before[2], before[3]};
		if (i % 32 == 0) {
			t[0] = sub[before[1]] ^ constant;
			t[1] = sub[before[2]];
			t[2] = sub[before[3]];
			t[3] = sub[before[0]];
			constant = aes_double(constant);
		} else if (i % 32 == 16) {
			for (unsigned k = 0; k < 4; k++) {
				t[k] = sub[before[k]];
			}
		}
		for (unsigned k = 0; k < 4; k++) {
			keys[i + k] = keys[i - 32 + k] ^ t[k];
		}
	}
}
