/* Transaction ids: one hash of everything for version 1, a hash of three hashes for version 2. */
#include <string.h>

#include "common/crypto/keccak.h"
#include "common/monero/tx.h"

static void combine(struct hash *out, const struct tx *tx, const uint8_t *blob,
		    const struct hash *prunable)
{
	uint8_t parts[96];
	keccak256(parts, blob, tx->prefix_size);
	keccak256(parts + 32, blob + tx->prefix_size, tx->base_size - tx->prefix_size);
	memcpy(parts + 64, prunable->b, 32);
	keccak256(out->b, parts, sizeof parts);
}

enum err tx_id(struct hash *out, const void *blob, size_t n)
{
	struct tx tx;
	const uint8_t *bytes = blob;
	*out = (struct hash){{0}};
	enum err e = tx_parse(&tx, blob, n, false);
	if (e != ERR_OK) {
		return e;
	}
	if (tx.version == 1) {
		keccak256(out->b, bytes, n);
	} else {
		/* Coinbase has no prunable part, and zeros for its hash. */
		struct hash prunable = {{0}};
		if (tx.rct != RCT_NULL) {
			keccak256(prunable.b, bytes + tx.base_size, n - tx.base_size);
		}
		combine(out, &tx, bytes, &prunable);
	}
	tx_free(&tx);
	return ERR_OK;
}

enum err tx_id_pruned(struct hash *out, const void *blob, size_t n,
		      const struct hash *prunable_hash)
{
	struct tx tx;
	*out = (struct hash){{0}};
	enum err e = tx_parse(&tx, blob, n, true);
	if (e != ERR_OK) {
		return e;
	}
	if (tx.version == 2) {
		static const struct hash none = {{0}};
		combine(out, &tx, blob, tx.rct == RCT_NULL ? &none : prunable_hash);
	} else if (tx.in[0].coinbase) {
		keccak256(out->b, blob, n); /* nothing was there to prune */
	} else {
		e = err_set(ERR_TX_TYPE, "a pruned version 1 transaction has no id of its own");
	}
	tx_free(&tx);
	return e;
}
