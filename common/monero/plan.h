/*
 * The plan: what today's transaction type needs to be built, and what the signer's core works on.
 * Airlock's request is one way to fill it. Nothing in a plan is believed: amounts, masks, keys and
 * indices are claims that signer/ proves before it signs. Everything is public to the watcher.
 */
#ifndef AIRLOCK_MONERO_PLAN_H
#define AIRLOCK_MONERO_PLAN_H

#include "common/monero/address.h"
#include "common/monero/keys.h"

#define RING_SIZE 16
#define TX_OUTPUTS_MAX 16 /* BULLETPROOF_PLUS_MAX_OUTPUTS */
#define TX_INPUTS_MAX 120 /* keeps a transaction below the 149,400 weight that pools accept */
#define REQUEST_TXS_MAX 64
#define REQUEST_PAYOUTS_MAX (REQUEST_TXS_MAX * (TX_OUTPUTS_MAX - 1))
/* The only type known so far: RCTTypeBulletproofPlus, rings of 16. */
#define PLAN_TX_CLSAG_BPPLUS 1

struct ring_member {
	uint64_t global_index; /* among RingCT outputs (amount 0) */
	struct public_key key;
	struct commitment commitment;
};

struct plan_input {
	struct public_key tx_public; /* R: the main or the additional key that derives the output */
	uint64_t output_index;       /* within its transaction */
	struct subaddress at;        /* which of our addresses received it */
	struct amount amount;
	struct mask mask;                   /* 1 for coinbase */
	uint8_t real;                       /* ring[real] is the output spent */
	struct ring_member ring[RING_SIZE]; /* ascending global_index, no two alike */
};

struct plan_payout {
	struct address to;
	struct amount amount;
};

/* in and out belong to whoever made the plan (plan_free). */
struct plan {
	uint32_t tx_type; /* PLAN_TX_* */
	size_t n_in;
	struct plan_input *in;
	size_t n_out; /* without change; n_out + n_change at most TX_OUTPUTS_MAX */
	struct plan_payout *out;
	struct amount fee;
	uint32_t change_account; /* change goes to subaddress {change_account, 0} */
	uint8_t
	    n_change; /* 1 to 15 outputs; the remainder is split evenly, the last takes the rest */
};

/* Wipes and frees; fine on a zeroed struct. */
void plan_free(struct plan *p);

/*
 * Sum of inputs minus payouts minus fee. ERR_BALANCE when it would be negative or anything
 * overflows. Change may be zero: the output is made all the same, as the official wallet does.
 */
enum err MUST_CHECK plan_change(struct amount *out, const struct plan *p);

#endif
