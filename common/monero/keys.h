/*
 * Keys as distinct types, and the one-time key arithmetic of CryptoNote and of subaddresses that a
 * view key suffices for. Nothing here can use a spend key (that lives in signer/).
 * Sources: CryptoNote v2.0 section 4; monero src/crypto/crypto.cpp, src/device/device_default.cpp.
 */
#ifndef AIRLOCK_MONERO_KEYS_H
#define AIRLOCK_MONERO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/amount.h"
#include "common/base/err.h"
#include "common/crypto/group.h"

struct hash {
	uint8_t b[32];
};
struct public_key {
	uint8_t b[32];
};
struct key_image {
	uint8_t b[32];
};
struct commitment {
	uint8_t b[32];
};
/* The blinding factor of a commitment. */
struct mask {
	struct scalar s;
};
/* The private view key: secret, but online. */
struct view_key {
	struct scalar s;
};
/* 8 * a * R (equally 8 * r * A): the shared secret of sender and recipient. Secret. */
struct derivation {
	uint8_t b[32];
};

struct subaddress {
	uint32_t major; /* account */
	uint32_t minor; /* 0/0 is the primary address */
};

enum network { NETWORK_MAINNET = 0, NETWORK_TESTNET = 1, NETWORK_STAGENET = 2 };
#define NETWORK_COUNT 3
/* "mainnet", "testnet", "stagenet"; and back (ERR_USAGE). */
const char *network_name(enum network n);
enum err MUST_CHECK network_parse(enum network *out, const char *name);

/* The public half of the wallet: what a watcher needs. view is secret. */
struct account_view {
	enum network network;
	struct view_key view;
	struct public_key view_public;  /* view * G */
	struct public_key spend_public; /* B */
};

/* Fills view_public and checks that spend_public is a point of the prime subgroup. */
enum err MUST_CHECK account_view_init(struct account_view *out, enum network network,
				      const struct view_key *view,
				      const struct public_key *spend_public);

/* out = s * G for a public use (view public key, tx public key). Constant time. */
void public_of_scalar(struct public_key *out, const struct scalar *s);

/* 8 * key * pub. ERR_POINT when pub does not decode. Constant time in the scalar. */
enum err MUST_CHECK derive(struct derivation *out, const struct public_key *pub,
			   const struct scalar *key);
/* The same for n keys at once, much cheaper each: what the scanner does with the transaction public
 * keys of a run of blocks. Where a key does not decode, 32 zero bytes (as tx_scan expects). */
void derive_batch(struct derivation *out, const struct public_key *pub, size_t n,
		  const struct scalar *key);
/* H_s(D || varint(index)). */
void derivation_scalar(struct scalar *out, const struct derivation *d, uint64_t index);
/* P = H_s(D, i) G + B. ERR_POINT. */
enum err MUST_CHECK derive_public_key(struct public_key *out, const struct derivation *d,
				      uint64_t index, const struct public_key *spend);
/* B' = P - H_s(D, i) G, to look up among our subaddress spend keys. ERR_POINT. */
enum err MUST_CHECK derive_subaddress_spend_vartime(struct public_key *out,
						    const struct public_key *one_time,
						    const struct derivation *d, uint64_t index);
/* First byte of keccak256("view_tag" || D || varint(index)). */
uint8_t derive_view_tag(const struct derivation *d, uint64_t index);

/* m = H_s("SubAddr\0" || a || LE32 major || LE32 minor); zero scalar for 0/0. */
void subaddress_scalar(struct scalar *out, const struct view_key *view, struct subaddress at);
/* D = B + m G and C = a D (for 0/0: B and A). */
void subaddress_keys(struct public_key *spend, struct public_key *view,
		     const struct account_view *account, struct subaddress at);
/* D alone; cheaper. */
void subaddress_spend_key(struct public_key *out, const struct account_view *account,
			  struct subaddress at);
/* D of n indices of one account, from `first` on, which share the inversion. */
void subaddress_spend_keys(struct public_key *out, const struct account_view *account,
			   struct subaddress first, size_t n);

/* Pedersen commitment mask*G + amount*H. Constant time. */
void commit(struct commitment *out, const struct mask *mask, struct amount amount);
/* 1*G + amount*H: coinbase outputs in a ring (rct::zeroCommit). */
void commit_coinbase(struct commitment *out, struct amount amount);
/* H_s("commitment_mask" || H_s(D,i)). */
void derive_mask(struct mask *out, const struct derivation *d, uint64_t index);
/* XOR with the first 8 bytes of keccak256("amount" || H_s(D,i)): encrypts and decrypts. */
void amount_crypt(uint8_t out[static 8], const uint8_t in[static 8], const struct derivation *d,
		  uint64_t index);
/* XOR with keccak256(D || 0x8d): encrypted payment ids. */
void payment_id_crypt(uint8_t out[static 8], const uint8_t in[static 8],
		      const struct derivation *d);

#endif
