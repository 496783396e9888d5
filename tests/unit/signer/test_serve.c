/*
 * The unattended float. Rule 3 there: nothing beyond the unattended tier is signed. And whatever
 * stops it, one reply a request, none lost.
 */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "common/base/file.h"
#include "signer/serve/serve.h"
#include "tests/unit/signer/gap.h"

static struct gap g;
static char inbox[64], outbox[64];
static volatile sig_atomic_t stop;
static size_t n_told;
static char told_names[16][64];
static enum err told_outcome;

static const char *path_in(const char *folder, const char *name)
{
	static char paths[4][PATH_TEXT_MAX];
	static unsigned at;
	char *path = paths[at++ % 4];
	assert_int_equal(path_join(path, folder, name), ERR_OK);
	return path;
}

static int begin(void **state)
{
	(void)state;
	uint64_t waits;
	struct policy p = {0};
	gap_open(&g);
	p.limits =
	    (struct policy_limits){XMR(50), XMR(100), XMR(200), 60, XMR(1), amount_of(UINT32_MAX)};
	p.unattended = (struct policy_reach){true, XMR(2), XMR(5)};
	p.cool_off = POLICY_COOL_OFF_DEFAULT;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	snprintf(inbox, sizeof inbox, "/tmp/airlock-inbox-XXXXXX");
	snprintf(outbox, sizeof outbox, "/tmp/airlock-outbox-XXXXXX");
	assert_non_null(mkdtemp(inbox));
	assert_non_null(mkdtemp(outbox));
	n_told = 0;
	stop = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	char line[200];
	gap_close(&g);
	snprintf(line, sizeof line, "rm -r %s %s", inbox, outbox);
	return system(line);
}

static enum err unlock(void *ctx, const struct spend_key **spend)
{
	struct gap *of = ctx;
	of->n_unlocked++;
	*spend = &of->wallet.spend;
	return ERR_OK;
}

static void lock(void *ctx)
{
	((struct gap *)ctx)->n_unlocked--;
}

static void told(void *ctx, const struct served *s)
{
	(void)ctx;
	snprintf(told_names[n_told++ % 16], sizeof told_names[0], "%s", s->name);
	told_outcome = s->outcome;
}

static struct serve service(void)
{
	return (struct serve){.env = &g.env,
			      .hooks = {&g, NULL, unlock, lock},
			      .inbox = inbox,
			      .outbox = outbox,
			      .told = told,
			      .stop = &stop};
}

static enum err look(void)
{
	const struct serve s = service();
	enum err rc = serve_look(&s);
	assert_int_equal(g.n_unlocked, 0);
	return rc;
}

/* A request of one payout, put into the inbox. */
static void put_request(const char *name, uint8_t id, double amount)
{
	struct request r;
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX);
	gap_request(&g, &r);
	gap_add(&g, &r, 1, id, XMR(amount));
	gap_seal(&g, &file, &r, &g.watcher);
	assert_int_equal(file_write(path_in(inbox, name), file.p, file.n), ERR_OK);
	request_free(&r);
	buf_free(&file);
}

static bool in_inbox(const char *name)
{
	return file_exists(path_in(inbox, name));
}

static bool in_outbox(const char *name)
{
	return file_exists(path_in(outbox, name));
}

static void read_whole(struct buf *b, const char *path)
{
	buf_init(b, PROTO_MESSAGE_MAX);
	assert_int_equal(file_read(b, path, PROTO_MESSAGE_MAX), ERR_OK);
}

static bool reason_says(const char *name, const char *what)
{
	struct buf b;
	read_whole(&b, path_in(inbox, name));
	bool says = memmem(b.p, b.n, what, strlen(what)) != NULL;
	buf_free(&b);
	return says;
}

static void answers_within_the_tier(void **state)
{
	(void)state;
	put_request("a", 1, 1);
	assert_int_equal(look(), ERR_OK);
	assert_true(in_outbox("a.reply") && in_inbox("a.done") && !in_inbox("a"));
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 1);
	assert_int_equal(g.n_confirms, 0);
	assert_int_equal(look(), ERR_OK);
	assert_int_equal(n_told, 1);
}

static void rule_3_nothing_beyond_the_unattended_tier(void **state)
{
	(void)state;
	put_request("large", 1, 3);
	assert_int_equal(look(), ERR_OK);
	assert_int_equal(told_outcome, ERR_NOT_UNATTENDED);
	assert_false(in_outbox("large.reply"));
	assert_true(in_inbox("large.failed"));
	assert_true(reason_says("large.failed.reason", "not_unattended"));
	/* Nor in many small ones, together beyond its day. */
	for (uint8_t i = 2; i < 6; i++) {
		char name[8];
		snprintf(name, sizeof name, "r%u", i);
		put_request(name, i, 1.5);
	}
	assert_int_equal(look(), ERR_OK);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 3);
	assert_true(in_outbox("r2.reply") && in_outbox("r3.reply") && in_outbox("r4.reply"));
	assert_true(in_inbox("r5.failed") && !in_outbox("r5.reply"));
	assert_int_equal(gap_entries(&g, RECORD_REQUEST_REFUSED), 2);
}

static void rule_5_a_leap_of_the_clock_is_not_for_it_to_confirm(void **state)
{
	(void)state;
	g.now += 30 * 24 * HOUR;
	put_request("a", 1, 1);
	assert_int_equal(look(), ERR_OK);
	assert_int_equal(told_outcome, ERR_CLOCK_JUMP);
	assert_true(in_inbox("a.failed"));
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 0);
}

/* By the watcher's numbers, whatever the files are called: a later one first would be the end of
 * those before it. */
static void takes_them_in_their_order(void **state)
{
	(void)state;
	put_request("z", 1, 1);
	put_request("m", 2, 1);
	put_request("a", 3, 1);
	assert_int_equal(look(), ERR_OK);
	assert_int_equal(n_told, 3);
	assert_string_equal(told_names[0], "z");
	assert_string_equal(told_names[2], "a");
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 3);
}

static void rule_6_cut_off_anywhere_and_taken_up_again(void **state)
{
	(void)state;
	struct buf first, again;
	put_request("a", 1, 1);
	assert_int_equal(look(), ERR_OK);
	read_whole(&first, path_in(outbox, "a.reply"));
	/* Killed after the reply was placed, before the request was renamed. */
	assert_int_equal(file_rename(path_in(inbox, "a.done"), path_in(inbox, "a")), ERR_OK);
	assert_int_equal(look(), ERR_OK);
	assert_true(in_inbox("a.done") && !in_outbox("a.2.reply"));
	/* Killed after the commit, while the reply was being written. */
	assert_int_equal(file_rename(path_in(inbox, "a.done"), path_in(inbox, "a")), ERR_OK);
	assert_int_equal(file_rename(path_in(outbox, "a.reply"), path_in(outbox, "a.reply.77.tmp")),
			 ERR_OK);
	const struct serve s = service();
	assert_int_equal(serve_begin(&s), ERR_OK);
	assert_false(in_outbox("a.reply.77.tmp"));
	assert_int_equal(look(), ERR_OK);
	read_whole(&again, path_in(outbox, "a.reply"));
	assert_int_equal(first.n, again.n);
	assert_memory_equal(first.p, again.p, first.n);
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 1);
	buf_free(&first);
	buf_free(&again);
}

static void a_name_used_again_overwrites_nothing(void **state)
{
	(void)state;
	struct buf first, now;
	put_request("a", 1, 1);
	assert_int_equal(look(), ERR_OK);
	read_whole(&first, path_in(outbox, "a.reply"));
	put_request("a", 2, 1);
	assert_int_equal(look(), ERR_OK);
	assert_true(in_outbox("a.2.reply") && in_inbox("a.2.done") && in_inbox("a.done"));
	read_whole(&now, path_in(outbox, "a.reply"));
	assert_int_equal(first.n, now.n);
	assert_memory_equal(first.p, now.p, now.n);
	buf_free(&first);
	buf_free(&now);
}

static void what_is_no_request_is_moved_aside(void **state)
{
	(void)state;
	const struct utimbuf old = {(time_t)g.now - 60, (time_t)g.now - 60};
	const struct utimbuf fresh = {(time_t)g.now, (time_t)g.now};
	assert_int_equal(file_write(path_in(inbox, "junk"), "junk\n", 5), ERR_OK);
	/* Cut short: perhaps still being copied, until it has lain there for a while. */
	assert_int_equal(file_write(path_in(inbox, "cut"), "AIRLOCK\1", 8), ERR_OK);
	assert_int_equal(utime(path_in(inbox, "cut"), &fresh), 0);
	assert_int_equal(symlink("/etc/hostname", path_in(inbox, "link")), 0);
	assert_int_equal(mkdir(path_in(inbox, "folder"), 0700), 0);
	assert_int_equal(file_write(path_in(inbox, "b.part"), "x", 1), ERR_OK);
	assert_int_equal(look(), ERR_OK);
	assert_true(in_inbox("junk.failed") && in_inbox("junk.failed.reason"));
	assert_true(in_inbox("cut") && in_inbox("link") && in_inbox("folder") &&
		    in_inbox("b.part"));
	assert_int_equal(utime(path_in(inbox, "cut"), &old), 0);
	assert_int_equal(look(), ERR_OK);
	assert_true(in_inbox("cut.failed"));
	assert_true(reason_says("cut.failed.reason", "msg_truncated"));
}

/* Where the machine fails, the request stays, and gets the reply that was made for it later. */
static void a_failing_machine_loses_nothing(void **state)
{
	(void)state;
	char aside[80];
	put_request("a", 1, 1);
	snprintf(aside, sizeof aside, "%s.aside", outbox);
	assert_int_equal(rename(outbox, aside), 0);
	assert_int_not_equal(look(), ERR_OK);
	assert_true(in_inbox("a"));
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 1);
	assert_int_equal(rename(aside, outbox), 0);
	assert_int_equal(look(), ERR_OK);
	assert_true(in_outbox("a.reply") && in_inbox("a.done"));
	assert_int_equal(gap_entries(&g, RECORD_SIGNED), 1);
}

static void stops_between_requests(void **state)
{
	(void)state;
	put_request("a", 1, 1);
	stop = 1;
	assert_int_equal(look(), ERR_OK);
	assert_true(in_inbox("a") && !in_outbox("a.reply"));
}

static void does_not_begin_where_nothing_could_be_answered(void **state)
{
	(void)state;
	const struct serve s = service();
	assert_int_equal(serve_begin(&s), ERR_OK);
	gap_policy(&g, 50, 100, 200, 60);
	assert_int_equal(serve_begin(&s), ERR_NOT_UNATTENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(answers_within_the_tier, begin, end),
	    cmocka_unit_test_setup_teardown(rule_3_nothing_beyond_the_unattended_tier, begin, end),
	    cmocka_unit_test_setup_teardown(rule_5_a_leap_of_the_clock_is_not_for_it_to_confirm,
					    begin, end),
	    cmocka_unit_test_setup_teardown(takes_them_in_their_order, begin, end),
	    cmocka_unit_test_setup_teardown(rule_6_cut_off_anywhere_and_taken_up_again, begin, end),
	    cmocka_unit_test_setup_teardown(a_name_used_again_overwrites_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(what_is_no_request_is_moved_aside, begin, end),
	    cmocka_unit_test_setup_teardown(a_failing_machine_loses_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(stops_between_requests, begin, end),
	    cmocka_unit_test_setup_teardown(does_not_begin_where_nothing_could_be_answered, begin,
					    end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
