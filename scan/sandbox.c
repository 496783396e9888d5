/* The one place of libseccomp here: decoders of pictures are not to be trusted with more. */
#include "scan/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

/* No open: every picture, and the camera, was opened before. */
static const char *const allowed[] = {
    "read",         "write",     "close",          "lseek",   "fstat",        "newfstatat",
    "brk",          "munmap",    "mremap",         "madvise", "futex",        "clock_gettime",
    "exit_group",   "getpid",    "gettid",         "tgkill",  "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "getrandom", "restart_syscall"};

static const char *const allowed_camera[] = {"ioctl", "poll", "ppoll", "select", "pselect6"};

static int allow(scmp_filter_ctx filter, const char *const *names, size_t n)
{
	int code = 0;
	for (size_t i = 0; code == 0 && i < n; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		/* A call that this architecture lacks needs no rule. */
		if (number >= 0) {
			code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 0, NULL);
		}
	}
	return code;
}

/* Memory, but no new code in it. */
static int allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code = {
	    .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
	int code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
					  seccomp_syscall_resolve_name("mmap"), 1, &no_code);
	return code ? code
		    : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
					     seccomp_syscall_resolve_name("mprotect"), 1, &no_code);
}

enum err sandbox_enter(bool camera)
{
	enum err rc = ERR_OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter) {
		return err_set(ERR_SANDBOX, "no seccomp filter could be made");
	}
	int code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (code == 0) {
		code = allow(filter, allowed, sizeof allowed / sizeof allowed[0]);
	}
	if (code == 0 && camera) {
		code =
		    allow(filter, allowed_camera, sizeof allowed_camera / sizeof allowed_camera[0]);
	}
	if (code == 0) {
		code = allow_memory(filter);
	}
	if (code == 0) {
		code = seccomp_load(filter);
	}
	if (code != 0) {
		rc = err_set(ERR_SANDBOX, "seccomp: %s", strerror(-code));
	}
	seccomp_release(filter);
	return rc;
}
