/* The permutation, unrolled by hand where the lanes move; the sponge keeps no copy of its input. */
#include "common/crypto/keccak.h"

#include <string.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"

#define RATE 136

static const uint64_t ROUND[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

static inline uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/* rho and pi for one lane: b[to] = rotated a[from] with theta's column parity added. */
#define LANE(to, from, by) b[to] = rotate(a[from] ^ d[(from) % 5], by)
#define ROW(y)                                                                                     \
	do {                                                                                       \
		a[(y) + 0] = b[(y) + 0] ^ (~b[(y) + 1] & b[(y) + 2]);                              \
		a[(y) + 1] = b[(y) + 1] ^ (~b[(y) + 2] & b[(y) + 3]);                              \
		a[(y) + 2] = b[(y) + 2] ^ (~b[(y) + 3] & b[(y) + 4]);                              \
		a[(y) + 3] = b[(y) + 3] ^ (~b[(y) + 4] & b[(y) + 0]);                              \
		a[(y) + 4] = b[(y) + 4] ^ (~b[(y) + 0] & b[(y) + 1]);                              \
	} while (0)

static void permute(uint64_t state[25])
{
	uint64_t a[25], b[25], c[5], d[5];
	memcpy(a, state, sizeof a);
	for (int round = 0; round < 24; round++) {
		c[0] = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
		c[1] = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
		c[2] = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
		c[3] = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
		c[4] = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
		d[0] = c[4] ^ rotate(c[1], 1);
		d[1] = c[0] ^ rotate(c[2], 1);
		d[2] = c[1] ^ rotate(c[3], 1);
		d[3] = c[2] ^ rotate(c[4], 1);
		d[4] = c[3] ^ rotate(c[0], 1);
		b[0] = a[0] ^ d[0];
		LANE(1, 6, 44);
		LANE(2, 12, 43);
		LANE(3, 18, 21);
		LANE(4, 24, 14);
		LANE(5, 3, 28);
		LANE(6, 9, 20);
		LANE(7, 10, 3);
		LANE(8, 16, 45);
		LANE(9, 22, 61);
		LANE(10, 1, 1);
		LANE(11, 7, 6);
		LANE(12, 13, 25);
		LANE(13, 19, 8);
		LANE(14, 20, 18);
		LANE(15, 4, 27);
		LANE(16, 5, 36);
		LANE(17, 11, 10);
		LANE(18, 17, 15);
		LANE(19, 23, 56);
		LANE(20, 2, 62);
		LANE(21, 8, 55);
		LANE(22, 14, 39);
		LANE(23, 15, 41);
		LANE(24, 21, 2);
		ROW(0);
		ROW(5);
		ROW(10);
		ROW(15);
		ROW(20);
		a[0] ^= ROUND[round];
	}
	memcpy(state, a, sizeof a);
}

void keccak_init(struct keccak *k)
{
	memset(k, 0, sizeof *k);
}

static void absorb_block(struct keccak *k, const uint8_t *p)
{
	for (int i = 0; i < RATE / 8; i++) {
		k->a[i] ^= load64_le(p + 8 * i);
	}
	permute(k->a);
}

static void absorb_byte(struct keccak *k, size_t at, uint8_t b)
{
	k->a[at / 8] ^= (uint64_t)b << (8 * (at % 8));
}

void keccak_update(struct keccak *k, const void *p, size_t n)
{
	const uint8_t *in = p;
	while (n > 0) {
		if (k->at == 0 && n >= RATE) {
			absorb_block(k, in);
			in += RATE;
			n -= RATE;
			continue;
		}
		if (k->at % 8 == 0 && n >= 8 && k->at <= RATE - 8) {
			k->a[k->at / 8] ^= load64_le(in);
			k->at += 8;
			in += 8;
			n -= 8;
		} else {
			absorb_byte(k, k->at++, *in++);
			n--;
		}
		if (k->at == RATE) {
			permute(k->a);
			k->at = 0;
		}
	}
}

static void finish(struct keccak *k, uint8_t *out, int words)
{
	absorb_byte(k, k->at, 0x01);
	absorb_byte(k, RATE - 1, 0x80);
	permute(k->a);
	for (int i = 0; i < words; i++) {
		store64_le(out + 8 * i, k->a[i]);
	}
	secret_wipe(k, sizeof *k);
}

void keccak_final(struct keccak *k, uint8_t out[static 32])
{
	finish(k, out, 4);
}

void keccak256(uint8_t out[static 32], const void *p, size_t n)
{
	struct keccak k;
	keccak_init(&k);
	keccak_update(&k, p, n);
	keccak_final(&k, out);
}

void keccak_state(uint8_t out[static 200], const void *p, size_t n)
{
	struct keccak k;
	keccak_init(&k);
	keccak_update(&k, p, n);
	finish(&k, out, 25);
}

void keccak_permute(uint8_t state[static 200])
{
	uint64_t a[25];
	for (int i = 0; i < 25; i++) {
		a[i] = load64_le(state + 8 * i);
	}
	permute(a);
	for (int i = 0; i < 25; i++) {
		store64_le(state + 8 * i, a[i]);
	}
	secret_wipe(a, sizeof a);
}
