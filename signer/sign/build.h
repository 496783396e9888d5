/*
 * Plan in, transaction out: the one place where the spend key meets a transaction. Key images,
 * output keys, Bulletproofs+ and CLSAG proving, serialised as the official wallet would. The caller
 * (signer/session) has checked policy; this checks that every input is provably ours (the one-time
 * key follows from view key and index, the commitment opens), that rings are well formed, that no
 * two key images agree, and verifies its own signature and proof before returning.
 */
#ifndef AIRLOCK_SIGNER_BUILD_H
#define AIRLOCK_SIGNER_BUILD_H

#include "common/base/rng.h"
#include "common/monero/plan.h"

/* The spend key; lives in secret_alloc memory only. */
struct spend_key {
	struct scalar s;
};

struct signed_tx {
	struct hash id;
	uint8_t *blob;
	size_t blob_size;
	uint64_t weight;
	size_t n_keys; /* 1, or 1 + outputs with additional tx keys */
	struct scalar keys[1 + TX_OUTPUTS_MAX];
	size_t n_images; /* in input order of the blob */
	struct key_image images[TX_INPUTS_MAX];
};
void signed_tx_free(struct signed_tx *t);

/* Checks one input without the spend key: ours, amount and mask right, ring well formed.
 * ERR_INPUT_NOT_OURS, ERR_INPUT_AMOUNT, ERR_RING, ERR_POINT. */
enum err MUST_CHECK input_check(const struct plan_input *in, const struct account_view *account);

/* The one-time private key of an input of ours; secret, the caller wipes it. */
enum err MUST_CHECK input_private_key(struct scalar *x, const struct plan_input *in,
				      const struct account_view *account,
				      const struct spend_key *spend);

/* The key image of an input of ours. */
enum err MUST_CHECK input_key_image(struct key_image *out, const struct plan_input *in,
				    const struct account_view *account,
				    const struct spend_key *spend);

/* Everything about the plan that can be checked without the spend key. */
enum err MUST_CHECK plan_check(const struct plan *p, const struct account_view *account);

/* The weight that the transaction will have, for the fee-per-byte limit; 0 if the plan has no
 * shape. */
uint64_t plan_weight(const struct plan *p, const struct account_view *account);

enum err MUST_CHECK tx_build(struct signed_tx *out, const struct plan *p,
			     const struct account_view *account, const struct spend_key *spend,
			     const struct rng *rng);

#endif
