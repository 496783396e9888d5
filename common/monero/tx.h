/*
 * Transactions as bytes: parsing for the scanner (every type since hard fork 1), serialising for
 * the signer, ids, weight. Source: monero src/cryptonote_basic/cryptonote_basic.h,
 * cryptonote_format_utils.cpp, src/ringct/rctTypes.h.
 */
#ifndef AIRLOCK_MONERO_TX_H
#define AIRLOCK_MONERO_TX_H

#include "common/base/bytes.h"
#include "common/monero/keys.h"
#include "common/monero/plan.h"

enum rct_type {
	RCT_NULL = 0, /* coinbase, or version 1 */
	RCT_FULL = 1,
	RCT_SIMPLE = 2,
	RCT_BULLETPROOF = 3,
	RCT_BULLETPROOF2 = 4,
	RCT_CLSAG = 5,
	RCT_BULLETPROOF_PLUS = 6,
};

struct tx_input {
	bool coinbase;
	uint64_t height; /* coinbase only */
	uint64_t amount; /* 0 for RingCT */
	size_t n_offsets;
	const uint8_t *offsets; /* varints in place, relative; n_offsets of them */
	size_t offsets_size;
	struct key_image image;
};

struct tx_output {
	uint64_t amount; /* clear amount of coinbase and version 1 outputs, else 0 */
	struct public_key key;
	bool has_view_tag;
	uint8_t view_tag;
	/* RingCT, from the base of the signatures: */
	struct commitment commitment;
	uint8_t amount_enc[32]; /* 8 bytes used from Bulletproof2 on, 32 before */
	uint8_t mask_enc[32];   /* before Bulletproof2 only */
};

/* A parsed transaction; pointers reach into the bytes parsed, arrays belong to it (tx_free). */
struct tx {
	uint64_t version;
	uint64_t unlock_time;
	size_t n_in, n_out;
	struct tx_input *in;
	struct tx_output *out;
	struct span extra;
	enum rct_type rct;
	uint64_t fee; /* RingCT, not coinbase */
	size_t prefix_size, base_size,
	    total_size; /* bytes of prefix, prefix+base, all that was parsed */
	bool pruned;    /* parsed without its prunable part */
};

/*
 * Parses a whole (pruned = false) or pruned (prefix and base only) transaction that fills the bytes
 * exactly. ERR_PARSE_*, ERR_TX_TYPE for a version or type not known. Allocates no more than a
 * constant times n.
 */
enum err MUST_CHECK tx_parse(struct tx *out, const void *p, size_t n, bool pruned);
void tx_free(struct tx *tx);

/* Ids. For pruned version-2 blobs the prunable hash comes from the node and is only as good as it.
 */
enum err MUST_CHECK tx_id(struct hash *out, const void *blob, size_t n);
enum err MUST_CHECK tx_id_pruned(struct hash *out, const void *blob, size_t n,
				 const struct hash *prunable_hash);

/* Weight of a whole Bulletproof+ transaction with its clawback (get_transaction_weight). */
uint64_t tx_weight(size_t blob_size, size_t n_out);
/* The weight wallet2 estimates before building (estimate_tx_weight), for the fee. */
uint64_t tx_weight_estimate(size_t n_in, size_t n_out, size_t extra_size);
/*
 * The weight that a Bulletproof+ transaction with unlock time 0 will have to the byte;
 * offsets_size: bytes of all inputs' relative ring offsets as varints.
 */
uint64_t tx_weight_exact(size_t n_in, size_t offsets_size, size_t n_out, size_t extra_size,
			 uint64_t fee);

/*
 * The fields of tx_extra that matter; of nonces and of additional keys the first counts. Unknown or
 * broken tails end the walk, as in the official wallet.
 */
struct tx_extra {
	size_t n_public; /* tag 0x01, may repeat */
	struct public_key public_key[4];
	size_t n_additional;       /* tag 0x04: count */
	const uint8_t *additional; /* n_additional * 32 bytes in place */
	bool has_encrypted_payment_id;
	uint8_t encrypted_payment_id[8];
	bool has_payment_id; /* the old clear 32-byte kind */
	uint8_t payment_id[32];
};
void tx_extra_parse(struct tx_extra *out, struct span extra);

/* One output that is ours. */
struct owned_output {
	uint64_t index; /* within the transaction */
	struct public_key one_time;
	struct public_key tx_public; /* which R derives it */
	struct subaddress at;
	struct amount amount;
	struct mask mask;
	struct commitment commitment;
};

/* Looks a subaddress spend key up; returns false when it is none of ours. */
struct subaddress_book {
	void *ctx;
	bool (*find)(void *ctx, struct subaddress *out, const struct public_key *spend);
};

/*
 * The outputs of a transaction that are ours: every tx public key and additional key is tried, view
 * tags first, amounts decrypted, and an output kept only if its commitment opens to its amount.
 * Version 1 has none: its outputs cannot be spent by rings of RingCT outputs. An output's key binds
 * its index, so no two of one transaction share a key image; two of different transactions can (the
 * "burning bug"), which is for whoever keeps them to notice.
 * `derived` are 8aR packed for, in order, extra->public_key[] and extra->additional[] (from
 * point_mul8_batch_pack; 32 zero bytes where R does not decode). At most `max` are written;
 * ERR_LIMIT if more are ours (n_out is always enough).
 */
enum err MUST_CHECK tx_scan(struct owned_output *out, size_t *n, size_t max, const struct tx *tx,
			    const struct tx_extra *extra, const uint8_t *derived,
			    const struct account_view *account, const struct subaddress_book *book);

#endif
