/* After entering, the calls that a thief would need are denied, and ordinary work goes on. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/sandbox/sandbox.h"

static void denies(void **state)
{
	(void)state;
	char program[] = "/bin/true";
	char *const args[] = {program, NULL};
	char *const environment[] = {NULL};
	assert_int_equal(sandbox_enter(), ERR_OK);
	errno = 0;
	assert_int_equal(socket(AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EPERM);
	errno = 0;
	assert_int_equal(socket(AF_UNIX, SOCK_DGRAM, 0), -1);
	assert_int_equal(errno, EPERM);
	errno = 0;
	assert_int_equal(execve(args[0], args, environment), -1);
	assert_int_equal(errno, EPERM);
	errno = 0;
	assert_int_equal(ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1);
	assert_int_equal(errno, EPERM);
	errno = 0;
	assert_int_equal(fork(), -1);
	assert_int_equal(errno, EPERM);
	FILE *f = tmpfile();
	assert_non_null(f);
	fclose(f);
}

/* The leak check looks on from a tracer of its own, which is what the sandbox denies. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(denies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
