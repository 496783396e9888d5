/*
 * Proof of payment by transaction key: whoever has the secret keys of a transaction can show what
 * it paid to an address. Source: monero src/wallet/wallet2.cpp (check_tx_key_helper).
 */
#ifndef AIRLOCK_MONERO_TX_KEY_H
#define AIRLOCK_MONERO_TX_KEY_H

#include "common/monero/address.h"
#include "common/monero/tx.h"

/*
 * What the transaction paid to the address; zero when nothing. keys[0] is the transaction's key,
 * keys[1 + i] that of output i where it has additional keys: n_keys is 1 or 1 + n_out, else
 * ERR_PARSE_VALUE. ERR_POINT for a bad address, ERR_BALANCE when the sum overflows.
 */
enum err MUST_CHECK tx_key_check(struct amount *received, const struct tx *tx,
				 const struct scalar *keys, size_t n_keys,
				 const struct address *to);

/*
 * Additional key i of a transaction that our signer makes: H_s(label || r || i). To anybody else it
 * is as random as the official wallet's; deriving it keeps sixteen keys out of every reply.
 */
void tx_additional_key(struct scalar *out, const struct scalar *r, uint64_t i);

#endif
