/*
 * The fee the official wallet would pay: the node's fee per byte for a level, times the weight,
 * rounded up to the node's quantization mask. Source: monero src/wallet/wallet2.cpp
 * (calculate_fee_from_weight). wallet2 builds once with the fee of tx_weight_estimate (its
 * extra_size counts a payment id's nonce field of 11 bytes alone), then takes the fee of the weight
 * that came out; up to release 0.18.0 it did so only when that was larger.
 */
#ifndef AIRLOCK_MONERO_FEE_H
#define AIRLOCK_MONERO_FEE_H

#include "common/base/amount.h"

/* In the order of the node's four fees per byte; the official wallet's priorities 1 to 4. */
enum fee_level { FEE_SLOW = 0, FEE_NORMAL = 1, FEE_FAST = 2, FEE_FASTEST = 3 };
#define FEE_LEVEL_COUNT 4

/* "slow", "normal", "fast", "fastest"; and back (ERR_USAGE). */
const char *fee_level_name(enum fee_level level);
enum err MUST_CHECK fee_level_parse(enum fee_level *out, const char *name);

/*
 * weight * per_byte, rounded up to a multiple of mask (0 counts as 1, as in the official wallet).
 * ERR_NODE_ANSWER when the node's figures overflow; out is zero then.
 */
enum err MUST_CHECK fee_of_weight(struct amount *out, uint64_t weight, uint64_t per_byte,
				  uint64_t mask);

#endif
