/* Which of two policies is looser, and the stricter of two in every point. */
#include <string.h>

#include "common/base/secret.h"
#include "signer/policy/policy.h"

static bool is_more(struct amount a, struct amount than)
{
	return amount_cmp(a, than) > 0;
}

static struct amount least(struct amount a, struct amount b)
{
	return amount_cmp(a, b) < 0 ? a : b;
}

static bool cap_loosens(const struct policy_cap *from, const struct policy_cap *to)
{
	return from->set && (!to->set || is_more(to->most, from->most));
}

static struct policy_cap cap_stricter(const struct policy_cap *a, const struct policy_cap *b)
{
	if (!a->set || !b->set) {
		return a->set ? *a : *b;
	}
	return (struct policy_cap){true, least(a->most, b->most)};
}

static bool limits_loosen(const struct policy_limits *from, const struct policy_limits *to)
{
	return is_more(to->payout, from->payout) || is_more(to->transaction, from->transaction) ||
	       is_more(to->day, from->day) || to->day_count > from->day_count ||
	       is_more(to->fee, from->fee) || is_more(to->fee_per_byte, from->fee_per_byte);
}

static struct policy_limits limits_stricter(const struct policy_limits *a,
					    const struct policy_limits *b)
{
	return (struct policy_limits){
	    .payout = least(a->payout, b->payout),
	    .transaction = least(a->transaction, b->transaction),
	    .day = least(a->day, b->day),
	    .day_count = a->day_count < b->day_count ? a->day_count : b->day_count,
	    .fee = least(a->fee, b->fee),
	    .fee_per_byte = least(a->fee_per_byte, b->fee_per_byte),
	};
}

static bool options_loosen(const struct policy *from, const struct policy *to)
{
	return cap_loosens(&from->week, &to->week) || cap_loosens(&from->month, &to->month) ||
	       (from->requests_per_hour &&
		(to->requests_per_hour == 0 || to->requests_per_hour > from->requests_per_hour));
}

static void options_stricter(struct policy *out, const struct policy *a, const struct policy *b)
{
	uint64_t x = a->requests_per_hour, y = b->requests_per_hour;
	out->week = cap_stricter(&a->week, &b->week);
	out->month = cap_stricter(&a->month, &b->month);
	out->requests_per_hour = !x || (y && y < x) ? y : x;
}

/* New vaults, and new destinations where no others are allowed. Names allow nothing. */
static bool book_loosens(const struct policy *from, const struct policy *to)
{
	if (from->only_listed && !to->only_listed) {
		return true;
	}
	for (size_t i = 0; i < to->n_listed; i++) {
		const struct policy_destination *d = &to->listed[i];
		if ((d->vault && !policy_is_vault(from, &d->to)) ||
		    (from->only_listed && !policy_listed(from, &d->to))) {
			return true;
		}
	}
	return false;
}

/* The book of whoever has an exclusive one, of both what stands in both; a vault in both stays. */
static void book_stricter(struct policy *out, const struct policy *a, const struct policy *b)
{
	const struct policy *list = a->only_listed && !b->only_listed ? a : b;
	out->only_listed = a->only_listed || b->only_listed;
	for (size_t i = 0; i < list->n_listed; i++) {
		const struct policy_destination *d = &list->listed[i];
		if (a->only_listed && b->only_listed && !policy_listed(a, &d->to)) {
			continue;
		}
		out->listed[out->n_listed] = *d;
		out->listed[out->n_listed++].vault =
		    policy_is_vault(a, &d->to) && policy_is_vault(b, &d->to);
	}
}

/* A tier that reaches further asks less. */
static bool reaches_further(const struct policy_reach *to, const struct policy_reach *from)
{
	return is_more(to->transaction, from->transaction) || is_more(to->day, from->day);
}

static struct policy_reach shorter(const struct policy_reach *a, const struct policy_reach *b)
{
	return (struct policy_reach){true, least(a->transaction, b->transaction),
				     least(a->day, b->day)};
}

static bool is_approver(const struct policy *p, const struct policy_approver *who)
{
	for (size_t i = 0; i < p->n_approvers; i++) {
		if (secret_equal(p->approvers[i].key, who->key, sizeof who->key) &&
		    secret_equal(p->approvers[i].id, who->id, sizeof who->id)) {
			return true;
		}
	}
	return false;
}

static bool tiers_loosen(const struct policy *from, const struct policy *to)
{
	if (to->unattended.set &&
	    (!from->unattended.set || reaches_further(&to->unattended, &from->unattended))) {
		return true;
	}
	if (!from->confirmed.set) {
		return false; /* approvals were asked for nothing */
	}
	if (!to->confirmed.set || reaches_further(&to->confirmed, &from->confirmed) ||
	    to->needed < from->needed) {
		return true;
	}
	for (size_t i = 0; i < to->n_approvers; i++) {
		if (!is_approver(from, &to->approvers[i])) {
			return true;
		}
	}
	return false;
}

/* Fewer approvers may be left than are needed: then nothing of that tier leaves for a while. */
static void tiers_stricter(struct policy *out, const struct policy *a, const struct policy *b)
{
	const struct policy *list = b->confirmed.set ? b : a;
	if (a->unattended.set && b->unattended.set) {
		out->unattended = shorter(&a->unattended, &b->unattended);
	}
	if (!list->confirmed.set) {
		return;
	}
	const bool both = a->confirmed.set && b->confirmed.set;
	out->confirmed = both ? shorter(&a->confirmed, &b->confirmed) : list->confirmed;
	out->needed = both && a->needed > b->needed ? a->needed : list->needed;
	for (size_t i = 0; i < list->n_approvers; i++) {
		if (!both || is_approver(a, &list->approvers[i])) {
			out->approvers[out->n_approvers++] = list->approvers[i];
		}
	}
}

bool policy_loosens(const struct policy *from, const struct policy *to)
{
	return limits_loosen(&from->limits, &to->limits) || to->cool_off < from->cool_off ||
	       policy_clock_jump(to) > policy_clock_jump(from) || options_loosen(from, to) ||
	       book_loosens(from, to) || tiers_loosen(from, to);
}

void policy_stricter(struct policy *out, const struct policy *a, const struct policy *b)
{
	struct policy s = {.limits = limits_stricter(&a->limits, &b->limits),
			   .cool_off = a->cool_off > b->cool_off ? a->cool_off : b->cool_off};
	uint64_t leap_a = policy_clock_jump(a), leap_b = policy_clock_jump(b);
	s.clock_jump = leap_a < leap_b ? leap_a : leap_b;
	options_stricter(&s, a, b);
	book_stricter(&s, a, b);
	tiers_stricter(&s, a, b);
	*out = s;
}
