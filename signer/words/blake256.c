/* BLAKE-256 ("SHA-3 proposal BLAKE", Aumasson, Henzen, Meier, Phan, version 1.3, section 2.1). */
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "signer/words/finalists.h"

static const uint32_t IV[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
/* The digits of pi. */
static const uint32_t C[16] = {
    0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89,
    0x452821e6, 0x38d01377, 0xbe5466cf, 0x34e90c6c, 0xc0ac29b7, 0xc97c50dd, 0x3f84d5b5, 0xb5470917};
static const uint8_t SIGMA[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
				      {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
				      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
				      {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
				      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
				      {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
				      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
				      {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
				      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
				      {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
static const uint8_t LANES[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
				    {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14}};

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* bits: of the message so far, this block's included. */
static void compress(uint32_t h[8], const uint8_t block[64], uint32_t bits)
{
	uint32_t m[16], v[16];
	for (int i = 0; i < 16; i++) {
		m[i] = load32_be(block + 4 * i);
		v[i] = i < 8 ? h[i] : C[i - 8];
	}
	v[12] ^= bits;
	v[13] ^= bits;
	for (int round = 0; round < 14; round++) {
		const uint8_t *s = SIGMA[round % 10];
		for (int i = 0; i < 8; i++) {
			uint32_t *a = &v[LANES[i][0]], *b = &v[LANES[i][1]];
			uint32_t *c = &v[LANES[i][2]], *d = &v[LANES[i][3]];
			unsigned x = s[2 * i], y = s[2 * i + 1];
			*a += *b + (m[x] ^ C[y]);
			*d = rotate(*d ^ *a, 16);
			*c += *d;
			*b = rotate(*b ^ *c, 12);
			*a += *b + (m[y] ^ C[x]);
			*d = rotate(*d ^ *a, 8);
			*c += *d;
			*b = rotate(*b ^ *c, 7);
		}
	}
	for (int i = 0; i < 8; i++) {
		h[i] ^= v[i] ^ v[i + 8];
	}
	secret_wipe(m, sizeof m);
	secret_wipe(v, sizeof v);
}

void blake256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT])
{
	uint32_t h[8];
	uint8_t last[64] = {0};
	memcpy(h, IV, sizeof h);
	for (uint32_t i = 0; i < 3; i++) {
		compress(h, in + 64 * i, 512 * (i + 1));
	}
	memcpy(last, in + 192, 8);
	last[8] = 0x80;
	last[55] = 0x01;
	store32_be(last + 60, 8 * FINALIST_INPUT);
	compress(h, last, 8 * FINALIST_INPUT);
	for (int i = 0; i < 8; i++) {
		store32_be(out + 4 * i, h[i]);
	}
	secret_wipe(last, sizeof last);
	secret_wipe(h, sizeof h);
}
