/*
 * CryptoNight, the original one (CryptoNote standard 008): the slow hash that Monero's wallets take
 * of a seed offset passphrase. Two megabytes and some tenths of a second. Its memory accesses
 * depend on the passphrase; that is how the function is made.
 */
#ifndef AIRLOCK_SIGNER_CRYPTONIGHT_H
#define AIRLOCK_SIGNER_CRYPTONIGHT_H

#include "common/base/bytes.h"

/* ERR_NO_MEMORY. */
enum err MUST_CHECK cryptonight(uint8_t out[static 32], struct span in);

#endif
