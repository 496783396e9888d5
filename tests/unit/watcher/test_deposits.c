/* Deposits: found, credited once at their depth, reversed when the chain drops them. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"
#include "watcher/scan/apply.h"

#define XMR ATOMIC_PER_XMR

static void depth_by_value(void **state)
{
	struct hot h;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	hot_deposit(&h, (struct subaddress){0, 0}, XMR / 10, 0);
	hot_deposit(&h, (struct subaddress){0, 7}, 10 * XMR, 0);
	hot_deposit(&h, (struct subaddress){49, 199}, 10 * XMR + 1, 0);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, XMR / 10), DEPOSIT_CREDITED);
	assert_int_equal(hot_state(&h, 10 * XMR), DEPOSIT_IN_BLOCK);
	assert_int_equal(hot_state(&h, 10 * XMR + 1), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 7, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 10 * XMR), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 1, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 10 * XMR), DEPOSIT_CREDITED);
	fake_chain_mine(h.chain, 10, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 10 * XMR + 1), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 1, 120, false);
	hot_sync(&h);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 10 * XMR + 1), DEPOSIT_CREDITED);
	assert_int_equal(hot_events(&h, "deposit_seen"), 3);
	assert_int_equal(hot_events(&h, "deposit_credited"), 3);
	hot_stop(&h);
}

static void nothing_is_credited_on_a_node_that_is_behind(void **state)
{
	struct hot h;
	(void)state;
	hot_start(&h, 30);
	h.asleep = true;
	hot_deposit(&h, (struct subaddress){0, 0}, 1000, 5);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_IN_BLOCK);
	h.asleep = false;
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	hot_stop(&h);
}

static void a_reorganisation_reverses_and_the_same_deposit_returns(void **state)
{
	struct hot h;
	struct balance b;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	hot_deposit(&h, (struct subaddress){0, 1}, 1000, 2);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	/* Back into the pool, and not mined on the new branch. */
	fake_chain_pop(h.chain, 3, false);
	fake_chain_mine(h.chain, 4, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_REVERSED);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_true(amount_is_zero(b.total));
	assert_int_equal(hot_events(&h, "deposit_reversed"), 1);
	fake_chain_mine(h.chain, 1, 120, true);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	assert_int_equal(hot_events(&h, "deposit_credited"), 2);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_int_equal(b.total.atomic, 1000);
	assert_int_equal(b.unlocked.atomic, 0);
	hot_stop(&h);
}

static void a_node_that_fell_back_changes_nothing(void **state)
{
	struct hot h;
	struct sync_result r;
	(void)state;
	hot_start(&h, 30);
	hot_deposit(&h, (struct subaddress){0, 0}, 1000, 1);
	hot_sync(&h);
	fake_chain_pop(h.chain, 2, false);
	assert_int_equal(watcher_sync(&h.w, &r), ERR_OK);
	assert_int_equal(r.dropped, 0);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	hot_stop(&h);
}

static void another_network_is_refused(void **state)
{
	struct hot h;
	struct sync_result r;
	struct watcher_status s;
	(void)state;
	hot_start(&h, 30);
	h.network = NETWORK_STAGENET;
	assert_int_equal(watcher_sync(&h.w, &r), ERR_NODE_NETWORK);
	assert_int_equal(watcher_status(&h.w, &s), ERR_OK);
	assert_int_equal(s.height, 0);
	hot_stop(&h);
}

static void unlocked_after_ten_blocks(void **state)
{
	struct hot h;
	struct balance b;
	(void)state;
	hot_start(&h, 30);
	hot_deposit(&h, (struct subaddress){3, 4}, 1000, 8);
	hot_sync(&h);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_int_equal(b.unlocked.atomic, 0);
	fake_chain_mine(h.chain, 1, 120, false);
	hot_sync(&h);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_int_equal(b.unlocked.atomic, 1000);
	hot_stop(&h);
}

/* Puts an output into the store as a block would. */
static struct output_record put(struct hot *h, struct db_txn *t, uint8_t tag, uint64_t atomic)
{
	struct output_record o;
	struct table_key k;
	memset(&o, 0, sizeof o);
	o.at.tx.b[0] = tag;
	memset(o.one_time.b, 0x55, 32);
	o.amount = amount_of(atomic);
	o.height = 20;
	o.due = 21;
	o.state = DEPOSIT_IN_BLOCK;
	assert_int_equal(output_write(t, &o), ERR_OK);
	k = key_height_outpoint(o.height, &o.at);
	assert_int_equal(mark(t, T_OUT_HEIGHT, key_span(&k)), ERR_OK);
	k = key_of_outpoint(&o.at);
	assert_int_equal(mark(t, T_UNSPENT, key_span(&k)), ERR_OK);
	k = key_one_time(&o.one_time, &o.at);
	assert_int_equal(mark(t, T_OUT_KEY, key_span(&k)), ERR_OK);
	k = key_height_outpoint(o.due, &o.at);
	assert_int_equal(mark(t, T_DUE, key_span(&k)), ERR_OK);
	assert_int_equal(duplicates_settle(&h->w, t, &o.one_time), ERR_OK);
	return o;
}

static void one_key_is_credited_once(void **state)
{
	struct hot h;
	struct db_txn *t = NULL;
	struct balance b;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
	put(&h, t, 1, 500);
	assert_int_equal(deposits_credit(&h.w, t, 25), ERR_OK);
	/* The same one-time key again: less, then more. Only one output of the three can be spent.
	 */
	put(&h, t, 2, 300);
	put(&h, t, 3, 800);
	assert_int_equal(deposits_credit(&h.w, t, 25), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(hot_state(&h, 300), DEPOSIT_DUPLICATE);
	assert_int_equal(hot_state(&h, 800), DEPOSIT_CREDITED);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_int_equal(b.total.atomic, 800);
	assert_int_equal(hot_events(&h, "deposit_credited"), 2);
	struct output_record o;
	assert_int_equal(db_begin(&t, h.db, false), ERR_OK);
	assert_int_equal(output_read(&o, t, &(struct outpoint){{{3}}, 0}), ERR_OK);
	assert_int_equal(o.credited.atomic, 300);
	db_abort(t);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(depth_by_value),
	    cmocka_unit_test(nothing_is_credited_on_a_node_that_is_behind),
	    cmocka_unit_test(a_reorganisation_reverses_and_the_same_deposit_returns),
	    cmocka_unit_test(a_node_that_fell_back_changes_nothing),
	    cmocka_unit_test(another_network_is_refused),
	    cmocka_unit_test(unlocked_after_ten_blocks),
	    cmocka_unit_test(one_key_is_credited_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
