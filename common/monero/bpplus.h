/*
 * What the Bulletproofs+ prover and verifier share: generators and transcript.
 * Source: Chung et al. 2020/735; monero src/ringct/bulletproofs_plus.cc (init_exponents).
 */
#ifndef AIRLOCK_MONERO_BPPLUS_H
#define AIRLOCK_MONERO_BPPLUS_H

#include "common/monero/ring.h"

#define BPPLUS_BITS 64
#define BPPLUS_TERMS_MAX (BPPLUS_BITS * TX_OUTPUTS_MAX)

/* The first `terms` generators at least, at most BPPLUS_TERMS_MAX; made at the first call for them.
 */
const struct point *bpplus_G(size_t terms);
const struct point *bpplus_H(size_t terms);

/* log2 of n rounded up to a power of two; n in 1..16. */
size_t bpplus_log(size_t n);

/* The transcript after V (n commitments divided by 8, packed). */
void bpplus_transcript_start(struct scalar *t, const struct packed *V, size_t n);
/* t = H_s(t || a) and t = H_s(t || a || b); the new t is the challenge. */
void bpplus_transcript_one(struct scalar *t, const struct packed *a);
void bpplus_transcript_two(struct scalar *t, const struct packed *a, const struct packed *b);

/* out[i] = base^i for i below n. */
void bpplus_powers(struct scalar *out, const struct scalar *base, size_t n);
/* d[j*64+i] = z^(2(j+1)) * 2^i for j below m. */
void bpplus_windows(struct scalar *d, const struct scalar *z_squared, size_t m);

#endif
