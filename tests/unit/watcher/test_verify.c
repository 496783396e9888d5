/* verify notices each thing that is derived and wrong, and names the check that found it. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/watcher/hot.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"
#include "watcher/webhooks/subscribers.h"

#define XMR ATOMIC_PER_XMR

/* A store with something of everything that a way to spoil it needs. */
struct state {
	struct hot h;
	struct db_txn *t;
	struct payout waiting, requested;
	struct invoice invoice;
	struct output_record o; /* a credited one */
	struct block_record top;
};

static void recipient(struct address *out, struct hot *h)
{
	struct scalar s;
	*out = (struct address){.network = NETWORK_MAINNET, .kind = ADDRESS_STANDARD};
	sc_random(&s, &h->rng);
	public_of_scalar(&out->spend, &s);
	out->view = out->spend;
}

static void add(struct hot *h, const char *id, struct payout *out)
{
	struct payout_order o = {
	    .id = id, .amount = amount_of(XMR / 2), .reference = "", .priority = PAYOUT_NORMAL};
	recipient(&o.to, h);
	assert_int_equal(watcher_add_payout(&h->w, &o, out), ERR_OK);
}

static void webhook(struct hot *h)
{
	struct webhook hook;
	struct webhook_batch b;
	struct webhook_outcome fails = {.failed = true, .status = 500};
	assert_int_equal(
	    webhook_add(&h->w, "shop", "https://shop.example/", "", WEBHOOK_HMAC, 0, &hook),
	    ERR_OK);
	/* Its first event becomes a dead letter, and the next one fails. */
	for (unsigned i = 0; i < WEBHOOK_TRIES_LEAST + 2; i++) {
		assert_int_equal(webhook_collect(&h->w, "shop", &b), ERR_OK);
		assert_int_equal(webhook_record(&h->w, &b, &fails), ERR_OK);
		webhook_batch_free(&b);
		h->now += WEBHOOK_DEAD_SECONDS / (WEBHOOK_TRIES_LEAST - 1) + 1;
	}
	assert_int_equal(webhook_get(&h->w, "shop", &hook), ERR_OK);
	assert_true(hook.dead > 0);
}

static void start(struct state *s)
{
	struct hot *h = &s->h;
	struct request_info info;
	struct invoice_order order = {
	    .id = "order", .label = "", .amount = amount_of(XMR), .lasts = 1000, .in_blocks = true};
	struct buf file;
	struct span key, value;
	struct outpoint at;
	buf_init(&file, PROTO_MESSAGE_MAX);
	hot_start(h, 80);
	hot_deposit(h, (struct subaddress){0, 1}, XMR, 0);
	hot_deposit(h, (struct subaddress){0, 2}, 2 * XMR, 20);
	hot_sync(h);
	add(h, "requested", &s->requested);
	assert_int_equal(watcher_build_request(&h->w, &file, &info), ERR_OK);
	add(h, "waiting", &s->waiting);
	assert_int_equal(watcher_get_payout(&h->w, "requested", &s->requested), ERR_OK);
	assert_int_equal(watcher_create_invoice(&h->w, &order, &s->invoice), ERR_OK);
	webhook(h);
	assert_int_equal(watcher_verify_books(&h->w), ERR_OK);
	assert_int_equal(db_begin(&s->t, h->db, false), ERR_OK);
	assert_int_equal(db_first(s->t, T_OUTPUTS, db_span(NULL, 0), &key, &value), ERR_OK);
	outpoint_of_key(&at, key.p);
	assert_int_equal(output_read(&s->o, s->t, &at), ERR_OK);
	assert_int_equal(block_top(&s->top, s->t), ERR_OK);
	db_abort(s->t);
	buf_free(&file);
}

/* ---- one way each ---- */

static enum err another_credit(struct state *s)
{
	s->o.credited = amount_of(s->o.credited.atomic + 1);
	return output_write(s->t, &s->o);
}

static enum err credit_of_another_event(struct state *s)
{
	s->o.credit = 1;
	return output_write(s->t, &s->o);
}

static enum err not_found_by_height(struct state *s)
{
	struct table_key k = key_height_outpoint(s->o.height, &s->o.at);
	return unmark(s->t, T_OUT_HEIGHT, key_span(&k));
}

static enum err height_of_nothing(struct state *s)
{
	struct table_key k = key_height_outpoint(s->o.height + 1, &s->o.at);
	return mark(s->t, T_OUT_HEIGHT, key_span(&k));
}

static enum err key_of_nothing(struct state *s)
{
	struct table_key k = key_one_time(&s->o.tx_public, &s->o.at);
	return mark(s->t, T_OUT_KEY, key_span(&k));
}

static enum err address_of_nothing(struct state *s)
{
	struct table_key k = key_address_height((struct subaddress){0, 9}, s->o.height);
	key_bytes(&k, s->o.at.tx.b, 32);
	key_u32(&k, 0);
	return mark(s->t, T_OUT_ADDRESS, key_span(&k));
}

static enum err due_for_nothing(struct state *s)
{
	struct table_key k = key_height_outpoint(s->o.height, &s->o.at);
	return mark(s->t, T_DUE, key_span(&k));
}

static enum err reserved_by_nobody(struct state *s)
{
	s->o.reserved = 77;
	return output_write(s->t, &s->o);
}

static enum err spent_and_held_for_unspent(struct state *s)
{
	s->o.spent = true;
	return output_write(s->t, &s->o);
}

static enum err unspent_and_lost(struct state *s)
{
	struct table_key k = key_of_outpoint(&s->o.at);
	return unmark(s->t, T_UNSPENT, key_span(&k));
}

static enum err unspent_from_nowhere(struct state *s)
{
	struct outpoint none = {.index = 3};
	struct table_key k = key_of_outpoint(&none);
	return mark(s->t, T_UNSPENT, key_span(&k));
}

static enum err credited_in_the_ledger_alone(struct state *s)
{
	struct event_writer e;
	event_begin(&e, "deposit_credited", 1);
	event_amount(&e, "amount", amount_of(1));
	return event_end(&e, s->t, NULL);
}

static enum err spent_by_no_image(struct state *s)
{
	enum err rc = spent_and_held_for_unspent(s);
	return rc == ERR_OK ? unspent_and_lost(s) : rc;
}

static enum err image_spent_output_not(struct state *s)
{
	struct key_image image = {{1}};
	struct image_record r = {.at = s->o.at, .spent = true, .height = 5};
	struct table_key k = key_height_image(5, &image);
	enum err rc = image_write(s->t, &image, &r);
	return rc == ERR_OK ? mark(s->t, T_SPENT_HEIGHT, key_span(&k)) : rc;
}

static enum err spend_of_nothing(struct state *s)
{
	struct key_image image = {{2}};
	struct table_key k = key_height_image(5, &image);
	return mark(s->t, T_SPENT_HEIGHT, key_span(&k));
}

static enum err not_in_the_queue(struct state *s)
{
	struct table_key k = key_queue(&s->waiting);
	return unmark(s->t, T_QUEUE, key_span(&k));
}

static enum err queued_and_in_a_request(struct state *s)
{
	struct table_key k = key_queue(&s->requested);
	return mark(s->t, T_QUEUE, key_span(&k));
}

static enum err payout_without_its_id(struct state *s)
{
	return db_del(s->t, T_PAYOUT_IDS, db_span("waiting", 7));
}

static enum err id_of_another_payout(struct state *s)
{
	uint8_t number[8];
	store64_be(number, s->waiting.number);
	return db_put(s->t, T_PAYOUT_IDS, db_span("other", 5), db_span(number, 8));
}

static enum err paid_by_nothing(struct state *s)
{
	s->requested.state = PAYOUT_CONFIRMED;
	return payout_write(s->t, &s->requested);
}

static enum err request_that_is_not_open(struct state *s)
{
	struct table_key k = key_height(99);
	return mark(s->t, T_REQUEST_OPEN, key_span(&k));
}

static enum err request_without_its_body(struct state *s)
{
	struct table_key k = key_height(s->requested.request);
	return unmark(s->t, T_BODIES, key_span(&k));
}

static enum err body_of_another(struct state *s)
{
	struct span value;
	struct table_key k = key_height(s->requested.request);
	uint8_t body[65536];
	enum err rc = db_get(s->t, T_BODIES, key_span(&k), &value);
	assert_int_equal(rc, ERR_OK);
	assert_true(value.n < sizeof body);
	memcpy(body, value.p, value.n);
	struct table_key other = key_height(99);
	return db_put(s->t, T_BODIES, key_span(&other), db_span(body, value.n));
}

static enum err input_not_held(struct state *s)
{
	struct request_record r;
	struct output_record o;
	enum err rc = request_read(&r, s->t, s->requested.request);
	assert_int_equal(rc, ERR_OK);
	rc = output_read(&o, s->t, &r.txs[0].in[0]);
	assert_int_equal(rc, ERR_OK);
	o.reserved = 0;
	request_record_free(&r);
	return output_write(s->t, &o);
}

static enum err on_the_way_is_nothing(struct state *s)
{
	return mark(s->t, T_SENT_OPEN, db_span(s->o.at.tx.b, 32));
}

static enum err changed_event(struct state *s)
{
	struct span value;
	struct table_key k = key_height(1);
	uint8_t record[1024];
	enum err rc = db_get(s->t, T_EVENTS, key_span(&k), &value);
	assert_int_equal(rc, ERR_OK);
	assert_true(value.n < sizeof record);
	memcpy(record, value.p, value.n);
	record[value.n - 2] ^= 1;
	return db_put(s->t, T_EVENTS, key_span(&k), db_span(record, value.n));
}

static enum err another_journal_head(struct state *s)
{
	uint8_t head[40] = {7};
	return meta_put(s->t, META_JOURNAL, db_span(head, sizeof head));
}

static enum err missing_block(struct state *s)
{
	struct table_key k = key_height(s->top.height - 1);
	return unmark(s->t, T_BLOCKS, key_span(&k));
}

/* In the place of the right one, so that only deriving it tells. */
static enum err another_spend_key(struct state *s)
{
	uint8_t at[8] = {0};
	struct public_key spend;
	subaddress_spend_key(&spend, &s->h.w.account, (struct subaddress){0, 0});
	enum err rc = db_del(s->t, T_SUBADDRESS, db_span(spend.b, 32));
	return rc == ERR_OK
		   ? db_put(s->t, T_SUBADDRESS, db_span(s->o.tx_public.b, 32), db_span(at, 8))
		   : rc;
}

static enum err spend_key_too_many(struct state *s)
{
	uint8_t at[8] = {0};
	return db_put(s->t, T_SUBADDRESS, db_span(s->o.tx_public.b, 32), db_span(at, 8));
}

static enum err subaddress_lost(struct state *s)
{
	struct public_key spend;
	subaddress_spend_key(&spend, &s->h.w.account, (struct subaddress){3, 3});
	return db_del(s->t, T_SUBADDRESS, db_span(spend.b, 32));
}

static enum err given_out_twice(struct state *s)
{
	struct account_record a;
	enum err rc = account_read(&a, s->t, 0);
	assert_int_equal(rc, ERR_OK);
	a.next = s->invoice.at.minor;
	return account_write(s->t, 0, &a);
}

static enum err waits_for_nobody(struct state *s)
{
	struct pool_record p = {.at = {.index = 1}, .address = {0, 1000000}};
	return pool_write(s->t, &p);
}

static enum err invoice_left_unjudged(struct state *s)
{
	struct table_key k = key_height(s->invoice.number);
	return mark(s->t, T_INVOICE_NEWS, key_span(&k));
}

static enum err invoice_of_another_outcome(struct state *s)
{
	s->invoice.is.state = INVOICE_PAID;
	return invoice_write(s->t, &s->invoice);
}

static enum err invoice_that_never_ends(struct state *s)
{
	struct table_key k = key_invoice(s->invoice.late_from, s->invoice.number);
	return unmark(s->t, T_INVOICE_LATE, key_span(&k));
}

static enum err end_of_no_invoice(struct state *s)
{
	struct table_key k = key_invoice(1, s->invoice.number);
	return mark(s->t, T_INVOICE_ENDS, key_span(&k));
}

static enum err invoice_at_two_addresses(struct state *s)
{
	struct table_key number = key_height(s->invoice.number), k = {0};
	key_u32(&k, 4);
	key_u32(&k, 4);
	return db_put(s->t, T_INVOICE_AT, key_span(&k), key_span(&number));
}

static enum err change_webhook(struct state *s, void (*change)(struct webhook *h))
{
	struct webhook h;
	enum err rc = subscriber_read(&h, s->t, "shop");
	change(&h);
	return rc == ERR_OK ? subscriber_write(s->t, &h) : rc;
}

static void too_far(struct webhook *h)
{
	h->position = 1000000;
}

static enum err told_what_never_happened(struct state *s)
{
	return change_webhook(s, too_far);
}

static void half_failing(struct webhook *h)
{
	h->failing_since = 0;
}

static enum err failing_and_not(struct state *s)
{
	return change_webhook(s, half_failing);
}

static void without_key(struct webhook *h)
{
	h->secret[0].kind = WEBHOOK_NONE;
}

static enum err signs_with_nothing(struct state *s)
{
	return change_webhook(s, without_key);
}

static enum err letter_of_nobody(struct state *s)
{
	return letter_put(s->t, "removed", 1);
}

static enum err letter_of_the_future(struct state *s)
{
	return letter_put(s->t, "shop", 1000000);
}

static enum err numbers_given_out_twice(struct state *s)
{
	uint8_t b[8 * COUNTERS] = {0};
	return meta_put(s->t, META_COUNTERS, db_span(b, sizeof b));
}

static enum err a_payout_counted_twice(struct state *s)
{
	return tally_payout(s->t, 0, PAYOUT_CONFIRMED);
}

static enum err a_deposit_counted_elsewhere(struct state *s)
{
	return tally_deposit(s->t, DEPOSIT_CREDITED, DEPOSIT_REVERSED);
}

static enum err halted_by_nothing(struct state *s)
{
	uint8_t b[8];
	store64_le(b, 1000000);
	return meta_put(s->t, META_HALT, db_span(b, sizeof b));
}

static const struct {
	const char *check;
	enum err (*spoil)(struct state *s);
} WAYS[] = {
    {"events", changed_event},
    {"journal", another_journal_head},
    {"blocks", missing_block},
    {"addresses", another_spend_key},
    {"addresses", spend_key_too_many},
    {"addresses", subaddress_lost},
    {"addresses", given_out_twice},
    {"pool", waits_for_nobody},
    {"deposits", another_credit},
    {"deposits", credit_of_another_event},
    {"deposits", not_found_by_height},
    {"deposits", height_of_nothing},
    {"deposits", key_of_nothing},
    {"deposits", address_of_nothing},
    {"deposits", due_for_nothing},
    {"deposits", reserved_by_nobody},
    {"unspent", spent_and_held_for_unspent},
    {"unspent", unspent_and_lost},
    {"unspent", unspent_from_nowhere},
    {"credits", credited_in_the_ledger_alone},
    {"spends", spent_by_no_image},
    {"spends", image_spent_output_not},
    {"spends", spend_of_nothing},
    {"payouts", not_in_the_queue},
    {"payouts", queued_and_in_a_request},
    {"payouts", payout_without_its_id},
    {"payouts", id_of_another_payout},
    {"payouts", paid_by_nothing},
    {"requests", request_that_is_not_open},
    {"requests", request_without_its_body},
    {"requests", body_of_another},
    {"requests", input_not_held},
    {"transactions", on_the_way_is_nothing},
    {"invoices", invoice_left_unjudged},
    {"invoices", invoice_of_another_outcome},
    {"invoices", invoice_that_never_ends},
    {"invoices", end_of_no_invoice},
    {"invoices", invoice_at_two_addresses},
    {"webhooks", told_what_never_happened},
    {"webhooks", failing_and_not},
    {"webhooks", signs_with_nothing},
    {"webhooks", letter_of_nobody},
    {"webhooks", letter_of_the_future},
    {"counters", numbers_given_out_twice},
    {"counters", halted_by_nothing},
    {"counters", a_payout_counted_twice},
    {"counters", a_deposit_counted_elsewhere},
};

struct told {
	const char *last;
	bool good;
	size_t n;
};

static void hear(void *ctx, const char *check, uint64_t records, bool good)
{
	struct told *told = ctx;
	(void)records;
	told->last = check;
	told->good = good;
	told->n++;
}

static void each_way_is_noticed(void **state)
{
	struct state s;
	struct disk *sound;
	(void)state;
	start(&s);
	sound = disk_snapshot(s.h.disk);
	for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
		struct state spoilt = s;
		struct told told = {0};
		assert_int_equal(db_begin(&spoilt.t, s.h.db, true), ERR_OK);
		assert_int_equal(WAYS[i].spoil(&spoilt), ERR_OK);
		assert_int_equal(db_commit(spoilt.t), ERR_OK);
		enum err rc = watcher_verify(&s.h.w, hear, &told);
		if (rc == ERR_OK || told.good || strcmp(told.last, WAYS[i].check) != 0) {
			fail_msg("way %zu: %s, not %s: %s", i, told.last, WAYS[i].check,
				 err_detail());
		}
		disk_restore(s.h.disk, sound);
	}
	assert_int_equal(watcher_verify_books(&s.h.w), ERR_OK);
	disk_free(sound);
	hot_stop(&s.h);
}

static void each_check_is_told(void **state)
{
	struct state s;
	struct told told = {0};
	(void)state;
	start(&s);
	assert_int_equal(watcher_verify(&s.h.w, hear, &told), ERR_OK);
	assert_true(told.good);
	assert_int_equal(told.n, 15);
	hot_stop(&s.h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_way_is_noticed),
	    cmocka_unit_test(each_check_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
