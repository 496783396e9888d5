/*
 * From payouts to plans: which inputs, what fee, which rings. Nothing here writes to the store.
 */
#ifndef AIRLOCK_WATCHER_PLANNER_PLANNER_H
#define AIRLOCK_WATCHER_PLANNER_PLANNER_H

#include "watcher/store/store.h"

#define PAYOUTS_A_TX (TX_OUTPUTS_MAX - 1) /* one output is change */

/*
 * Outputs that may be spent in the next block and are promised to nobody, smallest first. Those of
 * what may have been signed before are for its payouts alone: spent on anything else, they would
 * leave it without its conflict.
 */
struct fund {
	struct outpoint at;
	struct amount amount;
	bool taken;
};
struct funds {
	struct db_txn *t;
	size_t n;
	struct fund *o;
	size_t kept; /* these, and those that are still locked */
};
/* The transaction must outlive it. */
enum err MUST_CHECK funds_load(struct funds *f, struct db_txn *t);
/* The smallest that holds at least so much, else the largest; NULL when all are taken. */
struct fund *funds_pick(struct funds *f, struct amount least);
/* Reads it whole and marks it as taken. */
enum err MUST_CHECK funds_take(struct output_record *out, const struct funds *f, struct fund *from);
void funds_give_back(struct funds *f, const struct output_record *o);
/* Wipes. */
void funds_free(struct funds *f);

/* One transaction to be: payouts, the outputs that pay them, and then its plan. */
struct draft {
	size_t n_payouts;
	struct payout payouts[PAYOUTS_A_TX];
	size_t n_in;
	struct output_record in[TX_INPUTS_MAX];
	size_t n_change; /* outputs */
	bool fresh;      /* its payouts are not in the store yet */
	bool all;        /* its only payout takes all that the fee leaves */
	bool slow;       /* at the least fee, because its inputs hold no more */
	struct plan plan;
};

struct fee_rate {
	uint64_t per_byte;
	uint64_t least; /* per byte: the slowest level's */
	uint64_t mask;
};

/*
 * Takes inputs for a draft's payouts from the funds: those the payouts are tied to, then one that
 * suffices with the least left over, else the largest. Inputs tied to that find no others to join
 * them pay the least fee if they hold that. ERR_FUNDS, with nothing taken, when it cannot be done
 * with TX_INPUTS_MAX inputs.
 */
enum err MUST_CHECK draft_fund(struct draft *d, struct funds *f, const struct fee_rate *rate,
			       const struct account_view *account);

/*
 * Splits a funded draft's change into up to `most` outputs of at least `least` each, so that the
 * next payouts need not wait for one large output to unlock.
 */
enum err MUST_CHECK draft_split(struct draft *d, size_t most, struct amount least,
				const struct fee_rate *rate, const struct account_view *account);

/*
 * Groups queued payouts, in order, into funded drafts; *left counts those that found no funds, or
 * whose time has not come. ERR_NOT_FOUND, ERR_FUNDS.
 */
enum err MUST_CHECK drafts_make(struct draft **out, size_t *n, size_t *left, struct db_txn *t,
				const struct fee_rate *rate, const struct watcher *w);
void drafts_free(struct draft *d, size_t n);

/* ---- what may have been signed before: ties.c ---- */

/* The transaction that a tied payout may have been signed in last. */
enum err MUST_CHECK tie_read(struct request_tx_record *out, struct db_txn *t,
			     const struct payout *p);
/* Whether a payout may be planned as far as its tie goes: an untied one always. */
enum err MUST_CHECK tie_ready(bool *ready, struct db_txn *t, const struct payout *p);
bool tie_is_member(const struct request_tx_record *tie, const struct payout *p);
/* Its inputs, as far as they can be spent, become the draft's. */
enum err MUST_CHECK tie_take(struct draft *d, struct db_txn *t,
			     const struct request_tx_record *tie);

/* Every input of what may have been signed before and is not signed again. */
struct ties {
	size_t n;
	struct outpoint *at;
};
enum err MUST_CHECK ties_load(struct ties *all, struct db_txn *t);
bool ties_have(const struct ties *all, const struct outpoint *at);
void ties_free(struct ties *all);

/* The plan without rings and fee. */
enum err MUST_CHECK draft_plan(struct draft *d);

/*
 * Rings for every input of every plan, from one question to the node that holds the real outputs
 * among the candidates. ERR_NODE_ANSWER when the node does not know our outputs as we do, or has
 * too few others.
 */
enum err MUST_CHECK rings_make(struct draft *d, size_t n, const struct chain *chain,
			       const struct rng *rng);

/* A fee that the draft with so many inputs cannot exceed. */
enum err MUST_CHECK draft_most_fee(struct amount *fee, const struct draft *d, size_t n_in,
				   const struct fee_rate *rate, const struct account_view *account);
enum err MUST_CHECK draft_inputs(struct amount *out, const struct draft *d);

/*
 * Drafts that move outputs to an address: see watcher_sweep. `above` is what may leave, fees
 * included. ERR_FUNDS when that would not be worth it.
 */
enum err MUST_CHECK sweep_make(struct draft **out, size_t *n, struct funds *f,
			       const struct address *to, struct amount above, size_t outputs,
			       const struct fee_rate *rate, const struct account_view *account);

/*
 * Sets the fee by the exact weight, once the rings are there; and the amount of a payout that takes
 * all there is.
 */
enum err MUST_CHECK draft_fee(struct draft *d, const struct fee_rate *rate,
			      const struct account_view *account);

#endif
