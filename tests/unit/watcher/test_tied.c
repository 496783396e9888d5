/*
 * Payouts that may have been signed before: they are planned again whole and from the same inputs,
 * hold up nobody else, and are given up once nothing that was signed can be mined.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "tests/unit/watcher/planned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)

#define PAYOUTS_TIED 15 /* as many as a transaction pays */

static struct planned p;
static struct request r;
static struct request_info info;

static void build(size_t payouts)
{
	request_free(&r);
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	assert_int_equal(info.n_payouts, payouts);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
}

static void give_up(void)
{
	assert_int_equal(watcher_cancel_request(&p.w, info.number, false), ERR_OK);
}

static void sweep(enum fee_level level)
{
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX);
	p.w.config.fee_level = level;
	p.w.config.vault = planned_to(&p, 0, 0);
	assert_int_equal(watcher_sweep(&p.w, amount_of(0), 0, &file, &info), ERR_OK);
	buf_free(&file);
}

static void get_rich(size_t n, struct amount each)
{
	struct address to;
	address_of(&to, &p.ours.account, (struct subaddress){0, 1});
	for (size_t i = 0; i < n; i++) {
		fake_chain_pay(p.chain, &to, each);
	}
	planned_mine(&p, 1 + SPENDABLE_AGE, true);
}

/* Whatever became of fees, and though there is no room for one more input. */
static void full_sweep_again(enum fee_level then, enum fee_level now)
{
	struct address to = planned_to(&p, 0, 1);
	struct signed_tx tx = {0};
	sweep(then);
	assert_int_equal(info.n_inputs, TX_INPUTS_MAX);
	give_up();
	get_rich(3, XMR(10));
	planned_payout(&p, 0, &to, XMR(1));
	p.w.config.fee_level = now;
	build(2);
	assert_int_equal(r.txs[0].plan.n_in, TX_INPUTS_MAX);
	assert_int_equal(r.txs[0].plan.out[0].amount.atomic, info.amount.atomic - XMR(1).atomic);
	r.n_txs = 1;
	planned_sign(&p, &tx, &r);
	r.n_txs = 2;
	signed_tx_free(&tx);
}

static void a_full_sweep_has_room_for_its_fee(void **state)
{
	(void)state;
	full_sweep_again(FEE_SLOW, FEE_SLOW);
}

static void a_full_sweep_pays_the_least_fee_rather_than_none(void **state)
{
	(void)state;
	full_sweep_again(FEE_SLOW, FEE_NORMAL);
}

static void a_full_sweep_holds_up_nobody(void **state)
{
	struct address to = planned_to(&p, 0, 1);
	(void)state;
	sweep(FEE_SLOW);
	give_up();
	get_rich(3, XMR(10));
	planned_payout(&p, 0, &to, XMR(1));
	p.lie = LIE_FEE_TENFOLD;
	build(1);
	assert_int_equal(info.left, 1);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_REQUESTED);
}

/* The signer would sign one without the other, and then never the other. */
static void one_is_retried_with_all(void **state)
{
	struct address to = planned_to(&p, 0, 0);
	(void)state;
	planned_payout(&p, 0, &to, XMR(1));
	planned_payout(&p, 1, &to, XMR(1));
	build(2);
	give_up();
	build(2);
	planned_reply(&p, &r, &info, NULL, ERR_LIMIT_TX);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_REFUSED);
	assert_int_equal(watcher_retry_payout(&p.w, "p1"), ERR_OK);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_QUEUED);
	build(2);
	assert_int_equal(r.n_txs, 1);
}

/* A request that has no room for all of them has none of them. */
static void the_end_of_a_request_parts_none(void **state)
{
	struct address to = planned_to(&p, 0, 0);
	(void)state;
	for (size_t i = 0; i < PAYOUTS_TIED; i++) {
		planned_payout(&p, i, &to, amount_of(ATOMIC_PER_XMR / 10));
	}
	build(PAYOUTS_TIED);
	give_up();
	for (size_t i = 0; i < REQUEST_PAYOUTS_MAX - PAYOUTS_TIED + 1; i++) {
		char id[16];
		struct payout_order o = {.id = id,
					 .to = to,
					 .amount = XMR(100000),
					 .reference = "",
					 .priority = PAYOUT_HIGH};
		snprintf(id, sizeof id, "high%zu", i);
		assert_int_equal(watcher_add_payout(&p.w, &o, NULL), ERR_OK);
	}
	build(PAYOUTS_TIED);
}

static int make(void **state)
{
	(void)state;
	r = (struct request){0};
	planned_make(&p, 90, TX_INPUTS_MAX, XMR(1));
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	request_free(&r);
	planned_free(&p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_full_sweep_has_room_for_its_fee, make, unmake),
	    cmocka_unit_test_setup_teardown(a_full_sweep_pays_the_least_fee_rather_than_none, make,
					    unmake),
	    cmocka_unit_test_setup_teardown(a_full_sweep_holds_up_nobody, make, unmake),
	    cmocka_unit_test_setup_teardown(one_is_retried_with_all, make, unmake),
	    cmocka_unit_test_setup_teardown(the_end_of_a_request_parts_none, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
