/*
 * What the mutation campaign works on: the signer's own session on a disk in memory, with a clock
 * that stands still; a watcher whose keys the attacker holds; valid requests to start from; and
 * what no message can change, which is what the oracle goes by: the outputs that are on the chain,
 * and what was signed before.
 */
#ifndef AIRLOCK_MUTATION_TARGET_H
#define AIRLOCK_MUTATION_TARGET_H

#include "signer/session/session.h"
#include "signer/session/settings.h"
#include "tests/simulation/disk.h"
#include "tests/unit/signer/owned.h"

#define OUTPUTS 40 /* of ours, on the chain */
#define SPARES 8
#define BASES 12
#define PASTS 3 /* requests that were signed before, each of one transaction */
#define HEADS_MAX 64

/* The policy's limits, as the oracle knows them. */
#define LIMIT_PAYOUT (8 * ATOMIC_PER_XMR)
#define LIMIT_TX (9 * ATOMIC_PER_XMR)
#define LIMIT_DAY (35 * ATOMIC_PER_XMR / 2)
#define LIMIT_COUNT 11
#define LIMIT_FEE (ATOMIC_PER_XMR / 100)
#define LIMIT_FEE_PER_BYTE UINT64_C(2000000)

struct target {
	struct rng_seeded stream;
	struct rng rng; /* everything random, the signer's nonces too */
	uint64_t now;
	struct disk *disk, *start;
	struct db *db;
	struct env env;
	struct test_wallet ours, payee;
	struct address vault;
	struct identity signer, watcher, stranger;
	struct plan_input outputs[OUTPUTS];
	struct plan_input made_up[SPARES]; /* ours by their keys, on no chain */
	struct plan_input foreign[SPARES]; /* the payee's */
	struct request past[PASTS];
	struct buf past_file, past_reply; /* of the newest */
	uint64_t last_number;
	size_t n_heads;
	struct ledger_head heads[HEADS_MAX]; /* the journal at the start */
	struct request bases[BASES];
};

/* The same target every time. */
void target_make(struct target *t);
/* Back to the start, with the randomness of this iteration. */
void target_reset(struct target *t, uint64_t seed, uint64_t iteration);
void target_free(struct target *t);

/* A deep copy, made by encoding and decoding. */
void request_copy(struct request *out, const struct request *r);
/* Signs as `sender` and seals to the signer. */
void target_seal(struct target *t, struct buf *file, struct span body, uint64_t sequence);

/* A payout to `to`, added to transaction tx of the request. */
void request_pay(struct request *r, size_t tx, uint8_t id, const struct address *to,
		 struct amount amount);

#endif
