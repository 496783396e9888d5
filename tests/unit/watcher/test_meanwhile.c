/*
 * Another process has the store while a node is waited for: whatever it does there, what was found
 * out before is not written over it.
 */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"
#include "watcher/scan/halt.h"

#define XMR ATOMIC_PER_XMR

enum call { NO_CALL, BLOCKS, BLOCK_ID, OUTS, POOL, SPENT, PLACE };

struct scene {
	struct hot h;
	struct chain node;    /* as the neighbour asks it */
	struct watcher other; /* the neighbour, on the same store */
	enum call at;         /* the call that he comes in during, once */
	void (*neighbour)(struct scene *s);
	size_t submitted;
	struct hash signed_id;
	bool other_outs; /* the node's outputs are others than they were */
};

static enum err during(struct scene *s, enum call call, enum err rc)
{
	if (call != NO_CALL && s->at == call) {
		s->at = NO_CALL;
		s->neighbour(s);
	}
	return rc;
}

#define ASK(name, call, params, ...)                                                               \
	static enum err ask_##name params                                                          \
	{                                                                                          \
		struct scene *s = ctx;                                                             \
		return during(s, call, s->node.name(s->node.ctx, __VA_ARGS__));                    \
	}
ASK(info, NO_CALL, (void *ctx, struct chain_info *out), out)
ASK(blocks, BLOCKS, (void *ctx, struct chain_batch *out, const struct hash *known, size_t n), out,
    known, n)
ASK(block_id, BLOCK_ID, (void *ctx, struct hash *out, uint64_t height), out, height)
ASK(distribution, NO_CALL, (void *ctx, uint64_t **out, size_t *n, uint64_t *from), out, n, from)
ASK(fee, NO_CALL, (void *ctx, struct chain_fee *out), out)
ASK(pool, POOL, (void *ctx, struct chain_pool_tx **out, size_t *n), out, n)
ASK(spent, SPENT, (void *ctx, uint8_t *out, const struct key_image *images, size_t n), out, images,
    n)

static enum err ask_outs(void *ctx, struct chain_out *out, const uint64_t *indices, size_t n)
{
	struct scene *s = ctx;
	enum err rc = during(s, OUTS, s->node.outs(s->node.ctx, out, indices, n));
	for (size_t i = 0; i < n && s->other_outs; i++) {
		out[i].key.b[0] ^= 1;
	}
	return rc;
}

static enum err ask_place(void *ctx, struct chain_tx_place *out, const struct hash *ids, size_t n)
{
	(void)ids;
	memset(out, 0, n * sizeof *out);
	return during(ctx, PLACE, ERR_OK);
}

static enum err ask_submit(void *ctx, const uint8_t *blob, size_t n)
{
	struct scene *s = ctx;
	(void)blob;
	(void)n;
	s->submitted++;
	return ERR_OK;
}

static void begin(struct scene *s, size_t blocks, void (*neighbour)(struct scene *s))
{
	memset(s, 0, sizeof *s);
	hot_start(&s->h, blocks);
	s->neighbour = neighbour;
	s->node = s->h.w.chain;
	assert_int_equal(watcher_open(&s->other, s->h.db, s->node, s->h.w.clock, s->h.rng), ERR_OK);
	s->h.w.chain = (struct chain){
	    s,       ask_info,   ask_blocks, ask_block_id, ask_distribution, ask_outs,
	    ask_fee, ask_submit, ask_place,  ask_spent,    ask_pool};
}

static void end(struct scene *s)
{
	assert_int_equal(s->at, NO_CALL);
	assert_int_equal(watcher_verify_books(&s->h.w), ERR_OK);
	watcher_close(&s->other);
	hot_stop(&s->h);
}

static void follows(struct scene *s)
{
	struct sync_result r;
	assert_int_equal(watcher_sync(&s->other, &r), ERR_OK);
}

static void replaces_blocks(struct scene *s)
{
	fake_chain_pop(s->h.chain, 3, false);
	fake_chain_mine(s->h.chain, 6, 120, true);
	follows(s);
}

static void mines_and_follows(struct scene *s)
{
	fake_chain_mine(s->h.chain, 1, 120, true);
	follows(s);
}

/* Blocks of the chain that was are not put in the place of those that are. */
static void test_blocks(void **state)
{
	(void)state;
	struct scene s;
	struct sync_result r;
	begin(&s, 30, replaces_blocks);
	hot_sync(&s.h);
	fake_chain_mine(s.h.chain, 1, 120, true);
	s.at = BLOCKS;
	assert_int_equal(watcher_sync_step(&s.h.w, &r), ERR_LOCKED);
	assert_int_equal(r.dropped, 0);
	size_t events = hot_events(&s.h, "node_health");
	assert_int_equal(watcher_sync_step(&s.h.w, &r), ERR_OK);
	assert_true(r.added == 0 && r.dropped == 0);
	assert_int_equal(r.height, fake_chain_height(s.h.chain));
	assert_int_equal(hot_events(&s.h, "node_health"), events);
	end(&s);
}

/* Only the first one makes the block that everything begins with. */
static void test_anchor(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 30, replaces_blocks);
	s.h.w.birthday = s.other.birthday = 1000;
	s.at = BLOCK_ID;
	hot_sync(&s.h);
	hot_sync(&s.h);
	end(&s);
}

/* A deposit that the neighbour saw mined is not new in the pool. */
static void test_pool(void **state)
{
	(void)state;
	for (enum call at = POOL; at <= SPENT; at++) {
		struct scene s;
		struct address to;
		begin(&s, 30, mines_and_follows);
		address_of(&to, &s.h.w.account, (struct subaddress){0, 1});
		hot_sync(&s.h);
		fake_chain_pay(s.h.chain, &to, amount_of(XMR));
		s.at = at;
		hot_sync(&s.h);
		assert_int_equal(s.at, NO_CALL);
		assert_int_equal(hot_events(&s.h, "deposit_seen"), 0);
		assert_int_equal(hot_events(&s.h, "deposit_in_block"), 1);
		hot_sync(&s.h);
		assert_int_equal(hot_events(&s.h, "deposit_gone"), 0);
		end(&s);
	}
}

static void queue_one(struct scene *s)
{
	struct payout p;
	struct payout_order o = {
	    .id = "one", .amount = amount_of(XMR / 2), .reference = "", .priority = PAYOUT_NORMAL};
	hot_deposit(&s->h, (struct subaddress){0, 1}, XMR, SPENDABLE_AGE);
	hot_sync(&s->h);
	address_of(&o.to, &s->h.w.account, (struct subaddress){0, 2});
	assert_int_equal(watcher_add_payout(&s->h.w, &o, &p), ERR_OK);
}

/* What was planned on another chain, or before a person must look, is not asked for. */
static void halts(struct scene *s)
{
	struct db_txn *t = NULL;
	assert_int_equal(db_begin(&t, s->h.db, true), ERR_OK);
	assert_int_equal(txn_end(t, payouts_halt(&s->other, t, "a test")), ERR_OK);
}

static void test_requests(void **state)
{
	(void)state;
	struct scene s;
	struct balance b;
	struct request_info info;
	struct buf file;
	uint64_t halt;
	buf_init(&file, PROTO_MESSAGE_MAX);
	begin(&s, 80, mines_and_follows);
	queue_one(&s);
	for (int i = 0; i < 2; i++) {
		s.at = OUTS;
		assert_int_equal(watcher_build_request(&s.h.w, &file, &info),
				 i ? ERR_HALTED : ERR_LOCKED);
		assert_true(file.n == 0 && info.number == 0);
		assert_int_equal(watcher_balance(&s.h.w, &b), ERR_OK);
		assert_int_equal(b.reserved.atomic, 0);
		s.neighbour = halts;
	}
	assert_int_equal(watcher_resume(&s.h.w, &halt), ERR_OK);
	assert_int_equal(watcher_build_request(&s.h.w, &file, &info), ERR_OK);
	buf_free(&file);
	end(&s);
}

static void set_sent(struct scene *s, enum sent_state to)
{
	struct db_txn *t = NULL;
	struct sent_tx tx = {
	    .id = s->signed_id, .request = 1, .state = to, .blob = db_span("bytes", 5)};
	assert_int_equal(db_begin(&t, s->h.db, true), ERR_OK);
	assert_int_equal(txn_end(t, sent_set(t, &tx, to, PAYOUT_BROADCAST)), ERR_OK);
}

static void finds_it_invalid(struct scene *s)
{
	set_sent(s, SENT_INVALID);
}

/* What the neighbour gave up is not sent again, and stays given up. */
static void test_broadcast(void **state)
{
	(void)state;
	struct scene s;
	struct broadcast_result r;
	struct db_txn *t = NULL;
	struct sent_tx tx;
	begin(&s, 30, finds_it_invalid);
	hot_sync(&s.h);
	set_sent(&s, SENT_BROADCAST);
	assert_int_equal(watcher_broadcast_again(&s.h.w, &r), ERR_OK);
	assert_true(r.submitted == 1 && s.submitted == 1);
	s.at = PLACE;
	assert_int_equal(watcher_broadcast_again(&s.h.w, &r), ERR_OK);
	assert_true(r.submitted == 0 && s.submitted == 1);
	assert_int_equal(db_begin(&t, s.h.db, false), ERR_OK);
	assert_int_equal(sent_read(&tx, t, &s.signed_id), ERR_OK);
	assert_int_equal(tx.state, SENT_INVALID);
	db_abort(t);
	set_sent(&s, SENT_SIGNED);
	s.neighbour = halts;
	s.at = PLACE;
	assert_int_equal(watcher_broadcast(&s.h.w, &r), ERR_HALTED);
	assert_int_equal(s.submitted, 1);
	assert_int_equal(s.at, NO_CALL);
	watcher_close(&s.other);
	hot_stop(&s.h);
}

/* Nor is it given up twice, or for what is no longer so. */
static void test_rings(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s;
		struct sync_result r;
		struct request_info info;
		struct db_txn *t = NULL;
		struct buf file;
		buf_init(&file, PROTO_MESSAGE_MAX);
		begin(&s, 80, i ? mines_and_follows : finds_it_invalid);
		queue_one(&s);
		assert_int_equal(watcher_build_request(&s.h.w, &file, &info), ERR_OK);
		set_sent(&s, SENT_BROADCAST);
		assert_int_equal(db_begin(&t, s.h.db, true), ERR_OK);
		assert_int_equal(txn_end(t, rings_suspect(t)), ERR_OK);
		s.other_outs = true;
		s.at = OUTS;
		assert_int_equal(watcher_sync_step(&s.h.w, &r), i ? ERR_LOCKED : ERR_OK);
		assert_int_equal(hot_events(&s.h, "transaction_invalid"), 0);
		/* The neighbour, whose node says nothing of the kind, looked too; once more, alone.
		 */
		assert_int_equal(db_begin(&t, s.h.db, true), ERR_OK);
		assert_int_equal(txn_end(t, rings_suspect(t)), ERR_OK);
		assert_int_equal(watcher_sync_step(&s.h.w, &r), ERR_OK);
		assert_int_equal(hot_events(&s.h, "transaction_invalid"), i);
		assert_int_equal(s.at, NO_CALL);
		buf_free(&file);
		watcher_close(&s.other);
		hot_stop(&s.h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_blocks),    cmocka_unit_test(test_anchor),
	    cmocka_unit_test(test_pool),      cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_broadcast), cmocka_unit_test(test_rings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
