/* Signed transactions on their way: into blocks, out of them again, and out of the store. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/watcher/planned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)
#define DAY UINT64_C(86400)

static struct planned p;

struct counting {
	const char *kind;
	size_t n;
};

static bool count_kind(void *ctx, const struct event *e)
{
	struct counting *c = ctx;
	char member[64];
	snprintf(member, sizeof member, "\"kind\":\"%s\"", c->kind);
	c->n += memmem(e->json.p, e->json.n, member, strlen(member)) != NULL;
	return true;
}

/* A payout that is signed, with its request and its transaction. */
static void sign_one(struct request *r, struct request_info *info, struct signed_tx *tx)
{
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(1));
	assert_int_equal(planned_request(&p, r, info), ERR_OK);
	planned_sign(&p, tx, r);
	planned_reply(&p, r, info, tx, ERR_OK);
}

static void prune(uint64_t transactions)
{
	struct prune_result r;
	assert_int_equal(watcher_prune(&p.w, &r), ERR_OK);
	assert_int_equal(r.blobs, transactions);
	assert_int_equal(r.requests, transactions);
	assert_int_equal(r.references, transactions);
}

/* Old by the calendar is not enough: what a reorganisation can undo must be sent again then. */
static void kept_while_its_block_can_be_replaced(void **state)
{
	struct request r;
	struct request_info info;
	struct signed_tx tx = {0};
	struct broadcast_result sent;
	uint64_t halt;
	(void)state;
	p.w.config.keep_blobs = p.w.config.keep_references = 30 * DAY;
	p.w.config.stall_seconds = 0;
	sign_one(&r, &info, &tx);
	fake_chain_mine(p.chain, 1, 31 * DAY, false);
	planned_mine(&p, 1, false);
	prune(0);
	assert_int_equal(watcher_broadcast(&p.w, &sent), ERR_OK);
	assert_int_equal(sent.submitted, 1);
	planned_mine(&p, 1, true);
	planned_mine(&p, 20, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CONFIRMED);
	prune(0);
	fake_chain_pop(p.chain, 22, true);
	fake_chain_drop_pool(p.chain);
	planned_mine(&p, 30, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_BROADCAST);
	assert_int_equal(watcher_resume(&p.w, &halt), ERR_OK);
	assert_int_equal(watcher_broadcast_again(&p.w, &sent), ERR_OK);
	assert_int_equal(sent.submitted, 1);
	planned_mine(&p, 1, true);
	planned_mine(&p, BLOCKS_REMEMBERED - 1, false);
	prune(0);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	planned_mine(&p, 1, false);
	prune(1);
	prune(0);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CONFIRMED);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	signed_tx_free(&tx);
}

/* The fees rose, so the second plan has an input more; and then the first one is mined. */
static void a_loser_gives_up_its_inputs(void **state)
{
	struct request r[2];
	struct request_info info[2];
	struct signed_tx tx[2] = {{.blob = NULL}};
	struct address to = planned_to(&p, 0, 0);
	struct broadcast_result sent;
	struct balance b;
	(void)state;
	planned_payout(&p, 0, &to, amount_of(10 * ATOMIC_PER_XMR - ATOMIC_PER_XMR / 2000));
	p.w.config.fee_level = FEE_SLOW;
	assert_int_equal(planned_request(&p, &r[0], &info[0]), ERR_OK);
	assert_int_equal(watcher_cancel_request(&p.w, info[0].number, false), ERR_OK);
	p.w.config.fee_level = FEE_FASTEST;
	p.w.config.fee_per_byte_most = amount_of(5000000);
	p.w.config.fee_most = XMR(1);
	assert_int_equal(planned_request(&p, &r[1], &info[1]), ERR_OK);
	assert_int_equal(info[0].n_inputs, 1);
	assert_int_equal(info[1].n_inputs, 2);
	for (size_t i = 2; i > 0; i--) {
		planned_sign(&p, &tx[i - 1], &r[i - 1]);
		planned_reply(&p, &r[i - 1], &info[i - 1], &tx[i - 1], ERR_OK);
	}
	assert_int_equal(p.honest.submit(p.honest.ctx, tx[0].blob, tx[0].blob_size), ERR_OK);
	planned_mine(&p, 1, true);
	planned_mine(&p, SPENDABLE_AGE - 2, false);
	assert_int_equal(watcher_balance(&p.w, &b), ERR_OK);
	assert_int_equal(b.reserved.atomic, XMR(10).atomic);
	planned_mine(&p, 1, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CONFIRMED);
	assert_int_equal(watcher_balance(&p.w, &b), ERR_OK);
	assert_int_equal(b.reserved.atomic, 0);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	assert_int_equal(watcher_broadcast_again(&p.w, &sent), ERR_OK);
	assert_int_equal(sent.submitted, 0);
	for (size_t i = 0; i < 2; i++) {
		request_free(&r[i]);
		signed_tx_free(&tx[i]);
	}
}

static size_t count(const char *kind)
{
	struct counting c = {kind, 0};
	assert_int_equal(watcher_events(&p.w, 0, count_kind, &c), ERR_OK);
	return c.n;
}

/* Its key images come too late: the blocks in between have it, and change that looked like a
 * deposit. */
static void mined_before_its_reply_came(void **state)
{
	struct request r;
	struct request_info info;
	struct signed_tx tx = {0};
	struct address to = planned_to(&p, 0, 0);
	struct balance before, wrong, after;
	(void)state;
	planned_payout(&p, 0, &to, XMR(1));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	planned_sign(&p, &tx, &r);
	assert_int_equal(watcher_balance(&p.w, &before), ERR_OK);
	assert_int_equal(p.honest.submit(p.honest.ctx, tx.blob, tx.blob_size), ERR_OK);
	planned_mine(&p, 1, true);
	planned_mine(&p, 30, false);
	assert_int_equal(watcher_balance(&p.w, &wrong), ERR_OK);
	assert_true(wrong.total.atomic > before.total.atomic);
	size_t credits = count("deposit_credited");
	assert_int_equal(count("deposit_reversed"), 0);
	planned_reply(&p, &r, &info, &tx, ERR_OK);
	planned_mine(&p, 0, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CONFIRMED);
	assert_int_equal(watcher_balance(&p.w, &after), ERR_OK);
	assert_int_equal(after.total.atomic,
			 before.total.atomic - XMR(1).atomic - r.txs[0].plan.fee.atomic);
	assert_int_equal(count("deposit_reversed"), 1);
	assert_int_equal(count("output_own"), 1);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	/* And once is enough. */
	planned_mine(&p, 30, false);
	assert_int_equal(count("deposit_credited"), credits);
	assert_int_equal(count("deposit_reversed"), 1);
	assert_int_equal(count("transaction_in_block"), 1);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	signed_tx_free(&tx);
}

/* Another wallet of the same words spent its input before the reply told which that is. */
static void overtaken_before_its_reply_came(void **state)
{
	struct request r;
	struct request_info info;
	struct signed_tx tx = {0}, other = {0};
	struct address to = planned_to(&p, 0, 0);
	struct broadcast_result sent;
	(void)state;
	planned_payout(&p, 0, &to, XMR(1));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	planned_sign(&p, &tx, &r);
	struct plan_payout out = {.to = planned_to(&p, 0, 1), .amount = XMR(2)};
	struct plan plan = r.txs[0].plan;
	plan.n_out = 1;
	plan.out = &out;
	assert_int_equal(tx_build(&other, &plan, &p.ours.account, &p.ours.spend, &p.rng), ERR_OK);
	assert_int_equal(p.honest.submit(p.honest.ctx, other.blob, other.blob_size), ERR_OK);
	planned_mine(&p, 1, true);
	/* More than one answer of the node holds. */
	planned_mine(&p, 1100, false);
	planned_reply(&p, &r, &info, &tx, ERR_OK);
	assert_int_equal(watcher_broadcast(&p.w, &sent), ERR_OVERTAKEN);
	planned_mine(&p, 0, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_FAILED);
	assert_int_equal(count("spent_elsewhere"), 1);
	assert_int_equal(watcher_broadcast_again(&p.w, &sent), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_OK);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	signed_tx_free(&tx);
	signed_tx_free(&other);
}

/* The blocks that a look has come to are replaced before its next step. */
static void a_look_survives_a_reorganisation(void **state)
{
	struct request r;
	struct request_info info;
	struct signed_tx tx = {0};
	struct address to = planned_to(&p, 0, 0);
	struct sync_result synced;
	(void)state;
	planned_payout(&p, 0, &to, XMR(1));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	planned_sign(&p, &tx, &r);
	assert_int_equal(p.honest.submit(p.honest.ctx, tx.blob, tx.blob_size), ERR_OK);
	planned_mine(&p, 2, false);
	planned_mine(&p, 1, true);
	planned_reply(&p, &r, &info, &tx, ERR_OK);
	assert_int_equal(watcher_sync_step(&p.w, &synced), ERR_OK);
	assert_false(synced.done);
	fake_chain_pop(p.chain, 2, false);
	planned_mine(&p, 3, true);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_IN_BLOCK);
	planned_mine(&p, SPENDABLE_AGE, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CONFIRMED);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	signed_tx_free(&tx);
}

/* The first of two requests was signed after all, given out by other means, and mined. */
static void paid_by_a_reply_that_never_came(void **state)
{
	struct request r[2];
	struct request_info info[2];
	struct signed_tx tx[2] = {{.blob = NULL}};
	struct address to = planned_to(&p, 0, 0);
	(void)state;
	planned_payout(&p, 0, &to, XMR(1));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(planned_request(&p, &r[i], &info[i]), ERR_OK);
		planned_sign(&p, &tx[i], &r[i]);
		if (i == 0) {
			assert_int_equal(watcher_cancel_request(&p.w, info[0].number, false),
					 ERR_OK);
		}
	}
	planned_reply(&p, &r[1], &info[1], &tx[1], ERR_OK);
	assert_int_equal(p.honest.submit(p.honest.ctx, tx[0].blob, tx[0].blob_size), ERR_OK);
	planned_mine(&p, 1, true);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_FAILED);
	assert_int_equal(count("spent_elsewhere"), 1);
	/* Its reply at last. */
	planned_reply(&p, &r[0], &info[0], &tx[0], ERR_OK);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_IN_BLOCK);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	planned_mine(&p, SPENDABLE_AGE, false);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_CONFIRMED);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	for (size_t i = 0; i < 2; i++) {
		request_free(&r[i]);
		signed_tx_free(&tx[i]);
	}
}

/* Spent it may say, but no block that we have shows it; and other blocks than ours are none. */
static void the_node_says_that_all_is_spent(void **state)
{
	struct request r;
	struct request_info info;
	struct signed_tx tx = {0};
	struct balance before, after;
	struct sync_result synced;
	(void)state;
	sign_one(&r, &info, &tx);
	assert_int_equal(watcher_balance(&p.w, &before), ERR_OK);
	p.lie = LIE_OTHER_BLOCKS;
	assert_int_equal(watcher_sync(&p.w, &synced), ERR_NODE_ANSWER);
	p.lie = LIE_SPENT;
	assert_int_equal(watcher_sync(&p.w, &synced), ERR_OK);
	assert_true(synced.done);
	assert_int_equal(planned_get(&p, "p0").state, PAYOUT_SIGNED);
	assert_int_equal(watcher_balance(&p.w, &after), ERR_OK);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	request_free(&r);
	signed_tx_free(&tx);
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
	    cmocka_unit_test_setup_teardown(a_loser_gives_up_its_inputs, make, unmake),
	    cmocka_unit_test_setup_teardown(mined_before_its_reply_came, make, unmake),
	    cmocka_unit_test_setup_teardown(overtaken_before_its_reply_came, make, unmake),
	    cmocka_unit_test_setup_teardown(a_look_survives_a_reorganisation, make, unmake),
	    cmocka_unit_test_setup_teardown(paid_by_a_reply_that_never_came, make, unmake),
	    cmocka_unit_test_setup_teardown(the_node_says_that_all_is_spent, make, unmake),
	    cmocka_unit_test_setup_teardown(kept_while_its_block_can_be_replaced, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
