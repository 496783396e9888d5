/*
 * Payouts whose signed transaction another one made impossible: what retry and cancel make of them,
 * by whether an input is left that conflicts with what was signed.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/watcher/planned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)

static struct planned p;

/* Mined: a transaction that spends the first n of these inputs, and pays nobody of ours. */
static void spend_elsewhere(const struct plan *planned, size_t n)
{
	struct plan_payout out = {.to = planned_to(&p, 0, 1), .amount = XMR(1)};
	struct plan other = *planned;
	struct signed_tx tx = {0};
	other.n_in = n;
	other.n_out = 1;
	other.out = &out;
	assert_int_equal(tx_build(&tx, &other, &p.ours.account, &p.ours.spend, &p.rng), ERR_OK);
	assert_int_equal(p.honest.submit(p.honest.ctx, tx.blob, tx.blob_size), ERR_OK);
	planned_mine(&p, 1, true);
	signed_tx_free(&tx);
}

/* Two payouts of two inputs, signed; then the first n inputs are spent by another transaction. */
static void fall(struct request *r, size_t n)
{
	struct request_info info;
	struct watcher_status status;
	struct signed_tx tx = {0};
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(8));
	planned_payout(&p, 1, &to, XMR(7));
	assert_int_equal(planned_request(&p, r, &info), ERR_OK);
	assert_int_equal(r->n_txs, 1);
	assert_int_equal(r->txs[0].plan.n_in, 2);
	planned_sign(&p, &tx, r);
	planned_reply(&p, r, &info, &tx, ERR_OK);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_SIGNED);
	assert_int_equal(watcher_retry_payout(&p.w, "p0"), ERR_STATE);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_STATE);
	spend_elsewhere(&r->txs[0].plan, n);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_FAILED);
	assert_int_equal(planned_get(&p, "p1").state, PAYOUT_FAILED);
	assert_int_equal(watcher_status(&p.w, &status), ERR_OK);
	assert_int_equal(status.payouts[PAYOUT_FAILED], 2);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	signed_tx_free(&tx);
}

static bool has_input(const struct plan *plan, const struct plan_input *in)
{
	for (size_t i = 0; i < plan->n_in; i++) {
		if (memcmp(plan->in[i].ring[plan->in[i].real].key.b, in->ring[in->real].key.b,
			   32) == 0) {
			return true;
		}
	}
	return false;
}

/* The input that is left stays in whatever pays them: it and what was signed cannot both be mined.
 */
static void retried_from_what_is_left(void **state)
{
	struct request r, again;
	struct request_info info;
	(void)state;
	fall(&r, 1);
	planned_mine(&p, 30, false);
	/* However deep: it could still be mined if the other were not. */
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_STATE);
	assert_int_equal(watcher_retry_payout(&p.w, "p1"), ERR_OK);
	assert_int_equal(watcher_retry_payout(&p.w, "p1"), ERR_OK);
	struct payout both[] = {planned_get(&p, "p0"), planned_get(&p, "p1")};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(both[i].state, PAYOUT_QUEUED);
		assert_true(both[i].tied);
		assert_int_equal(watcher_cancel_payout(&p.w, both[i].id), ERR_STATE);
	}
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	assert_int_equal(planned_request(&p, &again, &info), ERR_OK);
	assert_int_equal(again.n_txs, 1);
	assert_true(has_input(&again.txs[0].plan, &r.txs[0].plan.in[1]));
	assert_false(has_input(&again.txs[0].plan, &r.txs[0].plan.in[0]));
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_REQUESTED);
	assert_int_equal(planned_get(&p, "p1").state, PAYOUT_REQUESTED);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	request_free(&again);
}

/* Nothing can make it valid again once that is deep; then, and only then, it is given up. */
static void cancelled_when_nothing_is_left(void **state)
{
	struct request r;
	struct watcher_status status;
	(void)state;
	fall(&r, 2);
	assert_int_equal(watcher_retry_payout(&p.w, "p0"), ERR_STATE);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_STATE);
	planned_mine(&p, p.w.config.depth_above - 2, false);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_STATE);
	planned_mine(&p, 1, false);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_OK);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CANCELLED);
	/* One at a time: the other waits for its own decision. */
	assert_int_equal(planned_get(&p, "p1").state, PAYOUT_FAILED);
	assert_int_equal(watcher_retry_payout(&p.w, "p0"), ERR_STATE);
	assert_int_equal(watcher_retry_payout(&p.w, "p1"), ERR_STATE);
	assert_int_equal(watcher_status(&p.w, &status), ERR_OK);
	assert_int_equal(status.payouts[PAYOUT_FAILED], 1);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
}

/* Queued again, and then the rest of its inputs is spent too: whether that was signed, the signer
 * knows alone. */
static void tied_to_nothing(void **state)
{
	struct request r, again;
	struct request_info info;
	(void)state;
	fall(&r, 1);
	assert_int_equal(watcher_retry_payout(&p.w, "p0"), ERR_OK);
	struct plan rest = r.txs[0].plan;
	rest.in++;
	spend_elsewhere(&rest, 1);
	assert_int_equal(planned_request(&p, &again, &info), ERR_OK);
	assert_int_equal(again.n_payouts, 2);
	planned_reply(&p, &again, &info, NULL, ERR_CONFLICT);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_REFUSED);
	planned_mine(&p, p.w.config.depth_above - 2, false);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_STATE);
	planned_mine(&p, 1, false);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_OK);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	request_free(&again);
}

/* The block that took the inputs is replaced: the signed transaction can be mined after all. */
static void a_reorganisation_makes_it_possible_again(void **state)
{
	struct request r;
	(void)state;
	fall(&r, 1);
	fake_chain_pop(p.chain, 1, true);
	planned_mine(&p, 3, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_FAILED);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_STATE);
	assert_int_equal(watcher_retry_payout(&p.w, "p0"), ERR_OK);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_QUEUED);
	assert_int_equal(planned_get(&p, "p1").state, PAYOUT_QUEUED);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
}

static int make(void **state)
{
	(void)state;
	planned_make(&p, 90, 12, XMR(10));
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	planned_free(&p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(retried_from_what_is_left, make, unmake),
	    cmocka_unit_test_setup_teardown(cancelled_when_nothing_is_left, make, unmake),
	    cmocka_unit_test_setup_teardown(tied_to_nothing, make, unmake),
	    cmocka_unit_test_setup_teardown(a_reorganisation_makes_it_possible_again, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
