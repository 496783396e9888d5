/* A request in, a reply out: the promises of the signer, each by a case that would break it. */
#include "tests/unit/unit.h"

#include "tests/unit/signer/gap.h"

static struct gap g;

static int begin(void **state)
{
	(void)state;
	gap_open(&g);
	gap_policy(&g, 50, 100, 200, 60);
	return 0;
}

static int begin_bare(void **state)
{
	(void)state;
	gap_open(&g);
	return 0;
}

static int end(void **state)
{
	(void)state;
	gap_close(&g);
	return 0;
}

/* One request of one payment; the code with which its transaction was refused, or ERR_OK. */
static enum err pay(uint8_t id, double amount)
{
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	gap_add(&g, &r, 2, id, XMR(amount));
	enum err rc = gap_answer(&g, &r, &reply);
	if (reply.n_txs) {
		assert_int_equal(reply.txs[0].refused, rc);
		assert_int_equal(reply.txs[0].blob != NULL, rc == ERR_OK);
	}
	reply_free(&reply);
	return rc;
}

static void copy_input(struct request_tx *to, size_t i, const struct plan_input *in)
{
	to->plan.in[i] = *in;
}

static void rule_6_signs_journals_and_repeats(void **state)
{
	(void)state;
	struct request r;
	struct reply first, second;
	struct buf file, a, b;
	struct db_txn *t;
	struct ledger_head head;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&a, PROTO_MESSAGE_MAX);
	buf_init(&b, PROTO_MESSAGE_MAX);
	gap_request(&g, &r);
	gap_add(&g, &r, 2, 1, XMR(3));
	gap_add(&g, &r, 1, 2, XMR(4));
	gap_seal(&g, &file, &r, &g.watcher);
	assert_int_equal(gap_answer_file(&g, &a, &first, &file), ERR_OK);
	assert_int_equal(first.n_txs, 2);
	assert_int_equal(first.txs[0].n_images, 2);
	assert_true(first.txs[0].blob_size > 1000);
	assert_int_equal(first.request_number, r.number);
	/* policy submitted and effective came after the head the watcher had */
	assert_int_equal(first.n_entries, 5);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 2);
	assert_int_equal(g.n_confirms, 1);

	/* The same request, also after a restart and when long expired: the same bytes, no entry.
	 */
	g.now += 100 * HOUR;
	gap_reopen(&g);
	assert_int_equal(gap_answer_file(&g, &b, &second, &file), ERR_OK);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 2);
	assert_int_equal(g.n_confirms, 1);

	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_verify(&head, t, &g.signer.public), ERR_OK);
	assert_true(head.number == second.journal.number);
	assert_int_equal(journal_verify(&head, t, &g.watcher.public), ERR_JOURNAL_BROKEN);
	db_abort(t);
	reply_free(&first);
	reply_free(&second);
	request_free(&r);
	buf_free(&file);
	buf_free(&a);
	buf_free(&b);
}

static void nothing_without_a_policy(void **state)
{
	(void)state;
	assert_int_equal(pay(1, 1), ERR_NO_POLICY);
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 1);
	gap_policy(&g, 50, 100, 200, 60);
	assert_int_equal(pay(1, 1), ERR_OK);
}

static void rule_3_nothing_without_consent(void **state)
{
	(void)state;
	g.consent = false;
	assert_int_equal(pay(1, 1), ERR_NOT_CONFIRMED);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 0);
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 1);
}

static void foreign_messages_change_nothing(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct buf file, out;
	struct identity thief;
	uint8_t seed[32] = {9};
	size_t before = gap_entries(&g, RECORD_REQUEST_REFUSED);
	identity_from_seed(&thief, seed);
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&out, PROTO_MESSAGE_MAX);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(1));
	gap_seal(&g, &file, &r, &thief);
	assert_int_equal(gap_answer_file(&g, &out, &reply, &file), ERR_MSG_SENDER);
	buf_reset(&file);
	gap_seal(&g, &file, &r, &g.watcher);
	file.p[file.n - 1] ^= 1;
	assert_int_not_equal(gap_answer_file(&g, &out, &reply, &file), ERR_OK);
	file.n /= 2;
	assert_int_equal(gap_answer_file(&g, &out, &reply, &file), ERR_MSG_TRUNCATED);
	assert_int_equal(out.n, 0);
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), before);
	assert_int_equal(gap_entries(&g, RECORD_REQUEST), 0);
	request_free(&r);
	buf_free(&file);
	buf_free(&out);
}

/* The watcher's keys in the wrong hands: what cannot be read is refused, and the journal knows. */
static void authentic_nonsense_is_journaled(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct buf body, file, out;
	struct hash hash;
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(1));
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&out, PROTO_MESSAGE_MAX);
	assert_int_equal(request_encode(&body, &r), ERR_OK);
	/* The envelope numbered otherwise than the request in it; then a body cut short. */
	for (int cut = 0; cut < 2; cut++) {
		body.n -= (size_t)cut;
		buf_reset(&file);
		assert_int_equal(envelope_seal(&file, &hash, MSG_REQUEST, NETWORK_STAGENET,
					       r.number + 1, buf_span(&body), &g.watcher,
					       &g.signer.public),
				 ERR_OK);
		assert_int_equal(gap_answer_file(&g, &out, &reply, &file),
				 cut ? ERR_MSG_TRUNCATED : ERR_MSG_FORMAT);
		assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 1 + (size_t)cut);
	}
	assert_int_equal(out.n, 0);
	request_free(&r);
	buf_free(&body);
	buf_free(&file);
	buf_free(&out);
	assert_int_equal(pay(1, 1), ERR_OK);
}

static void one_jump_does_not_use_up_the_numbers(void **state)
{
	(void)state;
	assert_int_equal(pay(1, 1), ERR_OK);
	uint64_t number = g.number;
	g.number = UINT64_MAX - 1;
	assert_int_equal(pay(2, 1), ERR_PARSE_VALUE);
	g.number = number + REQUEST_NUMBER_STEP;
	assert_int_equal(pay(3, 1), ERR_PARSE_VALUE);
	g.number = number;
	assert_int_equal(pay(4, 1), ERR_OK);
	g.number += REQUEST_NUMBER_STEP - 1;
	assert_int_equal(pay(5, 1), ERR_OK);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 3);
}

static void payouts_of_another_network_are_refused(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	struct request_tx *t = gap_add(&g, &r, 1, 1, XMR(1));
	r.payouts[0].to.network = t->plan.out[0].to.network = NETWORK_MAINNET;
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_MSG_NETWORK);
	assert_int_equal(reply.txs[0].refused, ERR_MSG_NETWORK);
	assert_int_equal(gap_entries(&g, RECORD_REFUSED), 1);
	reply_free(&reply);
}

static void rule_4_limits_hold_one_by_one(void **state)
{
	(void)state;
	struct policy p = {0};
	uint64_t waits;
	p.limits = (struct policy_limits){XMR(5), XMR(6), XMR(8), 3, XMR(1), amount_of(UINT32_MAX)};
	p.cool_off = HOUR;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	assert_int_equal(pay(1, 5.000001), ERR_LIMIT_PAYOUT);
	assert_int_equal(pay(2, 5), ERR_OK);
	assert_int_equal(pay(3, 3), ERR_LIMIT_DAY); /* 8 and two fees */
	assert_int_equal(pay(4, 1), ERR_OK);
	assert_int_equal(pay(5, 1), ERR_OK);
	assert_int_equal(pay(6, 0.1), ERR_LIMIT_DAY_COUNT);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 3);
	assert_int_equal(gap_entries(&g, RECORD_REFUSED), 3);
	/* A refusal for the policy's sake asks nobody. */
	assert_int_equal(g.n_confirms, 3);
}

static void rule_4_fees_count_and_are_limited(void **state)
{
	(void)state;
	struct policy p = {0};
	uint64_t waits;
	p.limits =
	    (struct policy_limits){XMR(5), XMR(5), XMR(50), 9, XMR(0.0002), amount_of(30000)};
	p.cool_off = 24 * HOUR;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	assert_int_equal(pay(1, 5), ERR_LIMIT_TX);
	assert_int_equal(pay(2, 4), ERR_LIMIT_FEE_RATE);
	p.limits.fee = XMR(0.00009);
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	assert_int_equal(pay(3, 4), ERR_LIMIT_FEE);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 0);
}

/* Within one request the transactions count together: the second goes over, the first is signed. */
static void rule_4_one_request_counts_as_a_sum(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	gap_policy(&g, 5, 5.5, 8, 60);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(5));
	gap_add(&g, &r, 1, 2, XMR(4));
	gap_add(&g, &r, 1, 3, XMR(2));
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	assert_int_equal(reply.txs[0].refused, ERR_OK);
	assert_int_equal(reply.txs[1].refused, ERR_LIMIT_DAY);
	assert_null(reply.txs[1].blob);
	assert_int_equal(reply.txs[2].refused, ERR_OK);
	reply_free(&reply);
}

static void rule_5_window_moves_by_both_clocks(void **state)
{
	(void)state;
	gap_policy(&g, 50, 100, 8, 60);
	assert_int_equal(pay(1, 5), ERR_OK);
	uint64_t chain = g.chain_time;
	/* the machine's clock alone */
	g.now += 30 * HOUR;
	assert_int_equal(pay(2, 5), ERR_LIMIT_DAY);
	/* the chain's almost */
	g.chain_time = chain + 23 * HOUR;
	assert_int_equal(pay(3, 5), ERR_LIMIT_DAY);
	/* both */
	g.chain_time = chain + 24 * HOUR;
	assert_int_equal(pay(4, 5), ERR_OK);
	/* the chain's, far ahead, with the machine's standing still */
	g.chain_time += 1000 * HOUR;
	assert_int_equal(pay(5, 5), ERR_LIMIT_DAY);
}

static void rule_5_clock_behind_the_journal_refuses(void **state)
{
	(void)state;
	assert_int_equal(pay(1, 1), ERR_OK);
	g.now -= 1;
	assert_int_equal(pay(2, 1), ERR_CLOCK_BEHIND);
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 1);
	g.now += 1;
	assert_int_equal(pay(3, 1), ERR_OK);
}

static void rule_5_rolled_back_signer_refuses(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	assert_int_equal(pay(1, 1), ERR_OK);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 2, XMR(1));
	r.journal.number += 1;
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_ROLLED_BACK);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 2, XMR(1));
	r.journal.hash[5] ^= 1;
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_ROLLED_BACK);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 1);
	assert_int_equal(pay(2, 1), ERR_OK);
}

static void expired_and_stale_are_refused(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(1));
	r.expires = g.now - 1;
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_REQUEST_EXPIRED);
	g.number += 5;
	assert_int_equal(pay(2, 1), ERR_OK);
	g.number -= 3;
	assert_int_equal(pay(3, 1), ERR_REQUEST_STALE);
	g.number -= 1;
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 1);
}

static void rule_6_payout_is_paid_once(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct plan_input used;
	gap_request(&g, &r);
	used = gap_add(&g, &r, 2, 1, XMR(3))->plan.in[1];
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);

	/* With other inputs both could be mined. */
	assert_int_equal(pay(1, 3), ERR_PAYOUT_TWICE);
	/* Under the same id, something else. */
	assert_int_equal(pay(1, 4), ERR_PAYOUT_CHANGED);
	/* Sharing an input, only one can: signed again, and a third time. */
	for (int i = 0; i < 2; i++) {
		gap_request(&g, &r);
		copy_input(gap_add(&g, &r, 2, 1, XMR(3)), 0, &used);
		assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
		reply_free(&reply);
	}
	/* The input, for another payout. */
	gap_request(&g, &r);
	copy_input(gap_add(&g, &r, 1, 2, XMR(3)), 0, &used);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_INPUT_TWICE);
	reply_free(&reply);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 3);
}

/* A conflict with the first alone is not enough when a second was signed since. */
static void rule_6_conflict_with_every_earlier_one(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct plan_input a, b, c;
	gap_request(&g, &r);
	struct request_tx *t = gap_add(&g, &r, 2, 1, XMR(3));
	a = t->plan.in[0];
	b = t->plan.in[1];
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
	gap_request(&g, &r);
	t = gap_add(&g, &r, 2, 1, XMR(3));
	copy_input(t, 0, &a);
	c = t->plan.in[1];
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
	gap_request(&g, &r);
	copy_input(gap_add(&g, &r, 1, 1, XMR(3)), 0, &b);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_PAYOUT_TWICE);
	reply_free(&reply);
	gap_request(&g, &r);
	t = gap_add(&g, &r, 2, 1, XMR(3));
	copy_input(t, 0, &b);
	copy_input(t, 1, &c);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
}

static void rule_2_input_twice_in_one_request(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	struct plan_input in = gap_add(&g, &r, 1, 1, XMR(3))->plan.in[0];
	copy_input(gap_add(&g, &r, 1, 2, XMR(3)), 0, &in);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	assert_int_equal(reply.txs[0].refused, ERR_OK);
	assert_int_equal(reply.txs[1].refused, ERR_INPUT_TWICE);
	reply_free(&reply);
}

static void rule_2_lies_about_inputs_are_refused(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(3))->plan.in[0].amount = XMR(11);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_INPUT_AMOUNT);
	reply_free(&reply);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(3))->plan.in[0].output_index += 1;
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_INPUT_NOT_OURS);
	reply_free(&reply);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(10));
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_BALANCE);
	reply_free(&reply);
	assert_int_equal(gap_entries(&g, RECORD_REFUSED), 3);
	assert_int_equal(g.n_confirms, 0);
}

static void rule_9_loosening_waits_tightening_does_not(void **state)
{
	(void)state;
	uint64_t waits;
	struct policy p = {0};
	gap_policy(&g, 5, 50, 200, 60);
	assert_int_equal(pay(1, 6), ERR_LIMIT_PAYOUT);
	p.limits =
	    (struct policy_limits){XMR(9), XMR(20), XMR(200), 60, XMR(1), amount_of(UINT32_MAX)};
	p.cool_off = POLICY_COOL_OFF_DEFAULT;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	assert_true(waits == g.now + 24 * HOUR);
	assert_int_equal(pay(2, 6), ERR_LIMIT_PAYOUT);
	/* the clock alone does not do it; nor does the chain's */
	uint64_t chain = g.chain_time;
	g.now += 24 * HOUR;
	assert_int_equal(pay(3, 6), ERR_LIMIT_PAYOUT);
	g.chain_time = chain + 24 * HOUR;
	assert_int_equal(pay(4, 6), ERR_OK);
	/* submitted and effective, each journaled: the first policy, the two, and the ripe one */
	assert_int_equal(gap_entries(&g, RECORD_POLICY_SUBMITTED), 3);
	assert_int_equal(gap_entries(&g, RECORD_POLICY_EFFECTIVE), 4);
}

/* After a long rest the newest chain time is old: it alone would let the chain's wait be over. */
static void rule_9_loosening_waits_after_a_long_rest(void **state)
{
	(void)state;
	uint64_t waits;
	struct policy p = {0};
	gap_policy(&g, 5, 50, 200, 60);
	assert_int_equal(pay(1, 4), ERR_OK);
	g.now += 160 * HOUR;
	g.chain_time += 160 * HOUR;
	p.limits =
	    (struct policy_limits){XMR(9), XMR(20), XMR(200), 60, XMR(1), amount_of(UINT32_MAX)};
	p.cool_off = POLICY_COOL_OFF_DEFAULT;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	/* somebody sets the clock ahead; the chain knows better */
	g.now += 24 * HOUR;
	assert_int_equal(pay(2, 6), ERR_LIMIT_PAYOUT);
	g.chain_time += 24 * HOUR;
	assert_int_equal(pay(3, 6), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rule_6_signs_journals_and_repeats, begin, end),
	    cmocka_unit_test_setup_teardown(nothing_without_a_policy, begin_bare, end),
	    cmocka_unit_test_setup_teardown(rule_3_nothing_without_consent, begin, end),
	    cmocka_unit_test_setup_teardown(foreign_messages_change_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(authentic_nonsense_is_journaled, begin, end),
	    cmocka_unit_test_setup_teardown(one_jump_does_not_use_up_the_numbers, begin, end),
	    cmocka_unit_test_setup_teardown(payouts_of_another_network_are_refused, begin, end),
	    cmocka_unit_test_setup_teardown(rule_4_limits_hold_one_by_one, begin, end),
	    cmocka_unit_test_setup_teardown(rule_4_fees_count_and_are_limited, begin, end),
	    cmocka_unit_test_setup_teardown(rule_4_one_request_counts_as_a_sum, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_window_moves_by_both_clocks, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_clock_behind_the_journal_refuses, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_rolled_back_signer_refuses, begin, end),
	    cmocka_unit_test_setup_teardown(expired_and_stale_are_refused, begin, end),
	    cmocka_unit_test_setup_teardown(rule_6_payout_is_paid_once, begin, end),
	    cmocka_unit_test_setup_teardown(rule_6_conflict_with_every_earlier_one, begin, end),
	    cmocka_unit_test_setup_teardown(rule_2_input_twice_in_one_request, begin, end),
	    cmocka_unit_test_setup_teardown(rule_2_lies_about_inputs_are_refused, begin, end),
	    cmocka_unit_test_setup_teardown(rule_9_loosening_waits_tightening_does_not, begin, end),
	    cmocka_unit_test_setup_teardown(rule_9_loosening_waits_after_a_long_rest, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
