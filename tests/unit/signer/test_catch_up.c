/*
 * Rule 5, the past: a disk that was rolled back catches up from a copy of its journal, after which
 * every limit and the rules of replacement hold as if nothing had happened; and rule 6 over random
 * histories, by an account kept here of every key image that left.
 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "common/base/file.h"
#include "proto/journal.h"
#include "signer/session/catch_up.h"
#include "tests/unit/signer/gap.h"

#define HISTORIES 8
#define STEPS 16
#define PAYOUTS 6
#define KEPT_MAX 64

/* What left, by the replies alone. */
struct left {
	uint8_t payout;
	size_t n;
	struct key_image images[4];
};

static struct gap g, restored;
static struct left left[KEPT_MAX];
static struct plan_input inputs[KEPT_MAX]; /* of what was asked for, to be used again */
static size_t n_left, n_inputs;
static struct buf files[KEPT_MAX], replies[KEPT_MAX];
static size_t n_files;

static int begin(void **state)
{
	(void)state;
	gap_open(&g);
	gap_policy(&g, 50, 100, 200, 60);
	n_left = n_inputs = n_files = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		buf_free(&files[i]);
		buf_free(&replies[i]);
	}
	gap_close(&g);
	return 0;
}

/* Copies the store into a folder of its own: what a snapshot of the disk would hold. */
static void snapshot(struct gap *to)
{
	char from[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
	struct buf b;
	db_close(g.db);
	*to = g;
	to->db = NULL;
	snprintf(to->dir, sizeof to->dir, "/tmp/airlock-restored-XXXXXX");
	assert_non_null(mkdtemp(to->dir));
	buf_init(&b, 1 << 26);
	assert_int_equal(path_join(from, g.dir, "data.mdb"), ERR_OK);
	assert_int_equal(path_join(path, to->dir, "data.mdb"), ERR_OK);
	assert_int_equal(file_read(&b, from, 1 << 26), ERR_OK);
	assert_int_equal(file_write(path, b.p, b.n), ERR_OK);
	buf_free(&b);
	gap_open_store(&g);
}

/* The restored machine, on a day when the clock is that of the other. */
static void restore(struct gap *to)
{
	to->now = g.now;
	to->chain_time = g.chain_time;
	to->number = g.number;
	to->head = g.head;
	to->watcher = g.watcher;
	gap_open_store(to);
}

static struct ledger_head head_of(struct gap *of)
{
	struct ledger_head head;
	struct db_txn *t;
	assert_int_equal(db_begin(&t, of->db, false), ERR_OK);
	assert_int_equal(journal_head(&head, t), ERR_OK);
	db_abort(t);
	return head;
}

/* The journal after an entry, as the watcher would hand it back; changed by `harm` on the way. */
static void copy_of(struct buf *file, struct gap *of, uint64_t after,
		    void (*harm)(struct journal *m))
{
	struct db_txn *t;
	struct journal m;
	struct buf body;
	struct hash hash;
	buf_init(file, PROTO_MESSAGE_MAX);
	buf_init(&body, PROTO_MESSAGE_MAX);
	assert_int_equal(db_begin(&t, of->db, false), ERR_OK);
	assert_int_equal(journal_copy(&m, t, after), ERR_OK);
	m.signer = of->signer.public;
	if (harm) {
		harm(&m);
	}
	assert_int_equal(journal_encode(&body, &m), ERR_OK);
	assert_int_equal(envelope_seal(file, &hash, MSG_JOURNAL, NETWORK_STAGENET, 1,
				       buf_span(&body), &g.watcher, &g.signer.public),
			 ERR_OK);
	db_abort(t);
	journal_free(&m);
	buf_free(&body);
}

static enum err catch_up(struct catch_up *out, struct gap *to, const struct buf *file)
{
	const struct span span = buf_span(file);
	return session_catch_up(out, &to->env, &span, 1);
}

static void assert_same_table(unsigned table)
{
	struct db_txn *a, *b;
	struct span key_a, key_b, value_a, value_b;
	assert_int_equal(db_begin(&a, g.db, false), ERR_OK);
	assert_int_equal(db_begin(&b, restored.db, false), ERR_OK);
	enum err rc = db_first(a, table, db_span(NULL, 0), &key_a, &value_a);
	enum err other = db_first(b, table, db_span(NULL, 0), &key_b, &value_b);
	while (rc == ERR_OK && other == ERR_OK) {
		assert_int_equal(key_a.n, key_b.n);
		assert_memory_equal(key_a.p, key_b.p, key_a.n);
		assert_int_equal(value_a.n, value_b.n);
		assert_memory_equal(value_a.p, value_b.p, value_a.n);
		rc = db_next(a, table, &key_a, &value_a);
		other = db_next(b, table, &key_b, &value_b);
	}
	assert_int_equal(rc, ERR_NOT_FOUND);
	assert_int_equal(other, ERR_NOT_FOUND);
	db_abort(a);
	db_abort(b);
}

static bool share_an_image(const struct left *a, const struct left *b)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t j = 0; j < b->n; j++) {
			if (memcmp(a->images[i].b, b->images[j].b, 32) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* Rule 6: of all that ever left for one payout, the chain can accept only one. */
static void took(const struct reply *reply, uint8_t payout)
{
	if (!reply->n_txs || reply->txs[0].refused != ERR_OK) {
		return;
	}
	struct left *l = &left[n_left++];
	*l = (struct left){.payout = payout, .n = reply->txs[0].n_images};
	memcpy(l->images, reply->txs[0].images, l->n * sizeof l->images[0]);
	for (size_t i = 0; i + 1 < n_left; i++) {
		assert_true(left[i].payout != payout || share_an_image(&left[i], l));
	}
}

/* A request for one of a few payouts, of inputs new or seen before. */
static void ask(struct gap *of)
{
	struct request r;
	struct reply reply;
	uint8_t payout = (uint8_t)(1 + rng_below(&g.rng, PAYOUTS));
	size_t n_in = 1 + rng_below(&g.rng, 2);
	gap_request(of, &r);
	struct request_tx *t = gap_add(of, &r, n_in, payout, XMR(payout));
	for (size_t i = 0; i < n_in; i++) {
		if (n_inputs && rng_below(&g.rng, 3)) {
			t->plan.in[i] = inputs[rng_below(&g.rng, n_inputs)];
		} else if (n_inputs < KEPT_MAX) {
			inputs[n_inputs++] = t->plan.in[i];
		}
	}
	buf_init(&files[n_files], PROTO_MESSAGE_MAX);
	buf_init(&replies[n_files], PROTO_MESSAGE_MAX);
	gap_seal(of, &files[n_files], &r, &of->watcher);
	err_ignore(gap_answer_file(of, &replies[n_files], &reply, &files[n_files]));
	if (replies[n_files].n) {
		of->head = reply.journal;
	}
	n_files++;
	took(&reply, payout);
	reply_free(&reply);
	request_free(&r);
}

static void step(struct gap *of)
{
	uint64_t waits;
	struct policy p;
	struct db_txn *t;
	switch (rng_below(&g.rng, 9)) {
	case 0:
		of->now += rng_below(&g.rng, 30 * HOUR);
		of->chain_time = of->now - rng_below(&g.rng, HOUR);
		break;
	case 1:
		assert_int_equal(db_begin(&t, of->db, false), ERR_OK);
		assert_int_equal(state_policy(&p, t, NETWORK_STAGENET), ERR_OK);
		db_abort(t);
		p.limits.day = XMR((double)(40 + rng_below(&g.rng, 300)));
		p.limits.payout = XMR((double)(2 + rng_below(&g.rng, 20)));
		p.cool_off = HOUR * (1 + rng_below(&g.rng, 24));
		assert_int_equal(settings_policy_set(&waits, &of->env, &p), ERR_OK);
		break;
	case 2:
		gap_pair(of);
		break;
	case 3:
		of->now += 7 * 24 * HOUR + 1;
		of->chain_time = of->now;
		assert_int_equal(settings_clock(&of->env), ERR_OK);
		break;
	default:
		ask(of);
	}
}

static void same_past(void)
{
	struct policy_spent a, b;
	struct db_txn *t;
	assert_same_table(TABLE_META);
	assert_same_table(TABLE_PAYOUT);
	assert_same_table(TABLE_TX);
	assert_same_table(TABLE_INPUT);
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_spent(&a, t, g.now, g.chain_time), ERR_OK);
	db_abort(t);
	assert_int_equal(db_begin(&t, restored.db, false), ERR_OK);
	assert_int_equal(journal_spent(&b, t, g.now, g.chain_time), ERR_OK);
	db_abort(t);
	assert_memory_equal(&a, &b, sizeof a);
}

/* What was answered is answered with the same bytes or not at all. */
static void same_replies(void)
{
	for (size_t i = 0; i < n_files; i++) {
		struct buf again;
		struct reply reply;
		if (!replies[i].n) {
			continue;
		}
		buf_init(&again, PROTO_MESSAGE_MAX);
		enum err rc = gap_answer_file(&restored, &again, &reply, &files[i]);
		if (rc != ERR_REPLY_LOST && rc != ERR_MSG_SENDER) {
			assert_int_equal(again.n, replies[i].n);
			assert_memory_equal(again.p, replies[i].p, again.n);
		} else {
			assert_int_equal(again.n, 0);
		}
		reply_free(&reply);
		buf_free(&again);
	}
}

static void history(unsigned seed)
{
	struct catch_up done;
	struct buf copy;
	g.rng = rng_seeded(&g.stream, 100 + seed);
	size_t cut = rng_below(&g.rng, STEPS);
	for (size_t i = 0; i < STEPS; i++) {
		if (i == cut) {
			snapshot(&restored);
		}
		step(&g);
	}
	restore(&restored);
	struct ledger_head before = head_of(&restored), after = head_of(&g);
	copy_of(&copy, &g, 3, NULL);
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_OK);
	assert_int_equal(done.taken, after.number - before.number);
	assert_true(head_of(&restored).number == after.number + (done.taken ? 1 : 0));
	same_past();
	same_replies();
	/* And on it goes, under the same rules. */
	for (size_t i = 0; i < STEPS / 2; i++) {
		step(&restored);
	}
	/* Once more finds nothing new. */
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_OK);
	assert_true(done.taken == 0);
	buf_free(&copy);
	gap_close(&restored);
}

static void rule_5_and_6_over_random_histories(void **state)
{
	for (unsigned seed = 0; seed < HISTORIES; seed++) {
		history(seed);
		end(state);
		begin(state);
	}
}

static void rule_5_rolled_back_until_caught_up(void **state)
{
	(void)state;
	struct catch_up done;
	struct buf copy;
	struct request r;
	struct reply reply;
	snapshot(&restored);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, 1, XMR(9));
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
	restore(&restored);
	gap_request(&restored, &r);
	gap_add(&restored, &r, 1, 1, XMR(9));
	assert_int_equal(gap_answer(&restored, &r, &reply), ERR_ROLLED_BACK);
	reply_free(&reply);
	copy_of(&copy, &g, 0, NULL);
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_OK);
	assert_int_equal(gap_entries(&restored, RECORD_CATCH_UP), 1);
	/* With other inputs than before, both could be mined. */
	gap_request(&restored, &r);
	gap_add(&restored, &r, 1, 1, XMR(9));
	assert_int_equal(gap_answer(&restored, &r, &reply), ERR_PAYOUT_TWICE);
	reply_free(&reply);
	buf_free(&copy);
	gap_close(&restored);
}

static void wrong_signature(struct journal *m)
{
	m->entries[m->n_entries - 1].signature[7] ^= 1;
}

static void gap_within(struct journal *m)
{
	m->n_entries--;
	memmove(m->entries, m->entries + 1, m->n_entries * sizeof m->entries[0]);
}

static void reordered(struct journal *m)
{
	struct journal_entry e = m->entries[0];
	m->entries[0] = m->entries[1];
	m->entries[1] = e;
}

static void other_head(struct journal *m)
{
	m->head.hash[0] ^= 1;
}

static void end_dropped(struct journal *m)
{
	m->n_entries--;
}

static void other_before(struct journal *m)
{
	m->before.hash[0] ^= 1;
}

static void other_signer(struct journal *m)
{
	m->signer.b[0] ^= 1;
}

static void rule_5_a_bad_copy_is_refused_whole(void **state)
{
	(void)state;
	static const struct {
		void (*harm)(struct journal *m);
		enum err expected;
	} cases[] = {{wrong_signature, ERR_JOURNAL_BROKEN}, {gap_within, ERR_JOURNAL_BROKEN},
		     {reordered, ERR_JOURNAL_BROKEN},       {other_head, ERR_JOURNAL_BROKEN},
		     {end_dropped, ERR_JOURNAL_BROKEN},     {other_before, ERR_JOURNAL_BROKEN},
		     {other_signer, ERR_JOURNAL_BROKEN}};
	struct catch_up done;
	struct buf copy;
	snapshot(&restored);
	for (size_t i = 0; i < 4; i++) {
		ask(&g);
	}
	restore(&restored);
	struct ledger_head before = head_of(&restored);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		copy_of(&copy, &g, 2, cases[i].harm);
		assert_int_equal(catch_up(&done, &restored, &copy), cases[i].expected);
		buf_free(&copy);
	}
	/* One that begins after what we have. */
	copy_of(&copy, &g, before.number + 1, NULL);
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_JOURNAL_BROKEN);
	buf_free(&copy);
	/* A clock that is behind what was done. */
	restored.now -= HOUR;
	copy_of(&copy, &g, 2, NULL);
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_CLOCK_BEHIND);
	struct ledger_head after = head_of(&restored);
	assert_memory_equal(&before, &after, sizeof before);
	restored.now += HOUR;
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_OK);
	buf_free(&copy);
	gap_close(&restored);
}

/* Once the restored signer has gone its own way, no copy makes the two pasts one. */
static void rule_5_a_fork_is_refused(void **state)
{
	(void)state;
	struct catch_up done;
	struct buf copy;
	snapshot(&restored);
	ask(&g);
	restore(&restored);
	gap_policy(&restored, 40, 100, 200, 60);
	copy_of(&copy, &g, 0, NULL);
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_JOURNAL_FORK);
	buf_free(&copy);
	/* Nor when the copy begins where only it has been. */
	ask(&g);
	copy_of(&copy, &g, head_of(&restored).number, NULL);
	assert_int_equal(catch_up(&done, &restored, &copy), ERR_JOURNAL_FORK);
	buf_free(&copy);
	gap_close(&restored);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rule_5_rolled_back_until_caught_up, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_a_bad_copy_is_refused_whole, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_a_fork_is_refused, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_and_6_over_random_histories, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
