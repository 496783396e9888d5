#include "signer/session/assess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "signer/session/settings.h"

#define RULE_CHECKS "checks"

void assessment_free(struct assessment *a)
{
	request_free(&a->request);
	free(a->txs);
	free(a->payees);
	memset(a, 0, sizeof *a);
}

/* A check's error as a verdict; what is no refusal (a full disk, say) stays an error. */
static enum err judged(enum err rc, enum err *code, char reason[256])
{
	enum err_category category = err_category(rc);
	if (rc == ERR_OK || (category != CAT_REFUSED && category != CAT_MESSAGE)) {
		return rc;
	}
	*code = rc;
	const char *detail = err_detail();
	if (detail[0]) {
		snprintf(reason, 256, "%s: %.160s", err_text(rc), detail);
	} else {
		snprintf(reason, 256, "%s", err_text(rc));
	}
	return ERR_OK;
}

/* Outputs that an earlier transaction of the same request spends already. */
static bool shares_input(const struct assessment *a, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		for (size_t k = 0; k < a->txs[j].state.n_inputs; k++) {
			for (size_t m = 0; m < a->txs[i].state.n_inputs; m++) {
				if (secret_equal(a->txs[j].state.inputs[k].b,
						 a->txs[i].state.inputs[m].b, 32)) {
					return true;
				}
			}
		}
	}
	return false;
}

static bool shares_payout(const struct assessment *a, size_t i, size_t n)
{
	const struct state_tx *tx = &a->txs[i].state;
	for (size_t j = 0; j <= i; j++) {
		const struct state_tx *other = &a->txs[j].state;
		size_t end = j == i ? n : other->n_payouts;
		for (size_t k = 0; k < end; k++) {
			if (secret_equal(other->payouts[k].b, tx->payouts[n].b,
					 sizeof tx->payouts[n].b)) {
				return true;
			}
		}
	}
	return false;
}

/* The plan pays exactly what the request says of its payouts. */
static enum err map_payouts(struct assessment *a, size_t i, enum network network)
{
	const struct request_tx *t = &a->request.txs[i];
	struct state_tx *state = &a->txs[i].state;
	for (size_t k = 0; k < t->plan.n_out; k++) {
		if (t->payout[k] >= a->request.n_payouts) {
			return err_set(ERR_TX_SHAPE, "an output that is no payout");
		}
		const struct request_payout *p = &a->request.payouts[t->payout[k]];
		if (!address_equal(&p->to, &t->plan.out[k].to) ||
		    amount_cmp(p->amount, t->plan.out[k].amount) != 0) {
			return err_set(ERR_PAYOUT_CHANGED, "output %zu is not its payout", k + 1);
		}
		if (p->to.network != network) {
			return err_set(ERR_MSG_NETWORK, "payout %zu goes to another network",
				       k + 1);
		}
		if (amount_is_zero(p->amount)) {
			return err_set(ERR_TX_SHAPE, "payout %zu is of nothing", k + 1);
		}
		state->payouts[k] = p->id;
		state_payout_content(&state->contents[k], p);
		if (shares_payout(a, i, k)) {
			return err_set(ERR_PAYOUT_TWICE, "the request pays payout %zu twice",
				       k + 1);
		}
		state->n_payouts = k + 1;
	}
	return ERR_OK;
}

static enum err map_inputs(struct assessment *a, size_t i)
{
	const struct plan *plan = &a->request.txs[i].plan;
	struct state_tx *state = &a->txs[i].state;
	if (plan->n_in == 0 || plan->n_in > TX_INPUTS_MAX || plan->n_out == 0 ||
	    plan->n_out > TX_OUTPUTS_MAX) {
		return err_set(ERR_TX_SHAPE, "%zu inputs, %zu payouts", plan->n_in, plan->n_out);
	}
	for (size_t k = 0; k < plan->n_in; k++) {
		if (plan->in[k].real >= RING_SIZE) {
			return err_set(ERR_RING, "input %zu has no place in its ring", k + 1);
		}
		state->inputs[k] = plan->in[k].ring[plan->in[k].real].key;
	}
	state->n_inputs = plan->n_in;
	if (shares_input(a, i)) {
		return err_set(ERR_INPUT_TWICE, "two transactions of the request share an input");
	}
	return ERR_OK;
}

static enum err check_tx(struct assessment *a, size_t i, const struct env *env, struct db_txn *t)
{
	const struct plan *plan = &a->request.txs[i].plan;
	struct assessed_tx *tx = &a->txs[i];
	enum err rc = map_inputs(a, i);
	if (rc == ERR_OK) {
		rc = map_payouts(a, i, env->account->network);
	}
	if (rc == ERR_OK) {
		rc = plan_check(plan, env->account);
	}
	if (rc == ERR_OK) {
		rc = plan_change(&tx->change, plan);
	}
	if (rc == ERR_OK) {
		rc = state_check_tx(t, &tx->state);
	}
	return rc;
}

/* What will be spent when all that may be is signed, with the consent that it needs. */
static enum err settle(struct assessment *a)
{
	a->after = a->before;
	a->after.requests++;
	for (size_t i = 0; i < a->request.n_txs; i++) {
		const struct policy_verdict *v = &a->txs[i].verdict;
		if (v->code == ERR_OK && !policy_spend(&a->after, v, a->tier)) {
			return err_set(ERR_INTERNAL, "the sum of what is spent");
		}
	}
	return ERR_OK;
}

static enum err judge_txs(struct assessment *a, const struct env *env, struct db_txn *t)
{
	struct policy_spent spent = a->before;
	for (size_t i = 0; i < a->request.n_txs; i++) {
		struct assessed_tx *tx = &a->txs[i];
		struct policy_verdict *v = &tx->verdict;
		err_clear();
		enum err rc = judged(check_tx(a, i, env, t), &v->code, v->reason);
		if (rc != ERR_OK) {
			return rc;
		}
		if (v->code != ERR_OK) {
			v->rule = RULE_CHECKS;
			continue;
		}
		tx->weight = plan_weight(&a->request.txs[i].plan, env->account);
		const struct policy_tx measured = {&a->request.txs[i].plan, tx->weight};
		policy_judge(v, &a->policy, &measured, &spent);
		if (v->code != ERR_OK) {
			continue;
		}
		/* Whose consent the whole will have is not known yet: it counts as having none. */
		if (!policy_spend(&spent, v, TIER_UNATTENDED)) {
			return err_set(ERR_INTERNAL, "the sum of what is spent");
		}
		a->tier = v->tier > a->tier ? v->tier : a->tier;
		a->n_allowed++;
	}
	a->judged = true;
	return settle(a);
}

/* What refuses the request as a whole; the policy and what was spent are read on the way. */
static enum err check_request(struct assessment *a, const struct env *env, struct db_txn *t)
{
	struct journal_times newest;
	uint64_t number;
	enum err rc = journal_times(&newest, t);
	if (rc != ERR_OK) {
		return rc;
	}
	a->chain = env_chain_time(&newest, a->wall, a->request.chain_time);
	if ((rc = state_request_number(&number, t, &a->watcher)) != ERR_OK) {
		return rc;
	}
	if (a->request.number <= number) {
		return err_set(ERR_REQUEST_STALE, "request %llu comes after %llu",
			       (unsigned long long)a->request.number, (unsigned long long)number);
	}
	if (a->request.number - number > REQUEST_NUMBER_STEP) {
		return err_set(ERR_PARSE_VALUE,
			       "request number %llu is too far ahead of the newest, %llu",
			       (unsigned long long)a->request.number, (unsigned long long)number);
	}
	if (a->wall > a->request.expires) {
		char text[TIME_TEXT_MAX];
		return err_set(ERR_REQUEST_EXPIRED, "on %s; build it again",
			       time_format(text, a->request.expires));
	}
	if (a->request.n_txs == 0) {
		return err_set(ERR_TX_SHAPE, "the request has no transaction");
	}
	rc = state_policy(&a->policy, t, env->account->network);
	if (rc == ERR_OK) {
		rc = journal_spent(&a->before, t, a->wall, a->chain);
	}
	if (rc == ERR_OK) {
		a->rule = "requests_per_hour";
		rc = policy_judge_request(&a->policy, &a->before);
	}
	return rc;
}

static void open_approvers(char out[static 160], const struct assessment *a)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < a->policy.n_approvers && n < 159; i++) {
		if (!a->approved[i]) {
			snprintf(out + n, 160 - n, "%s%s", n ? ", " : "",
				 a->policy.approvers[i].name);
			n = strlen(out);
		}
	}
}

/* One that is not what it claims is an error, never only one fewer: somebody should know. */
static enum err count_approvals(struct assessment *a, struct span file,
				const struct approvals *approvals)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && approvals && i < approvals->n; i++) {
		const struct approval *one = &approvals->list[i];
		const struct policy_approver *who = approval_approver(one, &a->policy);
		if (!who) {
			return err_set(ERR_APPROVER, "approval %zu", i + 1);
		}
		rc = approval_verify(one, who, file);
		if (rc == ERR_OK && !a->approved[who - a->policy.approvers]) {
			a->approved[who - a->policy.approvers] = true;
			a->n_approved++;
		}
	}
	return rc;
}

/* Lacking ones refuse the request as a whole, so that it can come again with them. */
static enum err check_approvals(struct assessment *a, struct span file,
				const struct approvals *approvals)
{
	char open[160];
	a->rule = policy_tier_name(TIER_APPROVED);
	enum err rc = count_approvals(a, file, approvals);
	if (rc == ERR_OK && a->tier == TIER_APPROVED && a->n_approved < a->policy.needed) {
		open_approvers(open, a);
		rc = err_set(ERR_APPROVALS, "%zu of %zu needed; open: %s", a->n_approved,
			     a->policy.needed, open);
	}
	return rc;
}

static enum err find_payees(struct assessment *a, struct db_txn *t)
{
	a->payees = calloc(a->request.n_payouts + 1, sizeof *a->payees);
	return a->payees ? payees_find(a->payees, &a->request, &a->policy, t) : ERR_NO_MEMORY;
}

static enum err judge(struct assessment *a, const struct env *env, struct span file,
		      const struct approvals *approvals)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, env->db, false);
	if (rc == ERR_OK) {
		err_clear();
		a->rule = RULE_CHECKS;
		rc = judged(check_request(a, env, t), &a->refused, a->reason);
	}
	if (rc == ERR_OK && a->refused == ERR_OK) {
		rc = judge_txs(a, env, t);
	}
	if (rc == ERR_OK && a->judged) {
		rc = find_payees(a, t);
	}
	if (rc == ERR_OK && a->judged) {
		rc = judged(check_approvals(a, file, approvals), &a->refused, a->reason);
	}
	db_abort(t);
	return rc;
}

/*
 * What is looked at before anything is written, be it that a policy's time has come: whether the
 * request was answered, whether our journal is whole, and whether the clock is believed.
 */
static enum err check_past(struct assessment *a, const struct env *env)
{
	struct db_txn *t = NULL;
	struct buf stored;
	enum err outcome;
	uint64_t held;
	buf_init(&stored, PROTO_MESSAGE_MAX + 1024);
	enum err rc = db_begin(&t, env->db, false);
	if (rc == ERR_OK) {
		rc = state_reply(&stored, &outcome, t, &a->hash);
		a->answered = rc == ERR_OK;
	}
	if (rc == ERR_NOT_FOUND) {
		err_clear();
		rc = journal_has(t, &a->request.journal);
		if (rc == ERR_OK) {
			rc = journal_clock(&held, t, a->wall);
		}
	}
	a->rule = RULE_CHECKS;
	rc = judged(rc, &a->refused, a->reason);
	db_abort(t);
	buf_free(&stored);
	return rc;
}

static enum err paired(struct assessment *a, const struct env *env)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, env->db, false);
	if (rc == ERR_OK) {
		rc = state_watcher(&a->watcher, a->watcher_name, t);
	}
	db_abort(t);
	return rc;
}

/* The request in an envelope of our watcher's, whose numbers must agree. */
static enum err read_request(struct assessment *out, const struct envelope *e)
{
	enum err rc = request_decode(&out->request, e->body);
	if (rc == ERR_OK && out->request.number != e->sequence) {
		rc = err_set(ERR_MSG_FORMAT, "request %llu in an envelope numbered %llu",
			     (unsigned long long)out->request.number,
			     (unsigned long long)e->sequence);
	}
	return rc;
}

/* What is left of an authentic message that cannot be read: enough for the journal. */
static void unread(struct assessment *out, const struct envelope *e, enum err rc)
{
	enum err code = ERR_OK;
	assessment_free(out);
	out->authentic = judged(rc, &code, out->reason) == ERR_OK;
	out->hash = e->hash;
	out->request.number = e->sequence;
}

enum err assess(struct assessment *out, const struct env *env, struct span file,
		const struct approvals *approvals)
{
	struct envelope e;
	struct buf plain = {0};
	memset(out, 0, sizeof *out);
	enum err rc = paired(out, env);
	if (rc != ERR_OK) {
		goto out;
	}
	rc = envelope_open(&e, &plain, file, MSG_REQUEST, env->account->network, env->identity,
			   &out->watcher);
	if (rc != ERR_OK) {
		goto out;
	}
	if ((rc = read_request(out, &e)) != ERR_OK) {
		unread(out, &e, rc);
		buf_free(&plain);
		return rc;
	}
	out->authentic = true;
	out->hash = e.hash;
	approval_file_hash(out->file_hash, file);
	confirmation_code(out->code, &e.hash);
	out->txs = calloc(out->request.n_txs + 1, sizeof *out->txs);
	if (!out->txs) {
		rc = ERR_NO_MEMORY;
		goto out;
	}
	out->wall = clock_wall(&env->clock);
	rc = check_past(out, env);
	if (rc == ERR_OK && !out->answered && out->refused == ERR_OK) {
		rc = settings_policy_ripen(env, out->request.chain_time);
		out->wall = clock_wall(&env->clock);
		if (rc == ERR_OK) {
			rc = judge(out, env, file, approvals);
		}
	}
out:
	buf_free(&plain);
	if (rc != ERR_OK) {
		assessment_free(out);
	}
	return rc;
}
