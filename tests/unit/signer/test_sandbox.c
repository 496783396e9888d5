/*
 * Rule 10 of the signer. After entering, the calls that a thief would need are denied, writing goes
 * to the given places alone, and ordinary work goes on.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/base/rng.h"
#include "signer/sandbox/sandbox.h"
#include "tests/unit/signer/attempts.h"

static char ours[] = "/tmp/airlock-sandbox-XXXXXX", theirs[] = "/tmp/airlock-elsewhere-XXXXXX";
static struct sandbox_state state_now;

static int begin(void **state)
{
	(void)state;
	struct sandbox_places places = {0};
	if (secret_start() != ERR_OK || sandbox_place(&places, "/nowhere/at/all") != ERR_OK ||
	    sandbox_place(&places, ours) != ERR_OK || sandbox_enter(&places) != ERR_OK) {
		return -1;
	}
	sandbox_read(&state_now);
	return 0;
}

static void all_is_in_force(void **state)
{
	(void)state;
	assert_int_equal(state_now.seccomp, 2);
	assert_true(state_now.allowed > 20 && state_now.allowed < 50);
	assert_true(state_now.no_new_privs);
	assert_false(state_now.dumpable);
	assert_true(state_now.core_limit == 0);
}

static void what_a_thief_would_try_is_denied(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_attempts; i++) {
		if (attempts[i].run() != EPERM) {
			fail_msg("%s is not denied", attempts[i].name);
		}
	}
}

static void writing_elsewhere_is_denied(void **state)
{
	(void)state;
	if (!state_now.landlock) {
		skip();
	}
	for (unsigned i = 0; i < n_written_elsewhere; i++) {
		int code = written_elsewhere[i].run();
		if (code != EACCES && code != EXDEV) {
			fail_msg("%s gives %d", written_elsewhere[i].name, code);
		}
	}
}

static void the_vaults_work_goes_on(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX], big[100000] = {1};
	struct buf b;
	assert_int_equal(path_join(path, ours, "file"), ERR_OK);
	assert_int_equal(file_write_new(path, "old", 3), ERR_OK);
	assert_int_equal(file_write(path, big, sizeof big), ERR_OK);
	buf_init(&b, sizeof big);
	assert_int_equal(file_read(&b, path, sizeof big), ERR_OK);
	assert_int_equal(b.n, sizeof big);
	buf_free(&b);
	assert_int_equal(unlink(path), 0);
	void *p = mmap(NULL, 1 << 26, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(munmap(p, 1 << 26), 0);
	uint8_t random[2] = {0};
	struct rng rng = rng_system();
	rng_fill(&rng, random, sizeof random);
	void *secret = secret_alloc(100);
	assert_non_null(secret);
	secret_free(secret);
}

/* The leak check looks on from a tracer of its own, which is what the sandbox denies. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

static int in_the_sandbox(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_is_in_force),
	    cmocka_unit_test(what_a_thief_would_try_is_denied),
	    cmocka_unit_test(writing_elsewhere_is_denied),
	    cmocka_unit_test(the_vaults_work_goes_on),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}

/* A kernel without Landlock, as far as the sandbox can tell. */
static void hide_landlock(void)
{
	static const int calls[] = {SYS_landlock_create_ruleset, SYS_landlock_add_rule,
				    SYS_landlock_restrict_self};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	for (size_t i = 0; i < 3; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), calls[i], 0) != 0) {
			exit(1);
		}
	}
	if (seccomp_load(filter) != 0) {
		exit(1);
	}
	seccomp_release(filter);
}

static void works_without_landlock(void **state)
{
	(void)state;
	assert_int_equal(state_now.landlock, 0);
}

static int without_landlock(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(works_without_landlock),
	    cmocka_unit_test(all_is_in_force),
	    cmocka_unit_test(what_a_thief_would_try_is_denied),
	    cmocka_unit_test(the_vaults_work_goes_on),
	};
	hide_landlock();
	return cmocka_run_group_tests(tests, begin, NULL);
}

/* In a process of its own: who is inside cannot remove what lies outside. */
int main(void)
{
	int first = -1, second = -1;
	if (!mkdtemp(ours) || !mkdtemp(theirs)) {
		return 1;
	}
	attempts_folder = theirs;
	if (attempts_prepare() != 0) {
		return 1;
	}
	pid_t child = fork();
	if (child == 0) {
		return in_the_sandbox();
	}
	waitpid(child, &first, 0);
	child = fork();
	if (child == 0) {
		return without_landlock();
	}
	waitpid(child, &second, 0);
	attempts_clean();
	return rmdir(ours) == 0 && rmdir(theirs) == 0 && first == 0 && second == 0 ? 0 : 1;
}
