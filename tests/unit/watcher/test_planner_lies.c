/* A node that lies: nothing is requested, nothing is reserved, and the payout stays queued. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/planned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)

static struct planned p;
static struct request r;
static struct request_info info;

static void check_untouched(void)
{
	struct balance balance;
	struct payout payout;
	assert_int_equal(info.number, 0);
	assert_int_equal(watcher_balance(&p.w, &balance), ERR_OK);
	assert_int_equal(balance.reserved.atomic, 0);
	assert_int_equal(watcher_get_payout(&p.w, "p0", &payout), ERR_OK);
	assert_int_equal(payout.state, PAYOUT_QUEUED);
	assert_int_equal(watcher_get_request(&p.w, 2, &r), ERR_NOT_FOUND);
}

static void check_refused(enum lie lie, enum err expected)
{
	p.lie = lie;
	assert_int_equal(planned_request(&p, &r, &info), expected);
	check_untouched();
}

static uint64_t real_index(const struct request *req)
{
	const struct plan_input *in = &req->txs[0].plan.in[0];
	return in->ring[in->real].global_index;
}

/* A chain with a single deposit: the honest node's request says which output is the victim. */
static int make(void **state)
{
	(void)state;
	planned_make(&p, 90, 1, XMR(10));
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(1));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	p.victim = real_index(&r);
	request_free(&r);
	assert_int_equal(watcher_cancel_request(&p.w, info.number, true), ERR_OK);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	planned_free(&p);
	return 0;
}

static void test_about_ours(void **state)
{
	(void)state;
	check_refused(LIE_KEY, ERR_NODE_ANSWER);
	check_refused(LIE_COMMITMENT, ERR_NODE_ANSWER);
	check_refused(LIE_LOCKED, ERR_NODE_ANSWER);
	check_refused(LIE_NAMES, ERR_NODE_ANSWER);
}

static void test_about_decoys(void **state)
{
	(void)state;
	check_refused(LIE_OTHERS_LOCKED, ERR_NODE_ANSWER);
	check_refused(LIE_OTHERS_ALIKE, ERR_NODE_ANSWER);
	check_refused(LIE_OTHERS_UNSOUND, ERR_NODE_ANSWER);
}

static void test_about_counts(void **state)
{
	(void)state;
	check_refused(LIE_COUNTS, ERR_NODE_ANSWER);
	check_refused(LIE_MORE_OUTPUTS, ERR_NODE_ANSWER);
}

static void test_about_fees(void **state)
{
	(void)state;
	check_refused(LIE_FEE_HUGE, ERR_NODE_ANSWER);
	check_refused(LIE_FEE_NOTHING, ERR_NODE_ANSWER);
	check_refused(LIE_MASK_HUGE, ERR_NODE_ANSWER);
	check_refused(LIE_FEE_OVER, ERR_NODE_ANSWER);
	check_refused(LIE_MASK_OVER, ERR_NODE_ANSWER);
}

/* The limit is met exactly, in all and by the byte, and one unit less is too little. */
static void test_fee_limits(void **state)
{
	(void)state;
	p.lie = LIE_NONE;
	p.w.config.fee_per_byte_most = amount_of(80000 + 11);
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	struct amount fee = r.txs[0].plan.fee;
	request_free(&r);
	assert_int_equal(watcher_cancel_request(&p.w, info.number, true), ERR_OK);

	/* Another ring may have offsets of another length. */
	p.w.config.fee_most = amount_of(fee.atomic * 9 / 10);
	assert_int_equal(planned_request(&p, &r, &info), ERR_LIMIT_FEE);
	assert_non_null(strstr(err_detail(), "fee-most is 0.000"));
	assert_int_equal(info.number, 0);
	p.w.config.fee_per_byte_most = amount_of(80000 + 10);
	assert_int_equal(planned_request(&p, &r, &info), ERR_NODE_ANSWER);
	assert_non_null(strstr(err_detail(), "fee-per-byte-most is 0.000000080010"));
	p.w.config.fee_per_byte_most = amount_of(80000 + 11);
	p.w.config.fee_most = amount_of(fee.atomic * 11 / 10);
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	request_free(&r);
}

/* Locked candidates are passed over, and the truth works after all those lies. */
static void test_locked_are_left_out(void **state)
{
	(void)state;
	p.lie = LIE_ODD_LOCKED;
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	assert_int_equal(real_index(&r), p.victim);
	for (size_t i = 0; i < RING_SIZE; i++) {
		uint64_t at = r.txs[0].plan.in[0].ring[i].global_index;
		assert_true(at == p.victim || at % 2 == 0);
	}
	request_free(&r);
}

/* Of eleven blocks two are unlocked, with 10 outputs that can be spent. */
static void test_short_chain(void **state)
{
	(void)state;
	planned_make(&p, 1, 1, XMR(10));
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(1));
	check_refused(LIE_NONE, ERR_NODE_ANSWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_about_ours, make, unmake),
	    cmocka_unit_test_setup_teardown(test_about_decoys, make, unmake),
	    cmocka_unit_test_setup_teardown(test_about_counts, make, unmake),
	    cmocka_unit_test_setup_teardown(test_about_fees, make, unmake),
	    cmocka_unit_test_setup_teardown(test_fee_limits, make, unmake),
	    cmocka_unit_test_setup_teardown(test_locked_are_left_out, make, unmake),
	    cmocka_unit_test_setup_teardown(test_short_chain, NULL, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
