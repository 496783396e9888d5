#include "signer/session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "signer/session/entry.h"

#define LOOKED_AT_MAX (UINT64_C(24) * 3600) /* a person's time to think, in seconds */

/* What one signing collects before it is committed. */
struct work {
	const struct env *env;
	const struct assessment *a;
	struct db_txn *txn;
	struct record *record;
	struct signed_tx *made; /* n_txs */
	struct reply reply;
	size_t n_signed;
	enum policy_tier consent;
};

static void work_free(struct work *w)
{
	db_abort(w->txn);
	free(w->record);
	for (size_t i = 0; w->made && i < w->a->request.n_txs; i++) {
		signed_tx_free(&w->made[i]);
	}
	free(w->made);
	/* Blobs, keys and images are those of `made`. */
	free(w->reply.txs);
	free(w->reply.entries);
}

static enum err journal(struct work *w, enum record_kind kind)
{
	w->record->kind = kind;
	w->record->wall = w->a->wall;
	w->record->chain = w->a->chain;
	w->record->hash = w->a->hash;
	return entry_add(w->txn, w->env, w->record);
}

static enum err journal_request(struct work *w)
{
	memset(w->record, 0, sizeof *w->record);
	w->record->number = w->a->request.number;
	w->record->count = w->a->request.n_txs;
	return journal(w, RECORD_REQUEST);
}

static enum err journal_approvals(struct work *w)
{
	const struct policy *p = &w->a->policy;
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < p->n_approvers; i++) {
		if (!w->a->approved[i]) {
			continue;
		}
		memset(w->record, 0, sizeof *w->record);
		memcpy(w->record->id.b, p->approvers[i].key, sizeof p->approvers[i].key);
		snprintf(w->record->text, sizeof w->record->text, "%s", p->approvers[i].name);
		rc = journal(w, RECORD_APPROVAL);
	}
	return rc;
}

static enum err refuse_tx(struct work *w, size_t i, enum err code, const char *rule,
			  const char *reason)
{
	struct reply_tx *out = &w->reply.txs[i];
	out->refused = code;
	snprintf(out->reason, sizeof out->reason, "%s", reason);
	memset(w->record, 0, sizeof *w->record);
	w->record->index = i;
	w->record->code = code;
	snprintf(w->record->rule, sizeof w->record->rule, "%s", rule);
	snprintf(w->record->text, sizeof w->record->text, "%s", reason);
	return journal(w, RECORD_REFUSED);
}

static enum err journal_signed(struct work *w, size_t i)
{
	const struct request *request = &w->a->request;
	const struct request_tx *t = &request->txs[i];
	const struct assessed_tx *judged = &w->a->txs[i];
	struct record *r = w->record;
	memset(r, 0, sizeof *r);
	r->index = i;
	r->id = w->made[i].id;
	r->counted = judged->verdict.counted;
	r->count = judged->verdict.count;
	r->fee = t->plan.fee;
	snprintf(r->rule, sizeof r->rule, "%s", judged->verdict.rule);
	r->consent = w->consent;
	r->n_payouts = t->plan.n_out;
	for (size_t k = 0; k < t->plan.n_out; k++) {
		const struct request_payout *p = &request->payouts[t->payout[k]];
		r->payouts[k].id = p->id;
		r->payouts[k].amount = p->amount;
		r->payouts[k].content = judged->state.contents[k];
		address_format(r->payouts[k].address, &p->to);
	}
	r->n_images = w->made[i].n_images;
	memcpy(r->images, w->made[i].images, r->n_images * sizeof r->images[0]);
	r->n_inputs = judged->state.n_inputs;
	memcpy(r->inputs, judged->state.inputs, r->n_inputs * sizeof r->inputs[0]);
	return journal(w, RECORD_SIGNED);
}

static enum err sign_tx(struct work *w, size_t i, const struct spend_key *spend)
{
	const struct policy_verdict *v = &w->a->txs[i].verdict;
	struct signed_tx *made = &w->made[i];
	if (v->code != ERR_OK) {
		return refuse_tx(w, i, v->code, v->rule, v->reason);
	}
	enum err rc =
	    tx_build(made, &w->a->request.txs[i].plan, w->env->account, spend, &w->env->rng);
	if (rc != ERR_OK && err_category(rc) == CAT_REFUSED) {
		return refuse_tx(w, i, rc, "checks", err_text(rc));
	}
	if (rc == ERR_OK) {
		rc = journal_signed(w, i);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	w->reply.txs[i] = (struct reply_tx){
	    .id = made->id,
	    .blob = made->blob,
	    .blob_size = made->blob_size,
	    .n_keys = made->n_keys,
	    .keys = made->keys,
	    .n_images = made->n_images,
	    .images = made->images,
	};
	w->n_signed++;
	return ERR_OK;
}

/* A reason in full begins with its code's sentence, which whoever prints an error says himself. */
static const char *beyond_text(enum err code, const char *reason)
{
	const char *text = err_text(code);
	if (strstr(reason, text) != reason) {
		return reason;
	}
	reason += strlen(text);
	return reason[0] == ':' && reason[1] == ' ' ? reason + 2 : reason;
}

static enum err first_refusal(const struct work *w)
{
	for (size_t i = 0; i < w->reply.n_txs; i++) {
		const struct reply_tx *t = &w->reply.txs[i];
		if (t->refused != ERR_OK) {
			return err_set(t->refused, "transaction %zu: %s", i + 1,
				       beyond_text(t->refused, t->reason));
		}
	}
	return ERR_REFUSED;
}

/* The reply's bytes, made once and kept. */
static enum err seal(struct buf *out, struct work *w)
{
	struct buf body;
	struct hash hash;
	enum err outcome = w->n_signed ? ERR_OK : first_refusal(w);
	buf_init(&body, PROTO_MESSAGE_MAX);
	w->reply.request_number = w->a->request.number;
	w->reply.request_hash = w->a->hash;
	enum err rc = journal_since(&w->reply, w->txn, w->a->request.journal.number);
	if (rc == ERR_OK) {
		rc = reply_encode(&body, &w->reply);
	}
	if (rc == ERR_OK) {
		rc = envelope_seal(out, &hash, MSG_REPLY, w->env->account->network,
				   w->reply.journal.number, buf_span(&body), w->env->identity,
				   &w->a->watcher);
	}
	if (rc == ERR_OK) {
		rc = state_set_reply(w->txn, &w->a->hash, outcome, buf_span(out));
	}
	buf_free(&body);
	return rc;
}

/* spend is NULL when every transaction was refused. */
static enum err make_reply(struct buf *reply, const struct env *env, const struct assessment *a,
			   const struct spend_key *spend, enum policy_tier consent)
{
	struct work w = {.env = env, .a = a, .consent = consent};
	enum err rc = ERR_NO_MEMORY;
	w.record = calloc(1, sizeof *w.record);
	w.made = calloc(a->request.n_txs, sizeof *w.made);
	w.reply.n_txs = a->request.n_txs;
	w.reply.txs = calloc(a->request.n_txs, sizeof *w.reply.txs);
	if (!w.record || !w.made || !w.reply.txs) {
		goto out;
	}
	if ((rc = db_begin(&w.txn, env->db, true)) != ERR_OK) {
		goto out;
	}
	rc = journal_request(&w);
	if (rc == ERR_OK) {
		rc = journal_approvals(&w);
	}
	for (size_t i = 0; rc == ERR_OK && i < a->request.n_txs; i++) {
		rc = sign_tx(&w, i, spend);
	}
	if (rc == ERR_OK) {
		rc = seal(reply, &w);
	}
	if (rc == ERR_OK) {
		/* From here on the journal knows; before, no byte of a signature has left. */
		rc = db_commit(w.txn);
		w.txn = NULL;
	}
	if (rc == ERR_OK && w.n_signed == 0) {
		rc = first_refusal(&w);
		goto keep;
	}
out:
	if (rc != ERR_OK) {
		buf_reset(reply);
	}
keep:
	work_free(&w);
	return rc;
}

/*
 * The request as a whole: journaled, not answered. The time of a clock that is not believed is not
 * written down. A journal that lacks entries is not added to, since it could not catch up then.
 */
static enum err journal_refusal(const struct env *env, struct record *r, enum err code,
				const struct ledger_head *seen)
{
	struct db_txn *t = NULL;
	struct ledger_head head;
	enum err rc = db_begin(&t, env->db, true);
	if (rc == ERR_OK) {
		rc = journal_head(&head, t);
	}
	if (rc == ERR_OK && code == ERR_ROLLED_BACK && seen->number > head.number) {
		goto out;
	}
	if (rc == ERR_OK) {
		rc = journal_clock(&r->wall, t, clock_wall(&env->clock));
	}
	if (rc == ERR_OK || rc == ERR_CLOCK_BEHIND || rc == ERR_CLOCK_JUMP) {
		rc = entry_add(t, env, r);
	}
	if (rc == ERR_OK) {
		rc = db_commit(t);
		t = NULL;
	}
out:
	db_abort(t);
	return rc;
}

/* Returns `code`, or why it was not journaled. */
static enum err refuse_request(const struct env *env, const struct assessment *a, enum err code,
			       const char *rule, const char *reason)
{
	struct record *r = calloc(1, sizeof *r);
	enum err rc = ERR_NO_MEMORY;
	if (r) {
		r->kind = RECORD_REQUEST_REFUSED;
		r->chain = a->chain;
		r->hash = a->hash;
		r->number = a->request.number;
		r->code = code;
		snprintf(r->rule, sizeof r->rule, "%s", rule);
		snprintf(r->text, sizeof r->text, "%s", reason);
		rc = journal_refusal(env, r, code, &a->request.journal);
	}
	free(r);
	return rc == ERR_OK ? err_set(code, "%s", beyond_text(code, reason)) : rc;
}

static enum err repeat(struct buf *reply, const struct env *env, const struct assessment *a)
{
	struct db_txn *t = NULL;
	enum err outcome = ERR_OK;
	enum err rc = db_begin(&t, env->db, false);
	if (rc == ERR_OK) {
		rc = state_reply(reply, &outcome, t, &a->hash);
	}
	db_abort(t);
	return rc == ERR_OK ? outcome : rc;
}

/* Asks whom the policy wants asked. What was refused for want of consent may come again with it. */
static enum err consent(enum policy_tier *who, const struct env *env, const struct assessment *a,
			const struct session_hooks *hooks)
{
	const char *rule = policy_tier_name(a->tier);
	*who = TIER_UNATTENDED;
	if (!hooks->confirm) {
		return a->tier == TIER_UNATTENDED
			   ? ERR_OK
			   : refuse_request(env, a, ERR_NOT_UNATTENDED, rule,
					    "nobody is here to confirm; use `sign`");
	}
	enum err rc = hooks->confirm(hooks->ctx, a);
	if (rc == ERR_NOT_CONFIRMED) {
		return refuse_request(env, a, rc, rule, "the code was not typed");
	}
	*who = a->policy.confirmed.set && a->n_approved >= a->policy.needed ? TIER_APPROVED
									    : TIER_CONFIRMED;
	return rc;
}

enum err session_answer(struct buf *reply, struct assessment *a, const struct env *env,
			struct span file, const struct approvals *approvals,
			const struct session_hooks *hooks)
{
	const struct spend_key *spend = NULL;
	enum policy_tier who = TIER_UNATTENDED;
	enum err rc = assess(a, env, file, approvals);
	if (rc != ERR_OK) {
		/* Not to be read, but our watcher's: whoever holds its keys is trying things. */
		return a->authentic ? refuse_request(env, a, rc, "checks", a->reason) : rc;
	}
	if (a->answered) {
		return repeat(reply, env, a);
	}
	if (a->refused != ERR_OK) {
		return refuse_request(env, a, a->refused, a->rule, a->reason);
	}
	if (a->n_allowed == 0) {
		return make_reply(reply, env, a, NULL, TIER_UNATTENDED);
	}
	if ((rc = consent(&who, env, a, hooks)) != ERR_OK) {
		return rc;
	}
	/* A person may think for long; what has become of the time counts as of now. */
	uint64_t now = clock_wall(&env->clock);
	if (now < a->wall) {
		return refuse_request(env, a, ERR_CLOCK_BEHIND, "checks", "the clock went back");
	}
	if (now - a->wall > LOOKED_AT_MAX) {
		return refuse_request(env, a, ERR_CLOCK_JUMP, "checks",
				      "more than a day went by while it was looked at");
	}
	a->wall = now;
	if (now > a->request.expires) {
		return refuse_request(env, a, ERR_REQUEST_EXPIRED, "checks",
				      "while it was looked at");
	}
	if ((rc = hooks->unlock(hooks->ctx, &spend)) != ERR_OK) {
		return rc;
	}
	rc = make_reply(reply, env, a, spend, who);
	hooks->lock(hooks->ctx);
	return rc;
}
