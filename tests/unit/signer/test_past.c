/*
 * Rules 5 and 6 of what the signer must make true: the limits survive lies about time and about the
 * past, and no payout is paid twice.
 */
#include "tests/unit/unit.h"

#include "tests/unit/signer/gap.h"

#define DAY (24 * HOUR)

static struct gap g;

static int begin(void **state)
{
	(void)state;
	gap_open(&g);
	gap_policy(&g, 50, 100, 200, 60);
	return 0;
}

static int end(void **state)
{
	(void)state;
	gap_close(&g);
	return 0;
}

static enum err pay(uint8_t id, double amount)
{
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	gap_add(&g, &r, 1, id, XMR(amount));
	enum err rc = gap_answer(&g, &r, &reply);
	reply_free(&reply);
	return rc;
}

static struct journal_times newest(void)
{
	struct journal_times t;
	struct db_txn *txn;
	assert_int_equal(db_begin(&txn, g.db, false), ERR_OK);
	assert_int_equal(journal_times(&t, txn), ERR_OK);
	db_abort(txn);
	return t;
}

static void rule_5_a_leap_of_the_clock_needs_a_person(void **state)
{
	(void)state;
	assert_int_equal(pay(1, 1), ERR_OK);
	uint64_t then = g.now;
	g.now += 7 * DAY;
	assert_int_equal(pay(2, 1), ERR_OK);
	then = g.now;
	g.now += 7 * DAY + 1;
	g.chain_time += 14 * DAY;
	/* Refused, journaled, and the journal's time does not follow: a second try fares no better.
	 */
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(pay(3, 1), ERR_CLOCK_JUMP);
		assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), i);
		assert_true(newest().wall == then);
	}
	/* Nor does anything else that is journaled take the clock along. */
	uint64_t waits;
	struct policy p = {.cool_off = HOUR};
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_CLOCK_JUMP);
	assert_true(newest().wall == then);
	assert_int_equal(settings_clock(&g.env), ERR_OK);
	assert_int_equal(gap_entries(&g, RECORD_CLOCK), 1);
	assert_true(newest().wall == g.now);
	assert_int_equal(pay(3, 1), ERR_OK);
}

/* The bound is the policy's: a wider one waits for the cool-off, a narrower one holds at once. */
static void rule_5_the_bound_of_a_leap_is_the_policys(void **state)
{
	(void)state;
	uint64_t waits;
	struct policy p;
	struct db_txn *t;
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(state_policy(&p, t, NETWORK_STAGENET), ERR_OK);
	db_abort(t);
	p.clock_jump = 10 * HOUR;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	assert_true(waits == 0);
	g.now += 10 * HOUR;
	assert_int_equal(pay(1, 1), ERR_OK);
	g.now += 10 * HOUR + 1;
	assert_int_equal(pay(2, 1), ERR_CLOCK_JUMP);
	g.now -= 1;
	p.clock_jump = 20 * HOUR;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	assert_true(waits > g.now);
	g.now += 10 * HOUR + 1;
	assert_int_equal(pay(2, 1), ERR_CLOCK_JUMP);
}

static void rule_5_a_person_cannot_confirm_the_past(void **state)
{
	(void)state;
	assert_int_equal(pay(1, 1), ERR_OK);
	uint64_t then = g.now;
	g.now -= 10;
	assert_int_equal(settings_clock(&g.env), ERR_CLOCK_BEHIND);
	assert_int_equal(pay(2, 1), ERR_CLOCK_BEHIND);
	/* Journaled, with the time it cannot be before. */
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 1);
	assert_true(newest().wall == then);
}

/* What the signer lacks it can only catch up with while it has added nothing of its own. */
static void rule_5_a_rolled_back_journal_is_not_added_to(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(1));
	r.journal.number += 3;
	struct ledger_head before, after;
	struct db_txn *t;
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_head(&before, t), ERR_OK);
	db_abort(t);
	/* Also when a policy has ripened meanwhile, and when the clock has leapt. */
	gap_policy(&g, 60, 100, 200, 60);
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_head(&before, t), ERR_OK);
	db_abort(t);
	r.journal.number = before.number + 3;
	g.now += 30 * DAY;
	r.expires = g.now + HOUR;
	r.chain_time = g.now;
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_ROLLED_BACK);
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_head(&after, t), ERR_OK);
	db_abort(t);
	assert_memory_equal(&before, &after, sizeof before);
}

/* Numbers are a watcher's own: pairing another and then the first again replays nothing. */
static void rule_6_a_watcher_paired_again_goes_on_counting(void **state)
{
	(void)state;
	uint8_t seed[32] = {5};
	struct identity first = g.watcher, other;
	identity_from_seed(&other, seed);
	g.number = 10;
	assert_int_equal(pay(1, 1), ERR_OK);
	g.watcher = other;
	gap_pair(&g);
	g.number = 0;
	assert_int_equal(pay(2, 1), ERR_OK);
	g.watcher = first;
	gap_pair(&g);
	g.number = 5;
	assert_int_equal(pay(3, 1), ERR_REQUEST_STALE);
	g.number = 11;
	assert_int_equal(pay(3, 1), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rule_5_a_leap_of_the_clock_needs_a_person, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_the_bound_of_a_leap_is_the_policys, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_a_person_cannot_confirm_the_past, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_a_rolled_back_journal_is_not_added_to, begin,
					    end),
	    cmocka_unit_test_setup_teardown(rule_6_a_watcher_paired_again_goes_on_counting, begin,
					    end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
