/*
 * Rule 9: whatever loosens a policy is seen as loosening, and what holds meanwhile is never looser
 * than either. By every field in turn, and by random policies that judge random transactions.
 */
#include "tests/unit/unit.h"

#include "common/base/rng.h"
#include "signer/policy/policy.h"
#include "tests/unit/signer/owned.h"

/* A new field changes the size: give it a case in change() and a place in random_policy(). */
_Static_assert(sizeof(struct policy) == 9032, "a field that these tests do not know");

#define ROUNDS 6000
#define PLACES 5 /* different addresses and approvers */

static struct rng_seeded stream;
static struct rng rng;

static uint64_t below(uint64_t n)
{
	return rng_below(&rng, n);
}

static struct address places[PLACES];

static struct address place(size_t i)
{
	return places[i];
}

static struct policy_approver approver(size_t i)
{
	struct policy_approver a = {.id = {(uint8_t)(i + 1)}};
	struct address at = place(i);
	memcpy(a.key, at.spend.b, sizeof a.key);
	return a;
}

static struct policy full(void)
{
	struct policy p = {
	    .limits = {amount_of(50), amount_of(100), amount_of(200), 60, amount_of(9),
		       amount_of(3)},
	    .week = {true, amount_of(500)},
	    .month = {true, amount_of(900)},
	    .requests_per_hour = 7,
	    .cool_off = 24 * POLICY_HOUR,
	    .clock_jump = 48 * POLICY_HOUR,
	    .only_listed = true,
	    .n_listed = 2,
	    .listed = {{"one", place(0), true}, {"two", place(1), false}},
	    .unattended = {true, amount_of(5), amount_of(20)},
	    .confirmed = {true, amount_of(30), amount_of(90)},
	    .needed = 2,
	    .n_approvers = 3,
	};
	for (size_t i = 0; i < p.n_approvers; i++) {
		p.approvers[i] = approver(i);
		snprintf(p.approvers[i].name, sizeof p.approvers[i].name, "a%zu", i);
	}
	return p;
}

/* One loosening of each field; false when there are no more. *both: the way back loosens, too. */
static bool change(struct policy *p, unsigned which, bool *both)
{
	struct amount *const amounts[] = {&p->limits.payout,       &p->limits.transaction,
					  &p->limits.day,          &p->limits.fee,
					  &p->limits.fee_per_byte, &p->week.most,
					  &p->month.most,          &p->unattended.transaction,
					  &p->unattended.day,      &p->confirmed.transaction,
					  &p->confirmed.day};
	const unsigned n = sizeof amounts / sizeof amounts[0];
	*both = false;
	if (which < n) {
		return amount_add(amounts[which], *amounts[which], amount_of(1));
	}
	switch (which - n) {
	case 0:
		p->limits.day_count++;
		return true;
	case 1:
		p->week.set = false;
		return true;
	case 2:
		p->month.set = false;
		return true;
	case 3:
		p->requests_per_hour++;
		return true;
	case 4:
		p->requests_per_hour = 0;
		return true;
	case 5:
		p->cool_off -= POLICY_HOUR;
		return true;
	case 6:
		p->only_listed = false;
		return true;
	case 7:
		p->listed[p->n_listed++] = (struct policy_destination){"new", place(2), false};
		return true;
	case 8:
		p->listed[1].to = place(2);
		*both = true;
		return true;
	case 9:
		p->listed[1].vault = true;
		return true;
	case 10:
		p->confirmed.set = false;
		return true;
	case 11:
		p->needed--;
		return true;
	case 12:
		p->approvers[p->n_approvers++] = approver(3);
		return true;
	case 13:
		p->approvers[1] = approver(3);
		*both = true;
		return true;
	case 14:
		p->clock_jump++;
		return true;
	case 15:
		p->clock_jump = 0; /* a week */
		return true;
	default:
		return false;
	}
}

static void rule_9_every_field_that_loosens_is_seen(void **state)
{
	(void)state;
	const struct policy p = full();
	struct policy s;
	unsigned n = 0;
	bool both;
	for (struct policy q = p; change(&q, n, &both); q = p, n++) {
		assert_true(policy_loosens(&p, &q));
		assert_int_equal(policy_loosens(&q, &p), both);
		policy_stricter(&s, &p, &q);
		assert_false(policy_loosens(&p, &s) || policy_loosens(&q, &s));
		policy_stricter(&s, &q, &p);
		assert_false(policy_loosens(&p, &s) || policy_loosens(&q, &s));
	}
	assert_int_equal(n, 27);
	/* A tier that was not there: nothing went unattended before. */
	struct policy q = p;
	q.unattended.set = false;
	assert_true(policy_loosens(&q, &p));
	assert_false(policy_loosens(&p, &q));
}

/* Names tell a person something; they allow nothing. */
static void names_do_not_loosen(void **state)
{
	(void)state;
	const struct policy p = full();
	struct policy q = p, s;
	snprintf(q.listed[0].name, sizeof q.listed[0].name, "renamed");
	snprintf(q.approvers[0].name, sizeof q.approvers[0].name, "renamed");
	assert_false(policy_loosens(&p, &q));
	policy_stricter(&s, &p, &q);
	assert_string_equal(s.listed[0].name, "renamed");
}

/* Going over to a list tightens: while it waits for nothing, the whole list can be paid. */
static void a_first_list_holds_at_once(void **state)
{
	(void)state;
	const struct policy to = full();
	struct policy from = to, s;
	from.only_listed = false;
	from.n_listed = 1;
	assert_false(policy_loosens(&from, &to));
	policy_stricter(&s, &from, &to);
	assert_true(s.only_listed && s.n_listed == 2);
}

static struct amount few(uint64_t least)
{
	return amount_of(least + below(7));
}

static struct policy_reach reach(void)
{
	struct policy_reach r = {below(3) > 0, few(1), few(3)};
	return r.set ? r : (struct policy_reach){0};
}

static struct policy_cap cap(void)
{
	struct policy_cap c = {below(2) == 1, few(5)};
	return c.set ? c : (struct policy_cap){0};
}

static struct policy random_policy(void)
{
	struct policy p = {
	    .limits = {few(1), few(2), few(4), 2 + below(4), few(0), few(0)},
	    .week = cap(),
	    .month = cap(),
	    .requests_per_hour = below(4),
	    .cool_off = below(4) * POLICY_HOUR,
	    .clock_jump = (1 + below(4)) * POLICY_HOUR,
	    .only_listed = below(4) == 0,
	    .unattended = reach(),
	    .confirmed = reach(),
	};
	/* The name goes by the position, so that one name is another place's elsewhere. */
	for (size_t i = 0; i < PLACES; i++) {
		if (below(3) > 0) {
			struct policy_destination *d = &p.listed[p.n_listed++];
			*d = (struct policy_destination){"", place(i), below(3) == 0};
			snprintf(d->name, sizeof d->name, "n%zu", p.n_listed);
		}
		if (p.confirmed.set && below(2)) {
			struct policy_approver *a = &p.approvers[p.n_approvers++];
			*a = approver(i);
			snprintf(a->name, sizeof a->name, "n%zu", p.n_approvers);
		}
	}
	p.needed = p.confirmed.set ? 1 + below(2) : 0;
	return p;
}

static struct plan_payout outs[3];

static struct plan random_plan(void)
{
	struct plan plan = {.n_out = 1 + below(3), .out = outs, .fee = amount_of(below(3))};
	for (size_t i = 0; i < plan.n_out; i++) {
		outs[i] = (struct plan_payout){place(below(PLACES)), amount_of(below(3))};
	}
	return plan;
}

static bool approved_by(const struct policy *p, unsigned mask)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_approvers; i++) {
		n += mask >> (p->approvers[i].id[0] - 1) & 1;
	}
	return n >= p->needed;
}

struct trial {
	struct plan plan;
	uint64_t weight;
	struct policy_spent spent;
	unsigned approvers; /* a set */
};

/* -1: not at all; else whose consent it goes with, given who approves: 2 only when they suffice. */
static int goes(const struct policy *p, const struct trial *t)
{
	struct policy_verdict v;
	const struct policy_tx tx = {&t->plan, t->weight};
	policy_judge(&v, p, &tx, &t->spent);
	if (v.code != ERR_OK || policy_judge_request(p, &t->spent) != ERR_OK ||
	    (v.tier == TIER_APPROVED && !approved_by(p, t->approvers))) {
		return -1;
	}
	return (int)v.tier;
}

/* Whatever goes by `strict` goes by `loose` with no more consent. */
static void assert_no_looser(const struct policy *strict, const struct policy *loose,
			     const struct trial *t, unsigned *n_went)
{
	int s = goes(strict, t), l = goes(loose, t);
	if (s >= 0) {
		assert_true(l >= 0 && l <= s);
		(*n_went)++;
	}
}

/* Any policy can be kept: its one form reads back as itself. */
static void assert_kept(const struct policy *p)
{
	struct buf a, b;
	struct policy again;
	buf_init(&a, POLICY_FILE_MAX);
	buf_init(&b, POLICY_FILE_MAX);
	assert_int_equal(policy_format(&a, p), ERR_OK);
	assert_int_equal(policy_parse(&again, buf_span(&a), NETWORK_STAGENET), ERR_OK);
	assert_int_equal(policy_format(&b, &again), ERR_OK);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	buf_free(&a);
	buf_free(&b);
}

static void rule_9_the_stricter_is_never_looser(void **state)
{
	(void)state;
	unsigned n_went = 0, n_tight = 0;
	static struct policy a, b, s;
	for (unsigned i = 0; i < ROUNDS; i++) {
		a = random_policy();
		b = random_policy();
		if (below(2)) {
			/* Near each other, as a change is. */
			b = a;
			b.limits.day = few(4);
			b.confirmed = b.confirmed.set ? (struct policy_reach){true, few(1), few(3)}
						      : b.confirmed;
		}
		policy_stricter(&s, &a, &b);
		assert_false(policy_loosens(&a, &s));
		assert_false(policy_loosens(&b, &s));
		struct trial t = {
		    .plan = random_plan(), .weight = below(4), .approvers = (unsigned)below(32)};
		t.spent = (struct policy_spent){amount_of(below(4)),
						below(2),
						amount_of(below(5)),
						amount_of(below(5)),
						amount_of(below(3)),
						amount_of(below(3)),
						below(2)};
		assert_no_looser(&s, &a, &t, &n_went);
		assert_no_looser(&s, &b, &t, &n_went);
		if (!policy_loosens(&a, &b)) {
			assert_no_looser(&b, &a, &t, &n_went);
			n_tight++;
		}
		if (i % 16 == 0) {
			assert_kept(&s);
		}
	}
	/* Enough of them went for this to prove something. */
	assert_true(n_went > ROUNDS / 50 && n_tight > ROUNDS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rule_9_every_field_that_loosens_is_seen),
	    cmocka_unit_test(names_do_not_loosen),
	    cmocka_unit_test(a_first_list_holds_at_once),
	    cmocka_unit_test(rule_9_the_stricter_is_never_looser),
	};
	rng = rng_seeded(&stream, 9);
	for (size_t i = 0; i < PLACES; i++) {
		struct test_wallet w;
		test_wallet_make(&w, NETWORK_STAGENET, &rng);
		address_of(&places[i], &w.account, (struct subaddress){0, (uint32_t)i});
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
