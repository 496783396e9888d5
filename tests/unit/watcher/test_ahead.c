/* A watcher whose next blocks are fetched ahead by a thread, on a chain that changes meanwhile. */
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <time.h>

#include "tests/unit/watcher/hot.h"
#include "watcher/chain/ahead.h"
#include "watcher/scan/prepare.h"

#define XMR ATOMIC_PER_XMR
#define BATCH 50 /* blocks in one answer of this chain, the one that is known among them */
#define BLOCKS 240

/* The chain by two ways: asked by the watcher, and by the thread. */
struct scene {
	struct hot h;
	struct chain node;
	struct ahead *ahead;
	struct chain_info seen;
	struct hash genesis;
	enum err fails;        /* the watcher's own question */
	unsigned asked, taken; /* by the watcher; of the thread's answers */
	enum err failed;       /* what the thread's question did last */
	unsigned begun;        /* questions of the thread */
	atomic_uint ended;
	atomic_int ahead_fails; /* the thread's question */
	atomic_bool hold;       /* it gets no answer */
	bool stop;
	unsigned moved;
};

static enum err ask_ahead(void *ctx, struct chain_batch *out, const struct hash *known, size_t n)
{
	struct scene *s = ctx;
	struct timespec moment = {0, 1000000};
	*out = (struct chain_batch){0};
	while (atomic_load(&s->hold) && !ahead_stopped(s->ahead)) {
		ahead_moved(s->ahead);
		nanosleep(&moment, NULL);
	}
	enum err rc = (enum err)atomic_load(&s->ahead_fails);
	rc = ahead_stopped(s->ahead) ? ERR_CANCELLED : rc;
	rc = rc == ERR_OK ? s->node.blocks(s->node.ctx, out, known, n) : err_set(rc, "ahead");
	atomic_fetch_add(&s->ended, 1);
	return rc;
}

/* Until the thread has its answer: from then on the chain may change. */
static void wait_answer(struct scene *s)
{
	struct timespec moment = {0, 1000000};
	while (atomic_load(&s->ended) != s->begun) {
		nanosleep(&moment, NULL);
	}
}

static void start(struct scene *s, const struct hash *newest)
{
	s->begun++;
	ahead_start(s->ahead, newest, &s->genesis);
}

static bool stopped(void *ctx)
{
	const struct scene *s = ctx;
	return s->stop;
}

static void moved(void *ctx)
{
	struct scene *s = ctx;
	s->moved++;
}

static enum err info(void *ctx, struct chain_info *out)
{
	struct scene *s = ctx;
	enum err rc = s->node.info(s->node.ctx, out);
	s->seen = *out;
	return rc;
}

static enum err blocks(void *ctx, struct chain_batch *out, const struct hash *known, size_t n)
{
	struct scene *s = ctx;
	if (ahead_take(s->ahead, out, &s->failed, &known[0], &s->seen, stopped, moved, s)) {
		s->taken++;
	} else {
		s->asked++;
		*out = (struct chain_batch){0};
		enum err rc = s->fails == ERR_OK ? s->node.blocks(s->node.ctx, out, known, n)
						 : err_set(s->fails, "asked");
		if (rc != ERR_OK) {
			return rc;
		}
	}
	const struct chain_block *last = &out->blocks[out->n - 1];
	if (last->height + 1 < s->seen.height) {
		assert_memory_equal(known[n - 1].b, s->genesis.b, 32);
		start(s, &last->id);
	}
	return ERR_OK;
}

static enum err block_id(void *ctx, struct hash *out, uint64_t height)
{
	struct scene *s = ctx;
	return s->node.block_id(s->node.ctx, out, height);
}

static enum err pool(void *ctx, struct chain_pool_tx **out, size_t *n)
{
	struct scene *s = ctx;
	return s->node.pool(s->node.ctx, out, n);
}

static void begin(struct scene *s, size_t n_blocks)
{
	memset(s, 0, sizeof *s);
	hot_start(&s->h, n_blocks);
	s->node = fake_chain_node(s->h.chain);
	s->ahead = ahead_new();
	assert_non_null(s->ahead);
	struct chain by_thread = {.ctx = s, .blocks = ask_ahead};
	ahead_give(s->ahead, &by_thread);
	s->h.w.chain = (struct chain){
	    .ctx = s, .info = info, .blocks = blocks, .block_id = block_id, .pool = pool};
	assert_int_equal(block_id(s, &s->genesis, 0), ERR_OK);
}

static void end(struct scene *s)
{
	ahead_free(s->ahead);
	hot_stop(&s->h);
}

static uint64_t step(struct scene *s)
{
	struct sync_result r;
	assert_int_equal(watcher_sync_step(&s->h.w, &r), ERR_OK);
	return r.height;
}

static uint64_t total(const struct scene *s)
{
	struct balance b;
	assert_int_equal(watcher_balance(&s->h.w, &b), ERR_OK);
	return b.total.atomic;
}

/* Batch after batch in the chain's order, each but the first fetched ahead, and none at the top. */
static void follows(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 10);
	for (uint64_t i = 1; i <= 40; i++) {
		hot_deposit(&s.h, (struct subaddress){0, 1}, i * XMR, 5);
	}
	assert_int_equal(fake_chain_height(s.h.chain), 250);
	for (uint64_t height = BATCH; height < 250; height += BATCH - 1) {
		assert_int_equal(step(&s), height);
	}
	hot_sync(&s.h);
	assert_int_equal(total(&s), 820 * XMR);
	assert_int_equal(s.asked, 1);
	assert_int_equal(s.begun, 5);
	assert_int_equal(s.taken, 5);
	/* At the top nothing is fetched but what is asked for. */
	hot_sync(&s.h);
	hot_sync(&s.h);
	assert_int_equal(s.asked, 3);
	assert_int_equal(s.begun, 5);
	end(&s);
}

/* The blocks in hand are replaced before they are committed: deposits in them never were. */
static void reorganised(void **state)
{
	(void)state;
	/* To a longer chain, a shorter one, one of the same height; above and below what we have.
	 */
	static const struct {
		size_t pop, mine;
	} cases[] = {{20, 60}, {20, 5}, {20, 20}, {100, 150}, {100, 20}, {100, 100}, {130, 130}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scene s;
		begin(&s, 60);
		hot_deposit(&s.h, (struct subaddress){0, 1}, 1 * XMR, 38);
		hot_deposit(&s.h, (struct subaddress){0, 1}, 2 * XMR, 10);
		hot_deposit(&s.h, (struct subaddress){0, 1}, 4 * XMR, 35);
		assert_int_equal(fake_chain_height(s.h.chain), 146);
		step(&s);
		assert_int_equal(step(&s), 99);
		wait_answer(&s);
		fake_chain_pop(s.h.chain, cases[i].pop, true);
		fake_chain_mine(s.h.chain, cases[i].mine, 120, false);
		hot_deposit(&s.h, (struct subaddress){0, 1}, 8 * XMR, 0);
		hot_sync(&s.h);
		uint64_t height = fake_chain_height(s.h.chain);
		assert_int_equal(step(&s), height);
		/* What was mined at 60, 99 and 110 is there when it was not popped. */
		uint64_t left = 146 - cases[i].pop;
		assert_int_equal(total(&s),
				 (8 + (left > 60) + 2 * (left > 99) + 4 * (left > 110)) * XMR);
		assert_int_equal(hot_events(&s.h, "node_health"), 1);
		end(&s);
	}
}

/* An answer that ends at the node's top of then is none when the node has another top now. */
static void old_top(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 90);
	hot_deposit(&s.h, (struct subaddress){0, 1}, XMR, 0);
	step(&s);
	wait_answer(&s);
	fake_chain_pop(s.h.chain, 1, true);
	fake_chain_mine(s.h.chain, 1, 120, false);
	struct sync_result r;
	assert_int_equal(watcher_sync_step(&s.h.w, &r), ERR_OK);
	assert_true(r.done);
	assert_int_equal(s.taken, 0);
	assert_int_equal(total(&s), 0);
	assert_int_equal(hot_events(&s.h, "deposit_in_block"), 0);
	end(&s);
}

/*
 * After a reorganisation the node answers from where it still knows us, at worst from genesis: a
 * chain of millions of blocks is not gone through again, the question of all we know is asked.
 */
static void from_elsewhere(void **state)
{
	(void)state;
	struct scene s;
	struct chain_batch b = {0};
	struct hash gone = {{9}};
	begin(&s, BLOCKS);
	assert_int_equal(info(&s, &s.seen), ERR_OK);
	start(&s, &gone);
	assert_false(ahead_take(s.ahead, &b, &s.failed, &gone, &s.seen, stopped, moved, &s));
	assert_int_equal(s.failed, ERR_OK);
	assert_int_equal(b.n, 0);
	end(&s);
}

/* A failure ahead of time is nobody's; the same failure at its time is told once. */
static void failures(void **state)
{
	(void)state;
	static const enum err fails[] = {ERR_NODE_UNREACHABLE, ERR_NODE_BUSY, ERR_NODE_ANSWER,
					 ERR_NODE_AUTH, ERR_NO_MEMORY};
	for (size_t i = 0; i < sizeof fails / sizeof fails[0]; i++) {
		struct scene s;
		struct sync_result r;
		begin(&s, BLOCKS);
		atomic_store(&s.ahead_fails, (int)fails[i]);
		assert_int_equal(step(&s), BATCH);
		wait_answer(&s);
		assert_null(strstr(err_detail(), "ahead"));
		assert_int_equal(step(&s), 2 * BATCH - 1);
		assert_int_equal(s.asked, 2);
		assert_int_equal(s.failed, fails[i]);
		assert_int_equal(hot_events(&s.h, "node_health"), 1);
		wait_answer(&s);
		s.fails = fails[i];
		assert_int_equal(watcher_sync_step(&s.h.w, &r), fails[i]);
		assert_string_equal(err_detail(), "asked");
		bool node = err_category(fails[i]) == CAT_NODE;
		assert_int_equal(hot_events(&s.h, "node_health"), node ? 2 : 1);
		/* As good as new. */
		s.fails = ERR_OK;
		atomic_store(&s.ahead_fails, ERR_OK);
		hot_sync(&s.h);
		assert_int_equal(step(&s), BLOCKS);
		assert_int_equal(s.taken, 2);
		end(&s);
	}
}

static void stop_soon(void *ctx)
{
	struct scene *s = ctx;
	s->moved++;
	s->stop = s->moved == 3;
}

/* Whoever waits is told that bytes come, and may stop; so may whoever wants another answer. */
static void waits(void **state)
{
	(void)state;
	struct scene s;
	struct chain_batch b = {0};
	begin(&s, BLOCKS);
	assert_int_equal(info(&s, &s.seen), ERR_OK);
	atomic_store(&s.hold, true);
	start(&s, &s.genesis);
	assert_false(
	    ahead_take(s.ahead, &b, &s.failed, &s.genesis, &s.seen, stopped, stop_soon, &s));
	assert_int_equal(s.moved, 3);
	assert_int_equal(s.failed, ERR_OK);
	assert_int_equal(s.ended, 1);
	/* Nothing is under way, so nothing is there. */
	assert_false(ahead_take(s.ahead, &b, &s.failed, &s.genesis, &s.seen, stopped, moved, &s));
	struct hash other = {{1}};
	start(&s, &s.genesis);
	start(&s, &s.genesis);
	assert_false(ahead_take(s.ahead, &b, &s.failed, &other, &s.seen, stopped, moved, &s));
	assert_int_equal(s.ended, 3);
	start(&s, &s.genesis);
	end(&s);
	ahead_free(NULL);
}

/* Parts of a batch are parsed by several threads; what is told is the chain's first fault. */
static void first_fault(void **state)
{
	(void)state;
	struct scene s;
	struct chain_batch one, many = {.n = 900};
	struct prepared p;
	begin(&s, BATCH);
	assert_int_equal(s.node.blocks(s.node.ctx, &one, &s.genesis, 1), ERR_OK);
	many.blocks = calloc(many.n, sizeof *many.blocks);
	assert_non_null(many.blocks);
	for (size_t i = 0; i < many.n; i++) {
		many.blocks[i] = one.blocks[1];
		many.blocks[i].height = i;
	}
	assert_int_equal(scan_prepare(&p, &many, 100, &s.h.w.account.view), ERR_OK);
	assert_int_equal(p.n, 800);
	assert_int_equal(p.n_txs, 800 * one.blocks[1].n_txs);
	for (size_t i = 1; i < p.n; i++) {
		size_t step = p.blocks[i].txs[0].derived - p.blocks[i - 1].txs[0].derived;
		assert_int_equal(step, p.n_derived / p.n);
		assert_memory_equal(p.derived + 32 * p.blocks[i].txs[0].derived, p.derived,
				    32 * step);
	}
	prepared_free(&p);
	struct chain_tx cut = one.blocks[1].txs[0];
	cut.size--;
	static const size_t bad[] = {880, 301, 300};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char why[64];
		many.blocks[bad[i]].txs = &cut;
		many.blocks[bad[i]].n_txs = 1;
		assert_int_equal(scan_prepare(&p, &many, 100, &s.h.w.account.view),
				 ERR_NODE_ANSWER);
		snprintf(why, sizeof why, "block %zu, transaction 0 does not parse", bad[i]);
		assert_string_equal(err_detail(), why);
		assert_null(p.blocks);
	}
	free(many.blocks);
	chain_batch_free(&one);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(follows),        cmocka_unit_test(reorganised),
	    cmocka_unit_test(old_top),        cmocka_unit_test(failures),
	    cmocka_unit_test(from_elsewhere), cmocka_unit_test(waits),
	    cmocka_unit_test(first_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
