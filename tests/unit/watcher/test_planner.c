/*
 * Requests as they leave the watcher: the signer's builder takes each plan, and the transaction it
 * makes has the very weight that the fee was for; no input is promised twice.
 */
#include "tests/unit/unit.h"

#include "common/monero/fee.h"
#include "common/monero/tx.h"
#include "tests/unit/watcher/planned.h"
#include "watcher/planner/planner.h"
#include "watcher/store/record.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)
#define CANDIDATES 75 /* an input: 1.5 rings and one, and 50 for locked coinbase outputs */

static struct planned p;
static struct request r;
static struct request_info info;

static void check_ring(const struct plan_input *in)
{
	struct chain_out told[RING_SIZE];
	uint64_t indices[RING_SIZE];
	for (size_t i = 0; i < RING_SIZE; i++) {
		indices[i] = in->ring[i].global_index;
		assert_true(i == 0 || indices[i] > indices[i - 1]);
	}
	assert_int_equal(p.honest.outs(p.honest.ctx, told, indices, RING_SIZE), ERR_OK);
	for (size_t i = 0; i < RING_SIZE; i++) {
		assert_true(told[i].unlocked);
		assert_memory_equal(told[i].key.b, in->ring[i].key.b, 32);
		assert_memory_equal(told[i].commitment.b, in->ring[i].commitment.b, 32);
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(in->ring[i].key.b, in->ring[k].key.b, 32);
		}
	}
}

/* Builds it with the spend key; the fee is that of the weight that came out. */
static void check_tx(const struct plan *plan)
{
	struct chain_fee rate;
	struct signed_tx tx = {0};
	struct amount fee;
	struct tx parsed = {0};
	for (size_t i = 0; i < plan->n_in; i++) {
		check_ring(&plan->in[i]);
	}
	assert_int_equal(plan->n_change, 1);
	assert_int_equal(plan->change_account, 0);
	assert_int_equal(tx_build(&tx, plan, &p.ours.account, &p.ours.spend, &p.rng), ERR_OK);
	assert_int_equal(tx_parse(&parsed, tx.blob, tx.blob_size, false), ERR_OK);
	assert_int_equal(p.honest.fee(p.honest.ctx, &rate), ERR_OK);
	assert_int_equal(fee_of_weight(&fee, tx_weight(tx.blob_size, parsed.n_out),
				       rate.per_byte[p.w.config.fee_level], rate.quantization_mask),
			 ERR_OK);
	assert_int_equal(plan->fee.atomic, fee.atomic);
	tx_free(&parsed);
	signed_tx_free(&tx);
}

/* Every payout is paid once, as queued; every input is spent once. */
static void check_request(size_t n_payouts)
{
	bool paid[REQUEST_PAYOUTS_MAX] = {false};
	assert_int_equal(r.n_payouts, n_payouts);
	for (size_t i = 0; i < r.n_txs; i++) {
		const struct plan *plan = &r.txs[i].plan;
		assert_true(plan->n_out + plan->n_change <= TX_OUTPUTS_MAX);
		for (size_t k = 0; k < plan->n_out; k++) {
			const struct request_payout *payout = &r.payouts[r.txs[i].payout[k]];
			assert_false(paid[r.txs[i].payout[k]]);
			paid[r.txs[i].payout[k]] = true;
			assert_int_equal(payout->amount.atomic, plan->out[k].amount.atomic);
			assert_memory_equal(payout->to.spend.b, plan->out[k].to.spend.b, 32);
			assert_memory_equal(payout->to.view.b, plan->out[k].to.view.b, 32);
		}
		for (size_t k = 0; k < plan->n_in; k++) {
			uint64_t at = plan->in[k].ring[plan->in[k].real].global_index;
			for (size_t m = 0; m <= i; m++) {
				const struct plan *other = &r.txs[m].plan;
				for (size_t q = 0; q < (m == i ? k : other->n_in); q++) {
					const struct plan_input *in = &other->in[q];
					assert_int_not_equal(at, in->ring[in->real].global_index);
				}
			}
		}
		check_tx(plan);
	}
	for (size_t i = 0; i < n_payouts; i++) {
		assert_true(paid[i]);
	}
}

/* The fee of every shape that tx_extra has. */
static void test_fees(void **state)
{
	(void)state;
	struct address standard = planned_to(&p, 0, 0), sub = planned_to(&p, 0, 1),
		       sub2 = planned_to(&p, 1, 0), integrated = standard, own;
	integrated.kind = ADDRESS_INTEGRATED;
	rng_fill(&p.rng, integrated.payment_id, sizeof integrated.payment_id);
	address_of(&own, &p.ours.account, (struct subaddress){0, 0});
	const struct {
		size_t n;
		struct address to[4];
	} shapes[] = {
	    {1, {standard}},           {1, {sub}},
	    {1, {integrated}},         {1, {own}},
	    {2, {standard, standard}}, {2, {sub, sub}},
	    {2, {standard, sub}},      {2, {sub, sub2}},
	    {2, {own, sub}},           {4, {sub, standard, sub2, own}},
	};
	size_t number = 1000;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		for (size_t k = 0; k < shapes[i].n; k++) {
			planned_payout(&p, number++, &shapes[i].to[k], XMR(1));
		}
		assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
		assert_int_equal(r.n_txs, 1);
		check_request(shapes[i].n);
		request_free(&r);
	}
}

/* More inputs than one, at every level of fee. */
static void test_levels(void **state)
{
	(void)state;
	struct address to = planned_to(&p, 0, 0);
	for (unsigned level = 0; level < FEE_LEVEL_COUNT; level++) {
		p.w.config.fee_level = (enum fee_level)level;
		p.w.config.fee_per_byte_most = amount_of(5000000);
		p.w.config.fee_most = amount_of(ATOMIC_PER_XMR);
		planned_payout(&p, level, &to, XMR(25));
		assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
		assert_int_equal(r.n_txs, 1);
		assert_int_equal(r.txs[0].plan.n_in, 3);
		check_request(1);
		request_free(&r);
		assert_int_equal(watcher_cancel_request(&p.w, info.number, true), ERR_OK);
		char id[8];
		snprintf(id, sizeof id, "p%u", level);
		assert_int_equal(watcher_cancel_payout(&p.w, id), ERR_OK);
	}
}

/* 15 payouts a transaction, an integrated address alone, in the order queued. */
static void test_batches(void **state)
{
	(void)state;
	struct address integrated = planned_to(&p, 0, 0);
	integrated.kind = ADDRESS_INTEGRATED;
	for (size_t i = 0; i < 40; i++) {
		struct address to = planned_to(&p, 0, (uint32_t)i % 5);
		planned_payout(&p, i, i == 20 ? &integrated : &to, amount_of(1000 + i));
	}
	static const size_t EXPECTED[] = {15, 5, 1, 15, 4};
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	assert_int_equal(info.left, 0);
	assert_int_equal(r.n_txs, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(r.txs[i].plan.n_out, EXPECTED[i]);
	}
	assert_int_equal(r.txs[2].plan.out[0].to.kind, ADDRESS_INTEGRATED);
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(r.payouts[i].amount.atomic, 1000 + i);
	}
	check_request(40);
	request_free(&r);
}

/* What is in one request is not in the next; what finds no funds stays queued. */
static void test_reserved(void **state)
{
	(void)state;
	struct request first;
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(55));
	assert_int_equal(planned_request(&p, &first, &info), ERR_OK);
	assert_int_equal(first.txs[0].plan.n_in, 6);
	planned_payout(&p, 1, &to, XMR(55));
	planned_payout(&p, 2, &to, XMR(5));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	assert_int_equal(info.left, 1);
	for (size_t i = 0; i < first.txs[0].plan.n_in; i++) {
		const struct plan_input *a = &first.txs[0].plan.in[i];
		for (size_t k = 0; k < r.txs[0].plan.n_in; k++) {
			const struct plan_input *b = &r.txs[0].plan.in[k];
			assert_int_not_equal(a->ring[a->real].global_index,
					     b->ring[b->real].global_index);
		}
	}
	check_request(1);
	request_free(&first);
	request_free(&r);
	assert_int_equal(planned_request(&p, &r, &info), ERR_FUNDS);
}

/* Each input's candidates are asked for in ascending order, ours among them, all at once. */
static void test_questions(void **state)
{
	(void)state;
	struct address to = planned_to(&p, 0, 0);
	planned_payout(&p, 0, &to, XMR(35));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	const struct plan *plan = &r.txs[0].plan;
	assert_int_equal(plan->n_in, 4);
	assert_int_equal(p.n_asks, 1);
	assert_int_equal(p.n_asked, 4 * CANDIDATES);
	for (size_t i = 0; i < plan->n_in; i++) {
		const uint64_t *asked = p.asked + i * CANDIDATES;
		size_t found = 0;
		for (size_t k = 0; k < CANDIDATES; k++) {
			assert_true(k == 0 || asked[k] > asked[k - 1]);
			for (size_t m = 0; m < RING_SIZE; m++) {
				found += plan->in[i].ring[m].global_index == asked[k];
			}
		}
		assert_int_equal(found, RING_SIZE);
	}
	request_free(&r);
}

/* The watcher learns a key image with the reply that has it. */
static void learn_images(const struct plan *plan, uint64_t number)
{
	struct db_txn *t = NULL;
	struct request_record record;
	assert_int_equal(db_begin(&t, p.db, true), ERR_OK);
	assert_int_equal(request_read(&record, t, number), ERR_OK);
	for (size_t i = 0; i < plan->n_in; i++) {
		struct image_record image = {.at = record.txs[0].in[i]};
		struct key_image key;
		assert_int_equal(
		    input_key_image(&key, &plan->in[i], &p.ours.account, &p.ours.spend), ERR_OK);
		assert_int_equal(image_write(t, &key, &image), ERR_OK);
	}
	request_record_free(&record);
	assert_int_equal(db_commit(t), ERR_OK);
}

/* What a block spent is there again when the block is not, credited long ago or not. */
static void test_spend_undone(void **state)
{
	struct balance before, after;
	struct sync_result result;
	struct signed_tx tx = {0};
	struct address to = planned_to(&p, 0, 0);
	(void)state;
	/* The deposits of the fixture are credited by now. */
	fake_chain_mine(p.chain, 20, 120, false);
	assert_int_equal(watcher_sync(&p.w, &result), ERR_OK);
	planned_payout(&p, 0, &to, XMR(15));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	learn_images(&r.txs[0].plan, info.number);
	assert_int_equal(watcher_balance(&p.w, &before), ERR_OK);
	assert_int_equal(tx_build(&tx, &r.txs[0].plan, &p.ours.account, &p.ours.spend, &p.rng),
			 ERR_OK);
	assert_int_equal(p.honest.submit(p.honest.ctx, tx.blob, tx.blob_size), ERR_OK);
	fake_chain_mine(p.chain, 2, 120, true);
	assert_int_equal(watcher_sync(&p.w, &result), ERR_OK);
	assert_int_equal(watcher_balance(&p.w, &after), ERR_OK);
	assert_true(amount_cmp(after.total, before.total) < 0);
	fake_chain_pop(p.chain, 2, false);
	fake_chain_drop_pool(p.chain);
	fake_chain_mine(p.chain, 3, 120, true);
	assert_int_equal(watcher_sync(&p.w, &result), ERR_OK);
	assert_int_equal(result.dropped, 2);
	assert_int_equal(watcher_balance(&p.w, &after), ERR_OK);
	assert_int_equal(after.total.atomic, before.total.atomic);
	assert_int_equal(after.outputs, before.outputs);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	signed_tx_free(&tx);
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
	    cmocka_unit_test_setup_teardown(test_fees, make, unmake),
	    cmocka_unit_test_setup_teardown(test_levels, make, unmake),
	    cmocka_unit_test_setup_teardown(test_batches, make, unmake),
	    cmocka_unit_test_setup_teardown(test_reserved, make, unmake),
	    cmocka_unit_test_setup_teardown(test_questions, make, unmake),
	    cmocka_unit_test_setup_teardown(test_spend_undone, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
