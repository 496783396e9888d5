/* Rules 3 and 4 of the signer: who must agree, and what the limits bound whoever agrees. */
#include "tests/unit/unit.h"

#include <sodium.h>

#include "tests/unit/signer/gap.h"

static struct gap g;
static struct approvals given;

static int begin(void **state)
{
	(void)state;
	gap_open(&g);
	memset(&given, 0, sizeof given);
	g.approvals = &given;
	return 0;
}

static int end(void **state)
{
	(void)state;
	gap_close(&g);
	return 0;
}

/* An approver: the key pair and its entry in the policy. */
static void approver(struct policy_approver *a, uint8_t secret[static 64], uint8_t n)
{
	uint8_t seed[32];
	memset(seed, 100 + n, sizeof seed);
	memset(a, 0, sizeof *a);
	snprintf(a->name, sizeof a->name, "approver %u", n);
	a->id[0] = n;
	crypto_sign_seed_keypair(a->key, secret, seed);
}

/* What minisign would write; `of` is what is signed. */
static void approve(uint8_t n, const struct buf *of)
{
	struct approval *out = &given.list[given.n++];
	struct policy_approver a;
	uint8_t secret[64], hash[64], all[64 + 8];
	approver(&a, secret, n);
	*out = (struct approval){.prehashed = true, .n_trusted = 4, .trusted = "test"};
	memcpy(out->id, a.id, sizeof out->id);
	crypto_generichash(hash, sizeof hash, of->p, of->n, NULL, 0);
	crypto_sign_detached(out->signature, NULL, hash, sizeof hash, secret);
	memcpy(all, out->signature, 64);
	memcpy(all + 64, "test", 4);
	crypto_sign_detached(out->global, NULL, all, 68, secret);
}

static struct policy tiers(void)
{
	struct policy p = {
	    .limits = {XMR(50), XMR(100), XMR(200), 60, XMR(1), amount_of(UINT32_MAX)},
	    .cool_off = POLICY_COOL_OFF_DEFAULT,
	    .unattended = {true, XMR(2), XMR(5)},
	    .confirmed = {true, XMR(6), XMR(12)},
	    .needed = 2,
	    .n_approvers = 3};
	uint8_t secret[64];
	for (uint8_t i = 0; i < 3; i++) {
		approver(&p.approvers[i], secret, i);
	}
	return p;
}

static void set(const struct policy *p)
{
	uint64_t waits;
	assert_int_equal(settings_policy_set(&waits, &g.env, p), ERR_OK);
	assert_true(waits == 0);
}

/* A request of one payment, sealed; answer() gives it to the signer with what is `given`. */
static void ask(struct buf *file, uint8_t id, double amount)
{
	struct request r;
	buf_init(file, PROTO_MESSAGE_MAX);
	gap_request(&g, &r);
	gap_add(&g, &r, 3, id, XMR(amount));
	gap_seal(&g, file, &r, &g.watcher);
	request_free(&r);
}

static enum err answer(const struct buf *file)
{
	struct buf out;
	struct reply reply;
	buf_init(&out, PROTO_MESSAGE_MAX);
	enum err rc = gap_answer_file(&g, &out, &reply, file);
	assert_true(rc != ERR_OK || out.n);
	if (out.n) {
		g.head = reply.journal;
	}
	reply_free(&reply);
	buf_free(&out);
	return rc;
}

static enum err pay(uint8_t id, double amount)
{
	struct buf file;
	ask(&file, id, amount);
	enum err rc = answer(&file);
	buf_free(&file);
	return rc;
}

/* The newest entry of a kind. */
static void newest(struct record *r, enum record_kind kind)
{
	struct db_txn *t;
	struct ledger_head head;
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_head(&head, t), ERR_OK);
	do {
		assert_true(head.number > 0);
		assert_int_equal(journal_read(r, NULL, NULL, t, head.number--), ERR_OK);
	} while (r->kind != kind);
	db_abort(t);
}

static void rule_3_beyond_a_confirmation_approvals_are_needed(void **state)
{
	(void)state;
	const struct policy p = tiers();
	static struct record r;
	struct buf file;
	set(&p);
	ask(&file, 1, 6.5);
	assert_int_equal(answer(&file), ERR_APPROVALS);
	assert_int_equal(g.n_confirms, 0);
	newest(&r, RECORD_REQUEST_REFUSED);
	assert_string_equal(r.rule, "approved");
	approve(0, &file);
	assert_int_equal(answer(&file), ERR_APPROVALS);
	/* The same one again is no second one. */
	approve(0, &file);
	assert_int_equal(answer(&file), ERR_APPROVALS);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 0);
	/* A person is asked all the same, and may say no. */
	approve(2, &file);
	g.consent = false;
	assert_int_equal(answer(&file), ERR_NOT_CONFIRMED);
	g.consent = true;
	assert_int_equal(answer(&file), ERR_OK);
	assert_int_equal(g.n_confirms, 2);
	newest(&r, RECORD_SIGNED);
	assert_string_equal(r.rule, "approved");
	assert_int_equal(r.consent, TIER_APPROVED);
	assert_int_equal(gap_entries(&g, RECORD_APPROVAL), 2);
	newest(&r, RECORD_APPROVAL);
	assert_string_equal(r.text, "approver 2");
	assert_memory_equal(r.id.b, p.approvers[2].key, 32);
	buf_free(&file);
}

static void rule_3_approvals_are_of_this_very_file(void **state)
{
	(void)state;
	const struct policy p = tiers();
	struct buf file, other;
	set(&p);
	ask(&other, 1, 6.5);
	g.number--;
	ask(&file, 1, 6.5);
	approve(0, &file);
	approve(1, &other);
	assert_int_equal(answer(&file), ERR_APPROVAL_SIGNATURE);
	/* A key that the policy does not name is an error too, not merely one too few. */
	given.n = 0;
	approve(0, &file);
	approve(1, &file);
	approve(7, &file);
	assert_int_equal(answer(&file), ERR_APPROVER);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 0);
	given.n = 2;
	assert_int_equal(answer(&file), ERR_OK);
	buf_free(&file);
	buf_free(&other);
}

/* Split over many requests the sum of a day still needs approvals. */
static void rule_3_splitting_does_not_lower_the_tier(void **state)
{
	(void)state;
	const struct policy p = tiers();
	set(&p);
	assert_int_equal(pay(1, 5.9), ERR_OK);
	assert_int_equal(pay(2, 5.9), ERR_OK);
	assert_int_equal(pay(3, 0.5), ERR_APPROVALS);
	g.now += 24 * HOUR;
	g.chain_time += 24 * HOUR;
	assert_int_equal(pay(4, 5.9), ERR_OK);
}

/* The float is a sum over a day too: many small ones do not add up to more than the policy says. */
static void rule_3_only_the_unattended_tier_goes_without_a_person(void **state)
{
	(void)state;
	const struct policy p = tiers();
	static struct record r;
	set(&p);
	g.nobody = true;
	assert_int_equal(pay(1, 1.9), ERR_OK);
	newest(&r, RECORD_SIGNED);
	assert_string_equal(r.rule, "unattended");
	assert_int_equal(r.consent, TIER_UNATTENDED);
	assert_int_equal(pay(2, 2), ERR_NOT_UNATTENDED); /* and its fee */
	assert_int_equal(pay(3, 1.9), ERR_OK);
	assert_int_equal(pay(4, 1.9), ERR_NOT_UNATTENDED); /* 5.7 in a day */
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 2);
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 2);
	assert_int_equal(g.n_confirms, 0);
	/* With a person there it goes, and takes nothing from the float. */
	g.nobody = false;
	assert_int_equal(pay(5, 4), ERR_OK);
	g.nobody = true;
	assert_int_equal(pay(6, 1), ERR_OK);
	assert_int_equal(pay(7, 1), ERR_NOT_UNATTENDED);
	/* Approvals do not stand for a person. */
	assert_int_equal(pay(8, 7), ERR_APPROVALS);
	struct buf file;
	ask(&file, 9, 7);
	approve(0, &file);
	approve(1, &file);
	assert_int_equal(answer(&file), ERR_NOT_UNATTENDED);
	buf_free(&file);
}

/* One transaction that needs a person takes the whole request with it. */
static void rule_3_a_request_is_unattended_as_a_whole(void **state)
{
	(void)state;
	const struct policy p = tiers();
	struct request r;
	struct reply reply;
	set(&p);
	g.nobody = true;
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(1));
	gap_add(&g, &r, 1, 2, XMR(3));
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_NOT_UNATTENDED);
	assert_int_equal(reply.n_txs, 0);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 0);
}

static void rule_4_requests_within_an_hour(void **state)
{
	(void)state;
	struct policy p = tiers();
	p.requests_per_hour = 2;
	set(&p);
	assert_int_equal(pay(1, 1), ERR_OK);
	g.now += HOUR / 2;
	g.chain_time += HOUR / 2;
	assert_int_equal(pay(2, 1), ERR_OK);
	assert_int_equal(pay(3, 1), ERR_LIMIT_REQUESTS);
	g.now += HOUR / 2;
	assert_int_equal(pay(3, 1), ERR_LIMIT_REQUESTS); /* by one clock alone */
	g.chain_time += HOUR / 2;
	assert_int_equal(pay(3, 1), ERR_OK);
	assert_int_equal(pay(4, 1), ERR_LIMIT_REQUESTS);
}

/* The longer windows hold where the days by themselves would not. */
static void rule_4_weeks_and_months(void **state)
{
	(void)state;
	struct policy p = tiers();
	p.confirmed.set = false;
	p.week = (struct policy_cap){true, XMR(12)};
	p.month = (struct policy_cap){true, XMR(20)};
	set(&p);
	assert_int_equal(pay(1, 9), ERR_OK);
	g.now += 25 * HOUR;
	g.chain_time += 25 * HOUR;
	assert_int_equal(pay(2, 3), ERR_LIMIT_WEEK); /* 12 and two fees */
	assert_int_equal(pay(3, 2), ERR_OK);
	g.now += 6 * 24 * HOUR;
	g.chain_time += 6 * 24 * HOUR;
	assert_int_equal(pay(4, 9), ERR_LIMIT_MONTH);
	assert_int_equal(pay(5, 8), ERR_OK);
	g.now += 24 * 24 * HOUR;
	g.chain_time += 24 * 24 * HOUR;
	assert_int_equal(settings_clock(&g.env), ERR_OK); /* such a leap wants a person */
	assert_int_equal(pay(6, 9), ERR_OK);
}

static enum err pay_to(uint8_t id, double amount, double fee, const struct address *to)
{
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	struct request_tx *t = gap_add(&g, &r, 2, id, XMR(amount));
	t->plan.out[0].to = r.payouts[0].to = *to;
	t->plan.fee = XMR(fee);
	enum err rc = gap_answer(&g, &r, &reply);
	reply_free(&reply);
	return rc;
}

/* Fees burnt to one's own vault, each just under the cap, add up in the day's limit all the same.
 */
static void rule_4_many_fees_just_under_the_cap_are_bounded(void **state)
{
	(void)state;
	struct policy p = tiers();
	struct address cold;
	unsigned n = 0;
	address_of(&cold, &g.payee.account, (struct subaddress){0, 7});
	p.confirmed.set = false;
	p.limits.fee = XMR(0.5);
	p.limits.day = XMR(3);
	p.listed[0] = (struct policy_destination){"cold storage", cold, true};
	p.n_listed = 1;
	set(&p);
	enum err rc;
	while ((rc = pay_to((uint8_t)(n + 1), 9, 0.5, &cold)) == ERR_OK) {
		n++;
	}
	assert_int_equal(rc, ERR_LIMIT_DAY);
	assert_int_equal(n, 6);
	assert_int_equal(pay_to(50, 9, 0.500001, &cold), ERR_LIMIT_FEE);
}

/* Vaults are free of the amounts; whoever only shares their keys or their looks is not. */
static void rule_4_vaults_are_exempt_by_their_very_address(void **state)
{
	(void)state;
	struct policy p = tiers();
	struct address cold, near;
	address_of(&cold, &g.payee.account, (struct subaddress){0, 0});
	near = cold;
	near.kind = ADDRESS_INTEGRATED;
	near.payment_id[0] = 1;
	p.confirmed.set = false;
	p.limits.payout = XMR(1);
	p.listed[0] = (struct policy_destination){"cold storage", cold, true};
	p.n_listed = 1;
	set(&p);
	assert_int_equal(pay_to(1, 9, 0.0001, &cold), ERR_OK);
	assert_int_equal(pay_to(2, 9, 0.0001, &near), ERR_LIMIT_PAYOUT);
}

static void rule_4_only_listed_destinations(void **state)
{
	(void)state;
	struct policy p = tiers();
	struct address known, other;
	static struct record r;
	address_of(&known, &g.payee.account, (struct subaddress){0, 1});
	address_of(&other, &g.payee.account, (struct subaddress){0, 2});
	p.only_listed = true;
	p.listed[0] = (struct policy_destination){"exchange", known, false};
	p.n_listed = 1;
	set(&p);
	assert_int_equal(pay_to(1, 1, 0.0001, &other), ERR_DESTINATION);
	newest(&r, RECORD_REFUSED);
	assert_string_equal(r.rule, "only_listed");
	assert_int_equal(r.code, ERR_DESTINATION);
	assert_int_equal(pay_to(2, 1, 0.0001, &known), ERR_OK);
}

/* Every decision names its rule; what is no matter of policy, that it was none of them. */
static void rule_4_the_journal_names_the_rule(void **state)
{
	(void)state;
	struct policy p = tiers();
	static struct record r;
	p.confirmed.set = false;
	set(&p);
	assert_int_equal(pay(1, 3), ERR_OK);
	newest(&r, RECORD_SIGNED);
	assert_string_equal(r.rule, "confirmed");
	assert_int_equal(r.consent, TIER_CONFIRMED);
	assert_int_equal(pay(2, 51), ERR_BALANCE); /* of 30 */
	newest(&r, RECORD_REFUSED);
	assert_string_equal(r.rule, "checks");
	p.limits.payout = XMR(4);
	p.requests_per_hour = 3;
	set(&p);
	assert_int_equal(pay(3, 5), ERR_LIMIT_PAYOUT);
	newest(&r, RECORD_REFUSED);
	assert_string_equal(r.rule, "payout");
	assert_non_null(strstr(r.text, "over the limit of 4.000000000000 XMR"));
	assert_int_equal(pay(4, 1), ERR_LIMIT_REQUESTS);
	newest(&r, RECORD_REQUEST_REFUSED);
	assert_string_equal(r.rule, "requests_per_hour");
	g.number -= 3;
	assert_int_equal(pay(5, 1), ERR_REQUEST_STALE);
	newest(&r, RECORD_REQUEST_REFUSED);
	assert_string_equal(r.rule, "checks");
}

/* While a loosening waits, what is looser in any point is not yet so; what is stricter is. */
static void rule_9_a_change_of_tiers_waits(void **state)
{
	(void)state;
	struct policy p = tiers(), q;
	uint64_t waits;
	struct buf file;
	set(&p);
	q = p;
	q.needed = 1;
	q.unattended.transaction = XMR(1);
	q.confirmed.transaction = XMR(30);
	q.confirmed.day = XMR(50);
	assert_int_equal(settings_policy_set(&waits, &g.env, &q), ERR_OK);
	assert_true(waits == g.now + p.cool_off);
	g.nobody = true;
	assert_int_equal(pay(1, 1.5), ERR_NOT_UNATTENDED);
	g.nobody = false;
	ask(&file, 2, 7);
	approve(0, &file);
	assert_int_equal(answer(&file), ERR_APPROVALS);
	buf_free(&file);
	given.n = 0;
	g.now += 24 * HOUR;
	g.chain_time += 24 * HOUR;
	assert_int_equal(pay(3, 20), ERR_OK);
	assert_int_equal(gap_entries(&g, RECORD_POLICY_EFFECTIVE), 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rule_3_beyond_a_confirmation_approvals_are_needed),
	    TEST(rule_3_approvals_are_of_this_very_file),
	    TEST(rule_3_splitting_does_not_lower_the_tier),
	    TEST(rule_3_only_the_unattended_tier_goes_without_a_person),
	    TEST(rule_3_a_request_is_unattended_as_a_whole),
	    TEST(rule_4_requests_within_an_hour),
	    TEST(rule_4_weeks_and_months),
	    TEST(rule_4_many_fees_just_under_the_cap_are_bounded),
	    TEST(rule_4_vaults_are_exempt_by_their_very_address),
	    TEST(rule_4_only_listed_destinations),
	    TEST(rule_4_the_journal_names_the_rule),
	    TEST(rule_9_a_change_of_tiers_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
