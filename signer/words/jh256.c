/*
 * JH-256 ("The Hash Function JH", Hongjun Wu, 2011, with 42 rounds), by the specification's own
 * view of the state as 256 elements of four bits.
 */
#include <string.h>

#include "common/base/secret.h"
#include "signer/words/finalists.h"

#define ELEMENTS 256
#define ROUNDS 42

static const uint8_t S[2][16] = {{9, 0, 4, 11, 13, 12, 3, 15, 1, 10, 2, 6, 7, 5, 8, 14},
				 {3, 12, 6, 13, 5, 7, 1, 9, 15, 2, 0, 4, 11, 10, 14, 8}};
/* The first round's constant: the fractional part of the square root of 2. */
static const uint8_t ROOT_2[32] = {0x6a, 0x09, 0xe6, 0x67, 0xf3, 0xbc, 0xc9, 0x08, 0xb2, 0xfb, 0x13,
				   0x66, 0xea, 0x95, 0x7d, 0x3e, 0x3a, 0xde, 0xc1, 0x75, 0x12, 0x77,
				   0x50, 0x99, 0xda, 0x2f, 0x59, 0x0b, 0x06, 0x67, 0x32, 0x2a};

static unsigned bit(const uint8_t *p, unsigned i)
{
	return p[i / 8] >> (7 - i % 8) & 1;
}

static uint8_t twice(uint8_t a)
{
	return (uint8_t)((a << 1 ^ a >> 3 ^ (a >> 2 & 2)) & 15);
}

/* One round on n elements: substitution by the constant's bits, mixing in pairs, permutation. */
static void one_round(uint8_t *a, unsigned n, const uint8_t *constant)
{
	uint8_t t[ELEMENTS];
	for (unsigned i = 0; i < n; i++) {
		t[i] = S[constant ? bit(constant, i) : 0][a[i]];
	}
	for (unsigned i = 0; i < n; i += 2) {
		t[i + 1] ^= twice(t[i]);
		t[i] ^= twice(t[i + 1]);
	}
	for (unsigned i = 0; i < n; i += 4) {
		uint8_t other = t[i + 2];
		t[i + 2] = t[i + 3];
		t[i + 3] = other;
	}
	for (unsigned i = 0; i < n / 2; i++) {
		a[i] = t[2 * i];
		/* The upper half's neighbours change places. */
		a[n / 2 + (i ^ 1)] = t[2 * i + 1];
	}
	secret_wipe(t, sizeof t);
}

static void next_constant(uint8_t constant[32])
{
	uint8_t a[64];
	for (unsigned i = 0; i < 64; i++) {
		a[i] = constant[i / 2] >> (i % 2 ? 0 : 4) & 15;
	}
	one_round(a, 64, NULL);
	for (unsigned i = 0; i < 32; i++) {
		constant[i] = (uint8_t)(a[2 * i] << 4 | a[2 * i + 1]);
	}
}

static void permute(uint8_t h[128])
{
	uint8_t a[ELEMENTS], constant[32];
	memcpy(constant, ROOT_2, sizeof constant);
	for (unsigned i = 0; i < ELEMENTS; i++) {
		unsigned element =
		    bit(h, i) << 3 | bit(h, i + 256) << 2 | bit(h, i + 512) << 1 | bit(h, i + 768);
		a[i < 128 ? 2 * i : 2 * (i - 128) + 1] = (uint8_t)element;
	}
	for (int round = 0; round < ROUNDS; round++) {
		one_round(a, ELEMENTS, constant);
		next_constant(constant);
	}
	memset(h, 0, 128);
	for (unsigned i = 0; i < ELEMENTS; i++) {
		unsigned element = a[i < 128 ? 2 * i : 2 * (i - 128) + 1];
		for (unsigned k = 0; k < 4; k++) {
			unsigned place = i + 256 * k;
			h[place / 8] |= (uint8_t)((element >> (3 - k) & 1) << (7 - place % 8));
		}
	}
	secret_wipe(a, sizeof a);
}

static void compress(uint8_t h[128], const uint8_t block[64])
{
	for (unsigned i = 0; i < 64; i++) {
		h[i] ^= block[i];
	}
	permute(h);
	for (unsigned i = 0; i < 64; i++) {
		h[64 + i] ^= block[i];
	}
}

void jh256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT])
{
	uint8_t h[128] = {1, 0}, block[64] = {0}; /* 256: the size of the result in bits */
	compress(h, block);
	for (unsigned i = 0; i < 3; i++) {
		compress(h, in + 64 * i);
	}
	memcpy(block, in + 192, 8);
	block[8] = 0x80;
	compress(h, block);
	memset(block, 0, sizeof block);
	block[62] = 8 * FINALIST_INPUT >> 8;
	block[63] = 8 * FINALIST_INPUT & 255;
	compress(h, block);
	memcpy(out, h + 96, 32);
	secret_wipe(h, sizeof h);
	secret_wipe(block, sizeof block);
}
