/*
 * From outputs to the vault. The smallest first: that is also what keeps the number of outputs low,
 * and leaves the large ones to pay from.
 */
#include <stdlib.h>

#include "watcher/planner/planner.h"

#define REFERENCE "sweep to the vault"
#define MARGIN 2 /* an output is worth taking that pays for itself so many times */

/* What an input more costs. */
static enum err input_cost(struct amount *out, const struct fee_rate *rate,
			   const struct account_view *account)
{
	static const struct draft none = {.n_payouts = 1, .n_change = 1};
	struct amount one;
	enum err rc = draft_most_fee(&one, &none, 1, rate, account);
	if (rc == ERR_OK) {
		rc = draft_most_fee(out, &none, 2, rate, account);
	}
	if (rc == ERR_OK && (!amount_sub(out, *out, one) || !amount_mul(out, *out, MARGIN))) {
		rc = err_set(ERR_NODE_ANSWER, "the fee makes no sense");
	}
	return rc;
}

struct sweeping {
	struct funds *f;
	size_t next;         /* in the funds */
	struct amount above; /* may still leave */
	size_t outputs;      /* may still be taken */
	const struct fee_rate *rate;
	const struct account_view *account;
};

/* Inputs until the draft is full, or holds all that may leave. */
static enum err fill(struct draft *d, struct amount *have, struct sweeping *s)
{
	enum err rc = ERR_OK;
	while (rc == ERR_OK && d->n_in < TX_INPUTS_MAX && s->outputs > 0 && s->next < s->f->n &&
	       amount_cmp(*have, s->above) < 0) {
		rc = funds_take(&d->in[d->n_in], s->f, &s->f->o[s->next++]);
		if (rc == ERR_OK) {
			d->n_in++;
			s->outputs--;
			rc = draft_inputs(have, d);
		}
	}
	return rc;
}

/* ERR_FUNDS when what is left is not worth a transaction. */
static enum err make_one(struct draft *d, const struct address *to, struct sweeping *s)
{
	struct amount have = {0}, fee;
	struct payout *p = &d->payouts[0];
	*p = (struct payout){
	    .to = *to, .reference = REFERENCE, .priority = PAYOUT_NORMAL, .state = PAYOUT_QUEUED};
	d->fresh = true;
	d->n_payouts = 1;
	d->n_change = 1;
	enum err rc = fill(d, &have, s);
	if (rc == ERR_OK) {
		rc = draft_most_fee(&fee, d, d->n_in, s->rate, s->account);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	/* No more than may leave; what is above that comes back as change. */
	struct amount leaves = amount_cmp(have, s->above) <= 0 ? have : s->above;
	/* Planned again, a full one has no other input to take for its fee: it keeps the most that
	 * one can be. */
	d->all = leaves.atomic == have.atomic && d->n_in < TX_INPUTS_MAX;
	if (!amount_sub(&p->amount, leaves, fee) || amount_cmp(p->amount, fee) <= 0) {
		return ERR_FUNDS;
	}
	/* The rest of the arithmetic is draft_fee's, once the weight is known. */
	bool fits = amount_sub(&s->above, s->above, leaves);
	return fits ? draft_plan(d) : ERR_INTERNAL;
}

enum err sweep_make(struct draft **out, size_t *n, struct funds *f, const struct address *to,
		    struct amount above, size_t outputs, const struct fee_rate *rate,
		    const struct account_view *account)
{
	struct amount worth;
	struct sweeping s = {.f = f,
			     .above = above,
			     .outputs = outputs ? outputs : SIZE_MAX,
			     .rate = rate,
			     .account = account};
	*n = 0;
	*out = calloc(REQUEST_TXS_MAX, sizeof **out);
	enum err rc = *out ? input_cost(&worth, rate, account) : ERR_NO_MEMORY;
	while (rc == ERR_OK && s.next < f->n && amount_cmp(f->o[s.next].amount, worth) < 0) {
		s.next++;
	}
	while (rc == ERR_OK && *n < REQUEST_TXS_MAX && s.next < f->n && s.outputs > 0 &&
	       !amount_is_zero(s.above)) {
		rc = make_one(&(*out)[*n], to, &s);
		*n += rc == ERR_OK;
	}
	if (rc == ERR_FUNDS || (rc == ERR_OK && *n == 0)) {
		rc = *n ? ERR_OK
			: err_set(ERR_FUNDS, "nothing that is worth its fee lies above the float");
	}
	if (rc != ERR_OK) {
		drafts_free(*out, REQUEST_TXS_MAX);
		*out = NULL;
		*n = 0;
	}
	return rc;
}
