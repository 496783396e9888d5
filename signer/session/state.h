/*
 * What the signer remembers besides the journal, as records of its store: whom it is paired with,
 * the policy and the change that waits, the newest request number, what it answered, and which
 * outputs and payouts it signed away. All in the caller's transaction.
 */
#ifndef AIRLOCK_SIGNER_STATE_H
#define AIRLOCK_SIGNER_STATE_H

#include "proto/messages.h"
#include "signer/journal/tables.h"
#include "signer/policy/policy.h"

/* ERR_STATE when no watcher is paired. name may be NULL. */
enum err MUST_CHECK state_watcher(struct identity_public *out, char name[PROTO_NAME_MAX + 1],
				  struct db_txn *t);
enum err MUST_CHECK state_set_watcher(struct db_txn *t, const struct identity_public *watcher,
				      const char *name);

/* ERR_NO_POLICY when none was ever set. */
enum err MUST_CHECK state_policy(struct policy *out, struct db_txn *t, enum network network);
enum err MUST_CHECK state_set_policy(struct db_txn *t, const struct policy *p);

/* A policy that waits: it takes effect when both clocks have reached these times. */
struct state_pending {
	uint64_t wall, chain;
	struct policy policy;
};
/* ERR_NOT_FOUND when none waits. */
enum err MUST_CHECK state_pending(struct state_pending *out, struct db_txn *t,
				  enum network network);
/* Replaces the one that waited; NULL drops it. */
enum err MUST_CHECK state_set_pending(struct db_txn *t, const struct state_pending *p);

/* The newest request number of this watcher that was answered; 0: none. */
enum err MUST_CHECK state_request_number(uint64_t *out, struct db_txn *t,
					 const struct identity_public *watcher);
enum err MUST_CHECK state_set_request_number(struct db_txn *t,
					     const struct identity_public *watcher,
					     uint64_t number);

/*
 * The reply given to a request, and the error that went with it (ERR_OK: something was signed).
 * ERR_NOT_FOUND; ERR_REPLY_LOST when it was answered, but the bytes did not survive. The bytes are
 * appended to `out`.
 */
enum err MUST_CHECK state_reply(struct buf *out, enum err *outcome, struct db_txn *t,
				const struct hash *request);
enum err MUST_CHECK state_set_reply(struct db_txn *t, const struct hash *request, enum err outcome,
				    struct span reply);
/* What a copy of the journal says of a request: that it was answered, not with which bytes. */
enum err MUST_CHECK state_set_reply_lost(struct db_txn *t, const struct hash *request);

/* A transaction as the rules of replacement see it. */
struct state_tx {
	size_t n_inputs;
	struct public_key inputs[TX_INPUTS_MAX]; /* one-time keys: each fixes its key image */
	size_t n_payouts;
	struct payout_id payouts[TX_OUTPUTS_MAX];
	struct hash contents[TX_OUTPUTS_MAX]; /* of each payout */
};

/* What a payout id stands for. */
void state_payout_content(struct hash *out, const struct request_payout *p);

/*
 * ERR_PAYOUT_CHANGED: an id stood for something else. ERR_PAYOUT_TWICE: a payout was signed before
 * in a transaction that shares no input with this one, so both could be mined. ERR_INPUT_TWICE: an
 * input was signed away in a transaction that pays none of these payouts.
 */
enum err MUST_CHECK state_check_tx(struct db_txn *t, const struct state_tx *tx);
enum err MUST_CHECK state_add_tx(struct db_txn *t, const struct hash *id,
				 const struct state_tx *tx);

#endif
