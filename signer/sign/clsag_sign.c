/* CLSAG signing (Goodell et al. 2019/654, figure 1; monero rctSigs.cpp CLSAG_Gen). */
#include <string.h>

#include "common/base/secret.h"
#include "common/monero/clsag.h"
#include "signer/sign/prove.h"

enum err clsag_sign(struct clsag *out, const struct hash *message,
		    const struct ring_member ring[static RING_SIZE], size_t real,
		    const struct scalar *key, const struct scalar *z, const struct key_image *image,
		    const struct commitment *pseudo, const struct rng *rng)
{
	enum err rc;
	struct scalar a, c, mu_P, mu_C, x, secret[2] = {*key, *z};
	struct point hashed, D, I, W, L, R, offset;
	struct clsag_hash h;
	memset(out, 0, sizeof *out);
	point_hash_vartime(&hashed, ring[real].key.b, 32);
	point_mul(&D, z, &hashed);
	point_mul(&W, &SC_INV_EIGHT, &D);
	point_pack(out->D.b, &W);
	declassify(&out->D, sizeof out->D); /* part of the signature */
	if ((rc = point_unpack_vartime(&I, image->b)) != ERR_OK ||
	    (rc = point_unpack_vartime(&offset, pseudo->b)) != ERR_OK) {
		goto out;
	}
	clsag_aggregate(&mu_P, &mu_C, ring, image, &out->D, pseudo);
	point_double_mul_vartime(&W, &mu_P, &I, &mu_C, &D);
	/* Anybody computes it from the key image and D. Its coordinates, not its value, may tell of
	 * z; they meet field arithmetic alone, which is constant time. */
	declassify(&W, sizeof W);
	clsag_round_start(&h, ring, pseudo, message);

	/* All that the signature depends on stands in h, so two messages never share a nonce. */
	sc_nonce(&a, "airlock clsag nonce", secret, sizeof secret, h.data, sizeof h.data, rng);
	point_mul_base(&L, &a);
	point_mul(&R, &a, &hashed);
	clsag_challenge(&c, &h, &L, &R);
	declassify(&c, sizeof c); /* whoever verifies computes it */
	for (size_t i = (real + 1) % RING_SIZE; i != real; i = (i + 1) % RING_SIZE) {
		if (i == 0) {
			out->c1 = c;
		}
		/* Hedged too: responses that can be foreseen would show which member is real. The
		 * challenge is another one at each step. */
		sc_nonce(&out->s[i], "airlock clsag response", secret, sizeof secret, c.b, sizeof c,
			 rng);
		declassify(&out->s[i], sizeof out->s[i]); /* part of the signature */
		rc = clsag_step_vartime(&c, &h, &ring[i], &out->s[i], &mu_P, &mu_C, &W, &offset);
		if (rc != ERR_OK) {
			goto out;
		}
	}
	if (real == 0) {
		out->c1 = c;
	}
	/* s = a - c (mu_P key + mu_C z) */
	sc_mul(&x, &mu_P, key);
	sc_muladd(&x, &mu_C, z, &x);
	sc_mul(&x, &x, &c);
	sc_sub(&out->s[real], &a, &x);
	declassify(&out->s[real], sizeof out->s[real]); /* part of the signature */
out:
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	secret_wipe(&a, sizeof a);
	secret_wipe(&x, sizeof x);
	secret_wipe(secret, sizeof secret);
	return rc;
}
