/* Files are replaced whole, read with a bound, and locked once. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/sweep.h"

static char dir[] = "/tmp/airlock-file-XXXXXX";

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

static void writes_atomically_and_privately(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX];
	assert_int_equal(path_join(path, dir, "f"), ERR_OK);
	assert_int_equal(file_write(path, "one", 3), ERR_OK);
	assert_int_equal(file_write_new(path, "two", 3), ERR_EXISTS);
	assert_int_equal(file_write(path, "three", 5), ERR_OK);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	struct buf b;
	buf_init(&b, 100);
	assert_int_equal(file_read(&b, path, 4), ERR_MSG_SIZE);
	buf_reset(&b);
	assert_int_equal(file_read(&b, path, 5), ERR_OK);
	assert_memory_equal(b.p, "three", 5);
	buf_free(&b);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_read(&b, path, 5), ERR_NOT_FOUND);
}

/* As anyone but root, whom no mode binds. */
static void become(uid_t who)
{
	if (getuid() == 0) {
		assert_int_equal(seteuid(who), 0);
	}
}

/* A folder that cannot be made durable; what was promised about errors holds there too. */
static void a_new_file_that_failed_is_not_there(void **state)
{
	(void)state;
	char folder[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
	assert_int_equal(path_join(folder, dir, "blind"), ERR_OK);
	assert_int_equal(path_join(path, folder, "f"), ERR_OK);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(dir_writable(folder), ERR_OK);
	assert_int_equal(file_readable(path), ERR_NOT_FOUND);
	assert_int_equal(file_write_new(path, "x", 1), ERR_OK);
	assert_int_equal(file_readable(path), ERR_OK);
	assert_int_equal(dir_writable(path), ERR_IO);
	assert_int_equal(file_readable(folder), ERR_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(chmod(folder, 0333), 0);
	assert_int_equal(chmod(dir, 0711), 0);
	become(65534);
	assert_int_equal(file_write_new(path, "x", 1), ERR_IO);
	become(0);
	assert_false(file_exists(path));
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(dir_writable(folder), ERR_NOT_FOUND);
}

/* From here on as on FAT: no link is made. */
static void lose_links(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_link
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_link, 1, 0),
#endif
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		_exit(2);
	}
}

static void a_stick_without_links(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX], beside[PATH_TEXT_MAX];
	struct buf b;
	int status = 0;
	assert_int_equal(path_join(path, dir, "stick"), ERR_OK);
	pid_t child = fork();
	if (child == 0) {
		lose_links();
		bool good = link(path, "/tmp/x") != 0 && errno == EPERM &&
			    file_write_new(path, "one", 3) == ERR_OK &&
			    file_write_new(path, "two", 3) == ERR_EXISTS;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	buf_init(&b, 100);
	assert_int_equal(file_read(&b, path, 5), ERR_OK);
	assert_int_equal(b.n, 3);
	assert_memory_equal(b.p, "one", 3);
	buf_free(&b);
	snprintf(beside, sizeof beside, "stick.%d.tmp", (int)child);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(path_join(path, dir, beside), ERR_OK);
	assert_false(file_exists(path));
}

static void touch(const char *name)
{
	char path[PATH_TEXT_MAX];
	assert_int_equal(path_join(path, dir, name), ERR_OK);
	assert_int_equal(file_write(path, "x", 1), ERR_OK);
}

static bool stands(const char *name)
{
	char path[PATH_TEXT_MAX];
	assert_int_equal(path_join(path, dir, name), ERR_OK);
	return file_exists(path);
}

static void only_what_a_killed_write_left_is_swept(void **state)
{
	(void)state;
	static const char *const left[] = {"vault.1.tmp", "vault.4194304.tmp", "old-vault.7.tmp"};
	static const char *const others[] = {"vault",        "vault.tmp",  "vault..tmp",
					     "vault.1x.tmp", "vault7.tmp", "vault.1.tmp2",
					     "reply.1.tmp",  ".tmp"};
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		touch(left[i]);
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		touch(others[i]);
	}
	assert_int_equal(dir_sweep(dir, "vault"), ERR_OK);
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		assert_false(stands(left[i]));
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char path[PATH_TEXT_MAX];
		assert_true(stands(others[i]));
		assert_int_equal(path_join(path, dir, others[i]), ERR_OK);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(dir_sweep("/nowhere/at/all", "vault"), ERR_NOT_FOUND);
}

static void full_device_is_told_apart(void **state)
{
	(void)state;
	assert_int_equal(err_errno(28, "x", "y"), ERR_NO_SPACE);
}

static void lock_is_exclusive(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX];
	int a, b;
	assert_int_equal(path_join(path, dir, "lock"), ERR_OK);
	assert_int_equal(lock_take(&a, path), ERR_OK);
	assert_int_equal(lock_take(&b, path), ERR_LOCKED);
	lock_release(a);
	assert_int_equal(lock_take(&b, path), ERR_OK);
	lock_release(b);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_atomically_and_privately),
	    cmocka_unit_test(a_new_file_that_failed_is_not_there),
	    cmocka_unit_test(a_stick_without_links),
	    cmocka_unit_test(only_what_a_killed_write_left_is_swept),
	    cmocka_unit_test(full_device_is_told_apart),
	    cmocka_unit_test(lock_is_exclusive),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
