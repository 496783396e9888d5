/* Test support: a signer with a store of its own, and the watcher it is paired with. */
#ifndef AIRLOCK_TESTS_GAP_H
#define AIRLOCK_TESTS_GAP_H

#include "signer/session/session.h"
#include "signer/session/settings.h"
#include "tests/unit/signer/owned.h"

#define XMR(n) amount_of((uint64_t)((n)*1e6) * 1000000)
#define HOUR UINT64_C(3600)

struct gap {
	char dir[64];
	struct rng_seeded stream;
	struct rng rng;
	uint64_t now; /* the signer's clock */
	struct test_wallet wallet, payee;
	struct identity signer, watcher;
	struct db *db;
	struct env env;
	bool consent;                      /* what the person answers */
	const struct approvals *approvals; /* given along, or NULL */
	bool nobody;                       /* no person is there to be asked */
	unsigned n_confirms;               /* how often a person was asked */
	unsigned n_unlocked;               /* spend key lent and not yet taken back */
	/* the watcher's side */
	uint64_t number, chain_time;
	struct ledger_head head;
};

/* A paired signer without a policy, on an empty folder. */
void gap_open(struct gap *g);
void gap_close(struct gap *g);
/* Pins g->watcher. */
void gap_pair(struct gap *g);
/* Opens the store of its folder. */
void gap_open_store(struct gap *g);
/* Closes the store and opens it again, as another run of the program would. */
void gap_reopen(struct gap *g);
/* Limits in XMR: payout, transaction, day; count. */
void gap_policy(struct gap *g, double payout, double transaction, double day, uint64_t count);

/* A request of the watcher's, to be filled; number, times and head are set. request_free it. */
void gap_request(struct gap *g, struct request *r);
/* Adds a transaction of n_in fresh inputs of 10 XMR that pays one payout with this id. */
struct request_tx *gap_add(struct gap *g, struct request *r, size_t n_in, uint8_t id,
			   struct amount amount);
/* Signs and seals it as `sender`. */
void gap_seal(struct gap *g, struct buf *file, const struct request *r,
	      const struct identity *sender);

/* The signer's answer to a file; `reply` is the file it gives, opened into *out if there is one. */
enum err gap_answer_file(struct gap *g, struct buf *reply, struct reply *out,
			 const struct buf *file);
/* Seals, answers, remembers the head, frees the request. */
enum err gap_answer(struct gap *g, struct request *r, struct reply *out);

/* Journal entries of a kind. */
size_t gap_entries(struct gap *g, enum record_kind kind);

#endif
