/*
 * The outputs of a transaction: who gets what, in shuffled order, with one-time keys, view tags,
 * encrypted amounts and tx_extra as the official wallet makes them, so that nobody can tell our
 * transactions from its. Source: monero src/cryptonote_core/cryptonote_tx_utils.cpp
 * (construct_tx_with_tx_key), src/device/device_default.cpp.
 */
#ifndef AIRLOCK_SIGNER_OUTPUTS_H
#define AIRLOCK_SIGNER_OUTPUTS_H

#include "common/base/bytes.h"
#include "common/base/rng.h"
#include "common/monero/plan.h"

struct made_output {
	struct address to;
	struct amount amount;
	bool change; /* pays the change address, whoever asked for it */
	struct public_key key;
	uint8_t view_tag;
	uint8_t amount_enc[8];
	struct mask mask;
	struct commitment commitment;
	struct public_key additional; /* the additional tx public key, when there are such */
};

/* Secret: the tx keys open every output. outputs_wipe when done. */
struct made_outputs {
	size_t n;
	struct made_output out[TX_OUTPUTS_MAX];
	struct scalar tx_key;
	struct public_key tx_public;
	bool has_additional;
	struct scalar additional[TX_OUTPUTS_MAX];
};

/* What the destinations decide: how many keys and which payment id tx_extra will hold. */
struct output_shape {
	size_t n;
	bool additional; /* one tx key an output */
	bool single_sub; /* R = r D of the only destination, a subaddress */
	bool payment_id; /* a real or a dummy one */
};

/*
 * Payouts, then change in n_change parts. ERR_TX_SHAPE when there are too few or too many, or an
 * integrated address shares its transaction with another payee (one payment id a transaction).
 */
enum err MUST_CHECK outputs_list(struct made_outputs *o, struct output_shape *shape,
				 const struct plan *p, const struct account_view *account);

/*
 * Shuffles, draws the tx keys and derives all else. The keys are hedged with `secret` and the hash
 * of the plan: with a dead random source two plans still never share one.
 */
enum err MUST_CHECK outputs_make(struct made_outputs *o, const struct output_shape *shape,
				 const struct account_view *account, const void *secret,
				 size_t secret_n, const struct hash *plan, const struct rng *rng);

/* tx_extra in the official order: public key, additional keys, encrypted payment id. */
enum err MUST_CHECK outputs_extra(struct buf *extra, const struct made_outputs *o,
				  const struct output_shape *shape);
size_t outputs_extra_size(const struct output_shape *shape);

void outputs_wipe(struct made_outputs *o);

#endif
