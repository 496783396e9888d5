/* Key images with proof: monero src/crypto/crypto.cpp generate_ring_signature, wallet2.cpp. */
#include <string.h>

#include "common/base/secret.h"
#include "signer/sign/prove.h"

void image_prove(struct key_image *image, uint8_t signature[static 64],
		 const struct public_key *one_time, const struct scalar *x, const struct rng *rng)
{
	struct point hashed, I, left, right;
	struct scalar k, c, r;
	uint8_t message[96];
	point_hash_vartime(&hashed, one_time->b, 32);
	point_mul(&I, x, &hashed);
	point_pack(image->b, &I);
	sc_nonce(&k, "airlock key image", x, sizeof *x, image->b, 32, rng);
	point_mul_base(&left, &k);
	point_mul(&right, &k, &hashed);
	memcpy(message, image->b, 32);
	point_pack(message + 32, &left);
	point_pack(message + 64, &right);
	sc_hash(&c, message, sizeof message);
	sc_mul(&r, &c, x);
	sc_sub(&r, &k, &r);
	memcpy(signature, c.b, 32);
	memcpy(signature + 32, r.b, 32);
	/* What is given out. */
	declassify(image, sizeof *image);
	declassify(signature, 64);
	secret_wipe(&k, sizeof k);
}
