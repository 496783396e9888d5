/* Groestl-256 ("Groestl - a SHA-3 candidate", Gauravaram et al., 2011, sections 3 and 4). */
#include <string.h>

#include "common/base/secret.h"
#include "signer/words/aes.h"
#include "signer/words/finalists.h"

#define SIZE 64
#define ROUNDS 10

/* By how much each row moves to the left. */
static const uint8_t SHIFT_P[8] = {0, 1, 2, 3, 4, 5, 6, 7}, SHIFT_Q[8] = {1, 3, 5, 7, 0, 2, 4, 6};
static const uint8_t MIX[8] = {2, 2, 3, 4, 5, 3, 5, 7};

static uint8_t times(uint8_t a, uint8_t by)
{
	uint8_t two = aes_double(a), four = aes_double(two);
	return (uint8_t)((by & 1 ? a : 0) ^ (by & 2 ? two : 0) ^ (by & 4 ? four : 0));
}

/* The byte of row i and column j is a[8 * j + i]. */
static void permute(uint8_t a[SIZE], bool is_q)
{
	uint8_t t[SIZE];
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned j = 0; j < 8; j++) {
			uint8_t constant = (uint8_t)(j << 4 ^ round);
			if (!is_q) {
				a[8 * j] ^= constant;
				continue;
			}
			for (unsigned i = 0; i < 8; i++) {
				a[8 * j + i] ^= 0xff;
			}
			a[8 * j + 7] ^= constant;
		}
		for (unsigned i = 0; i < 8; i++) {
			unsigned by = is_q ? SHIFT_Q[i] : SHIFT_P[i];
			for (unsigned j = 0; j < 8; j++) {
				t[8 * j + i] = aes_sub(a[8 * ((j + by) % 8) + i]);
			}
		}
		for (unsigned j = 0; j < 8; j++) {
			for (unsigned i = 0; i < 8; i++) {
				uint8_t sum = 0;
				for (unsigned k = 0; k < 8; k++) {
					sum ^= times(t[8 * j + k], MIX[(k + 8 - i) % 8]);
				}
				a[8 * j + i] = sum;
			}
		}
	}
	secret_wipe(t, sizeof t);
}

static void compress(uint8_t h[SIZE], const uint8_t *block)
{
	uint8_t p[SIZE], q[SIZE];
	for (unsigned i = 0; i < SIZE; i++) {
		p[i] = h[i] ^ block[i];
		q[i] = block[i];
	}
	permute(p, false);
	permute(q, true);
	for (unsigned i = 0; i < SIZE; i++) {
		h[i] ^= p[i] ^ q[i];
	}
	secret_wipe(p, sizeof p);
	secret_wipe(q, sizeof q);
}

void groestl256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT])
{
	uint8_t h[SIZE] = {0}, last[SIZE] = {0};
	h[62] = 1; /* 256, the size of the result in bits */
	for (unsigned i = 0; i < 3; i++) {
		compress(h, in + SIZE * i);
	}
	memcpy(last, in + 192, 8);
	last[8] = 0x80;
	last[63] = 4; /* blocks */
	compress(h, last);
	memcpy(last, h, SIZE);
	permute(last, false);
	for (unsigned i = 0; i < 32; i++) {
		out[i] = h[32 + i] ^ last[32 + i];
	}
	secret_wipe(h, sizeof h);
	secret_wipe(last, sizeof last);
}
