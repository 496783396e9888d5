/* What is kept, and what prune forgets by age. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"
#include "watcher/store/store.h"

#define XMR ATOMIC_PER_XMR
#define DAY UINT64_C(86400)

static void recipient(struct address *out, struct hot *h)
{
	struct scalar s;
	*out = (struct address){.network = NETWORK_MAINNET, .kind = ADDRESS_STANDARD};
	sc_random(&s, &h->rng);
	public_of_scalar(&out->spend, &s);
	out->view = out->spend;
}

/* Deposits that are credited, a payout that waits, one that is in a request. */
static void start(struct hot *h, struct payout *waiting, struct payout *requested)
{
	struct request_info info;
	struct buf file;
	struct payout_order o = {
	    .amount = amount_of(XMR / 2), .reference = "for Alice", .priority = PAYOUT_NORMAL};
	buf_init(&file, PROTO_MESSAGE_MAX);
	hot_start(h, 80);
	hot_deposit(h, (struct subaddress){0, 1}, XMR, 0);
	hot_deposit(h, (struct subaddress){0, 2}, 2 * XMR, 20);
	hot_sync(h);
	recipient(&o.to, h);
	o.id = "requested";
	assert_int_equal(watcher_add_payout(&h->w, &o, requested), ERR_OK);
	assert_int_equal(watcher_build_request(&h->w, &file, &info), ERR_OK);
	o.id = "waiting";
	assert_int_equal(watcher_add_payout(&h->w, &o, waiting), ERR_OK);
	assert_int_equal(watcher_verify_books(&h->w), ERR_OK);
	buf_free(&file);
}

/* Time goes by, and the chain with it. */
static void pass(struct hot *h, uint64_t seconds)
{
	h->now += seconds;
	fake_chain_mine(h->chain, 1, seconds, true);
	hot_sync(h);
}

static bool is_label(void *ctx, const struct address_entry *e)
{
	char *label = ctx;
	memcpy(label, e->label, sizeof e->label);
	return true;
}

static void what_is_old_is_forgotten(void **state)
{
	struct hot h;
	struct payout p, requested;
	struct address_entry e;
	struct prune_result r;
	struct balance before, after;
	char label[LABEL_MAX + 1];
	(void)state;
	start(&h, &p, &requested);
	h.w.config.keep_labels = 10 * DAY;
	h.w.config.keep_references = 20 * DAY;
	assert_int_equal(watcher_new_address(&h.w, 0, "Alice", &e), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "waiting"), ERR_OK);
	assert_int_equal(watcher_balance(&h.w, &before), ERR_OK);
	pass(&h, 10 * DAY);
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels + r.references + r.blobs + r.requests, 0);
	h.now += 1;
	/* Not twice a day. */
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 0);
	pass(&h, DAY);
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 1);
	assert_int_equal(r.references, 0);
	assert_int_equal(watcher_addresses(&h.w, is_label, label), ERR_OK);
	assert_string_equal(label, "");
	pass(&h, 10 * DAY);
	assert_int_equal(watcher_prune(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 0);
	assert_int_equal(r.references, 1);
	assert_int_equal(watcher_get_payout(&h.w, "waiting", &p), ERR_OK);
	assert_string_equal(p.reference, "");
	/* What is not over keeps its reference; what is forgotten is known all the same. */
	assert_int_equal(watcher_get_payout(&h.w, "requested", &p), ERR_OK);
	assert_string_equal(p.reference, "for Alice");
	struct payout_order again = {.id = "waiting",
				     .to = p.to,
				     .amount = p.amount,
				     .reference = "for Alice",
				     .priority = PAYOUT_NORMAL};
	assert_int_equal(watcher_add_payout(&h.w, &again, &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_CANCELLED);
	again.amount = amount_of(1);
	assert_int_equal(watcher_add_payout(&h.w, &again, &p), ERR_CONFLICT);
	assert_int_equal(watcher_prune(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels + r.references + r.blobs + r.requests, 0);
	assert_int_equal(hot_events(&h, "pruned"), 2);
	assert_int_equal(watcher_balance(&h.w, &after), ERR_OK);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	/* For ever is for ever. */
	h.w.config.keep_labels = 0;
	assert_int_equal(watcher_new_address(&h.w, 0, "Bob", &e), ERR_OK);
	pass(&h, 10000 * DAY);
	assert_int_equal(watcher_prune(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 0);
	hot_stop(&h);
}

static bool at_once(void *ctx)
{
	++*(unsigned *)ctx;
	return true;
}

/* A service that ends does not walk on; what was left undone is done the next time. */
static void a_walk_can_be_stopped(void **state)
{
	struct hot h;
	struct payout p, requested;
	struct address_entry e;
	struct prune_result r;
	unsigned asked = 0;
	(void)state;
	start(&h, &p, &requested);
	h.w.config.keep_labels = DAY;
	assert_int_equal(watcher_new_address(&h.w, 0, "Alice", &e), ERR_OK);
	pass(&h, 2 * DAY);
	h.w.stopped = at_once;
	h.w.stopped_ctx = &asked;
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_CANCELLED);
	assert_int_equal(asked, 1);
	h.w.stopped = NULL;
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 1);
	hot_stop(&h);
}

/* What a wrong clock calls old stays, until the clock is right or the chain says the same. */
static void a_clock_that_the_chain_contradicts(void **state)
{
	struct hot h;
	struct address_entry e;
	struct prune_result r;
	struct db_txn *t;
	uint8_t last[8];
	(void)state;
	hot_start(&h, 20);
	h.w.config.keep_labels = DAY;
	assert_int_equal(watcher_prune(&h.w, &r), ERR_STATE);
	assert_non_null(strstr(err_detail(), "sync first"));
	hot_sync(&h);
	assert_int_equal(watcher_new_address(&h.w, 0, "Alice", &e), ERR_OK);
	uint64_t right = h.now;
	h.now = fake_chain_time(h.chain) + DAY + 1;
	assert_int_equal(watcher_prune(&h.w, &r), ERR_STATE);
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_STATE);
	h.now = UINT64_C(4070908800); /* 2099 */
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_STATE);
	assert_non_null(strstr(err_detail(), "2099-01-01"));
	assert_int_equal(r.labels, 0);
	assert_int_equal(hot_events(&h, "pruned"), 0);
	h.now = fake_chain_time(h.chain) + DAY;
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 1);
	/* A last time that such a clock left does not put off the next one for ever. */
	h.now = right;
	assert_int_equal(watcher_new_address(&h.w, 0, "Bob", &e), ERR_OK);
	store64_le(last, UINT64_C(4070908800));
	assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
	assert_int_equal(meta_put(t, META_PRUNED, db_span(last, sizeof last)), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	pass(&h, 2 * DAY);
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 1);
	hot_stop(&h);
}

/* A program of before or to come must not read these records as its own. */
static void another_form_of_the_store_is_refused(void **state)
{
	struct hot h;
	struct db_txn *t;
	struct span account;
	struct watcher again;
	uint8_t other[512];
	(void)state;
	hot_start(&h, 10);
	assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
	struct span key = db_span(META_ACCOUNT, strlen(META_ACCOUNT));
	assert_int_equal(db_get(t, T_META, key, &account), ERR_OK);
	assert_true(account.n <= sizeof other);
	memcpy(other, account.p, account.n);
	store32_be(other, load32_be(other) + 1);
	assert_int_equal(db_put(t, T_META, key, db_span(other, account.n)), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(watcher_open(&again, h.db, h.w.chain, h.w.clock, h.rng), ERR_DB_FORM);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_old_is_forgotten),
	    cmocka_unit_test(a_walk_can_be_stopped),
	    cmocka_unit_test(a_clock_that_the_chain_contradicts),
	    cmocka_unit_test(another_form_of_the_store_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
