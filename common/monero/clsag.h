/* The hashes that CLSAG's signer and verifier share. Source: Goodell et al. 2019/654. */
#ifndef AIRLOCK_MONERO_CLSAG_H
#define AIRLOCK_MONERO_CLSAG_H

#include "common/monero/ring.h"

/* Room for domain, keys, commitments and five more. */
struct clsag_hash {
	uint8_t data[(2 * RING_SIZE + 5) * 32];
};

/* The aggregation coefficients mu_P and mu_C. */
void clsag_aggregate(struct scalar *mu_P, struct scalar *mu_C,
		     const struct ring_member ring[static RING_SIZE], const struct key_image *image,
		     const struct packed *D, const struct commitment *pseudo);

/* Prepares the rounds' hash; clsag_challenge completes it with L and R. */
void clsag_round_start(struct clsag_hash *h, const struct ring_member ring[static RING_SIZE],
		       const struct commitment *pseudo, const struct hash *message);
void clsag_challenge(struct scalar *c, struct clsag_hash *h, const struct point *L,
		     const struct point *R);

/*
 * One step around the ring: c becomes the challenge after member `i`, given its response s. Public
 * values only. `W` is mu_P * I + mu_C * D. ERR_POINT.
 */
enum err MUST_CHECK clsag_step_vartime(struct scalar *c, struct clsag_hash *h,
				       const struct ring_member *member, const struct scalar *s,
				       const struct scalar *mu_P, const struct scalar *mu_C,
				       const struct point *W, const struct point *pseudo);

#endif
