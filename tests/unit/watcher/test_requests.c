/* Payouts and requests: idempotent, funded, well hidden, and never free to be paid twice. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"

#define XMR ATOMIC_PER_XMR

static void recipient(struct address *out, struct hot *h, enum address_kind kind)
{
	struct scalar s;
	*out = (struct address){.network = NETWORK_MAINNET, .kind = kind};
	sc_random(&s, &h->rng);
	public_of_scalar(&out->spend, &s);
	sc_random(&s, &h->rng);
	public_of_scalar(&out->view, &s);
}

static enum err add(struct hot *h, const char *id, const struct address *to, struct amount amount,
		    const char *reference, struct payout *out)
{
	struct payout_order o = {.id = id,
				 .to = *to,
				 .amount = amount,
				 .reference = reference,
				 .priority = PAYOUT_NORMAL};
	return watcher_add_payout(&h->w, &o, out);
}

static void funded(struct hot *h, size_t outputs, uint64_t each)
{
	hot_start(h, 80);
	for (size_t i = 0; i < outputs; i++) {
		hot_deposit(h, (struct subaddress){0, (uint32_t)i % 3}, each + i, 0);
	}
	fake_chain_mine(h->chain, SPENDABLE_AGE, 120, false);
	hot_sync(h);
}

static void the_same_id_is_the_same_payout(void **state)
{
	struct hot h;
	struct address to, other;
	struct payout p;
	(void)state;
	hot_start(&h, 30);
	recipient(&to, &h, ADDRESS_STANDARD);
	recipient(&other, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(5), "x", &p), ERR_OK);
	assert_int_equal(add(&h, "a", &to, amount_of(5), "x", &p), ERR_OK);
	assert_int_equal(p.number, 1);
	assert_int_equal(hot_events(&h, "payout_queued"), 1);
	assert_int_equal(add(&h, "a", &to, amount_of(6), "x", &p), ERR_CONFLICT);
	assert_int_equal(add(&h, "a", &other, amount_of(5), "x", &p), ERR_CONFLICT);
	assert_int_equal(add(&h, "a", &to, amount_of(5), "y", &p), ERR_CONFLICT);
	assert_int_equal(add(&h, "", &to, amount_of(5), "", &p), ERR_USAGE);
	assert_int_equal(add(&h, "a\"b", &to, amount_of(5), "", &p), ERR_USAGE);
	assert_int_equal(add(&h, "b", &to, amount_of(0), "", &p), ERR_AMOUNT);
	to.network = NETWORK_STAGENET;
	assert_int_equal(add(&h, "b", &to, amount_of(5), "", &p), ERR_ADDR_NETWORK);
	assert_int_equal(watcher_cancel_payout(&h.w, "none"), ERR_NOT_FOUND);
	assert_int_equal(watcher_cancel_payout(&h.w, "a"), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "a"), ERR_OK);
	assert_int_equal(watcher_retry_payout(&h.w, "a"), ERR_STATE);
	hot_stop(&h);
}

static void nothing_without_funds(void **state)
{
	struct hot h;
	struct address to;
	struct request_info r;
	struct payout p;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 2, XMR);
	assert_int_equal(watcher_build_request(&h.w, &file, &r), ERR_NOT_FOUND);
	recipient(&to, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(3 * XMR), "", &p), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &r), ERR_FUNDS);
	assert_int_equal(file.n, 0);
	assert_int_equal(hot_events(&h, "request_built"), 0);
	h.asleep = true;
	assert_int_equal(watcher_build_request(&h.w, &file, &r), ERR_NODE_BEHIND);
	buf_free(&file);
	hot_stop(&h);
}

static void rings_are_whole(const struct plan *plan)
{
	struct amount change;
	assert_int_equal(plan_change(&change, plan), ERR_OK);
	assert_true(plan->fee.atomic > 0);
	for (size_t i = 0; i < plan->n_in; i++) {
		const struct plan_input *in = &plan->in[i];
		struct commitment c;
		commit(&c, &in->mask, in->amount);
		assert_true(in->real < RING_SIZE);
		assert_memory_equal(c.b, in->ring[in->real].commitment.b, 32);
		for (size_t k = 1; k < RING_SIZE; k++) {
			assert_true(in->ring[k].global_index > in->ring[k - 1].global_index);
		}
	}
}

static void twenty_payouts_are_two_transactions(void **state)
{
	struct hot h;
	struct address to;
	struct request_info info;
	struct request r;
	struct balance b;
	struct payout p;
	struct buf file, again;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&again, PROTO_MESSAGE_MAX);
	funded(&h, 6, 4 * XMR);
	for (int i = 0; i < 20; i++) {
		char id[8];
		snprintf(id, sizeof id, "p%d", i);
		recipient(&to, &h, i % 2 ? ADDRESS_SUBADDRESS : ADDRESS_STANDARD);
		assert_int_equal(add(&h, id, &to, amount_of(XMR / 4), "", &p), ERR_OK);
	}
	recipient(&to, &h, ADDRESS_INTEGRATED);
	assert_int_equal(add(&h, "i", &to, amount_of(XMR), "", &p), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(info.n_txs, 3); /* 15, 5, and the integrated address alone */
	assert_int_equal(info.n_payouts, 21);
	assert_int_equal(info.left, 0);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	for (size_t i = 0; i < r.n_txs; i++) {
		rings_are_whole(&r.txs[i].plan);
	}
	assert_int_equal(r.txs[2].plan.n_out, 1);
	request_free(&r);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_true(b.reserved.atomic >= info.amount.atomic + info.fee.atomic);
	assert_int_equal(b.total.atomic, b.unlocked.atomic + b.reserved.atomic);
	assert_int_equal(watcher_reseal_request(&h.w, info.number, &again), ERR_OK);
	assert_int_equal(again.n, file.n);
	/* All are in it: there is nothing to put into another. */
	buf_reset(&again);
	assert_int_equal(watcher_build_request(&h.w, &again, &info), ERR_NOT_FOUND);
	assert_int_equal(watcher_cancel_payout(&h.w, "p0"), ERR_STATE);
	buf_free(&file);
	buf_free(&again);
	hot_stop(&h);
}

static size_t inputs_in_common(const struct plan *a, const struct plan *b)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_in; i++) {
		for (size_t k = 0; k < b->n_in; k++) {
			n += memcmp(a->in[i].ring[a->in[i].real].key.b,
				    b->in[k].ring[b->in[k].real].key.b, 32) == 0;
		}
	}
	return n;
}

static void a_request_given_up_stays_in_conflict(void **state)
{
	struct hot h;
	struct address to;
	struct request_info first, second;
	struct request a, b;
	struct payout p;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 8, XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(XMR / 2), "", &p), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &first), ERR_OK);
	assert_int_equal(watcher_cancel_request(&h.w, first.number, false), ERR_OK);
	assert_int_equal(watcher_cancel_request(&h.w, first.number, false), ERR_STATE);
	assert_int_equal(watcher_cancel_payout(&h.w, "a"), ERR_STATE);
	/* Another payout goes first: it must not take the input that keeps the two apart. */
	assert_int_equal(add(&h, "b", &to, amount_of(XMR / 3), "", &p), ERR_OK);
	buf_reset(&file);
	assert_int_equal(watcher_build_request(&h.w, &file, &second), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, first.number, &a), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, second.number, &b), ERR_OK);
	assert_int_equal(inputs_in_common(&a.txs[0].plan, &b.txs[0].plan), 1);
	request_free(&a);
	request_free(&b);
	/* One that never left ties nothing. */
	assert_int_equal(watcher_cancel_request(&h.w, second.number, true), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "b"), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "a"), ERR_STATE);
	buf_free(&file);
	hot_stop(&h);
}

static bool has_payout(const struct hot *h, const struct request *r, size_t tx, const char *id)
{
	struct payout p;
	assert_int_equal(watcher_get_payout(&h->w, id, &p), ERR_OK);
	for (size_t i = 0; i < r->txs[tx].plan.n_out; i++) {
		const struct request_payout *rp = &r->payouts[r->txs[tx].payout[i]];
		if (memcmp(rp->id.b, p.wire.b, sizeof p.wire.b) == 0) {
			return true;
		}
	}
	return false;
}

/* The signer keeps all inputs of what it signed for all of its payouts: they stay together. */
static void what_may_be_signed_is_planned_again_whole(void **state)
{
	struct hot h;
	struct address to;
	struct request_info first, second;
	struct request a, b;
	struct payout p;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 6, XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(XMR), "", &p), ERR_OK);
	assert_int_equal(add(&h, "b", &to, amount_of(XMR), "", &p), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &first), ERR_OK);
	assert_int_equal(first.n_txs, 1);
	assert_true(first.n_inputs >= 3);
	assert_int_equal(watcher_cancel_request(&h.w, first.number, false), ERR_OK);
	/* One that goes before them takes neither their inputs nor their place beside each other.
	 */
	struct payout_order urgent = {.id = "u",
				      .to = to,
				      .amount = amount_of(XMR),
				      .reference = "",
				      .priority = PAYOUT_HIGH};
	assert_int_equal(watcher_add_payout(&h.w, &urgent, NULL), ERR_OK);
	buf_reset(&file);
	assert_int_equal(watcher_build_request(&h.w, &file, &second), ERR_OK);
	assert_int_equal(second.n_txs, 2);
	assert_int_equal(watcher_get_request(&h.w, first.number, &a), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, second.number, &b), ERR_OK);
	assert_true(has_payout(&h, &b, 0, "u"));
	assert_true(has_payout(&h, &b, 1, "a"));
	assert_true(has_payout(&h, &b, 1, "b"));
	assert_int_equal(inputs_in_common(&a.txs[0].plan, &b.txs[0].plan), 0);
	assert_int_equal(inputs_in_common(&a.txs[0].plan, &b.txs[1].plan), a.txs[0].plan.n_in);
	request_free(&a);
	request_free(&b);
	buf_free(&file);
	hot_stop(&h);
}

static void urgent_ones_first_and_none_before_its_time(void **state)
{
	struct hot h;
	struct address to;
	struct request_info info;
	struct request r;
	struct payout p;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 1, XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	struct payout_order o = {.id = "low",
				 .to = to,
				 .amount = amount_of(XMR / 2),
				 .reference = "",
				 .priority = PAYOUT_LOW};
	assert_int_equal(watcher_add_payout(&h.w, &o, NULL), ERR_OK);
	o.id = "normal";
	o.priority = PAYOUT_NORMAL;
	o.not_before = h.now + 60;
	assert_int_equal(watcher_add_payout(&h.w, &o, NULL), ERR_OK);
	o.not_before = 0;
	assert_int_equal(watcher_add_payout(&h.w, &o, NULL), ERR_CONFLICT);
	o.id = "high";
	o.priority = PAYOUT_HIGH;
	assert_int_equal(watcher_add_payout(&h.w, &o, NULL), ERR_OK);
	/* Funds for one alone. */
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(info.n_payouts, 1);
	assert_int_equal(info.left, 2);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	assert_true(has_payout(&h, &r, 0, "high"));
	request_free(&r);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "high"), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "low"), ERR_OK);
	buf_reset(&file);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_NOT_FOUND);
	h.now += 60;
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(watcher_get_payout(&h.w, "normal", &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_REQUESTED);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	buf_free(&file);
	hot_stop(&h);
}

/* A reply to request `number` that refuses it, as a signer would seal it. */
static void refusal(struct hot *h, struct buf *file, const struct request_info *to,
		    const struct identity *sender, const struct hash *hash, enum err refused)
{
	struct reply r = {.request_number = to->number,
			  .request_hash = *hash,
			  .refused = refused,
			  .reason = "over the limit"};
	struct buf body;
	struct hash sealed;
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_reset(file);
	assert_int_equal(reply_encode(&body, &r), ERR_OK);
	assert_int_equal(envelope_seal(file, &sealed, MSG_REPLY, NETWORK_MAINNET, 1,
				       buf_span(&body), sender, &h->w.identity.public),
			 ERR_OK);
	buf_free(&body);
}

static void replies(void **state)
{
	struct hot h;
	struct address to;
	struct request_info info;
	struct import_result r;
	struct balance b;
	struct payout p;
	struct buf file;
	struct identity stranger;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 3, XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(XMR / 2), "", &p), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	uint8_t seed[32] = {9};
	identity_from_seed(&stranger, seed);
	refusal(&h, &file, &info, &stranger, &info.hash, ERR_LIMIT_PAYOUT);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_MSG_SENDER);
	refusal(&h, &file, &info, &h.signer, &(struct hash){{1}}, ERR_LIMIT_DAY);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_MSG_UNKNOWN);
	assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_REQUESTED);
	refusal(&h, &file, &info, &h.signer, &info.hash, ERR_LIMIT_PAYOUT);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_OK);
	assert_int_equal(r.refused, ERR_LIMIT_PAYOUT);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_OK);
	assert_true(r.again);
	assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_REFUSED);
	assert_int_equal(p.refused, ERR_LIMIT_PAYOUT);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_true(amount_is_zero(b.reserved));
	assert_int_equal(watcher_retry_payout(&h.w, "a"), ERR_OK);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	buf_free(&file);
	hot_stop(&h);
}

/* What a day or a new message makes good waits in the queue; the operator need not look. */
static void what_passes_by_itself_returns_to_the_queue(void **state)
{
	static const enum err passing[] = {ERR_LIMIT_DAY, ERR_LIMIT_MONTH, ERR_REQUEST_EXPIRED,
					   ERR_REQUEST_STALE, ERR_CLOCK_BEHIND};
	struct hot h;
	struct address to;
	struct request_info info;
	struct import_result r;
	struct payout p;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 3, XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(XMR / 2), "", &p), ERR_OK);
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		buf_reset(&file);
		assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
		refusal(&h, &file, &info, &h.signer, &info.hash, passing[i]);
		assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_OK);
		assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
		assert_int_equal(p.state, PAYOUT_QUEUED);
		assert_int_equal(p.refused, passing[i]);
		assert_false(p.tied);
	}
	assert_int_equal(watcher_cancel_payout(&h.w, "a"), ERR_OK);
	buf_free(&file);
	hot_stop(&h);
}

static void nobody_answers(void **state)
{
	struct hot h;
	struct address to;
	struct request_info info;
	struct import_result r;
	struct balance b;
	struct payout p;
	struct buf file, late;
	size_t n;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&late, PROTO_MESSAGE_MAX);
	funded(&h, 3, XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	assert_int_equal(add(&h, "a", &to, amount_of(XMR / 2), "", &p), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	h.w.config.stall_seconds = 0;
	h.now = info.expires + h.w.config.request_grace;
	assert_int_equal(watcher_expire_requests(&h.w, &n), ERR_OK);
	assert_int_equal(n, 0);
	h.now++;
	assert_int_equal(watcher_expire_requests(&h.w, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(watcher_expire_requests(&h.w, &n), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(hot_events(&h, "request_expired"), 1);
	/* It may have been signed: not to be cancelled, and its inputs are for it alone. */
	assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_QUEUED);
	assert_true(p.tied);
	assert_int_equal(watcher_cancel_payout(&h.w, "a"), ERR_STATE);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_true(amount_is_zero(b.reserved));
	/* The reply comes after all; another for one that never left is refused. */
	refusal(&h, &late, &info, &h.signer, &info.hash, ERR_REQUEST_EXPIRED);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&late), &r), ERR_OK);
	assert_int_equal(r.n_refused, 1);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&late), &r), ERR_OK);
	assert_true(r.again);
	assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
	assert_true(p.tied);
	buf_reset(&file);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	refusal(&h, &late, &info, &h.signer, &info.hash, ERR_LIMIT_DAY);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&late), &r), ERR_STATE);
	buf_free(&file);
	buf_free(&late);
	hot_stop(&h);
}

static void change_is_split_for_a_thin_float(void **state)
{
	struct hot h;
	struct address to;
	struct request_info info;
	struct request r;
	struct payable p;
	struct buf file;
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	funded(&h, 1, 4 * XMR);
	recipient(&to, &h, ADDRESS_STANDARD);
	h.w.config.change_outputs = 6;
	h.w.config.change_least = amount_of(XMR / 2);
	assert_int_equal(add(&h, "a", &to, amount_of(XMR), "", NULL), ERR_OK);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	/* Nearly 3 XMR are left: five parts of more than half, not six. */
	assert_int_equal(r.txs[0].plan.n_change, 5);
	rings_are_whole(&r.txs[0].plan);
	request_free(&r);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	h.w.config.change_outputs = 2;
	buf_reset(&file);
	assert_int_equal(watcher_build_request(&h.w, &file, &info), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	assert_int_equal(r.txs[0].plan.n_change, 2);
	request_free(&r);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	/* What is there now, what unlocks within 10 blocks and within 60. */
	hot_deposit(&h, (struct subaddress){0, 0}, 7, 3);
	hot_sync(&h);
	assert_int_equal(watcher_payable(&h.w, &p), ERR_OK);
	assert_int_equal(p.amount[PAYABLE_NOW].atomic, 4 * XMR);
	assert_int_equal(p.outputs[PAYABLE_NOW], 1);
	assert_int_equal(p.amount[PAYABLE_IN_10].atomic, 4 * XMR + 7);
	assert_int_equal(p.amount[PAYABLE_IN_60].atomic, 4 * XMR + 7);
	buf_free(&file);
	hot_stop(&h);
}

/* Inputs, payouts and fee of a sweep's transactions; the amount that leaves. */
static uint64_t leaves(const struct request *r)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < r->n_txs; i++) {
		struct amount change;
		rings_are_whole(&r->txs[i].plan);
		assert_int_equal(plan_change(&change, &r->txs[i].plan), ERR_OK);
		sum += r->txs[i].plan.out[0].amount.atomic + r->txs[i].plan.fee.atomic;
	}
	return sum;
}

static void what_lies_above_the_float_is_swept(void **state)
{
	struct hot h;
	struct request_info info;
	struct request r;
	struct amount change;
	struct payout p;
	struct buf file;
	struct watcher_status status;
	bool due;
	char id[PAYOUT_ID_MAX + 1];
	(void)state;
	buf_init(&file, PROTO_MESSAGE_MAX);
	hot_start(&h, 80);
	uint64_t total = 0;
	for (size_t i = 0; i < 140; i++) {
		struct address to;
		address_of(&to, &h.w.account, (struct subaddress){0, 1});
		fake_chain_pay(h.chain, &to, amount_of(XMR / 10 + i));
		total += XMR / 10 + i;
	}
	fake_chain_mine(h.chain, 1 + SPENDABLE_AGE, 120, true);
	hot_sync(&h);
	assert_int_equal(watcher_sweep(&h.w, amount_of(0), 0, &file, &info), ERR_CONFIG);
	recipient(&h.w.config.vault, &h, ADDRESS_STANDARD);
	h.w.config.float_amount = amount_of(total - 5);
	assert_int_equal(watcher_sweep(&h.w, amount_of(0), 0, &file, &info), ERR_FUNDS);
	/* Everything, but what a full transaction keeps should its fee have to grow. */
	h.w.config.float_amount = amount_of(0);
	assert_int_equal(watcher_sweep(&h.w, amount_of(0), 0, &file, &info), ERR_OK);
	assert_int_equal(info.n_txs, 2);
	assert_int_equal(info.n_inputs, 140);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	assert_int_equal(r.txs[0].plan.n_in, TX_INPUTS_MAX);
	assert_int_equal(plan_change(&change, &r.txs[0].plan), ERR_OK);
	uint64_t kept = change.atomic;
	assert_in_range(kept, 1, r.txs[0].plan.fee.atomic / 10);
	assert_int_equal(plan_change(&change, &r.txs[1].plan), ERR_OK);
	assert_true(amount_is_zero(change));
	assert_int_equal(leaves(&r) + kept, total);
	request_free(&r);
	/* A sweep that cannot have been signed is gone when it is given up. */
	assert_int_equal(watcher_get_payout_by_number(&h.w, 1, &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_REQUESTED);
	memcpy(id, p.id, sizeof id);
	assert_memory_equal(id, "sweep:", 6);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	assert_int_equal(watcher_get_payout(&h.w, id, &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_CANCELLED);
	assert_int_equal(add(&h, "sweep:1", &p.to, amount_of(1), "", NULL), ERR_USAGE);
	/* Float and queue stay. */
	h.w.config.float_amount = amount_of(XMR);
	assert_int_equal(add(&h, "owed", &p.to, amount_of(2 * XMR), "", NULL), ERR_OK);
	buf_reset(&file);
	assert_int_equal(watcher_sweep(&h.w, amount_of(0), 0, &file, &info), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	uint64_t left = leaves(&r);
	assert_true(left <= total - 3 * XMR && left > total - 3 * XMR - XMR / 100);
	request_free(&r);
	/* By itself: not while one is on its way. */
	h.w.config.sweep_above = amount_of(XMR);
	assert_int_equal(watcher_sweep_due(&h.w, &due), ERR_OK);
	assert_false(due);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	assert_int_equal(watcher_sweep_due(&h.w, &due), ERR_OK);
	assert_true(due);
	h.w.config.sweep_above = amount_of(total);
	assert_int_equal(watcher_sweep_due(&h.w, &due), ERR_OK);
	assert_false(due);
	h.w.config.sweep_outputs = 139;
	assert_int_equal(watcher_sweep_due(&h.w, &due), ERR_OK);
	assert_true(due);
	/* So many outputs; so much. */
	buf_reset(&file);
	assert_int_equal(watcher_sweep(&h.w, amount_of(0), 7, &file, &info), ERR_OK);
	assert_int_equal(info.n_inputs, 7);
	assert_int_equal(watcher_cancel_request(&h.w, info.number, true), ERR_OK);
	buf_reset(&file);
	assert_int_equal(watcher_sweep(&h.w, amount_of(XMR), 0, &file, &info), ERR_OK);
	assert_int_equal(watcher_get_request(&h.w, info.number, &r), ERR_OK);
	left = leaves(&r);
	assert_true(left <= XMR && left > XMR - XMR / 100);
	request_free(&r);
	/* Given up after it left: it may be signed, and stays as it is. */
	assert_int_equal(watcher_cancel_request(&h.w, info.number, false), ERR_OK);
	assert_int_equal(watcher_status(&h.w, &status), ERR_OK);
	assert_int_equal(status.payouts[PAYOUT_QUEUED], 2);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	buf_free(&file);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_id_is_the_same_payout),
	    cmocka_unit_test(nothing_without_funds),
	    cmocka_unit_test(twenty_payouts_are_two_transactions),
	    cmocka_unit_test(a_request_given_up_stays_in_conflict),
	    cmocka_unit_test(what_may_be_signed_is_planned_again_whole),
	    cmocka_unit_test(urgent_ones_first_and_none_before_its_time),
	    cmocka_unit_test(replies),
	    cmocka_unit_test(what_passes_by_itself_returns_to_the_queue),
	    cmocka_unit_test(nobody_answers),
	    cmocka_unit_test(change_is_split_for_a_thin_float),
	    cmocka_unit_test(what_lies_above_the_float_is_swept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
