/* Shared by the parsers of this folder: a transaction in the middle of other bytes. */
#ifndef AIRLOCK_MONERO_TX_READ_H
#define AIRLOCK_MONERO_TX_READ_H

#include "common/monero/tx.h"

/* As tx_parse, but leaves what follows the transaction in r. On failure out is zero. */
enum err MUST_CHECK tx_read(struct tx *out, struct reader *r, bool pruned);

/*
 * Walks the prunable part that belongs to a prefix and base, every byte of it accounted for. Fails
 * r when it has not the one form that its type allows. Source: monero src/ringct/rctTypes.h.
 */
void tx_read_prunable(struct reader *r, const struct tx *tx);

#endif
