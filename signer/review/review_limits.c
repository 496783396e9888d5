/* What is left of each limit over time, before and after a request. */
#include "signer/review/review.h"

static uint64_t left_of(uint64_t limit, uint64_t spent)
{
	return limit > spent ? limit - spent : 0;
}

static void add(struct review_left *out, size_t *n, const char *name, const char *what,
		struct amount limit, struct amount before, struct amount after)
{
	out[(*n)++] = (struct review_left){name,
					   what,
					   false,
					   limit.atomic,
					   left_of(limit.atomic, before.atomic),
					   left_of(limit.atomic, after.atomic)};
}

static void add_count(struct review_left *out, size_t *n, const char *name, const char *what,
		      uint64_t limit, uint64_t before, uint64_t after)
{
	out[(*n)++] = (struct review_left){
	    name, what, true, limit, left_of(limit, before), left_of(limit, after)};
}

size_t review_limits(struct review_left out[static REVIEW_LIMITS_MAX], const struct assessment *a)
{
	const struct policy *p = &a->policy;
	const struct policy_spent *b = &a->before, *c = &a->after;
	size_t n = 0;
	add(out, &n, "day", "24 hours", p->limits.day, b->amount, c->amount);
	if (p->week.set) {
		add(out, &n, "week", "7 days", p->week.most, b->week, c->week);
	}
	if (p->month.set) {
		add(out, &n, "month", "30 days", p->month.most, b->month, c->month);
	}
	if (p->unattended.set) {
		add(out, &n, "unattended", "unattended", p->unattended.day, b->unattended,
		    c->unattended);
	}
	if (p->confirmed.set) {
		add(out, &n, "confirmed", "not approved", p->confirmed.day, b->unapproved,
		    c->unapproved);
	}
	add_count(out, &n, "day_count", "payouts", p->limits.day_count, b->count, c->count);
	if (p->requests_per_hour) {
		add_count(out, &n, "requests_per_hour", "requests/h", p->requests_per_hour,
			  b->requests, c->requests);
	}
	return n;
}
