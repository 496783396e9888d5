/* CLSAG verification, and the steps it shares with signing. Everything here is public. */
#include "common/monero/clsag.h"

#include <string.h>

static void put_ring(uint8_t *at, const char *domain,
		     const struct ring_member ring[static RING_SIZE])
{
	memset(at, 0, 32);
	memcpy(at, domain, strlen(domain));
	for (size_t i = 0; i < RING_SIZE; i++) {
		memcpy(at + 32 * (1 + i), ring[i].key.b, 32);
		memcpy(at + 32 * (1 + RING_SIZE + i), ring[i].commitment.b, 32);
	}
}

#define AFTER_RING (32 * (1 + 2 * RING_SIZE))

void clsag_aggregate(struct scalar *mu_P, struct scalar *mu_C,
		     const struct ring_member ring[static RING_SIZE], const struct key_image *image,
		     const struct packed *D, const struct commitment *pseudo)
{
	uint8_t data[AFTER_RING + 3 * 32];
	memcpy(data + AFTER_RING, image->b, 32);
	memcpy(data + AFTER_RING + 32, D->b, 32);
	memcpy(data + AFTER_RING + 64, pseudo->b, 32);
	put_ring(data, "CLSAG_agg_0", ring);
	sc_hash(mu_P, data, sizeof data);
	put_ring(data, "CLSAG_agg_1", ring);
	sc_hash(mu_C, data, sizeof data);
}

void clsag_round_start(struct clsag_hash *h, const struct ring_member ring[static RING_SIZE],
		       const struct commitment *pseudo, const struct hash *message)
{
	put_ring(h->data, "CLSAG_round", ring);
	memcpy(h->data + AFTER_RING, pseudo->b, 32);
	memcpy(h->data + AFTER_RING + 32, message->b, 32);
}

void clsag_challenge(struct scalar *c, struct clsag_hash *h, const struct point *L,
		     const struct point *R)
{
	struct point both[2] = {*L, *R};
	point_pack_batch(h->data + AFTER_RING + 64, both, 2);
	sc_hash(c, h->data, sizeof h->data);
}

enum err clsag_step_vartime(struct scalar *c, struct clsag_hash *h,
			    const struct ring_member *member, const struct scalar *s,
			    const struct scalar *mu_P, const struct scalar *mu_C,
			    const struct point *W, const struct point *pseudo)
{
	/* L = s G + c mu_P P + c mu_C (C - pseudo); R = s H_p(P) + c W, with a third term of zero
	 */
	struct point p[6], sum[2];
	struct scalar f[6];
	enum err rc = point_unpack_vartime(&p[1], member->key.b);
	if (rc == ERR_OK) {
		rc = point_unpack_vartime(&p[2], member->commitment.b);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	f[0] = *s;
	p[0] = POINT_G;
	sc_mul(&f[1], c, mu_P);
	sc_mul(&f[2], c, mu_C);
	point_sub(&p[2], &p[2], pseudo);
	f[3] = *s;
	point_hash_vartime(&p[3], member->key.b, 32);
	f[4] = *c;
	p[4] = *W;
	f[5] = SC_ZERO;
	p[5] = POINT_IDENTITY;
	point_sums_vartime(sum, f, p, 3, 2);
	clsag_challenge(c, h, &sum[0], &sum[1]);
	return ERR_OK;
}

enum err clsag_verify(const struct clsag *sig, const struct hash *message,
		      const struct ring_member ring[static RING_SIZE],
		      const struct key_image *image, const struct commitment *pseudo)
{
	for (size_t i = 0; i < RING_SIZE; i++) {
		if (!sc_is_canonical(sig->s[i].b)) {
			return err_set(ERR_SCALAR,
				       "a signature holds a scalar that is not reduced");
		}
	}
	if (!sc_is_canonical(sig->c1.b)) {
		return err_set(ERR_SCALAR, "a signature holds a challenge that is not reduced");
	}
	struct point I, D, W, offset;
	struct scalar mu_P, mu_C, c = sig->c1;
	enum err rc;
	if ((rc = point_unpack_vartime(&I, image->b)) != ERR_OK ||
	    (rc = point_unpack_vartime(&D, sig->D.b)) != ERR_OK ||
	    (rc = point_unpack_vartime(&offset, pseudo->b)) != ERR_OK) {
		return err_set(rc, "a signature holds what is not a curve point");
	}
	point_mul8(&D, &D);
	/* A key image with a small-order part would pass for a fresh one. */
	if (point_is_identity(&I) || !point_in_subgroup_vartime(&I) || point_is_identity(&D)) {
		return err_set(ERR_PROOF, "a bad key image");
	}
	clsag_aggregate(&mu_P, &mu_C, ring, image, &sig->D, pseudo);
	point_double_mul_vartime(&W, &mu_P, &I, &mu_C, &D);
	struct clsag_hash h;
	clsag_round_start(&h, ring, pseudo, message);
	for (size_t i = 0; i < RING_SIZE; i++) {
		rc = clsag_step_vartime(&c, &h, &ring[i], &sig->s[i], &mu_P, &mu_C, &W, &offset);
		if (rc != ERR_OK) {
			return rc;
		}
		if (sc_is_zero(&c)) {
			return err_set(ERR_PROOF, "a signature's challenge is zero");
		}
	}
	if (!sc_equal(&c, &sig->c1)) {
		return err_set(ERR_PROOF, "a ring signature does not verify");
	}
	return ERR_OK;
}
