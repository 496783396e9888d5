/*
 * Invoices: what payments come to. That it is the same however and whenever they were noticed:
 * test_invoice_histories.c.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/watcher/hot.h"
#include "watcher/invoices/invoices.h"
#include "watcher/invoices/uri.h"

#define XMR ATOMIC_PER_XMR

/* ---- the judgement alone ---- */

struct verdict {
	const char *what;
	const char *rules; /* under, over, late, after close: h a r */
	uint64_t on_time, late, after, pending;
	bool over, closed;
	uint64_t refunded;
	enum invoice_state state;
	uint64_t counted, held, refund;
};

/* An invoice of 1000 with a tolerance of 10. */
static const struct verdict VERDICTS[] = {
    {"nothing yet", "hhhh", 0, 0, 0, 0, false, false, 0, INVOICE_OPEN, 0, 0, 0},
    {"a part", "hhhh", 400, 0, 0, 0, false, false, 0, INVOICE_PARTLY_PAID, 400, 0, 0},
    {"exact", "hhhh", 1000, 0, 0, 0, false, false, 0, INVOICE_PAID, 1000, 0, 0},
    {"just enough", "rrrr", 990, 0, 0, 0, false, false, 0, INVOICE_PAID, 990, 0, 0},
    {"one too few", "hhhh", 989, 0, 0, 0, false, false, 0, INVOICE_PARTLY_PAID, 989, 0, 0},
    {"one too few, over", "hhhh", 989, 0, 0, 0, true, false, 0, INVOICE_UNDERPAID, 0, 989, 0},
    {"under accepted", "ahhh", 989, 0, 0, 0, true, false, 0, INVOICE_PAID, 989, 0, 0},
    {"under refunded", "rhhh", 989, 0, 0, 0, true, false, 0, INVOICE_UNDERPAID, 0, 0, 989},
    {"under, but more is coming", "rhhh", 400, 0, 0, 600, true, false, 0, INVOICE_PARTLY_PAID, 400,
     0, 0},
    {"within tolerance above", "rrrr", 1010, 0, 0, 0, false, false, 0, INVOICE_PAID, 1010, 0, 0},
    {"over held", "hhhh", 1011, 0, 0, 0, false, false, 0, INVOICE_PAID, 1000, 11, 0},
    {"over accepted", "hahh", 1500, 0, 0, 0, false, false, 0, INVOICE_PAID, 1500, 0, 0},
    {"over refunded", "hrhh", 1500, 0, 0, 0, true, false, 0, INVOICE_PAID, 1000, 0, 500},
    {"late held", "hhhh", 0, 1000, 0, 0, true, false, 0, INVOICE_EXPIRED, 0, 1000, 0},
    {"late accepted", "hhah", 300, 700, 0, 0, true, false, 0, INVOICE_PAID, 1000, 0, 0},
    {"late refunded", "hhrh", 1000, 5, 0, 0, true, false, 0, INVOICE_PAID, 1000, 0, 5},
    {"late and under", "rhhh", 300, 700, 0, 0, true, false, 0, INVOICE_UNDERPAID, 0, 700, 300},
    {"after close held", "hhhh", 0, 0, 7, 0, false, true, 0, INVOICE_CLOSED, 0, 7, 0},
    {"after close accepted", "hhha", 500, 0, 500, 0, false, true, 0, INVOICE_PAID, 1000, 0, 0},
    {"after close refunded", "hhhr", 500, 0, 500, 0, false, true, 0, INVOICE_UNDERPAID, 0, 500,
     500},
    {"paid back", "rhhh", 400, 0, 0, 0, true, false, 400, INVOICE_REFUNDED, 0, 0, 0},
    {"paid back, then topped up", "rhah", 400, 1000, 0, 0, true, false, 400, INVOICE_PAID, 1000, 0,
     0},
    {"over paid back", "hrhh", 1500, 0, 0, 0, false, false, 500, INVOICE_PAID, 1000, 0, 0},
    {"paid back, then gone", "rhhh", 0, 0, 0, 0, true, false, 400, INVOICE_REFUNDED, 0, 0, 0},
};

static enum invoice_rule rule_of(char c)
{
	return c == 'h' ? INVOICE_HOLD : c == 'a' ? INVOICE_ACCEPT : INVOICE_REFUND;
}

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof VERDICTS / sizeof VERDICTS[0]; i++) {
		const struct verdict *v = &VERDICTS[i];
		struct invoice terms = {
		    .id = "i",
		    .amount = amount_of(1000),
		    .tolerance = amount_of(10),
		    .rules = {rule_of(v->rules[0]), rule_of(v->rules[1]), rule_of(v->rules[2]),
			      rule_of(v->rules[3])},
		    .late_from = 100,
		    .closed_from = v->closed ? 90 : 0,
		    .refunded = amount_of(v->refunded),
		};
		struct invoice_payment p[] = {
		    {v->closed ? 89 : 99, amount_of(v->on_time), amount_of(v->pending)},
		    {100, amount_of(v->closed ? 0 : v->late), amount_of(0)},
		    {90, amount_of(v->closed ? v->after : 0), amount_of(0)},
		};
		struct invoice_outcome o;
		assert_int_equal(invoice_judge(&o, &terms, p, 3, v->over ? 101 : 100), ERR_OK);
		if (o.state != v->state || o.counted.atomic != v->counted ||
		    o.held.atomic != v->held || o.refund.atomic != v->refund) {
			fail_msg("%s: %s, counted %llu, held %llu, refund %llu", v->what,
				 invoice_state_name(o.state), (unsigned long long)o.counted.atomic,
				 (unsigned long long)o.held.atomic,
				 (unsigned long long)o.refund.atomic);
		}
	}
}

/* Whatever the order; and every unit ends in one place. */
static void order_does_not_matter_and_nothing_is_lost(void **state)
{
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 4);
	(void)state;
	for (size_t round = 0; round < 20000; round++) {
		struct invoice terms = {
		    .id = "i",
		    .amount = amount_of(1 + rng_below(&rng, 100)),
		    .rules = {(enum invoice_rule)(1 + rng_below(&rng, 3)),
			      (enum invoice_rule)(1 + rng_below(&rng, 3)),
			      (enum invoice_rule)(1 + rng_below(&rng, 3)),
			      (enum invoice_rule)(1 + rng_below(&rng, 3))},
		    .late_from = rng_below(&rng, 2) * (1 + rng_below(&rng, 20)),
		    .closed_from = rng_below(&rng, 2) * (1 + rng_below(&rng, 20)),
		};
		struct invoice_payment p[6];
		struct invoice_outcome o, again;
		size_t n = rng_below(&rng, 7);
		terms.tolerance = amount_of(rng_below(&rng, terms.amount.atomic));
		for (size_t i = 0; i < n; i++) {
			bool pending = rng_below(&rng, 4) == 0;
			struct amount a = amount_of(rng_below(&rng, 60));
			p[i] = (struct invoice_payment){rng_below(&rng, 20),
							pending ? amount_of(0) : a,
							pending ? a : amount_of(0)};
		}
		uint64_t height = 20 + rng_below(&rng, 5);
		assert_int_equal(invoice_judge(&o, &terms, p, n, height), ERR_OK);
		assert_int_equal(o.received.atomic,
				 o.counted.atomic + o.held.atomic + o.refund.atomic);
		for (size_t i = n; i > 1; i--) {
			size_t j = rng_below(&rng, i);
			struct invoice_payment swap = p[i - 1];
			p[i - 1] = p[j];
			p[j] = swap;
		}
		assert_int_equal(invoice_judge(&again, &terms, p, n, height), ERR_OK);
		assert_memory_equal(&o, &again, sizeof o);
		/* What was listed to be paid back, paid back, is owed no more. */
		terms.refunded = o.refund;
		assert_int_equal(invoice_judge(&again, &terms, p, n, height), ERR_OK);
		assert_int_equal(again.refund.atomic, 0);
		assert_int_equal(again.counted.atomic, o.counted.atomic);
		assert_int_equal(again.held.atomic, o.held.atomic);
	}
	struct invoice terms = {.id = "i", .amount = amount_of(1), .rules = {1, 1, 1, 1}};
	struct invoice_payment huge[] = {{1, amount_of(UINT64_MAX), amount_of(0)},
					 {2, amount_of(1), amount_of(0)}};
	struct invoice_outcome o;
	assert_int_equal(invoice_judge(&o, &terms, huge, 2, 9), ERR_DB_DAMAGED);
}

/* ---- with a watcher ---- */

static struct invoice make(struct hot *h, const char *id, uint64_t atomic, uint64_t lasts,
			   bool in_blocks)
{
	struct invoice v;
	struct invoice_order o = {.id = id,
				  .label = "",
				  .amount = amount_of(atomic),
				  .lasts = lasts,
				  .in_blocks = in_blocks};
	assert_int_equal(watcher_create_invoice(&h->w, &o, &v), ERR_OK);
	return v;
}

static struct invoice get(const struct hot *h, const char *id)
{
	struct invoice v;
	assert_int_equal(watcher_get_invoice(&h->w, id, &v), ERR_OK);
	return v;
}

static void the_same_again_is_the_same(void **state)
{
	struct hot h;
	struct invoice v, w;
	struct invoice_order o = {
	    .id = "order-1", .label = "two hats", .amount = amount_of(XMR), .lasts = 3600};
	(void)state;
	hot_start(&h, 30);
	assert_int_equal(watcher_create_invoice(&h.w, &o, &v), ERR_STATE);
	hot_sync(&h);
	assert_int_equal(watcher_create_invoice(&h.w, &o, &v), ERR_OK);
	assert_int_equal(v.at.minor, 1);
	h.now += 1000;
	assert_int_equal(watcher_create_invoice(&h.w, &o, &w), ERR_OK);
	assert_memory_equal(&v, &w, sizeof v);
	assert_int_equal(hot_events(&h, "invoice_made"), 1);
	assert_int_equal(hot_events(&h, "address_made"), 1);
	struct invoice_order other[4] = {o, o, o, o};
	other[0].amount = amount_of(XMR + 1);
	other[1].tolerance = amount_of(1);
	other[2].lasts = 3601;
	other[3].label = "three hats";
	static const char *const TERMS[4] = {"amount", "tolerance", "expiry", "label"};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(watcher_create_invoice(&h.w, &other[i], &w), ERR_CONFLICT);
		assert_non_null(strstr(err_detail(), TERMS[i]));
	}
	o.id = "bad id";
	assert_int_equal(watcher_create_invoice(&h.w, &o, &w), ERR_USAGE);
	o.id = "zero";
	o.amount = amount_of(0);
	assert_int_equal(watcher_create_invoice(&h.w, &o, &w), ERR_AMOUNT);
	o.amount = o.tolerance = amount_of(5);
	assert_int_equal(watcher_create_invoice(&h.w, &o, &w), ERR_AMOUNT);
	assert_int_equal(watcher_get_invoice(&h.w, "zero", &w), ERR_NOT_FOUND);
	hot_stop(&h);
}

static void the_uri(void **state)
{
	struct hot h;
	struct invoice v;
	struct buf b;
	char address[ADDRESS_TEXT_MAX], want[512];
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	v = make(&h, "a", XMR / 2, 0, false);
	buf_init(&b, 1024);
	payment_uri(&b, &v.address, v.amount, "Hats & Co", "50% off #7");
	buf_u8(&b, 0);
	assert_int_equal(buf_end(&b), ERR_OK);
	snprintf(want, sizeof want,
		 "monero:%s?tx_amount=0.500000000000&recipient_name=Hats%%20%%26%%20Co&tx_"
		 "description=50%%25%%20off%%20%%237",
		 address_format(address, &v.address));
	assert_string_equal((const char *)b.p, want);
	buf_free(&b);
	hot_stop(&h);
}

static void parts_add_up_and_a_reorganisation_takes_them_back(void **state)
{
	struct hot h;
	struct invoice v;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	v = make(&h, "a", XMR / 10, 0, false);
	hot_deposit(&h, v.at, XMR / 20, 0);
	hot_sync(&h);
	assert_int_equal(get(&h, "a").is.state, INVOICE_PARTLY_PAID);
	hot_deposit(&h, v.at, XMR / 20, 0);
	hot_sync(&h);
	assert_int_equal(get(&h, "a").is.state, INVOICE_PAID);
	assert_int_equal(hot_events(&h, "invoice_changed"), 2);
	fake_chain_pop(h.chain, 1, true);
	fake_chain_mine(h.chain, 2, 120, false);
	hot_sync(&h);
	v = get(&h, "a");
	assert_int_equal(v.is.state, INVOICE_PARTLY_PAID);
	assert_int_equal(v.is.received.atomic, XMR / 20);
	assert_int_equal(hot_events(&h, "invoice_changed"), 3);
	/* Nothing changes when nothing does. */
	fake_chain_mine(h.chain, 3, 120, false);
	hot_sync(&h);
	assert_int_equal(hot_events(&h, "invoice_changed"), 3);
	hot_stop(&h);
}

static void the_chain_says_when_it_is_over(void **state)
{
	struct hot h;
	struct invoice v;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	/* The chain's time is 30 blocks of 120 seconds past the watcher's clock. */
	h.now = fake_chain_time(h.chain);
	v = make(&h, "time", 1000, 1200, false);
	v = make(&h, "blocks", 1000, 4, true);
	assert_int_equal(v.late_from, 34);
	h.now += 1900; /* the watcher's clock decides nothing */
	fake_chain_mine(h.chain, 4, 120, false);
	hot_sync(&h);
	assert_int_equal(get(&h, "blocks").is.state, INVOICE_OPEN);
	/* In block 34, which is the first late one. */
	hot_deposit(&h, v.at, 1000, 0);
	hot_sync(&h);
	v = get(&h, "blocks");
	assert_int_equal(v.is.state, INVOICE_EXPIRED);
	assert_int_equal(v.is.held.atomic, 1000);
	/* The median of eleven blocks is past 10 blocks' time with the 16th block. */
	fake_chain_mine(h.chain, 10, 120, false);
	hot_sync(&h);
	assert_int_equal(get(&h, "time").late_from, 0);
	assert_int_equal(get(&h, "time").is.state, INVOICE_OPEN);
	fake_chain_mine(h.chain, 1, 120, false);
	hot_sync(&h);
	assert_int_equal(get(&h, "time").late_from, 45);
	assert_int_equal(get(&h, "time").is.state, INVOICE_EXPIRED);
	/* On a branch of slower clocks it is not over; later it is again. */
	fake_chain_pop(h.chain, 8, false);
	fake_chain_mine(h.chain, 9, 1, false);
	hot_sync(&h);
	assert_int_equal(get(&h, "time").late_from, 0);
	assert_int_equal(get(&h, "time").is.state, INVOICE_OPEN);
	fake_chain_mine(h.chain, 11, 120, false);
	hot_sync(&h);
	assert_int_equal(get(&h, "time").is.state, INVOICE_EXPIRED);
	hot_stop(&h);
}

/* What a person decided stays decided, whatever comes or goes afterwards. */
static void a_person_decides_on_what_is_held(void **state)
{
	struct hot h;
	struct invoice v, w;
	struct payout p;
	struct address to;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	address_of(&to, &h.w.account, (struct subaddress){7, 7});
	v = make(&h, "over", 1000, 0, false);
	assert_int_equal(watcher_decide_held(&h.w, "over", INVOICE_ACCEPT, &w), ERR_STATE);
	assert_int_equal(watcher_decide_held(&h.w, "none", INVOICE_ACCEPT, &w), ERR_NOT_FOUND);
	hot_deposit(&h, v.at, 1700, 0);
	hot_sync(&h);
	assert_int_equal(get(&h, "over").is.held.atomic, 700);
	assert_int_equal(watcher_decide_held(&h.w, "over", INVOICE_ACCEPT, &w), ERR_OK);
	assert_string_equal(w.id, "over");
	assert_int_equal(w.is.counted.atomic, 1700);
	assert_int_equal(w.is.held.atomic, 0);
	assert_int_equal(w.rules.over, INVOICE_ACCEPT);
	assert_int_equal(w.rules.under, INVOICE_HOLD);
	assert_int_equal(w.rules.late, INVOICE_HOLD);
	assert_int_equal(hot_events(&h, "invoice_decided"), 1);
	assert_int_equal(hot_events(&h, "invoice_changed"), 2);
	/* More comes, and all of it goes and comes again. */
	hot_deposit(&h, v.at, 9, 0);
	hot_sync(&h);
	assert_int_equal(get(&h, "over").is.counted.atomic, 1709);
	fake_chain_pop(h.chain, 2, false);
	fake_chain_mine(h.chain, 3, 120, true);
	hot_sync(&h);
	assert_int_equal(get(&h, "over").is.state, INVOICE_PAID);
	assert_int_equal(get(&h, "over").is.counted.atomic, 1709);
	assert_int_equal(watcher_decide_held(&h.w, "over", INVOICE_REFUND, &w), ERR_STATE);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	/* To be paid back; a rule that was not to hold stays what it was. */
	h.w.config.invoices.over = INVOICE_ACCEPT;
	v = make(&h, "late", 1000, 2, true);
	fake_chain_mine(h.chain, 3, 120, false);
	hot_deposit(&h, v.at, 400, 0);
	hot_sync(&h);
	assert_int_equal(watcher_decide_held(&h.w, "late", INVOICE_REFUND, &w), ERR_OK);
	assert_int_equal(w.is.refund.atomic, 400);
	assert_int_equal(w.rules.late, INVOICE_REFUND);
	assert_int_equal(w.rules.over, INVOICE_ACCEPT);
	assert_int_equal(w.rules.under, INVOICE_HOLD);
	assert_int_equal(watcher_refund_invoice(&h.w, "late", &to, &p), ERR_OK);
	assert_int_equal(p.amount.atomic, 400);
	assert_int_equal(watcher_decide_held(&h.w, "late", INVOICE_ACCEPT, &w), ERR_STATE);
	/* What was late counts, and so becomes too much: decided with it. */
	h.w.config.invoices.over = INVOICE_HOLD;
	v = make(&h, "both", 1000, 3, true);
	hot_deposit(&h, v.at, 1000, 0);
	fake_chain_mine(h.chain, 4, 120, false);
	hot_deposit(&h, v.at, 300, 0);
	hot_sync(&h);
	assert_int_equal(get(&h, "both").is.held.atomic, 300);
	assert_int_equal(watcher_decide_held(&h.w, "both", INVOICE_ACCEPT, &w), ERR_OK);
	assert_int_equal(w.is.counted.atomic, 1300);
	assert_int_equal(w.rules.late, INVOICE_ACCEPT);
	assert_int_equal(w.rules.over, INVOICE_ACCEPT);
	assert_int_equal(w.rules.after_close, INVOICE_HOLD);
	/* The same terms again are the same invoice, whatever was decided. */
	w = make(&h, "both", 1000, 3, true);
	assert_int_equal(w.number, v.number);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	hot_stop(&h);
}

static void money_goes_back_as_a_payout(void **state)
{
	struct hot h;
	struct invoice v;
	struct payout p;
	struct address to;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	h.w.config.invoices.over = INVOICE_REFUND;
	v = make(&h, "a", 1000, 0, false);
	address_of(&to, &h.w.account, (struct subaddress){7, 7});
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_STATE);
	hot_deposit(&h, v.at, 1700, 0);
	hot_sync(&h);
	assert_int_equal(get(&h, "a").is.refund.atomic, 700);
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_OK);
	assert_int_equal(p.amount.atomic, 700);
	assert_int_equal(p.state, PAYOUT_QUEUED);
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_STATE);
	v = get(&h, "a");
	assert_int_equal(v.is.state, INVOICE_PAID);
	assert_int_equal(v.is.refund.atomic, 0);
	assert_int_equal(v.refunded.atomic, 700);
	/* More comes: only that is owed. */
	hot_deposit(&h, v.at, 50, 0);
	hot_sync(&h);
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_OK);
	assert_int_equal(p.amount.atomic, 50);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	hot_stop(&h);
}

static void a_cancelled_refund_is_owed_again(void **state)
{
	struct hot h;
	struct invoice v;
	struct payout first, second, p;
	struct address to;
	struct db_txn *t = NULL;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	h.w.config.invoices.over = INVOICE_REFUND;
	v = make(&h, "a", 1000, 0, false);
	hot_deposit(&h, v.at, 1700, 0);
	hot_sync(&h);
	address_of(&to, &h.w.account, (struct subaddress){7, 7});
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &first), ERR_OK);
	hot_deposit(&h, v.at, 50, 0);
	hot_sync(&h);
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &second), ERR_OK);
	size_t changes = hot_events(&h, "invoice_changed");
	assert_int_equal(watcher_cancel_payout(&h.w, first.id), ERR_OK);
	assert_int_equal(hot_events(&h, "invoice_changed"), changes + 1);
	v = get(&h, "a");
	assert_int_equal(v.is.refund.atomic, 700);
	assert_int_equal(v.refunded.atomic, 50);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	/* Once. */
	assert_int_equal(watcher_cancel_payout(&h.w, first.id), ERR_OK);
	assert_int_equal(get(&h, "a").is.refund.atomic, 700);
	/* Another payout, to another address if need be. */
	address_of(&to, &h.w.account, (struct subaddress){7, 8});
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_OK);
	assert_int_equal(p.amount.atomic, 700);
	assert_int_equal(p.state, PAYOUT_QUEUED);
	assert_string_not_equal(p.id, first.id);
	assert_int_equal(get(&h, "a").refunded.atomic, 750);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	/* Nobody else's payout takes the id of a refund to come. */
	struct payout_order o = {.id = "refund:1:4",
				 .to = to,
				 .amount = amount_of(1),
				 .reference = "",
				 .priority = PAYOUT_NORMAL};
	assert_int_equal(watcher_add_payout(&h.w, &o, &p), ERR_USAGE);
	to.network = NETWORK_STAGENET;
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_ADDR_NETWORK);
	/* What is refunded and no payout pays is noticed. */
	v = get(&h, "a");
	v.refunded = amount_of(751);
	assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
	assert_int_equal(invoice_write(t, &v), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(watcher_verify_books(&h.w), ERR_DB_DAMAGED);
	hot_stop(&h);
}

static struct prune_result prune(struct hot *h)
{
	struct prune_result r;
	assert_int_equal(watcher_prune(&h->w, &r), ERR_OK);
	return r;
}

static bool keeps_label(void *ctx, const struct address_entry *e)
{
	bool *kept = ctx;
	*kept = *kept || strcmp(e->label, "two hats") == 0;
	return true;
}

static bool keeps_name(void *ctx, const struct invoice *v)
{
	bool *kept = ctx;
	*kept = *kept || v->id[0] || v->label[0];
	return true;
}

static void a_forgotten_invoice_goes_on_by_its_rules(void **state)
{
	struct hot h;
	struct invoice v, w;
	struct payout p;
	struct address to;
	struct invoice_order o = {.id = "order-1", .label = "two hats", .amount = amount_of(1000)};
	bool kept = false;
	(void)state;
	hot_start(&h, 30);
	hot_sync(&h);
	h.w.config.stall_seconds = 0;
	h.w.config.keep_invoices = 3600;
	h.w.config.invoices.over = INVOICE_REFUND;
	assert_int_equal(watcher_create_invoice(&h.w, &o, &v), ERR_OK);
	/* Not as long as it is open, or owes something; and not at once. */
	h.now += 4000;
	assert_int_equal(prune(&h).invoices, 0);
	hot_deposit(&h, v.at, 1001, 0);
	hot_sync(&h);
	h.now += 4000;
	assert_int_equal(prune(&h).invoices, 0);
	address_of(&to, &h.w.account, (struct subaddress){7, 7});
	assert_int_equal(watcher_refund_invoice(&h.w, "order-1", &to, &p), ERR_OK);
	h.now += 3600;
	assert_int_equal(prune(&h).invoices, 0);
	h.now += 1;
	assert_int_equal(prune(&h).invoices, 1);
	assert_int_equal(prune(&h).invoices, 0);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	/* Neither id nor label stands in a record. */
	assert_int_equal(watcher_invoices(&h.w, keeps_name, &kept), ERR_OK);
	assert_false(kept);
	assert_int_equal(watcher_addresses(&h.w, keeps_label, &kept), ERR_OK);
	assert_false(kept);
	/* An id is one invoice for ever. */
	assert_int_equal(watcher_create_invoice(&h.w, &o, &w), ERR_OK);
	assert_int_equal(w.number, v.number);
	assert_string_equal(w.id, "order-1");
	assert_int_equal(w.is.state, INVOICE_PAID);
	assert_int_equal(get(&h, "%1").number, v.number);
	assert_int_equal(watcher_get_invoice(&h.w, "%2", &w), ERR_NOT_FOUND);
	assert_int_equal(watcher_get_invoice(&h.w, "%", &w), ERR_NOT_FOUND);
	o.amount = amount_of(1001);
	assert_int_equal(watcher_create_invoice(&h.w, &o, &w), ERR_CONFLICT);
	/* What comes late goes by the rules, and back. */
	hot_deposit(&h, v.at, 50, 0);
	hot_sync(&h);
	v = get(&h, "order-1");
	assert_int_equal(v.is.state, INVOICE_PAID);
	assert_int_equal(v.is.refund.atomic, 50);
	assert_int_equal(watcher_close_invoice(&h.w, "order-1", &v), ERR_OK);
	assert_int_equal(watcher_refund_invoice(&h.w, "%1", &to, &p), ERR_OK);
	assert_int_equal(p.amount.atomic, 50);
	assert_int_equal(watcher_invoices(&h.w, keeps_name, &kept), ERR_OK);
	assert_false(kept);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	hot_stop(&h);
}

static void a_wrong_index_of_ids_is_noticed(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		struct hot h;
		struct db_txn *t = NULL;
		struct invoice v;
		uint8_t two[8];
		store64_be(two, 2);
		hot_start(&h, 30);
		hot_sync(&h);
		make(&h, "a", 1000, 0, false);
		v = make(&h, "b", 1000, 0, false);
		assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
		assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
		switch (way) {
		case 0:
			assert_int_equal(db_del(t, T_INVOICE_IDS, db_span("a", 1)), ERR_OK);
			break;
		case 1: /* another's */
			assert_int_equal(db_put(t, T_INVOICE_IDS, db_span("a", 1), db_span(two, 8)),
					 ERR_OK);
			break;
		case 2: /* one id too many */
			assert_int_equal(db_put(t, T_INVOICE_IDS, db_span("c", 1), db_span(two, 8)),
					 ERR_OK);
			break;
		default: /* forgotten, and named all the same */
			memset(v.id, 0, sizeof v.id);
			assert_int_equal(invoice_write(t, &v), ERR_OK);
		}
		assert_int_equal(db_commit(t), ERR_OK);
		assert_int_equal(watcher_verify_books(&h.w), ERR_DB_DAMAGED);
		hot_stop(&h);
	}
}

/* What a reorganisation took is not paid back, until it is there again. */
static void a_refund_of_what_is_gone_waits(void **state)
{
	struct hot h;
	struct payout p;
	struct address to;
	struct request_info info;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	hot_start(&h, 80);
	hot_deposit(&h, (struct subaddress){0, 0}, 5 * ATOMIC_PER_XMR, 20);
	hot_sync(&h);
	h.w.config.invoices.over = INVOICE_REFUND;
	struct invoice v = make(&h, "a", ATOMIC_PER_XMR, 0, false);
	hot_deposit(&h, v.at, 2 * ATOMIC_PER_XMR, 10);
	hot_sync(&h);
	address_of(&to, &h.w.account, (struct subaddress){7, 7});
	assert_int_equal(watcher_refund_invoice(&h.w, "a", &to, &p), ERR_OK);
	fake_chain_pop(h.chain, 11, true);
	fake_chain_mine(h.chain, 12, 120, false);
	hot_sync(&h);
	assert_int_equal(get(&h, "a").is.received.atomic, 0);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_NOT_FOUND);
	hot_deposit(&h, v.at, 2 * ATOMIC_PER_XMR, 10);
	hot_sync(&h);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(info.n_payouts, 1);
	buf_free(&file);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts),
	    cmocka_unit_test(order_does_not_matter_and_nothing_is_lost),
	    cmocka_unit_test(the_same_again_is_the_same),
	    cmocka_unit_test(the_uri),
	    cmocka_unit_test(parts_add_up_and_a_reorganisation_takes_them_back),
	    cmocka_unit_test(the_chain_says_when_it_is_over),
	    cmocka_unit_test(a_person_decides_on_what_is_held),
	    cmocka_unit_test(money_goes_back_as_a_payout),
	    cmocka_unit_test(a_cancelled_refund_is_owed_again),
	    cmocka_unit_test(a_forgotten_invoice_goes_on_by_its_rules),
	    cmocka_unit_test(a_wrong_index_of_ids_is_noticed),
	    cmocka_unit_test(a_refund_of_what_is_gone_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
