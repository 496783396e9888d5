/*
 * A request, opened and judged: everything that can be said of it without the spend key. What the
 * person is shown, what is signed and what is journaled all come from here.
 */
#ifndef AIRLOCK_SIGNER_ASSESS_H
#define AIRLOCK_SIGNER_ASSESS_H

#include "signer/policy/minisign.h"
#include "signer/session/env.h"
#include "signer/session/payees.h"

/* One transaction of the request, judged. */
struct assessed_tx {
	struct policy_verdict verdict; /* verdict.code is ERR_OK: may be signed */
	struct state_tx state;
	struct amount change;
	uint64_t weight;
};

struct assessment {
	struct hash hash;
	uint8_t file_hash[32];       /* SHA-256 of the file, to compare what approvers sign */
	char code[CONFIRM_CODE_MAX]; /* to be typed */
	char watcher_name[PROTO_NAME_MAX + 1];
	struct identity_public watcher;
	struct request request;
	bool authentic;       /* sealed to us and signed by our watcher, whatever it holds */
	uint64_t wall, chain; /* the times it was judged by */
	bool answered;        /* a reply was given before; nothing below was judged again */
	enum err refused;     /* the request as a whole */
	char reason[256];
	const char *rule; /* that refused it; "checks": none of the policy's. Static. */
	bool judged;      /* its transactions, each of them */
	struct policy policy;
	struct policy_spent before, after; /* of the limits, if all that may be is signed */
	size_t n_allowed;
	enum policy_tier tier; /* whose consent those need that are allowed: the most of them */
	size_t n_approved;     /* distinct approvers of the policy whose approval is there */
	bool approved[POLICY_APPROVERS_MAX]; /* which */
	struct assessed_tx *txs;             /* request.n_txs of them */
	struct payee *payees; /* request.n_payouts of them; NULL when refused or answered before */
};
void assessment_free(struct assessment *a);

/* How far a request's number may be ahead of the newest: one jump cannot use up all numbers. */
#define REQUEST_NUMBER_STEP (UINT64_C(1) << 32)

/*
 * Opens a request file and judges it. An error means that it is no request for us from our watcher
 * (ERR_MSG_*), that none is paired (ERR_STATE), or that the store failed. When an authentic message
 * cannot be read, *out holds its hash, its number and the reason, to be journaled; else it is
 * empty. Refusals are no errors here; they stand in *out. `approvals` of the file, or NULL: none.
 */
enum err MUST_CHECK assess(struct assessment *out, const struct env *env, struct span file,
			   const struct approvals *approvals);

#endif
