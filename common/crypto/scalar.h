/*
 * Scalars modulo the group order l = 2^252 + 27742317777372353535851937790883648493, 32 bytes
 * little endian, always reduced unless a function says otherwise. Constant time throughout.
 */
#ifndef AIRLOCK_CRYPTO_SCALAR_H
#define AIRLOCK_CRYPTO_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/rng.h"

struct scalar {
	uint8_t b[32];
};

extern const struct scalar SC_ZERO, SC_ONE, SC_EIGHT, SC_INV_EIGHT;

struct scalar sc_of_u64(uint64_t v);
/* Any 32 bytes / 64 bytes modulo l. */
void sc_reduce32(struct scalar *out, const uint8_t in[static 32]);
void sc_reduce64(struct scalar *out, const uint8_t in[static 64]);
/* Whether the 32 bytes are below l (Monero's sc_check). */
bool sc_is_canonical(const uint8_t in[static 32]);
bool sc_is_zero(const struct scalar *a);
bool sc_equal(const struct scalar *a, const struct scalar *b);

/* out may be any of the inputs. */
void sc_add(struct scalar *out, const struct scalar *a, const struct scalar *b);
void sc_sub(struct scalar *out, const struct scalar *a, const struct scalar *b);
void sc_neg(struct scalar *out, const struct scalar *a);
void sc_mul(struct scalar *out, const struct scalar *a, const struct scalar *b);
/* out = a*b + c */
void sc_muladd(struct scalar *out, const struct scalar *a, const struct scalar *b,
	       const struct scalar *c);
/* out = 1/a; a must not be zero. */
void sc_invert(struct scalar *out, const struct scalar *a);
/* Replaces n non-zero scalars by their inverses with one inversion (Montgomery's trick). */
void sc_invert_batch_vartime(struct scalar *a, size_t n);

/* keccak256(data) mod l: Monero's hash_to_scalar (H_s). */
void sc_hash(struct scalar *out, const void *p, size_t n);

/* Uniform and not zero, by rejection-free wide reduction of 64 bytes from rng. */
void sc_random(struct scalar *out, const struct rng *rng);

/*
 * Hedged nonce: BLAKE2b-512 over (label, secret, message, 64 fresh bytes of rng) mod l, never zero.
 * With a dead rng two different messages or secrets still never share a nonce.
 */
void sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
	      const void *message, size_t message_n, const struct rng *rng);

#endif
