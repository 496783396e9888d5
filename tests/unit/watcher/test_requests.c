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
	assert_int_equal(watcher_verify(&h.w), ERR_OK);
	buf_free(&file);
	hot_stop(&h);
}

/* A reply to request `number` that refuses it, as a signer would seal it. */
static void refusal(struct hot *h, struct buf *file, const struct request_info *to,
		    const struct identity *sender, const struct hash *hash)
{
	struct reply r = {.request_number = to->number,
			  .request_hash = *hash,
			  .refused = ERR_LIMIT_DAY,
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
	refusal(&h, &file, &info, &stranger, &info.hash);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_MSG_SENDER);
	refusal(&h, &file, &info, &h.signer, &(struct hash){{1}});
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_MSG_UNKNOWN);
	assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_REQUESTED);
	refusal(&h, &file, &info, &h.signer, &info.hash);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_OK);
	assert_int_equal(r.refused, ERR_LIMIT_DAY);
	assert_int_equal(watcher_import_reply(&h.w, buf_span(&file), &r), ERR_OK);
	assert_true(r.again);
	assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_REFUSED);
	assert_int_equal(p.refused, ERR_LIMIT_DAY);
	assert_int_equal(watcher_balance(&h.w, &b), ERR_OK);
	assert_true(amount_is_zero(b.reserved));
	assert_int_equal(watcher_retry_payout(&h.w, "a"), ERR_OK);
	assert_int_equal(watcher_verify(&h.w), ERR_OK);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
