/* What the session's logic is given from outside: no terminal, no files, no clock of its own. */
#ifndef AIRLOCK_SIGNER_ENV_H
#define AIRLOCK_SIGNER_ENV_H

#include "common/base/clock.h"
#include "proto/envelope.h"
#include "signer/journal/journal.h"
#include "signer/session/state.h"
#include "signer/sign/build.h"

struct env {
	struct db *db; /* tables of signer/journal/tables.h */
	const struct account_view *account;
	const struct identity *identity;
	struct clock clock;
	struct rng rng;
};

#define BLOCK_TIME_AHEAD (UINT64_C(2) * 3600) /* Monero's bound on block times */

/*
 * The chain time to go by when a request claims `claimed`: never more than two hours ahead of our
 * own clock (BLOCK_TIME_AHEAD), so that one lie cannot freeze the limits' window, and
 * never before the newest one journaled.
 */
uint64_t env_chain_time(const struct journal_times *newest, uint64_t wall, uint64_t claimed);

#endif
