/*
 * Records as bytes. Each kind has one function that both writes and reads it, so that the two
 * cannot drift apart. A record that does not read back whole is ERR_DB_DAMAGED.
 */
#ifndef AIRLOCK_WATCHER_STORE_RECORD_H
#define AIRLOCK_WATCHER_STORE_RECORD_H

#include "watcher/store/tables.h"
#include "watcher/watcher.h"

struct output_record {
	struct outpoint at; /* the key */
	struct public_key one_time, tx_public;
	struct commitment commitment;
	struct subaddress address;
	struct amount amount;
	struct mask mask;
	uint64_t global_index;
	uint64_t height;
	uint64_t unlock_time;
	uint64_t due; /* height of the chain at which it is credited; 0: never */
	struct amount credited;
	uint64_t credit;
	uint64_t was;         /* the credit that a reorganisation reversed, 0 none */
	struct amount worth;  /* what is credited: less than amount if its key came before */
	struct amount judged; /* the amount that its depth was chosen by: scan/depth.c */
	uint64_t reserved;
	bool coinbase, spent;
	enum deposit_state state;
};

/* A deposit in the node's pool. */
struct pool_record {
	struct outpoint at; /* the key */
	struct subaddress address;
	struct amount amount;
	uint64_t unlock_time;
};

struct image_record {
	struct outpoint at;
	bool spent;
	uint64_t height;       /* of the block that spends it */
	struct hash by;        /* the transaction that spends it */
	struct hash signed_by; /* our newest transaction that has it; zero if none */
};

struct account_record {
	uint32_t next;    /* first index not given out; 1 at least in a used account */
	uint32_t covered; /* indices below this are in T_SUBADDRESS */
};

struct request_tx_record {
	uint32_t n_in, n_out;
	struct outpoint in[TX_INPUTS_MAX];
	uint64_t payout[TX_OUTPUTS_MAX];
};

struct request_record {
	struct request_info info; /* its `left` is not kept */
	bool never_left;          /* cancelled before the signer can have seen it */
	struct hash reply;        /* hash of the reply that answered it */
	uint32_t n_txs;
	struct request_tx_record *txs; /* request_record_free */
};
void request_record_free(struct request_record *r);

/* With the tally of states, as payout_write. */
enum err MUST_CHECK output_write(struct db_txn *t, const struct output_record *r);
enum err MUST_CHECK output_read(struct output_record *r, struct db_txn *t,
				const struct outpoint *at);
enum err MUST_CHECK output_decode(struct output_record *r, struct span key, struct span value);

enum err MUST_CHECK pool_write(struct db_txn *t, const struct pool_record *r);
enum err MUST_CHECK pool_decode(struct pool_record *r, struct span key, struct span value);

enum err MUST_CHECK image_write(struct db_txn *t, const struct key_image *image,
				const struct image_record *r);
enum err MUST_CHECK image_read(struct image_record *r, struct db_txn *t,
			       const struct key_image *image);

/* Calls `one` with each key image that we know of. Stops at an error. */
typedef enum err image_visit(void *ctx, struct db_txn *t, const struct key_image *image,
			     const struct image_record *r);
enum err MUST_CHECK images_each(struct db_txn *t, image_visit *one, void *ctx);

enum err MUST_CHECK account_write(struct db_txn *t, uint32_t major, const struct account_record *r);
/* An account without a record reads as {1, 0} for account 0 and {0, 0} for others. */
enum err MUST_CHECK account_read(struct account_record *r, struct db_txn *t, uint32_t major);

enum err MUST_CHECK payout_write(struct db_txn *t, const struct payout *p);
enum err MUST_CHECK payout_read(struct payout *p, struct db_txn *t, uint64_t number);
enum err MUST_CHECK payout_decode(struct payout *p, struct span key, struct span value);
/* ERR_NOT_FOUND. */
enum err MUST_CHECK payout_find(struct payout *p, struct db_txn *t, const char *id);

/* With the index of open requests. */
enum err MUST_CHECK request_write(struct db_txn *t, const struct request_record *r);
enum err MUST_CHECK request_read(struct request_record *r, struct db_txn *t, uint64_t number);
enum err MUST_CHECK request_record_decode(struct request_record *r, struct span key,
					  struct span value);

/* blob is borrowed from the value. */
enum err MUST_CHECK sent_write(struct db_txn *t, const struct sent_tx *s);
enum err MUST_CHECK sent_read(struct sent_tx *s, struct db_txn *t, const struct hash *id);
enum err MUST_CHECK sent_decode(struct sent_tx *s, struct span key, struct span value);

enum err MUST_CHECK invoice_write(struct db_txn *t, const struct invoice *v);
enum err MUST_CHECK invoice_read(struct invoice *v, struct db_txn *t, uint64_t number);
enum err MUST_CHECK invoice_decode(struct invoice *v, struct span key, struct span value);

void outpoint_key(uint8_t out[static OUTPOINT_SIZE], const struct outpoint *at);
void outpoint_of_key(struct outpoint *out, const uint8_t key[static OUTPOINT_SIZE]);

#endif
