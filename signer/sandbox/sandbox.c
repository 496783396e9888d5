/* The one place of libseccomp. */
#include "signer/sandbox/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

static const char *const denied[] = {
    /* another machine */
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg",
    "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
    /* another program, another process */
    "execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "process_vm_readv",
    "process_vm_writev", "pidfd_open", "pidfd_getfd", "kcmp",
    /* the kernel's doors */
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "keyctl", "add_key", "request_key", "init_module", "finit_module",
    "delete_module", "kexec_load", "kexec_file_load", "mount", "umount2", "pivot_root", "chroot",
    "unshare", "setns", "open_by_handle_at", "personality", "reboot", "swapon", "swapoff",
    "settimeofday", "clock_settime", "adjtimex", "memfd_create"};

unsigned sandbox_denied(void)
{
	return sizeof denied / sizeof denied[0];
}

enum err sandbox_enter(void)
{
	enum err rc = ERR_OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter) {
		return err_set(ERR_SANDBOX, "no seccomp filter could be made");
	}
	/* Calls of another word size or ABI would pass under other numbers. */
	int code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; code == 0 && i < sandbox_denied(); i++) {
		int number = seccomp_syscall_resolve_name(denied[i]);
		/* A call that this architecture lacks needs no rule. */
		if (number != __NR_SCMP_ERROR && number >= 0) {
			code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
		}
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
