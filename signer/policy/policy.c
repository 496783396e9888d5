#include "signer/policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint64_t policy_clock_jump(const struct policy *p)
{
	return p->clock_jump ? p->clock_jump : POLICY_WEEK;
}

const struct policy_destination *policy_listed(const struct policy *p, const struct address *to)
{
	for (size_t i = 0; i < p->n_listed; i++) {
		if (address_equal(&p->listed[i].to, to)) {
			return &p->listed[i];
		}
	}
	return NULL;
}

bool policy_is_vault(const struct policy *p, const struct address *to)
{
	const struct policy_destination *d = policy_listed(p, to);
	return d && d->vault;
}

const char *policy_tier_name(enum policy_tier tier)
{
	switch (tier) {
	case TIER_UNATTENDED:
		return "unattended";
	case TIER_CONFIRMED:
		return "confirmed";
	case TIER_APPROVED:
		return "approved";
	}
	return "unknown";
}

/* What the rules look at, and what they add up on the way. */
struct judging {
	const struct policy *p;
	const struct policy_tx *tx;
	const struct policy_spent *spent;
	struct policy_verdict *out;
};

PRINTF_LIKE(3, 4)
static void refuse(struct policy_verdict *v, enum err code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(v->reason, sizeof v->reason, fmt, ap);
	va_end(ap);
	v->code = code;
}

/* "1.5 XMR is over the limit of 1 XMR" for the amount rules. */
static void at_most(struct policy_verdict *v, enum err code, const char *what, struct amount have,
		    struct amount limit)
{
	char a[AMOUNT_TEXT_MAX], b[AMOUNT_TEXT_MAX];
	if (amount_cmp(have, limit) > 0) {
		refuse(v, code, "%s of %s XMR is over the limit of %s XMR", what,
		       amount_format(a, have), amount_format(b, limit));
	}
}

static void rule_only_listed(struct judging *j)
{
	const struct plan *plan = j->tx->plan;
	for (size_t i = 0; j->p->only_listed && i < plan->n_out; i++) {
		if (!policy_listed(j->p, &plan->out[i].to)) {
			refuse(j->out, ERR_DESTINATION,
			       "destination %zu is not in the address book, and the policy allows "
			       "no other",
			       i + 1);
			return;
		}
	}
}

/* Sums up what counts, too: no later rule is reached with a sum that is not whole. */
static void rule_payout(struct judging *j)
{
	const struct plan *plan = j->tx->plan;
	struct policy_verdict *out = j->out;
	out->counted = plan->fee;
	out->count = plan->n_out;
	for (size_t i = 0; out->code == ERR_OK && i < plan->n_out; i++) {
		if (policy_is_vault(j->p, &plan->out[i].to)) {
			continue;
		}
		if (!amount_add(&out->counted, out->counted, plan->out[i].amount)) {
			refuse(out, ERR_BALANCE, "the payouts overflow");
			return;
		}
		at_most(out, ERR_LIMIT_PAYOUT, "a payout", plan->out[i].amount,
			j->p->limits.payout);
	}
}

static void rule_transaction(struct judging *j)
{
	at_most(j->out, ERR_LIMIT_TX, "a transaction", j->out->counted, j->p->limits.transaction);
}

static void rule_fee(struct judging *j)
{
	at_most(j->out, ERR_LIMIT_FEE, "a fee", j->tx->plan->fee, j->p->limits.fee);
}

static void rule_fee_per_byte(struct judging *j)
{
	struct amount most;
	char a[AMOUNT_TEXT_MAX], b[AMOUNT_TEXT_MAX];
	/* A product that overflows is above every fee. */
	if (amount_mul(&most, j->p->limits.fee_per_byte, j->tx->weight) &&
	    amount_cmp(j->tx->plan->fee, most) > 0) {
		refuse(j->out, ERR_LIMIT_FEE_RATE,
		       "a fee of %s XMR for a weight of %llu is over the limit of %s XMR a byte",
		       amount_format(a, j->tx->plan->fee), (unsigned long long)j->tx->weight,
		       amount_format(b, j->p->limits.fee_per_byte));
	}
}

static void rule_day_count(struct judging *j)
{
	const uint64_t most = j->p->limits.day_count, count = j->out->count;
	if (count > most || j->spent->count > most - count) {
		refuse(j->out, ERR_LIMIT_DAY_COUNT,
		       "%llu payouts after %llu in the last 24 hours are over the limit of %llu",
		       (unsigned long long)count, (unsigned long long)j->spent->count,
		       (unsigned long long)most);
	}
}

/* A sum that overflows is over every limit. */
static void window(struct judging *j, enum err code, const char *what, struct amount spent,
		   struct amount limit)
{
	struct amount total;
	if (amount_add(&total, spent, j->out->counted)) {
		at_most(j->out, code, what, total, limit);
	} else {
		refuse(j->out, code, "%s overflows", what);
	}
}

static void rule_day(struct judging *j)
{
	window(j, ERR_LIMIT_DAY, "a sum within 24 hours", j->spent->amount, j->p->limits.day);
}

static void rule_week(struct judging *j)
{
	if (j->p->week.set) {
		window(j, ERR_LIMIT_WEEK, "a sum within 7 days", j->spent->week, j->p->week.most);
	}
}

static void rule_month(struct judging *j)
{
	if (j->p->month.set) {
		window(j, ERR_LIMIT_MONTH, "a sum within 30 days", j->spent->month,
		       j->p->month.most);
	}
}

static const struct {
	const char *name;
	void (*refuses)(struct judging *j);
} rules[] = {
    {"only_listed", rule_only_listed},
    {"payout", rule_payout},
    {"transaction", rule_transaction},
    {"fee", rule_fee},
    {"fee_per_byte", rule_fee_per_byte},
    {"day_count", rule_day_count},
    {"day", rule_day},
    {"week", rule_week},
    {"month", rule_month},
};

static bool within(const struct policy_reach *reach, struct amount counted, struct amount spent)
{
	struct amount total;
	return amount_cmp(counted, reach->transaction) <= 0 && amount_add(&total, spent, counted) &&
	       amount_cmp(total, reach->day) <= 0;
}

/* The least consent that is enough. A tier that is not unattended is not lowered by a wide one. */
static enum policy_tier tier_of(const struct judging *j)
{
	const struct policy *p = j->p;
	const struct amount counted = j->out->counted;
	if (p->confirmed.set && !within(&p->confirmed, counted, j->spent->unapproved)) {
		return TIER_APPROVED;
	}
	if (p->unattended.set && within(&p->unattended, counted, j->spent->unattended)) {
		return TIER_UNATTENDED;
	}
	return TIER_CONFIRMED;
}

void policy_judge(struct policy_verdict *out, const struct policy *p, const struct policy_tx *tx,
		  const struct policy_spent *spent)
{
	struct judging j = {p, tx, spent, out};
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		rules[i].refuses(&j);
		if (out->code != ERR_OK) {
			out->rule = rules[i].name;
			return;
		}
	}
	out->tier = tier_of(&j);
	out->rule = policy_tier_name(out->tier);
}

enum err policy_judge_request(const struct policy *p, const struct policy_spent *spent)
{
	const uint64_t most = p->requests_per_hour;
	if (most && spent->requests >= most) {
		return err_set(ERR_LIMIT_REQUESTS,
			       "%llu were answered within the hour, the limit is %llu",
			       (unsigned long long)spent->requests, (unsigned long long)most);
	}
	return ERR_OK;
}

bool policy_spend(struct policy_spent *spent, const struct policy_verdict *v,
		  enum policy_tier consent)
{
	bool fits = amount_add(&spent->amount, spent->amount, v->counted) &&
		    amount_add(&spent->week, spent->week, v->counted) &&
		    amount_add(&spent->month, spent->month, v->counted) &&
		    !__builtin_add_overflow(spent->count, v->count, &spent->count);
	if (fits && consent < TIER_CONFIRMED) {
		fits = amount_add(&spent->unattended, spent->unattended, v->counted);
	}
	if (fits && consent < TIER_APPROVED) {
		fits = amount_add(&spent->unapproved, spent->unapproved, v->counted);
	}
	return fits;
}
