/* A commit is on the disk when it returns: each one waits for the device. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/ledger/db.h"

static unsigned syncs;

/* LMDB's own call arrives here first. */
__attribute__((visibility("default"))) int fdatasync(int fd);
int fdatasync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

static void every_commit_waits_for_the_disk(void **state)
{
	(void)state;
	static const char *const tables[] = {"only"};
	char dir[] = "/tmp/airlock-sync-XXXXXX";
	struct db *db;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(db_open_lmdb(&db, dir, tables, 1, 1 << 24, true), ERR_OK);
	for (uint8_t i = 0; i < 5; i++) {
		struct db_txn *t;
		unsigned before = syncs;
		assert_int_equal(db_begin(&t, db, true), ERR_OK);
		assert_int_equal(db_put(t, 0, db_span(&i, 1), db_span("value", 5)), ERR_OK);
		assert_int_equal(db_commit(t), ERR_OK);
		assert_true(syncs > before);
	}
	db_close(db);
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char path[PATH_TEXT_MAX];
		assert_int_equal(path_join(path, dir, e->d_name), ERR_OK);
		unlink(path);
	}
	closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_commit_waits_for_the_disk)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
