/*
 * Signatures and proofs of RingCT type 6: what both programs can check. The proving halves are in
 * signer/sign/. Sources: "Concise Linkable Ring Signatures" (Goodell, Noether, RandomRun 2019/654),
 * "Bulletproofs+" (Chung et al. 2020/735); monero src/ringct/rctSigs.cpp, bulletproofs_plus.cc.
 */
#ifndef AIRLOCK_MONERO_RING_H
#define AIRLOCK_MONERO_RING_H

#include "common/monero/plan.h"

struct clsag {
	struct scalar s[RING_SIZE];
	struct scalar c1;
	struct packed D; /* D/8 */
};

#define BPPLUS_ROUNDS_MAX 10 /* 6 + log2(16) */
struct bpplus {
	size_t rounds;
	struct packed A, A1, B; /* all points are stored divided by 8 */
	struct scalar r1, s1, d1;
	struct packed L[BPPLUS_ROUNDS_MAX], R[BPPLUS_ROUNDS_MAX];
};

/* ERR_PROOF, ERR_POINT, ERR_SCALAR. `pseudo` is the input's pseudo output commitment. */
enum err MUST_CHECK clsag_verify(const struct clsag *sig, const struct hash *message,
				 const struct ring_member ring[static RING_SIZE],
				 const struct key_image *image, const struct commitment *pseudo);
/*
 * That a key image is the one of an output: the proof that the official wallet exports, a ring
 * signature of one member over the image itself (c, then r). ERR_PROOF, ERR_POINT. Source: monero
 * src/wallet/wallet2.cpp (export_key_images).
 */
enum err MUST_CHECK image_verify(const struct key_image *image, const uint8_t signature[static 64],
				 const struct public_key *one_time);
/* V: n (1..16) output commitments (not divided). */
enum err MUST_CHECK bpplus_verify(const struct bpplus *proof, const struct commitment *V, size_t n);

#endif
