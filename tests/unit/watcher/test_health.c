/* The node's health: judged, kept with its events, and what it stops. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"
#include "watcher/health/health.h"

#define XMR ATOMIC_PER_XMR

/* A witness over the same chain that tells it otherwise. */
struct liar {
	struct chain inner;
	enum err rc;      /* of info */
	int64_t ahead;    /* blocks more than there are */
	uint64_t differs; /* from this height on; 0: nowhere */
	uint8_t hard_fork;
	enum network network;
	unsigned asked;
};

static enum err lie_info(void *ctx, struct chain_info *out)
{
	struct liar *l = ctx;
	l->asked++;
	enum err rc = l->inner.info(l->inner.ctx, out);
	out->height += (uint64_t)l->ahead;
	out->hard_fork = l->hard_fork ? l->hard_fork : out->hard_fork;
	out->network = l->network;
	return l->rc == ERR_OK ? rc : l->rc;
}

static enum err lie_block_id(void *ctx, struct hash *out, uint64_t height)
{
	struct liar *l = ctx;
	enum err rc = l->inner.block_id(l->inner.ctx, out, height);
	if (l->differs && height >= l->differs) {
		out->b[0] ^= 1;
	}
	return rc;
}

struct scene {
	struct hot h;
	struct liar liar[2];
	struct witness witness[2];
};

static void begin(struct scene *s, size_t n)
{
	memset(s, 0, sizeof *s);
	hot_start(&s->h, 60);
	for (size_t i = 0; i < n; i++) {
		s->liar[i].inner = fake_chain_node(s->h.chain);
		s->witness[i].chain =
		    (struct chain){.ctx = &s->liar[i], .info = lie_info, .block_id = lie_block_id};
	}
	s->h.w.witness = s->witness;
	s->h.w.n_witnesses = n;
	hot_sync(&s->h);
}

/* Time for the witnesses to be asked again; the state then. */
static enum health_state look(struct scene *s)
{
	struct node_health h;
	s->h.now += HEALTH_WITNESS_SECONDS;
	hot_sync(&s->h);
	assert_int_equal(watcher_health(&s->h.w, &h), ERR_OK);
	return h.state;
}

static enum err plan(struct scene *s)
{
	struct buf file;
	struct request_info info;
	buf_init(&file, PROTO_MESSAGE_MAX);
	enum err rc = watcher_build_request(&s->h.w, &file, &info);
	buf_free(&file);
	return rc;
}

static void test_behind_and_back(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 0);
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_events(&s.h, "node_health"), 1);
	s.h.asleep = true;
	hot_deposit(&s.h, (struct subaddress){0, 1}, XMR / 100, 3);
	assert_int_equal(look(&s), HEALTH_BEHIND);
	fake_chain_mine(s.h.chain, 1, 120, true);
	assert_int_equal(look(&s), HEALTH_BEHIND);
	assert_int_equal(hot_state(&s.h, XMR / 100), DEPOSIT_CONFIRMED);
	assert_int_equal(plan(&s), ERR_NODE_BEHIND);
	assert_int_equal(hot_events(&s.h, "node_health"), 2);
	s.h.asleep = false;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_state(&s.h, XMR / 100), DEPOSIT_CREDITED);
	assert_int_equal(hot_events(&s.h, "node_health"), 3);
	assert_int_equal(plan(&s), ERR_NOT_FOUND); /* nothing is queued */
	hot_stop(&s.h);
}

static void test_stalled(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 0);
	s.h.now = fake_chain_time(s.h.chain) + 7300;
	hot_sync(&s.h);
	struct node_health h;
	assert_int_equal(watcher_health(&s.h.w, &h), ERR_OK);
	assert_int_equal(h.state, HEALTH_STALLED);
	assert_int_equal(h.since, s.h.now);
	assert_int_equal(plan(&s), ERR_NODE_STALLED);
	/* A block, and it goes on; what came meanwhile is credited. */
	struct address to;
	address_of(&to, &s.h.w.account, (struct subaddress){0, 1});
	fake_chain_pay(s.h.chain, &to, amount_of(XMR / 100));
	fake_chain_mine(s.h.chain, 1, 100, true);
	hot_sync(&s.h);
	assert_int_equal(hot_state(&s.h, XMR / 100), DEPOSIT_CONFIRMED);
	fake_chain_mine(s.h.chain, 1, 3700, true);
	hot_sync(&s.h);
	assert_int_equal(hot_state(&s.h, XMR / 100), DEPOSIT_CREDITED);
	s.h.w.config.stall_seconds = 0;
	s.h.now += 1000000;
	hot_sync(&s.h);
	assert_int_equal(watcher_health(&s.h.w, &h), ERR_OK);
	assert_int_equal(h.state, HEALTH_HEALTHY);
	hot_stop(&s.h);
}

/* A deposit counts only as deep as the witness sees it. */
static void test_credit_as_agreed(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 1);
	uint64_t height = fake_chain_height(s.h.chain);
	s.liar[0].differs = height;
	hot_deposit(&s.h, (struct subaddress){0, 1}, XMR / 100, 2);
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_state(&s.h, XMR / 100), DEPOSIT_CONFIRMED);
	s.liar[0].differs = height + 1;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_state(&s.h, XMR / 100), DEPOSIT_CREDITED);
	/* One that is a little late has said nothing about the newest blocks yet. */
	s.liar[0].differs = 0;
	hot_deposit(&s.h, (struct subaddress){0, 1}, XMR / 50, 0);
	s.liar[0].ahead = -1;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_state(&s.h, XMR / 50), DEPOSIT_CONFIRMED);
	s.liar[0].ahead = 0;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_state(&s.h, XMR / 50), DEPOSIT_CREDITED);
	hot_stop(&s.h);
}

static void test_disagreement(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 1);
	hot_deposit(&s.h, (struct subaddress){0, 1}, XMR / 100, HEALTH_DEPTH);
	s.liar[0].differs = fake_chain_height(s.h.chain) - HEALTH_DEPTH;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	assert_int_equal(hot_events(&s.h, "alarm"), 0);
	s.liar[0].differs--;
	assert_int_equal(look(&s), HEALTH_DISAGREEING);
	assert_int_equal(look(&s), HEALTH_DISAGREEING);
	assert_int_equal(hot_events(&s.h, "alarm"), 1);
	assert_int_equal(plan(&s), ERR_NODE_DISAGREE);
	hot_deposit(&s.h, (struct subaddress){0, 1}, XMR / 50, 1);
	assert_int_equal(look(&s), HEALTH_DISAGREEING);
	assert_int_equal(hot_state(&s.h, XMR / 50), DEPOSIT_CONFIRMED);
	hot_stop(&s.h);
}

static void test_witnesses(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, 2);
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	unsigned asked = s.liar[0].asked;
	hot_sync(&s.h);
	assert_int_equal(s.liar[0].asked, asked); /* the same top, just asked */

	s.liar[0].ahead = HEALTH_LAG;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	s.liar[0].ahead = HEALTH_LAG + 1;
	assert_int_equal(look(&s), HEALTH_BEHIND);
	s.liar[0].ahead = 0;

	s.liar[0].rc = ERR_NODE_UNREACHABLE;
	assert_int_equal(look(&s), HEALTH_HEALTHY); /* the other one agrees */
	s.liar[1].network = NETWORK_STAGENET;
	assert_int_equal(look(&s), HEALTH_UNREACHABLE);
	assert_int_equal(plan(&s), ERR_NODE_UNREACHABLE);
	s.h.w.config.witnesses_needed = 0;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	s.h.w.config.witnesses_needed = 2;
	s.liar[1].network = NETWORK_MAINNET;
	assert_int_equal(look(&s), HEALTH_UNREACHABLE);
	s.liar[0].rc = ERR_OK;
	assert_int_equal(look(&s), HEALTH_HEALTHY);
	s.liar[1].hard_fork = HARD_FORK_KNOWN + 1;
	assert_int_equal(look(&s), HEALTH_UNKNOWN_FORK);
	assert_int_equal(plan(&s), ERR_NODE_FORK);
	hot_stop(&s.h);
}

/* With two needed, what both have counts: the lower of the two. */
static void test_judge_quorum(void **state)
{
	(void)state;
	struct watcher_config c;
	struct node_health h;
	struct chain_info info = {.height = 100, .synchronized = true, .top_time = 1000};
	struct testimony said[3] = {
	    {.answers = true, .agrees = true, .agreed = 90, .height = 100},
	    {.answers = true, .agrees = true, .agreed = 99, .height = 100},
	    {.answers = true, .agrees = true, .agreed = 95, .height = 100},
	};
	watcher_config_default(&c);
	for (unsigned needed = 0; needed <= 3; needed++) {
		static const uint64_t want[] = {UINT64_MAX, 100, 96, 91};
		c.witnesses_needed = needed;
		health_judge(&h, &info, said, 3, &c, 1000);
		assert_int_equal(h.state, HEALTH_HEALTHY);
		assert_int_equal(h.credit_height, want[needed]);
		assert_int_equal(health_credit_height(&h, 93), needed == 3 ? 91 : 93);
	}
	info.target_height = 101;
	health_judge(&h, &info, said, 3, &c, 1000);
	assert_int_equal(h.state, HEALTH_BEHIND);
	assert_int_equal(health_credit_height(&h, 93), 0);
}

static enum err down(void *ctx, struct chain_info *out)
{
	*out = (struct chain_info){0};
	return *(enum err *)ctx;
}

static void test_errors_are_kept(void **state)
{
	(void)state;
	static const struct {
		enum err e;
		enum health_state state;
	} cases[] = {
	    {ERR_NODE_UNREACHABLE, HEALTH_UNREACHABLE}, {ERR_NODE_NETWORK, HEALTH_FOREIGN},
	    {ERR_NODE_AUTH, HEALTH_UNREACHABLE},        {ERR_NODE_FORK, HEALTH_UNKNOWN_FORK},
	    {ERR_NODE_BUSY, HEALTH_UNREACHABLE},        {ERR_NODE_ANSWER, HEALTH_FAULTY},
	};
	struct scene s;
	begin(&s, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum err e = cases[i].e;
		struct sync_result r;
		struct node_health h;
		struct chain good = s.h.w.chain;
		s.h.w.chain.info = down;
		s.h.w.chain.ctx = &e;
		assert_int_equal(watcher_sync(&s.h.w, &r), cases[i].e);
		assert_int_equal(plan(&s), cases[i].e);
		s.h.w.chain = good;
		assert_int_equal(watcher_health(&s.h.w, &h), ERR_OK);
		assert_int_equal(h.state, cases[i].state);
		assert_true(h.reason[0]);
	}
	hot_stop(&s.h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_behind_and_back),  cmocka_unit_test(test_stalled),
	    cmocka_unit_test(test_credit_as_agreed), cmocka_unit_test(test_disagreement),
	    cmocka_unit_test(test_witnesses),        cmocka_unit_test(test_judge_quorum),
	    cmocka_unit_test(test_errors_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
