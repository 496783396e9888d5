/*
 * Seed offset passphrases, as the official wallet has them: the words then encode not the key, but
 * the key plus the passphrase's slow hash, so that the paper alone is worth nothing. Any passphrase
 * opens some wallet; a mistyped one opens an empty one.
 * Source: monero src/cryptonote_basic/cryptonote_format_utils.cpp (decrypt_key).
 */
#ifndef AIRLOCK_SIGNER_OFFSET_H
#define AIRLOCK_SIGNER_OFFSET_H

#include "common/base/bytes.h"
#include "common/crypto/scalar.h"

/* Takes the passphrase's offset off the key that the words encode. ERR_NO_MEMORY. */
enum err MUST_CHECK offset_remove(struct scalar *key, struct span passphrase);

#endif
