/* The LMDB store: transactions, walks, checksums, limits, and files damaged in every way. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/rng.h"
#include "common/base/secret.h"
#include "common/ledger/db.h"

static char dir[] = "/tmp/airlock-db-XXXXXX";
static const char *const tables[] = {"one", "two"};
#define MAP (16u << 20)

static void path_in(char out[static PATH_TEXT_MAX], const char *name)
{
	assert_int_equal(path_join(out, dir, name), ERR_OK);
}

static void remove_files(void)
{
	char path[PATH_TEXT_MAX];
	const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
	for (size_t i = 0; i < 3; i++) {
		path_in(path, names[i]);
		(void)unlink(path);
	}
}

static int setup(void **state)
{
	(void)state;
	return secret_start() == ERR_OK && mkdtemp(dir) ? 0 : -1;
}

static int fresh(void **state)
{
	(void)state;
	remove_files();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove_files();
	return rmdir(dir);
}

static struct span text(const char *s)
{
	return db_span(s, strlen(s));
}

static struct db *open_store(void)
{
	struct db *db;
	enum err rc = db_open_lmdb(&db, dir, tables, 2, MAP, true);
	if (rc != ERR_OK) {
		print_error("%s\n", err_detail());
	}
	assert_int_equal(rc, ERR_OK);
	return db;
}

static void assert_span(struct span s, const char *expected)
{
	assert_int_equal(s.n, strlen(expected));
	assert_memory_equal(s.p, expected, s.n);
}

static void commits_and_aborts(void **state)
{
	(void)state;
	struct db *db = open_store();
	struct db_txn *t;
	struct span v;
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	assert_int_equal(db_get(t, 0, text("a"), &v), ERR_NOT_FOUND);
	assert_int_equal(db_put(t, 0, text("a"), text("1")), ERR_OK);
	assert_int_equal(db_put_new(t, 0, text("a"), text("2")), ERR_EXISTS);
	assert_int_equal(db_put_new(t, 0, text("empty"), text("")), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);

	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	assert_int_equal(db_put(t, 0, text("a"), text("other")), ERR_OK);
	assert_int_equal(db_del(t, 0, text("empty")), ERR_OK);
	assert_int_equal(db_del(t, 0, text("empty")), ERR_NOT_FOUND);
	db_abort(t);
	db_close(db);

	db = open_store();
	assert_int_equal(db_begin(&t, db, false), ERR_OK);
	assert_int_equal(db_get(t, 0, text("a"), &v), ERR_OK);
	assert_span(v, "1");
	assert_int_equal(db_get(t, 1, text("a"), &v), ERR_NOT_FOUND);
	assert_int_equal(db_get(t, 0, text("empty"), &v), ERR_OK);
	assert_int_equal(v.n, 0);
	db_abort(t);
	db_close(db);
}

static void reader_keeps_its_state(void **state)
{
	(void)state;
	struct db *db = open_store();
	struct db_txn *w, *r;
	struct span v;
	assert_int_equal(db_begin(&r, db, false), ERR_OK);
	assert_int_equal(db_begin(&w, db, true), ERR_OK);
	assert_int_equal(db_put(w, 0, text("a"), text("1")), ERR_OK);
	assert_int_equal(db_commit(w), ERR_OK);
	assert_int_equal(db_get(r, 0, text("a"), &v), ERR_NOT_FOUND);
	db_abort(r);
	assert_int_equal(db_begin(&r, db, false), ERR_OK);
	assert_int_equal(db_get(r, 0, text("a"), &v), ERR_OK);
	db_abort(r);
	db_close(db);
}

static void walks_both_ways(void **state)
{
	(void)state;
	struct db *db = open_store();
	struct db_txn *t;
	struct span k, v;
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	assert_int_equal(db_first(t, 0, text(""), &k, &v), ERR_NOT_FOUND);
	assert_int_equal(db_last(t, 0, text(""), &k, &v), ERR_NOT_FOUND);
	assert_int_equal(db_put(t, 0, text("b"), text("1")), ERR_OK);
	assert_int_equal(db_put(t, 0, text("d"), text("2")), ERR_OK);
	assert_int_equal(db_put(t, 0, text("f"), text("3")), ERR_OK);
	assert_int_equal(db_put(t, 1, text("z"), text("other table")), ERR_OK);

	assert_int_equal(db_first(t, 0, text(""), &k, &v), ERR_OK);
	assert_span(k, "b");
	assert_int_equal(db_next(t, 0, &k, &v), ERR_OK);
	assert_span(k, "d");
	assert_span(v, "2");
	/* A key removed or changed under the walk does not stop it. */
	uint8_t held = k.p[0];
	assert_int_equal(db_del(t, 0, db_span(&held, 1)), ERR_OK);
	k = db_span(&held, 1);
	assert_int_equal(db_next(t, 0, &k, &v), ERR_OK);
	assert_span(k, "f");
	assert_int_equal(db_next(t, 0, &k, &v), ERR_NOT_FOUND);

	assert_int_equal(db_first(t, 0, text("c"), &k, &v), ERR_OK);
	assert_span(k, "f");
	assert_int_equal(db_first(t, 0, text("f"), &k, &v), ERR_OK);
	assert_span(k, "f");
	assert_int_equal(db_first(t, 0, text("g"), &k, &v), ERR_NOT_FOUND);
	assert_int_equal(db_last(t, 0, text(""), &k, &v), ERR_OK);
	assert_span(k, "f");
	assert_int_equal(db_last(t, 0, text("e"), &k, &v), ERR_OK);
	assert_span(k, "b");
	assert_int_equal(db_last(t, 0, text("f"), &k, &v), ERR_OK);
	assert_span(k, "f");
	assert_int_equal(db_prev(t, 0, &k, &v), ERR_OK);
	assert_span(k, "b");
	assert_int_equal(db_prev(t, 0, &k, &v), ERR_NOT_FOUND);
	assert_int_equal(db_last(t, 0, text("a"), &k, &v), ERR_NOT_FOUND);
	db_abort(t);
	db_close(db);
}

static void value_may_be_borrowed_from_the_store(void **state)
{
	(void)state;
	struct db *db = open_store();
	struct db_txn *t;
	struct span k, v;
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	assert_int_equal(db_put(t, 0, text("a"), text("content")), ERR_OK);
	for (int i = 0; i < 200; i++) {
		char name[8];
		snprintf(name, sizeof name, "b%03d", i);
		assert_int_equal(db_first(t, 0, text(""), &k, &v), ERR_OK);
		assert_int_equal(db_put(t, 0, text(name), v), ERR_OK);
	}
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(db_begin(&t, db, false), ERR_OK);
	assert_int_equal(db_get(t, 0, text("b199"), &v), ERR_OK);
	assert_span(v, "content");
	db_abort(t);
	db_close(db);
}

static void lock_and_missing_folder(void **state)
{
	(void)state;
	struct db *a = open_store(), *b;
	assert_int_equal(db_open_lmdb(&b, dir, tables, 2, MAP, true), ERR_LOCKED);
	assert_null(b);
	db_close(a);
	assert_int_equal(db_open_lmdb(&b, "/nonexistent/airlock", tables, 2, MAP, true),
			 ERR_NOT_FOUND);
}

/* The lock goes to another and comes back; the store stays open meanwhile. */
static void the_lock_is_shared(void **state)
{
	(void)state;
	struct db *a = open_store();
	struct db_txn *t;
	struct span v;
	char path[PATH_TEXT_MAX];
	int fd = -1;
	assert_int_equal(db_begin(&t, a, true), ERR_OK);
	assert_int_equal(db_put(t, 0, text("shared"), text("1")), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(path_join(path, dir, "lock"), ERR_OK);
	assert_int_equal(lock_take(&fd, path), ERR_LOCKED);
	db_let_go(a);
	assert_int_equal(lock_take(&fd, path), ERR_OK);
	assert_int_equal(db_take_again(a), ERR_LOCKED);
	lock_release(fd);
	assert_int_equal(db_take_again(a), ERR_OK);
	assert_int_equal(lock_take(&fd, path), ERR_LOCKED);
	assert_int_equal(db_begin(&t, a, false), ERR_OK);
	assert_int_equal(db_get(t, 0, text("shared"), &v), ERR_OK);
	db_abort(t);
	db_close(a);
}

static void full_map_is_no_space(void **state)
{
	(void)state;
	struct db *db;
	struct db_txn *t;
	static uint8_t big[1 << 18];
	assert_int_equal(db_open_lmdb(&db, dir, tables, 2, 1 << 20, true), ERR_OK);
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	assert_int_equal(db_put(t, 0, text("kept"), text("1")), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	enum err rc = ERR_OK;
	for (uint8_t i = 0; i < 8 && rc == ERR_OK; i++) {
		rc = db_put(t, 0, db_span(&i, 1), db_span(big, sizeof big));
	}
	assert_int_equal(rc, ERR_NO_SPACE);
	db_abort(t);
	struct span v;
	assert_int_equal(db_begin(&t, db, false), ERR_OK);
	assert_int_equal(db_get(t, 0, text("kept"), &v), ERR_OK);
	db_abort(t);
	db_close(db);
}

/* Commits as fast as it can until killed. */
static void write_for_ever(void)
{
	struct db *db;
	uint8_t value[300] = {0};
	enum err rc = db_open_lmdb(&db, dir, tables, 2, MAP, true);
	for (uint64_t i = 0; rc == ERR_OK; i++) {
		struct db_txn *t;
		uint8_t key[8];
		store64_be(key, i * 7919 % 500);
		rc = db_begin(&t, db, true);
		if (rc == ERR_OK) {
			rc = db_put(t, i % 2, db_span(key, 8), db_span(value, 1 + i % 299));
		}
		if (rc == ERR_OK) {
			rc = db_commit(t);
		}
	}
	_exit(1);
}

/* What a writer does meanwhile must not look like damage; nor is a killed writer's store damaged.
 */
static void another_process_may_look_on(void **state)
{
	(void)state;
	size_t looked = 0;
	pid_t writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		write_for_ever();
	}
	for (int i = 0; i < 200; i++) {
		struct db *db;
		struct db_txn *t;
		struct span k, v;
		struct timespec pause = {.tv_nsec = 1000000};
		(void)nanosleep(&pause, NULL);
		enum err rc = db_open_lmdb(&db, dir, tables, 2, MAP, false);
		assert_int_equal(rc, ERR_OK);
		assert_int_equal(db_begin(&t, db, false), ERR_OK);
		rc = db_first(t, 0, text(""), &k, &v);
		while (rc == ERR_OK) {
			looked++;
			rc = db_next(t, 0, &k, &v);
		}
		assert_int_equal(rc, ERR_NOT_FOUND);
		db_abort(t);
		db_close(db);
	}
	assert_int_equal(kill(writer, SIGKILL), 0);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_true(WIFSIGNALED(status));
	assert_true(looked > 100);
	db_close(open_store());
}

/* Enough records for branch pages, large values, and a free list. */
static void fill_store(void)
{
	struct db *db = open_store();
	struct db_txn *t;
	uint8_t key[8], value[9000];
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 1);
	for (unsigned round = 0; round < 3; round++) {
		assert_int_equal(db_begin(&t, db, true), ERR_OK);
		for (uint64_t i = 0; i < 400; i++) {
			store64_be(key, i * 7 + round);
			rng_fill(&rng, value, sizeof value);
			size_t n = i % 100 == 0 ? sizeof value : 20 + i % 60;
			assert_int_equal(db_put(t, i % 2, db_span(key, 8), db_span(value, n)),
					 ERR_OK);
		}
		assert_int_equal(db_commit(t), ERR_OK);
	}
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	for (uint64_t i = 0; i < 100; i++) {
		store64_be(key, i * 7);
		assert_int_equal(db_del(t, i % 2, db_span(key, 8)), ERR_OK);
	}
	assert_int_equal(db_commit(t), ERR_OK);
	db_close(db);
}

/* Reads everything; the number of records, or an error. */
static enum err read_all(size_t *n)
{
	struct db *db;
	struct db_txn *t;
	struct span k = {0}, v;
	*n = 0;
	enum err rc = db_open_lmdb(&db, dir, tables, 2, MAP, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_begin(&t, db, false);
	for (unsigned table = 0; rc == ERR_OK && table < 2; table++) {
		rc = db_first(t, table, text(""), &k, &v);
		for (; rc == ERR_OK; ++*n) {
			uint8_t held[500];
			memcpy(held, k.p, k.n);
			struct span again;
			rc = db_get(t, table, db_span(held, k.n), &again);
			rc = rc == ERR_NOT_FOUND ? ERR_DB_DAMAGED : rc;
			if (rc == ERR_OK) {
				rc = db_next(t, table, &k, &v);
			}
		}
		rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	db_abort(t);
	db_close(db);
	return rc;
}

/* Without the fsync of file_write, of which hundreds take long. */
static void overwrite(const char *path, const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* What it was reading is free again, for who has the store open and for who opens it. */
static void a_killed_reader_holds_nothing(void **state)
{
	static uint8_t large[100000];
	struct db *db = open_store();
	struct db_txn *t = NULL;
	int pipe_to[2];
	char byte = 0;
	(void)state;
	assert_int_equal(pipe(pipe_to), 0);
	pid_t reader = fork();
	if (reader == 0) {
		struct db *mine;
		if (db_open_lmdb(&mine, dir, tables, 2, MAP, false) == ERR_OK &&
		    db_begin(&t, mine, false) == ERR_OK && write(pipe_to[1], &byte, 1) == 1) {
			pause();
		}
		_exit(1);
	}
	assert_int_equal(read(pipe_to[0], &byte, 1), 1);
	kill(reader, SIGKILL);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	for (unsigned i = 0; i < 400; i++) {
		if (i == 20) {
			db_let_go(db);
			assert_int_equal(db_take_again(db), ERR_OK);
		}
		assert_int_equal(db_begin(&t, db, true), ERR_OK);
		large[0] = (uint8_t)i;
		assert_int_equal(db_put(t, 0, text("x"), db_span(large, sizeof large)), ERR_OK);
		assert_int_equal(db_commit(t), ERR_OK);
	}
	db_close(db);
	close(pipe_to[0]);
	close(pipe_to[1]);
}

static void damage_is_an_error_and_never_believed(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX];
	struct buf good, bad;
	size_t n, whole;
	fill_store();
	assert_int_equal(read_all(&whole), ERR_OK);
	assert_int_equal(whole, 1100);
	path_in(path, "data.mdb");
	buf_init(&good, 8u << 20);
	buf_init(&bad, 8u << 20);
	assert_int_equal(file_read(&good, path, 8u << 20), ERR_OK);
	buf_put(&bad, good.p, good.n);
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 2);
	unsigned noticed = 0;
	for (int i = 0; i < 400; i++) {
		/* One bit; half of the time in the head of a page, where LMDB's own words are. */
		size_t at = (size_t)rng_below(&rng, good.n);
		at = i % 2 ? at : (at & ~(size_t)4095) + (at & 127);
		memcpy(bad.p, good.p, good.n);
		bad.p[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
		overwrite(path, bad.p, bad.n);
		enum err rc = read_all(&n);
		if (rc == ERR_OK) {
			assert_int_equal(n, whole); /* it hit bytes that mean nothing */
		} else {
			assert_int_equal(rc, ERR_DB_DAMAGED);
			noticed++;
		}
	}
	assert_true(noticed > 50);
	for (size_t cut = 0; cut < good.n; cut += 2048 + cut / 3) {
		overwrite(path, good.p, cut);
		enum err rc = read_all(&n);
		assert_true(cut == 0 ? rc == ERR_OK && n == 0 : rc == ERR_DB_DAMAGED);
	}
	/* Garbage, and pages of zeros in the middle. */
	rng_fill(&rng, bad.p, bad.n);
	overwrite(path, bad.p, bad.n);
	assert_int_equal(read_all(&n), ERR_DB_DAMAGED);
	for (size_t page = 2; page * 4096 < good.n; page++) {
		memcpy(bad.p, good.p, good.n);
		memset(bad.p + page * 4096, 0, 4096);
		overwrite(path, bad.p, bad.n);
		enum err rc = read_all(&n);
		assert_true(rc == ERR_DB_DAMAGED || (rc == ERR_OK && n == whole));
	}
	buf_free(&good);
	buf_free(&bad);
}

/* The check before opening must not refuse what LMDB itself leaves behind after any history. */
static void any_history_opens_again(void **state)
{
	(void)state;
	static uint8_t value[20000];
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 3);
	for (int round = 0; round < 60; round++) {
		struct db *db = open_store();
		struct db_txn *t;
		assert_int_equal(db_begin(&t, db, true), ERR_OK);
		bool shrink = rng_below(&rng, 3) == 0;
		for (uint64_t n = rng_below(&rng, 400); n > 0; n--) {
			uint8_t key[8];
			store64_be(key, rng_below(&rng, 2000) * 0x10001);
			bool big = rng_below(&rng, 30) == 0;
			size_t size = (size_t)rng_below(&rng, big ? sizeof value : 200);
			unsigned table = (unsigned)rng_below(&rng, 2);
			if (shrink) {
				err_ignore(db_del(t, table, db_span(key, 8)));
			} else {
				rng_fill(&rng, value, size);
				assert_int_equal(
				    db_put(t, table, db_span(key, 8), db_span(value, size)),
				    ERR_OK);
			}
		}
		if (rng_below(&rng, 5) == 0) {
			db_abort(t);
		} else {
			assert_int_equal(db_commit(t), ERR_OK);
		}
		db_close(db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(commits_and_aborts, fresh),
	    cmocka_unit_test_setup(reader_keeps_its_state, fresh),
	    cmocka_unit_test_setup(walks_both_ways, fresh),
	    cmocka_unit_test_setup(value_may_be_borrowed_from_the_store, fresh),
	    cmocka_unit_test_setup(lock_and_missing_folder, fresh),
	    cmocka_unit_test_setup(the_lock_is_shared, fresh),
	    cmocka_unit_test_setup(full_map_is_no_space, fresh),
	    cmocka_unit_test_setup(another_process_may_look_on, fresh),
	    cmocka_unit_test_setup(a_killed_reader_holds_nothing, fresh),
	    cmocka_unit_test_setup(any_history_opens_again, fresh),
	    cmocka_unit_test_setup(damage_is_an_error_and_never_believed, fresh),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
