/* What `run` does besides following the chain goes on whatever becomes of a sweep. */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/watcher/hot.h"
#include "watcher/cli/cli.h"

#define XMR ATOMIC_PER_XMR
#define DAY UINT64_C(86400)

static char dir[] = "/tmp/airlock-chores-XXXXXX";

struct fixture {
	struct hot h;
	struct opened p;
	struct chores c;
};

static void start(struct fixture *f, const char *folder)
{
	struct scalar s;
	hot_start(&f->h, 80);
	hot_deposit(&f->h, (struct subaddress){0, 0}, 3 * XMR, 20);
	hot_sync(&f->h);
	f->p = (struct opened){.db = f->h.db, .w = f->h.w};
	struct address *vault = &f->p.w.config.vault;
	*vault = (struct address){.network = NETWORK_MAINNET, .kind = ADDRESS_STANDARD};
	sc_random(&s, &f->h.rng);
	public_of_scalar(&vault->spend, &s);
	vault->view = vault->spend;
	f->p.w.config.stall_seconds = 0;
	f->p.w.config.sweep_above = amount_of(XMR);
	snprintf(f->p.settings.sweep_folder, sizeof f->p.settings.sweep_folder, "%s", folder);
	chores_start(&f->c, &f->p.settings);
}

static size_t built(const struct fixture *f)
{
	return hot_events(&f->h, "request_built");
}

static size_t waiting(const struct fixture *f)
{
	struct watcher_status s;
	assert_int_equal(watcher_status(&f->p.w, &s), ERR_OK);
	return s.open_requests;
}

static void remove_file(const char *name)
{
	char path[PATH_TEXT_MAX];
	assert_int_equal(path_join(path, dir, name), ERR_OK);
	assert_int_equal(unlink(path), 0);
}

/* A stick that is pulled: nothing is built, it is said ever more rarely, and it heals by itself. */
static void a_folder_that_is_away(void **state)
{
	static struct fixture f;
	struct address_entry e;
	(void)state;
	start(&f, "/nowhere/at/all");
	assert_int_equal(watcher_new_address(&f.p.w, 0, "Alice", &e), ERR_OK);
	uint64_t before = 0;
	for (unsigned i = 0; i < 12; i++) {
		assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
		assert_true(f.c.sweep_fails);
		uint64_t wait = f.c.sweep_after - 1000 * f.h.now;
		assert_in_range(wait, i ? before / 2 : 30000, i ? 3600000 : 60000);
		before = wait;
		/* Not again before its time. */
		f.h.now += wait / 1000 - 1;
		assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
		assert_in_range(f.c.sweep_after - 1000 * f.h.now, 0, 2000);
		f.h.now += 2;
	}
	assert_in_range(before, 1800000, 3600000);
	assert_int_equal(built(&f), 0);
	snprintf(f.p.settings.sweep_folder, sizeof f.p.settings.sweep_folder, "%s", dir);
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_false(f.c.sweep_fails);
	assert_int_equal(waiting(&f), 1);
	remove_file("sweep-1.request");
	hot_stop(&f.h);
}

/* What was forgotten daily is forgotten all the same. */
static void what_comes_after_it(void **state)
{
	static struct fixture f;
	struct address_entry e;
	(void)state;
	start(&f, "/nowhere/at/all");
	assert_int_equal(watcher_new_address(&f.p.w, 0, "Alice", &e), ERR_OK);
	f.p.w.config.keep_labels = DAY;
	/* A clock that the chain contradicts forgets nothing, and ends nothing. */
	f.h.now += 2 * DAY;
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_true(f.c.clock_doubted);
	assert_int_equal(hot_events(&f.h, "pruned"), 0);
	fake_chain_mine(f.h.chain, 1, 2 * DAY, true);
	hot_sync(&f.h);
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_false(f.c.clock_doubted);
	assert_int_equal(hot_events(&f.h, "pruned"), 1);
	hot_stop(&f.h);
}

/* Seen only when it is written; the request is given up, and its money is free again. */
static void a_folder_that_takes_nothing(void **state)
{
	static struct fixture f;
	(void)state;
	start(&f, "/proc");
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_true(f.c.sweep_fails);
	assert_int_equal(waiting(&f), 0);
	assert_int_equal(watcher_verify_books(&f.p.w), ERR_OK);
	hot_stop(&f.h);
}

static void a_vault_of_another_network(void **state)
{
	static struct fixture f;
	(void)state;
	start(&f, dir);
	f.p.w.config.vault.network = NETWORK_STAGENET;
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_true(f.c.sweep_fails);
	assert_int_equal(built(&f), 0);
	/* Read again, it is looked at again, and swept by hand it is no trouble any more. */
	chores_start(&f.c, &f.p.settings);
	assert_false(f.c.sweep_fails);
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_true(f.c.sweep_fails);
	f.p.w.config.sweep_above = amount_of(5 * XMR);
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_false(f.c.sweep_fails);
	hot_stop(&f.h);
}

/* A file of that name is another request's: it stays, and the new one gets a name of its own. */
static void a_name_that_is_taken(void **state)
{
	static struct fixture f;
	static const char *const names[] = {"sweep-1.request", "sweep-1-2.request"};
	char path[PATH_TEXT_MAX];
	struct stat st;
	(void)state;
	start(&f, dir);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(path_join(path, dir, names[i]), ERR_OK);
		assert_int_equal(file_write(path, "x", 1), ERR_OK);
	}
	assert_int_equal(chores(&f.c, &f.p, false), ERR_OK);
	assert_false(f.c.sweep_fails);
	assert_int_equal(waiting(&f), 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(path_join(path, dir, names[i]), ERR_OK);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, 1);
		remove_file(names[i]);
	}
	remove_file("sweep-1-3.request");
	hot_stop(&f.h);
}

/* The store's own trouble is not a sweep's: it is told at once and ends `run`. */
static void a_damaged_store(void **state)
{
	static struct fixture f;
	struct db_txn *t;
	(void)state;
	start(&f, dir);
	assert_int_equal(db_begin(&t, f.h.db, true), ERR_OK);
	assert_int_equal(db_put(t, T_QUEUE, db_span("x", 1), db_span("x", 1)), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(chores(&f.c, &f.p, false), ERR_DB_DAMAGED);
	hot_stop(&f.h);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_folder_that_is_away),
	    cmocka_unit_test(what_comes_after_it),
	    cmocka_unit_test(a_folder_that_takes_nothing),
	    cmocka_unit_test(a_vault_of_another_network),
	    cmocka_unit_test(a_name_that_is_taken),
	    cmocka_unit_test(a_damaged_store),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
