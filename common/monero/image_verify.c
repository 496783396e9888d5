/* Key images with proof: monero src/crypto/crypto.cpp check_ring_signature, wallet2.cpp. */
#include <string.h>

#include "common/crypto/group.h"
#include "common/monero/ring.h"

enum err image_verify(const struct key_image *image, const uint8_t signature[static 64],
		      const struct public_key *one_time)
{
	struct point I, P, hashed, left, right;
	struct scalar c, r, h;
	uint8_t message[96];
	if (!sc_is_canonical(signature) || !sc_is_canonical(signature + 32)) {
		return err_set(ERR_PROOF, "a key image's proof is not of scalars");
	}
	memcpy(c.b, signature, 32);
	memcpy(r.b, signature + 32, 32);
	enum err rc = point_unpack_vartime(&I, image->b);
	if (rc == ERR_OK) {
		rc = point_unpack_vartime(&P, one_time->b);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	/* One with a part of small order would be another image of the same output. */
	if (point_is_identity(&I) || !point_in_subgroup_vartime(&I)) {
		return err_set(ERR_PROOF, "a key image is not of the group");
	}
	point_hash_vartime(&hashed, one_time->b, 32);
	point_double_mul_base_vartime(&left, &c, &P, &r);
	point_double_mul_vartime(&right, &r, &hashed, &c, &I);
	memcpy(message, image->b, 32);
	point_pack(message + 32, &left);
	point_pack(message + 64, &right);
	sc_hash(&h, message, sizeof message);
	return sc_equal(&h, &c) ? ERR_OK : err_set(ERR_PROOF, "a key image is not of its output");
}
