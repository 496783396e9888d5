/* Shared by scanner and payment check: what an output holds for whoever has its shared secret. */
#ifndef AIRLOCK_MONERO_TX_OPEN_H
#define AIRLOCK_MONERO_TX_OPEN_H

#include "common/monero/tx.h"

struct opened_output {
	struct amount amount;
	struct mask mask;
	struct commitment commitment;
};

/*
 * Whether output i (below n_out) may be for the holder of d: it has no view tag, or the right one.
 */
bool tx_view_tag_fits(const struct tx *tx, size_t i, const struct derivation *d);

/*
 * Decrypts amount and mask of output i. False, with *out zero, unless the commitment opens to them.
 * Clear amounts (version 1, coinbase) are committed to with mask 1.
 */
bool tx_open(struct opened_output *out, const struct tx *tx, size_t i, const struct derivation *d);

#endif
