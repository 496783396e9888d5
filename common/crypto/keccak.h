/* Keccak-256 with the original padding (0x01), as Monero's cn_fast_hash. Source: Keccak reference,
 * round 3. */
#ifndef AIRLOCK_CRYPTO_KECCAK_H
#define AIRLOCK_CRYPTO_KECCAK_H

#include <stddef.h>
#include <stdint.h>

struct keccak {
	uint64_t a[25];
	size_t at; /* bytes absorbed into the present block of 136 */
};

void keccak_init(struct keccak *k);
void keccak_update(struct keccak *k, const void *p, size_t n);
/* Writes the hash and wipes the state. */
void keccak_final(struct keccak *k, uint8_t out[static 32]);

/* The three in one; out may overlap p. Wipes what it held. */
void keccak256(uint8_t out[static 32], const void *p, size_t n);

/* The whole state of 200 bytes after the input, and the bare permutation of such a state. */
void keccak_state(uint8_t out[static 200], const void *p, size_t n);
void keccak_permute(uint8_t state[static 200]);

#endif
