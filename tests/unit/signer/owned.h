/* Test support: a wallet of our own, outputs that it owns, and rings around them. */
#ifndef AIRLOCK_TESTS_OWNED_H
#define AIRLOCK_TESTS_OWNED_H

#include "signer/sign/build.h"

struct test_wallet {
	struct account_view account;
	struct spend_key spend;
};

/* A wallet from the rng. */
void test_wallet_make(struct test_wallet *w, enum network network, const struct rng *rng);

/* An input of the wallet: an output of `amount` at `at`, the real member at a random place. */
void test_input_make(struct plan_input *in, const struct test_wallet *w, struct subaddress at,
		     struct amount amount, const struct rng *rng);

/* A plan with n_in inputs of `each`, one payout to `to`, one change output. Free with plan_free. */
void test_plan_make(struct plan *p, const struct test_wallet *w, size_t n_in, struct amount each,
		    const struct address *to, struct amount amount, struct amount fee,
		    const struct rng *rng);

#endif
