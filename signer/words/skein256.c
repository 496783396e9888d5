/* Skein-512-256 ("The Skein Hash Function Family", version 1.3, sections 3.3 to 3.5). */
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "signer/words/finalists.h"

#define WORDS 8
#define TYPE_CONFIGURATION 4
#define TYPE_MESSAGE 48
#define TYPE_OUTPUT 63
#define FIRST (UINT64_C(1) << 62)
#define FINAL (UINT64_C(1) << 63)

static const uint8_t ROTATION[8][4] = {{46, 36, 19, 37}, {33, 27, 14, 42}, {17, 49, 36, 39},
				       {44, 9, 54, 56},  {39, 30, 34, 24}, {13, 50, 10, 17},
				       {25, 29, 39, 43}, {8, 35, 56, 22}};
static const uint8_t PLACE[WORDS] = {2, 1, 4, 7, 6, 5, 0, 3};

static void add_subkey(uint64_t v[WORDS], const uint64_t k[WORDS + 1], const uint64_t t[3],
		       unsigned s)
{
	for (unsigned i = 0; i < WORDS; i++) {
		v[i] += k[(s + i) % (WORDS + 1)];
	}
	v[5] += t[s % 3];
	v[6] += t[(s + 1) % 3];
	v[7] += s;
}

/* h becomes Threefish-512 of the block under h and the tweak, with the block added. */
static void compress(uint64_t h[WORDS], const uint8_t block[64], uint64_t position, uint64_t flags)
{
	uint64_t k[WORDS + 1], m[WORDS], v[WORDS], moved[WORDS];
	const uint64_t t[3] = {position, flags, position ^ flags};
	k[WORDS] = 0x1bd11bdaa9fc1a22;
	for (unsigned i = 0; i < WORDS; i++) {
		k[i] = h[i];
		k[WORDS] ^= h[i];
		m[i] = v[i] = load64_le(block + 8 * i);
	}
	for (unsigned round = 0; round < 72; round++) {
		if (round % 4 == 0) {
			add_subkey(v, k, t, round / 4);
		}
		for (unsigned i = 0; i < WORDS / 2; i++) {
			unsigned by = ROTATION[round % 8][i];
			uint64_t *a = &v[2 * i], *b = &v[2 * i + 1];
			*a += *b;
			*b = (*b << by | *b >> (64 - by)) ^ *a;
		}
		for (unsigned i = 0; i < WORDS; i++) {
			moved[i] = v[PLACE[i]];
		}
		memcpy(v, moved, sizeof v);
	}
	add_subkey(v, k, t, 18);
	for (unsigned i = 0; i < WORDS; i++) {
		h[i] = v[i] ^ m[i];
	}
	secret_wipe(k, sizeof k);
	secret_wipe(m, sizeof m);
	secret_wipe(v, sizeof v);
	secret_wipe(moved, sizeof moved);
}

void skein256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT])
{
	uint64_t h[WORDS] = {0};
	uint8_t block[64] = {'S', 'H', 'A', '3', 1, 0, 0, 0, 0, 1}; /* version 1, 256 bits */
	compress(h, block, 32, FIRST | FINAL | (uint64_t)TYPE_CONFIGURATION << 56);
	const uint64_t message = (uint64_t)TYPE_MESSAGE << 56;
	for (unsigned i = 0; i < 3; i++) {
		compress(h, in + 64 * i, 64 * (i + 1), message | (i == 0 ? FIRST : 0));
	}
	memset(block, 0, sizeof block);
	memcpy(block, in + 192, 8);
	compress(h, block, FINALIST_INPUT, message | FINAL);
	memset(block, 0, sizeof block);
	compress(h, block, 8, FIRST | FINAL | (uint64_t)TYPE_OUTPUT << 56);
	for (unsigned i = 0; i < 4; i++) {
		store64_le(out + 8 * i, h[i]);
	}
	secret_wipe(h, sizeof h);
}
