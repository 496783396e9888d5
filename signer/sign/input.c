/* Inputs: proven ours before anything is signed, and their key images. */
#include <string.h>

#include "common/base/secret.h"
#include "signer/sign/build.h"

static enum err check_ring(const struct plan_input *in)
{
	if (in->real >= RING_SIZE) {
		return err_set(ERR_RING, "the real member's place %u is outside the ring",
			       in->real);
	}
	for (size_t i = 0; i < RING_SIZE; i++) {
		struct point p;
		if (i && in->ring[i].global_index <= in->ring[i - 1].global_index) {
			return err_set(ERR_RING, "ring members %zu and %zu are not in rising order",
				       i - 1, i);
		}
		if (point_unpack_vartime(&p, in->ring[i].key.b) != ERR_OK ||
		    point_unpack_vartime(&p, in->ring[i].commitment.b) != ERR_OK) {
			return err_set(ERR_RING, "ring member %zu is not a curve point", i);
		}
		for (size_t j = 0; j < i; j++) {
			if (memcmp(in->ring[i].key.b, in->ring[j].key.b, 32) == 0) {
				return err_set(ERR_RING, "ring members %zu and %zu have one key", j,
					       i);
			}
		}
	}
	return ERR_OK;
}

enum err input_check(const struct plan_input *in, const struct account_view *account)
{
	struct derivation d;
	struct public_key spend, key;
	struct commitment commitment;
	enum err rc = check_ring(in);
	if (rc != ERR_OK) {
		return rc;
	}
	if ((rc = derive(&d, &in->tx_public, &account->view.s)) != ERR_OK) {
		return err_set(rc, "the transaction public key is not a curve point");
	}
	subaddress_spend_key(&spend, account, in->at);
	rc = derive_public_key(&key, &d, in->output_index, &spend);
	secret_wipe(&d, sizeof d);
	if (rc != ERR_OK || memcmp(key.b, in->ring[in->real].key.b, 32) != 0) {
		return err_set(ERR_INPUT_NOT_OURS,
			       "its one-time key does not follow from our keys");
	}
	if (!sc_is_canonical(in->mask.s.b)) {
		return err_set(ERR_INPUT_AMOUNT, "its mask is not a reduced scalar");
	}
	commit(&commitment, &in->mask, in->amount);
	if (memcmp(commitment.b, in->ring[in->real].commitment.b, 32) != 0) {
		return err_set(ERR_INPUT_AMOUNT,
			       "its commitment does not open to the amount given");
	}
	return ERR_OK;
}

/* x = H_s(8 a R, i) + m + b: the one-time private key. Wipe it. */
enum err input_private_key(struct scalar *x, const struct plan_input *in,
			   const struct account_view *account, const struct spend_key *spend)
{
	struct derivation d;
	struct scalar m;
	enum err rc = derive(&d, &in->tx_public, &account->view.s);
	if (rc == ERR_OK) {
		derivation_scalar(x, &d, in->output_index);
		subaddress_scalar(&m, &account->view, in->at);
		sc_add(x, x, &m);
		sc_add(x, x, &spend->s);
	}
	secret_wipe(&d, sizeof d);
	secret_wipe(&m, sizeof m);
	return rc;
}

enum err input_key_image(struct key_image *out, const struct plan_input *in,
			 const struct account_view *account, const struct spend_key *spend)
{
	struct scalar x;
	struct point hashed;
	enum err rc = input_private_key(&x, in, account, spend);
	if (rc == ERR_OK) {
		point_hash_vartime(&hashed, in->ring[in->real].key.b, 32);
		point_mul(&hashed, &x, &hashed);
		point_pack(out->b, &hashed);
		declassify(out, sizeof *out); /* it goes to the network */
	}
	secret_wipe(&x, sizeof x);
	return rc;
}
