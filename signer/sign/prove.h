/*
 * The proving halves of common/monero/ring.h. Amounts and masks are secret; the spend key meets
 * only clsag_sign, which is constant time in it.
 */
#ifndef AIRLOCK_SIGNER_PROVE_H
#define AIRLOCK_SIGNER_PROVE_H

#include "common/base/rng.h"
#include "common/monero/ring.h"

/*
 * Proves that n (1..16) amounts are below 2^64. Nonces are hedged with masks and amounts. Masks,
 * nonces and the amounts' bits meet constant-time code only. The sums over generators in the rounds
 * are variable time where the processor lacks AVX-512, in the vectors blinded by the challenges: an
 * observer of the offline machine's timing learns at most something of amounts, never of a key.
 */
enum err MUST_CHECK bpplus_prove(struct bpplus *out, const struct amount *amounts,
				 const struct mask *masks, size_t n, const struct rng *rng);

/*
 * Signs for ring[real]: key is the one-time private key, z the difference between the real
 * commitment's mask and the pseudo output's. *image must be key * H_p(ring[real].key).
 */
enum err MUST_CHECK clsag_sign(struct clsag *out, const struct hash *message,
			       const struct ring_member ring[static RING_SIZE], size_t real,
			       const struct scalar *key, const struct scalar *z,
			       const struct key_image *image, const struct commitment *pseudo,
			       const struct rng *rng);

/*
 * The key image of an output of ours, x being its one-time private key, with the proof that the
 * official wallet exports: a ring signature of one member over the image itself.
 */
void image_prove(struct key_image *image, uint8_t signature[static 64],
		 const struct public_key *one_time, const struct scalar *x, const struct rng *rng);

#endif
