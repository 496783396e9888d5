/*
 * What crosses the gap, as structs; airlock.cddl is their form on the wire. Sizes are bounded
 * before anything is allocated. Messages are sealed and signed by envelope.h.
 */
#ifndef AIRLOCK_PROTO_MESSAGES_H
#define AIRLOCK_PROTO_MESSAGES_H

#include "common/ledger/ledger.h"
#include "common/monero/plan.h"
#include "common/monero/ring.h"

#define PROTO_VERSION 1
#define PROTO_NAME_MAX 64 /* bytes of printable ASCII, without terminator */
#define PROTO_REFERENCE_MAX 64
#define PROTO_TX_BLOB_MAX 160000
#define PROTO_ENTRY_MAX 16384            /* content of one journal entry */
#define PROTO_ENTRIES_MAX 4096           /* journal entries in one reply */
#define PROTO_COPY_ENTRIES_MAX 60000     /* and in one copy of the journal */
#define PROTO_COPY_BYTES_MAX (15u << 20) /* of entries in one copy, before the last */
#define PROTO_MESSAGE_MAX (16u << 20)
#define PROTO_KEY_IMAGES_MAX 10000
#define JOURNAL_LABEL "airlock-signer-journal" /* the ledger label of the signer's journal */

enum message_type {
	MSG_KIT = 1,
	MSG_PAIRING = 2,
	MSG_REQUEST = 3,
	MSG_REPLY = 4,
	MSG_OUTPUTS = 5,
	MSG_KEY_IMAGES = 6,
	MSG_JOURNAL = 7,
};

/* Ed25519 identity public keys, pinned at pairing. */
struct identity_public {
	uint8_t b[32];
};

/* signer -> watcher; the view key makes it secret: it is sealed with a passphrase-free one-time key
 * only if the watcher's identity is known, else written in clear with mode 0600 (envelope.h). */
struct kit {
	enum network network;
	char name[PROTO_NAME_MAX + 1];
	struct public_key spend;
	struct view_key view;
	uint64_t birthday_height;
	struct ledger_head journal; /* head when the kit was made */
};

/* watcher -> signer */
struct pairing {
	char name[PROTO_NAME_MAX + 1];
};

struct payout_id {
	uint8_t b[16];
};

struct request_payout {
	struct payout_id id;
	struct address to;
	struct amount amount;
	char reference[PROTO_REFERENCE_MAX +
		       1]; /* the operator's words; may hold anything: show with text_safe */
};

struct request_tx {
	struct plan plan; /* plan.out[i] pays payouts[payout[i]] of the request */
	uint32_t *payout; /* plan.n_out indices */
};

struct request {
	uint64_t number; /* of this watcher, rising by any step */
	uint64_t time;   /* watcher's clock */
	uint64_t expires;
	uint64_t chain_height;
	uint64_t chain_time; /* of the top block */
	struct hash chain_top;
	struct ledger_head journal; /* the last journal head the watcher has seen */
	size_t n_payouts;
	struct request_payout *payouts;
	size_t n_txs;
	struct request_tx *txs;
};
void request_free(struct request *r);

struct journal_entry {
	uint64_t number;
	struct span content;   /* canonical CBOR, signer/journal.h; borrowed */
	uint8_t signature[64]; /* Ed25519 by the signer's identity over the entry's chain hash */
};

struct reply_tx {
	enum err refused; /* ERR_OK: signed, and the rest is set; else only `reason` */
	char reason[256];
	struct hash id;
	uint8_t *blob;
	size_t blob_size;
	size_t n_keys; /* 1, or 1 + outputs with additional keys: r first (get_tx_key of the
			  official wallet) */
	struct scalar *keys;
	size_t n_images; /* in the transaction's input order */
	struct key_image *images;
};

struct reply {
	uint64_t request_number;
	struct hash request_hash; /* request_hash_of the signed request message */
	enum err refused;         /* the whole request, with reason; then n_txs is 0 */
	char reason[256];
	size_t n_txs;
	struct reply_tx *txs;
	size_t n_entries;
	struct journal_entry *entries; /* since the head the watcher had */
	uint8_t *contents; /* of a decoded reply: what the entries point into; else NULL */
	struct ledger_head journal;
};
void reply_free(struct reply *r);

/* A copy of the signer's journal, or of a part of it: whoever has it can verify it (journal.h). */
struct journal {
	struct identity_public signer; /* whose journal it is */
	struct ledger_head before;     /* what the first entry follows; number 0: the beginning */
	size_t n_entries;
	struct journal_entry *entries;
	uint8_t *contents;       /* of a decoded one: what the entries point into; else NULL */
	struct ledger_head head; /* the newest entry here, or `before` when there is none */
};
void journal_free(struct journal *m);

/* outputs (watcher -> signer) asks for key images; key_images answers in the same order. */
struct output_claim {
	struct public_key one_time;
	struct public_key tx_public;
	uint64_t output_index;
	struct subaddress at;
};
struct outputs {
	size_t n;
	struct output_claim *claims;
};
struct key_images {
	size_t n;
	struct output_image {
		struct public_key one_time;
		struct key_image image;
		uint8_t signature[64]; /* c, r of the proof wallet2 exports
					  (generate_ring_signature, ring of 1) */
	} * images;
};

#endif
