/*
 * Outputs that share a one-time key (the "burning bug") beside spends: whatever is learned when,
 * what cannot be spent is not credited for long, and the books are those of the chain.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/watcher/planned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)
#define LARGE UINT64_C(18000000000000) /* the duplicate; the first one is 10 XMR */

static struct planned p;

struct sought {
	uint64_t atomic;
	struct deposit d;
};

static bool seek(void *ctx, const struct deposit *d)
{
	struct sought *s = ctx;
	if (d->amount.atomic == s->atomic) {
		s->d = *d;
	}
	return true;
}

static struct deposit deposit(uint64_t atomic)
{
	struct sought s = {.atomic = atomic};
	assert_int_equal(watcher_deposits(&p.w, seek, &s), ERR_OK);
	return s.d;
}

static uint64_t total(void)
{
	struct balance b;
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	assert_int_equal(watcher_balance(&p.w, &b), ERR_OK);
	return b.total.atomic;
}

static void learn(void)
{
	struct outputs asked = {0};
	struct key_images images = {0};
	size_t n;
	assert_int_equal(planned_ask(&p, &asked), ERR_OK);
	planned_prove(&p, &images, &asked);
	assert_int_equal(planned_answer(&p, &images, &n), ERR_OK);
	outputs_free(&asked);
	key_images_free(&images);
	planned_mine(&p, 0, false);
}

/* With the key of the newest payment. */
static void burn(uint64_t atomic)
{
	struct address to;
	address_of(&to, &p.ours.account, (struct subaddress){0, 0});
	fake_chain_repeat_next(p.chain);
	fake_chain_pay(p.chain, &to, amount_of(atomic));
}

struct paying {
	struct request r;
	struct request_info info;
	struct signed_tx tx;
};

static struct paying sign(void)
{
	struct paying s = {.tx = {.blob = NULL}};
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(9));
	assert_int_equal(planned_request(&p, &s.r, &s.info), ERR_OK);
	planned_sign(&p, &s.tx, &s.r);
	return s;
}

static void give_out(const struct paying *s)
{
	assert_int_equal(p.honest.submit(p.honest.ctx, s->tx.blob, s->tx.blob_size), ERR_OK);
}

static void paying_free(struct paying *s)
{
	request_free(&s->r);
	signed_tx_free(&s->tx);
}

/* The key was spent while the duplicate waited for its depth. */
static void what_is_burnt_before_its_credit(void **state)
{
	struct paying s = sign();
	(void)state;
	planned_reply(&p, &s.r, &s.info, &s.tx, ERR_OK);
	burn(LARGE);
	planned_mine(&p, 1, true);
	give_out(&s);
	planned_mine(&p, 1, true);
	planned_mine(&p, 30, false);
	assert_int_equal(deposit(LARGE).state, DEPOSIT_DUPLICATE);
	assert_int_equal(deposit(LARGE).credited.atomic, 0);
	assert_true(total() < ATOMIC_PER_XMR);
	/* Without that spend it is worth what it adds. */
	fake_chain_pop(p.chain, 31, true);
	fake_chain_drop_pool(p.chain);
	planned_mine(&p, 60, false);
	assert_int_equal(deposit(LARGE).state, DEPOSIT_IN_BLOCK);
	assert_int_equal(total(), LARGE);
	paying_free(&s);
}

/* While the first may be spent by a request that is out, the second waits. */
static void what_may_be_burnt_waits(void **state)
{
	struct paying s = sign();
	(void)state;
	burn(LARGE);
	planned_mine(&p, 1, true);
	planned_mine(&p, 40, false);
	assert_int_equal(deposit(LARGE).credited.atomic, 0);
	assert_int_equal(watcher_cancel_request(&p.w, s.info.number, true), ERR_OK);
	planned_mine(&p, 1, false);
	assert_int_equal(deposit(LARGE).credited.atomic, LARGE - XMR(10).atomic);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	paying_free(&s);
}

/* A spend that is found late takes back what would not have been credited in time. */
static void a_late_spend_takes_back_a_later_credit(void **state)
{
	struct paying s = sign();
	(void)state;
	give_out(&s);
	planned_mine(&p, 1, true);
	/* The change is not spent yet. */
	assert_int_equal(watcher_cancel_request(&p.w, s.info.number, false), ERR_OK);
	burn(LARGE);
	planned_mine(&p, 1, true);
	planned_mine(&p, 30, false);
	assert_int_equal(deposit(LARGE).credited.atomic, LARGE - XMR(10).atomic);
	planned_reply(&p, &s.r, &s.info, &s.tx, ERR_OK);
	planned_mine(&p, 0, false);
	assert_int_equal(deposit(LARGE).state, DEPOSIT_DUPLICATE);
	assert_int_equal(deposit(LARGE).credited.atomic, 0);
	assert_true(total() < ATOMIC_PER_XMR);
	paying_free(&s);
}

/* The key image comes with the second, and the spend is older than that. */
static void a_look_begins_at_the_first_of_a_key(void **state)
{
	struct paying s = sign();
	(void)state;
	give_out(&s);
	assert_int_equal(watcher_cancel_request(&p.w, s.info.number, true), ERR_OK);
	planned_mine(&p, 1, true);
	planned_mine(&p, 20, false);
	burn(LARGE);
	planned_mine(&p, 1, true);
	planned_mine(&p, 30, false);
	learn();
	assert_int_equal(deposit(LARGE).state, DEPOSIT_DUPLICATE);
	assert_true(total() < ATOMIC_PER_XMR);
	paying_free(&s);
}

/* The key image came with the second, which is gone when the first is spent. */
static void an_image_is_of_the_key(bool comes_back)
{
	burn(LARGE);
	planned_mine(&p, 1, true);
	learn();
	fake_chain_pop(p.chain, 1, true);
	planned_mine(&p, 12, false);
	struct paying s = sign();
	planned_reply(&p, &s.r, &s.info, &s.tx, ERR_OK);
	give_out(&s);
	planned_mine(&p, 1, true);
	if (comes_back) {
		burn(LARGE);
	}
	planned_mine(&p, 1, true);
	planned_mine(&p, 30, false);
	assert_true(deposit(XMR(10).atomic).spent);
	assert_int_equal(deposit(LARGE).credited.atomic, 0);
	assert_true(total() < ATOMIC_PER_XMR);
	paying_free(&s);
}

static void an_image_outlives_its_output(void **state)
{
	(void)state;
	an_image_is_of_the_key(false);
}

static void another_comes_after_the_spend(void **state)
{
	(void)state;
	an_image_is_of_the_key(true);
}

static int make(void **state)
{
	(void)state;
	planned_make(&p, 90, 1, XMR(10));
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
	    cmocka_unit_test_setup_teardown(what_is_burnt_before_its_credit, make, unmake),
	    cmocka_unit_test_setup_teardown(what_may_be_burnt_waits, make, unmake),
	    cmocka_unit_test_setup_teardown(a_late_spend_takes_back_a_later_credit, make, unmake),
	    cmocka_unit_test_setup_teardown(a_look_begins_at_the_first_of_a_key, make, unmake),
	    cmocka_unit_test_setup_teardown(an_image_outlives_its_output, make, unmake),
	    cmocka_unit_test_setup_teardown(another_comes_after_the_spend, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
