/*
 * What a person sets on the signer: the watcher it is paired with, and the policy. The first policy
 * holds at once, as does whatever tightens; what loosens waits for the cool-off of the policy in
 * force, by both clocks, and is journaled when submitted and when it takes effect.
 */
#ifndef AIRLOCK_SIGNER_SETTINGS_H
#define AIRLOCK_SIGNER_SETTINGS_H

#include "signer/session/env.h"

/* The first entry of a new journal. ERR_EXISTS when there is one already. */
enum err MUST_CHECK settings_init(const struct env *env, uint64_t birthday);

/* Pins the sender of a pairing message. A watcher that was paired before is replaced. */
enum err MUST_CHECK settings_pair(struct identity_public *watcher, char name[PROTO_NAME_MAX + 1],
				  const struct env *env, struct span file);

/* *waits_until: the wall time from which a loosening holds; 0 when all of it holds at once. */
enum err MUST_CHECK settings_policy_set(uint64_t *waits_until, const struct env *env,
					const struct policy *p);

/* Puts a policy that has waited long enough into force. `claimed`: chain time of a request, or 0.
 */
enum err MUST_CHECK settings_policy_ripen(const struct env *env, uint64_t claimed);

/* Journals that a person found the clock to be right, however far ahead. ERR_CLOCK_BEHIND. */
enum err MUST_CHECK settings_clock(const struct env *env);

/* Journals one record in a transaction of its own, with the time of now. */
enum err MUST_CHECK settings_journal(const struct env *env, struct record *r);

#endif
