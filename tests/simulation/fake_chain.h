/*
 * The simulation's chain: blocks, a pool and a node that answers as struct chain asks. Deposits are
 * real outputs (derivations, view tags, commitments, encrypted amounts); signed payouts are taken
 * only if their key images are unspent and their ring members exist, as a node would. The oracle's
 * questions (what did each wallet receive on the chain as it stands) are answered from the blocks
 * themselves, not from what the programs recorded.
 */
#ifndef AIRLOCK_SIMULATION_FAKE_CHAIN_H
#define AIRLOCK_SIMULATION_FAKE_CHAIN_H

#include "common/base/rng.h"
#include "watcher/chain/chain.h"

struct fake_chain;

/* A chain of `blocks` blocks with decoy outputs; time starts at `time`, 120 s a block. */
struct fake_chain *fake_chain_new(const struct rng *rng, size_t blocks, uint64_t time);
void fake_chain_free(struct fake_chain *c);

/* The node's face. Answers ERR_NODE_UNREACHABLE while down. */
struct chain fake_chain_node(struct fake_chain *c);
void fake_chain_set_down(struct fake_chain *c, bool down);

/* Puts a payment to an address into the pool; its id tells it apart for ever. */
struct hash fake_chain_pay(struct fake_chain *c, const struct address *to, struct amount amount);
/* One transaction with several payments, all to the first one's address. */
#define FAKE_PAYMENTS_MAX 8
struct hash fake_chain_pay_many(struct fake_chain *c, const struct address *to,
				const struct amount *amounts, size_t n);
/* The unlock time of the next payment. */
void fake_chain_lock_next(struct fake_chain *c, uint64_t unlock_time);
/* The next payment has the transaction key and place of the last one: the burning bug. */
void fake_chain_repeat_next(struct fake_chain *c);
/* Forgets what waits: expired, replaced or flushed. */
void fake_chain_drop_pool(struct fake_chain *c);
/* Mines n blocks, `step` seconds apart; the first takes the pool if with_pool. */
void fake_chain_mine(struct fake_chain *c, size_t n, uint64_t step, bool with_pool);
/*
 * Drops the newest n blocks. What others paid comes back into the pool, or is lost for good when
 * `lose` says so; our own transactions come back unless their ring members are gone.
 */
void fake_chain_pop(struct fake_chain *c, size_t n, bool lose);

/*
 * Signatures are not verified here; instead whoever saw them made says whether these were the
 * rings. `rings` are the hashes of the keys of each ring, xored: fake_ring_add.
 */
typedef bool fake_ring_judge(void *ctx, const struct hash *tx, const struct hash *rings);
void fake_chain_judge_rings(struct fake_chain *c, fake_ring_judge *judge, void *ctx);
void fake_ring_add(struct hash *rings, const struct public_key keys[static RING_SIZE]);

uint64_t fake_chain_height(const struct fake_chain *c);
uint64_t fake_chain_time(const struct fake_chain *c);

/* Visits every output of the chain (not the pool) that belongs to the account. */
typedef void fake_visit(void *ctx, const struct hash *tx, uint64_t height,
			const struct owned_output *out);
void fake_chain_visit(struct fake_chain *c, const struct account_view *account,
		      const struct subaddress_book *book, fake_visit *visit, void *ctx);

/* Transactions that were refused because an input was spent already by another one. */
uint64_t fake_chain_double_spends(const struct fake_chain *c);

#endif
