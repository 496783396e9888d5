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
	assert_int_equal(hot_events(&h, "deposit_in_block"), 3);
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
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CONFIRMED);
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
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_SEEN);
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
static struct output_record put(struct db_txn *t, uint8_t tag, uint64_t atomic)
{
	struct output_record o;
	struct table_key k;
	memset(&o, 0, sizeof o);
	o.at.tx.b[0] = tag;
	memset(o.one_time.b, 0x55, 32);
	o.amount = amount_of(atomic);
	o.height = 20;
	o.judged = o.amount;
	assert_int_equal(duplicates_worth(&o.worth, t, &o), ERR_OK);
	o.state = amount_is_zero(o.worth) ? DEPOSIT_DUPLICATE : DEPOSIT_IN_BLOCK;
	o.due = amount_is_zero(o.worth) ? 0 : 21;
	assert_int_equal(output_write(t, &o), ERR_OK);
	k = key_height_outpoint(o.height, &o.at);
	assert_int_equal(mark(t, T_OUT_HEIGHT, key_span(&k)), ERR_OK);
	k = key_one_time(&o.one_time, &o.at);
	assert_int_equal(mark(t, T_OUT_KEY, key_span(&k)), ERR_OK);
	k = key_address_height(o.address, o.height);
	outpoint_key(k.b + k.n, &o.at);
	k.n += OUTPOINT_SIZE;
	uint8_t value[8];
	store64_le(value, atomic);
	assert_int_equal(db_put(t, T_OUT_ADDRESS, key_span(&k), db_span(value, 8)), ERR_OK);
	if (o.due) {
		k = key_height_outpoint(o.due, &o.at);
		assert_int_equal(mark(t, T_DUE, key_span(&k)), ERR_OK);
	}
	assert_int_equal(duplicates_settle(t, &o.one_time), ERR_OK);
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
	put(t, 1, 500);
	assert_int_equal(deposits_credit(&h.w, t, 25), ERR_OK);
	/* The same one-time key again: less, then more. Only one output of the three can be spent.
	 */
	put(t, 2, 300);
	put(t, 3, 800);
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

/* Pays without mining. */
static void pay(struct hot *h, struct subaddress at, uint64_t atomic)
{
	struct address to;
	address_of(&to, &h->w.account, at);
	fake_chain_pay(h->chain, &to, amount_of(atomic));
}

static size_t count_deposits(const struct hot *h, enum deposit_state state)
{
	size_t n = 0;
	for (uint64_t i = 0; i < 64; i++) {
		n += hot_state(h, XMR / 10 - i) == state;
	}
	return n;
}

static void many_small_parts_take_the_depth_of_their_sum(void **state)
{
	struct hot h;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	/* Four of 0.1 XMR to one address in one block, and four to four addresses. */
	for (uint32_t i = 0; i < 4; i++) {
		pay(&h, (struct subaddress){0, 1}, XMR / 10 - i);
		pay(&h, (struct subaddress){0, 2 + i}, XMR / 10 - 10 - i);
	}
	fake_chain_mine(h.chain, 1, 120, true);
	hot_sync(&h);
	assert_int_equal(count_deposits(&h, DEPOSIT_CREDITED), 4);
	assert_int_equal(count_deposits(&h, DEPOSIT_IN_BLOCK), 4);
	/* One more, three blocks later, to an address that had little: together it is too much. */
	fake_chain_mine(h.chain, 2, 120, false);
	hot_deposit(&h, (struct subaddress){0, 2}, XMR / 10 - 20, 0);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, XMR / 10 - 20), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 6, 120, false);
	hot_sync(&h);
	/* The first four are ten deep, the later one seven. */
	assert_int_equal(count_deposits(&h, DEPOSIT_CREDITED), 8);
	assert_int_equal(hot_state(&h, XMR / 10 - 20), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 3, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, XMR / 10 - 20), DEPOSIT_CREDITED);
	/* Long after, the address is like new. */
	fake_chain_mine(h.chain, 20, 120, false);
	hot_deposit(&h, (struct subaddress){0, 2}, XMR / 10 - 21, 0);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, XMR / 10 - 21), DEPOSIT_CREDITED);
	hot_stop(&h);
}

static void one_transaction_is_judged_by_all_it_pays(void **state)
{
	struct hot h;
	struct address to[3];
	struct amount amounts[3];
	(void)state;
	hot_start(&h, 30);
	for (uint32_t i = 0; i < 3; i++) {
		/* One output each of the primary address: of one transaction, for ids alike. */
		address_of(&to[i], &h.w.account, (struct subaddress){0, 0});
		amounts[i] = amount_of(XMR / 10 - i);
	}
	fake_chain_pay_many(h.chain, to, amounts, 3);
	fake_chain_mine(h.chain, 1, 120, true);
	hot_sync(&h);
	assert_int_equal(count_deposits(&h, DEPOSIT_IN_BLOCK), 3);
	fake_chain_mine(h.chain, 9, 120, false);
	hot_sync(&h);
	assert_int_equal(count_deposits(&h, DEPOSIT_CREDITED), 3);
	hot_stop(&h);
}

static void a_raised_depth_holds_what_waits(void **state)
{
	struct hot h;
	(void)state;
	hot_start(&h, 30);
	hot_deposit(&h, (struct subaddress){0, 0}, XMR, 3);
	hot_sync(&h);
	h.w.config.step[1].depth = 15;
	fake_chain_mine(h.chain, 10, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, XMR), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 1, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, XMR), DEPOSIT_CREDITED);
	hot_stop(&h);
}

static void the_pool_is_seen_and_never_credited(void **state)
{
	struct hot h;
	struct balance b;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	pay(&h, (struct subaddress){0, 3}, 1000);
	hot_sync(&h);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_SEEN);
	assert_int_equal(hot_events(&h, "deposit_seen"), 1);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_true(amount_is_zero(b.total));
	/* Mined: no longer waiting, and not gone either. */
	fake_chain_mine(h.chain, 1, 120, true);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	assert_int_equal(hot_events(&h, "deposit_gone"), 0);
	/* Back into the pool: the same deposit, shown once. */
	fake_chain_pop(h.chain, 1, false);
	fake_chain_mine(h.chain, 2, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_SEEN);
	fake_chain_mine(h.chain, 1, 120, true);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	/* Back again, but spent elsewhere by the chain: what the node keeps of it waits for
	 * nothing. */
	fake_chain_pop(h.chain, 1, false);
	fake_chain_mine(h.chain, 2, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_SEEN);
	h.double_spent = true;
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_REVERSED);
	assert_int_equal(hot_events(&h, "deposit_gone"), 1);
	h.double_spent = false;
	fake_chain_mine(h.chain, 1, 120, true);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	/* Dropped for good. */
	fake_chain_pop(h.chain, 1, false);
	fake_chain_mine(h.chain, 2, 120, false);
	hot_sync(&h);
	fake_chain_drop_pool(h.chain);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_REVERSED);
	assert_int_equal(hot_events(&h, "deposit_gone"), 2);
	struct db_txn *t = NULL;
	struct span key, value;
	assert_int_equal(db_begin(&t, h.db, false), ERR_OK);
	assert_int_equal(db_first(t, T_POOL, db_span(NULL, 0), &key, &value), ERR_NOT_FOUND);
	db_abort(t);
	hot_stop(&h);
}

static void a_reorganisation_as_deep_as_the_deepest_credit_halts(void **state)
{
	struct hot h;
	struct watcher_status s;
	struct request_info info;
	struct broadcast_result sent;
	struct buf file;
	uint64_t halt = 0;
	(void)state;
	hot_start(&h, 60);
	hot_sync(&h);
	fake_chain_pop(h.chain, 19, false);
	fake_chain_mine(h.chain, 20, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_events(&h, "payouts_halted"), 0);
	fake_chain_pop(h.chain, 20, false);
	fake_chain_mine(h.chain, 21, 120, false);
	hot_deposit(&h, (struct subaddress){0, 0}, 1000, 0);
	hot_sync(&h);
	assert_int_equal(hot_events(&h, "payouts_halted"), 1);
	assert_int_equal(watcher_status(&h.w, &s), ERR_OK);
	assert_int_not_equal(s.halted, 0);
	buf_init(&file, 1 << 20);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_HALTED);
	buf_free(&file);
	assert_int_equal(watcher_broadcast(&h.w, &sent), ERR_HALTED);
	/* Recording goes on. */
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	assert_int_equal(watcher_resume(&h.w, &halt), ERR_OK);
	assert_int_equal(halt, s.halted);
	assert_int_equal(watcher_broadcast(&h.w, &sent), ERR_OK);
	assert_int_equal(watcher_resume(&h.w, &halt), ERR_OK);
	assert_int_equal(halt, 0);
	assert_int_equal(hot_events(&h, "payouts_resumed"), 1);
	hot_stop(&h);
}

/* A deposit that its sender locked, by height or by time. */
static void lock_test(uint64_t unlock_time, size_t blocks)
{
	struct hot h;
	hot_start(&h, 30);
	hot_sync(&h);
	fake_chain_lock_next(h.chain, unlock_time);
	hot_deposit(&h, (struct subaddress){0, 0}, 1000, 0);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_IN_BLOCK);
	for (size_t i = 1; i < blocks; i++) {
		fake_chain_mine(h.chain, 1, 120, false);
		hot_sync(&h);
	}
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_IN_BLOCK);
	fake_chain_mine(h.chain, 1, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	hot_stop(&h);
}

static void a_locked_deposit_waits_for_its_lock(void **state)
{
	struct hot h;
	(void)state;
	/* Mined at height 30 of a chain that starts at 1700000000 with 120 seconds a block. */
	lock_test(60, 29);
	lock_test(1700000000 + 120 * 61, 29);
	/* A lock that ends with the usual one holds nothing. */
	hot_start(&h, 30);
	fake_chain_lock_next(h.chain, 40);
	hot_deposit(&h, (struct subaddress){0, 0}, 1000, 0);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1000), DEPOSIT_CREDITED);
	fake_chain_lock_next(h.chain, 90000);
	h.w.config.credit_locked = true;
	hot_deposit(&h, (struct subaddress){0, 0}, 1001, 0);
	hot_sync(&h);
	assert_int_equal(hot_state(&h, 1001), DEPOSIT_CREDITED);
	hot_stop(&h);
}

static uint64_t credited_in_all(struct hot *h)
{
	struct db_txn *t = NULL;
	struct span key, value;
	struct output_record o;
	uint64_t sum = 0;
	assert_int_equal(db_begin(&t, h->db, false), ERR_OK);
	enum err rc = db_first(t, T_OUTPUTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		assert_int_equal(output_decode(&o, key, value), ERR_OK);
		sum += o.credited.atomic;
		rc = db_next(t, T_OUTPUTS, &key, &value);
	}
	db_abort(t);
	return sum;
}

/* In whichever order those of one key come, mature and go again: never more than the largest. */
static void one_key_in_every_order(void **state)
{
	static const uint64_t AMOUNTS[3] = {500, 300, 500};
	static const size_t ORDERS[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct hot base;
	(void)state;
	hot_start(&base, 30);
	hot_sync(&base);
	for (size_t order = 0; order < 6; order++) {
		for (unsigned looks = 0; looks < 8; looks++) {
			struct hot h;
			struct db_txn *t = NULL;
			struct balance b;
			hot_twin(&h, &base);
			assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
			for (size_t i = 0; i < 3; i++) {
				size_t which = ORDERS[order][i];
				put(t, (uint8_t)(1 + which), AMOUNTS[which]);
				if (looks >> i & 1) {
					assert_int_equal(deposits_credit(&h.w, t, 25), ERR_OK);
				}
			}
			assert_int_equal(deposits_credit(&h.w, t, 25), ERR_OK);
			assert_int_equal(db_commit(t), ERR_OK);
			assert_int_equal(credited_in_all(&h), 500);
			assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
			assert_int_equal(b.total.atomic, 500);
			/* Once one is spent, none of them is there any more, nor of those to come.
			 */
			struct output_record o;
			assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
			assert_int_equal(output_read(&o, t, &(struct outpoint){{{1}}, 0}), ERR_OK);
			o.spent = true;
			assert_int_equal(output_write(t, &o), ERR_OK);
			assert_int_equal(duplicates_settle(t, &o.one_time), ERR_OK);
			o = put(t, 9, 9000);
			assert_true(amount_is_zero(o.worth));
			assert_int_equal(db_commit(t), ERR_OK);
			assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
			assert_int_equal(b.total.atomic, 0);
			size_t dropped;
			assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
			assert_int_equal(blocks_drop(&h.w, t, 19, false, &dropped), ERR_OK);
			assert_int_equal(db_commit(t), ERR_OK);
			assert_int_equal(credited_in_all(&h), 0);
			/* No key image said so. */
			assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
			assert_int_equal(output_read(&o, t, &(struct outpoint){{{1}}, 0}), ERR_OK);
			o.spent = false;
			assert_int_equal(output_write(t, &o), ERR_OK);
			assert_int_equal(db_commit(t), ERR_OK);
			assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
			hot_stop(&h);
		}
	}
	hot_stop(&base);
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
	    cmocka_unit_test(one_key_in_every_order),
	    cmocka_unit_test(many_small_parts_take_the_depth_of_their_sum),
	    cmocka_unit_test(one_transaction_is_judged_by_all_it_pays),
	    cmocka_unit_test(a_raised_depth_holds_what_waits),
	    cmocka_unit_test(the_pool_is_seen_and_never_credited),
	    cmocka_unit_test(a_reorganisation_as_deep_as_the_deepest_credit_halts),
	    cmocka_unit_test(a_locked_deposit_waits_for_its_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
