#include "signer/policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool policy_is_vault(const struct policy *p, const struct address *to)
{
	for (size_t i = 0; i < p->n_vaults; i++) {
		if (address_equal(&p->vaults[i], to)) {
			return true;
		}
	}
	return false;
}

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
static bool over(struct policy_verdict *v, enum err code, const char *what, struct amount have,
		 struct amount limit)
{
	char a[AMOUNT_TEXT_MAX], b[AMOUNT_TEXT_MAX];
	if (amount_cmp(have, limit) <= 0) {
		return false;
	}
	refuse(v, code, "%s of %s XMR is over the limit of %s XMR", what, amount_format(a, have),
	       amount_format(b, limit));
	return true;
}

static void judge_payouts(struct policy_verdict *out, const struct policy *p,
			  const struct plan *plan)
{
	out->counted = plan->fee;
	out->count = plan->n_out;
	for (size_t i = 0; i < plan->n_out; i++) {
		if (policy_is_vault(p, &plan->out[i].to)) {
			continue;
		}
		if (!amount_add(&out->counted, out->counted, plan->out[i].amount)) {
			refuse(out, ERR_BALANCE, "the payouts overflow");
			return;
		}
		if (over(out, ERR_LIMIT_PAYOUT, "a payout", plan->out[i].amount,
			 p->limits.payout)) {
			return;
		}
	}
}

static void judge_fee(struct policy_verdict *out, const struct policy *p,
		      const struct policy_tx *tx)
{
	struct amount most;
	char a[AMOUNT_TEXT_MAX], b[AMOUNT_TEXT_MAX];
	if (over(out, ERR_LIMIT_FEE, "a fee", tx->plan->fee, p->limits.fee)) {
		return;
	}
	/* A product that overflows is above every fee. */
	if (amount_mul(&most, p->limits.fee_per_byte, tx->weight) &&
	    amount_cmp(tx->plan->fee, most) > 0) {
		refuse(out, ERR_LIMIT_FEE_RATE,
		       "a fee of %s XMR for a weight of %llu is over the limit of %s XMR a byte",
		       amount_format(a, tx->plan->fee), (unsigned long long)tx->weight,
		       amount_format(b, p->limits.fee_per_byte));
	}
}

static void judge_day(struct policy_verdict *out, const struct policy *p,
		      const struct policy_spent *spent)
{
	struct amount total;
	if (out->count > p->limits.day_count || spent->count > p->limits.day_count - out->count) {
		refuse(out, ERR_LIMIT_DAY_COUNT,
		       "%llu payouts after %llu in the last 24 hours are over the limit of %llu",
		       (unsigned long long)out->count, (unsigned long long)spent->count,
		       (unsigned long long)p->limits.day_count);
		return;
	}
	if (!amount_add(&total, spent->amount, out->counted)) {
		refuse(out, ERR_LIMIT_DAY, "the day's sum overflows");
		return;
	}
	(void)over(out, ERR_LIMIT_DAY, "a sum within 24 hours", total, p->limits.day);
}

void policy_judge(struct policy_verdict *out, const struct policy *p, const struct policy_tx *tx,
		  const struct policy_spent *spent)
{
	memset(out, 0, sizeof *out);
	judge_payouts(out, p, tx->plan);
	if (out->code == ERR_OK) {
		(void)over(out, ERR_LIMIT_TX, "a transaction", out->counted, p->limits.transaction);
	}
	if (out->code == ERR_OK) {
		judge_fee(out, p, tx);
	}
	if (out->code == ERR_OK) {
		judge_day(out, p, spent);
	}
}

static struct amount least(struct amount a, struct amount b)
{
	return amount_cmp(a, b) < 0 ? a : b;
}

bool policy_loosens(const struct policy *from, const struct policy *to)
{
	const struct policy_limits *a = &from->limits, *b = &to->limits;
	if (amount_cmp(b->payout, a->payout) > 0 ||
	    amount_cmp(b->transaction, a->transaction) > 0 || amount_cmp(b->day, a->day) > 0 ||
	    b->day_count > a->day_count || amount_cmp(b->fee, a->fee) > 0 ||
	    amount_cmp(b->fee_per_byte, a->fee_per_byte) > 0 || to->cool_off < from->cool_off) {
		return true;
	}
	for (size_t i = 0; i < to->n_vaults; i++) {
		if (!policy_is_vault(from, &to->vaults[i])) {
			return true;
		}
	}
	return false;
}

void policy_stricter(struct policy *out, const struct policy *a, const struct policy *b)
{
	struct policy s = {0};
	s.limits.payout = least(a->limits.payout, b->limits.payout);
	s.limits.transaction = least(a->limits.transaction, b->limits.transaction);
	s.limits.day = least(a->limits.day, b->limits.day);
	s.limits.day_count =
	    a->limits.day_count < b->limits.day_count ? a->limits.day_count : b->limits.day_count;
	s.limits.fee = least(a->limits.fee, b->limits.fee);
	s.limits.fee_per_byte = least(a->limits.fee_per_byte, b->limits.fee_per_byte);
	s.cool_off = a->cool_off > b->cool_off ? a->cool_off : b->cool_off;
	for (size_t i = 0; i < a->n_vaults; i++) {
		if (policy_is_vault(b, &a->vaults[i])) {
			s.vaults[s.n_vaults++] = a->vaults[i];
		}
	}
	*out = s;
}
