#include "tests/unit/signer/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* By number, so that no wrapper of the C library stands in between. */
static int outcome(long result)
{
	return result == -1 ? errno : 0;
}

#define CALL(name, ...)                                                                            \
	static int name(void)                                                                      \
	{                                                                                          \
		return outcome(syscall(__VA_ARGS__));                                              \
	}

const char *attempts_folder = "/nonexistent";

static const char *in_folder(const char *name)
{
	static char path[2][4096];
	static unsigned at;
	char *p = path[at++ % 2];
	snprintf(p, sizeof path[0], "%s/%s", attempts_folder, name);
	return p;
}

int attempts_prepare(void)
{
	int fd = open(in_folder("file"), O_WRONLY | O_CREAT, 0600);
	return fd < 0 || close(fd) != 0 ? -1 : mkdir(in_folder("empty"), 0700);
}

void attempts_clean(void)
{
	unlink(in_folder("file"));
	unlink(in_folder("made"));
	rmdir(in_folder("empty"));
}

static char *const none[] = {NULL};

CALL(try_socket, SYS_socket, AF_INET, SOCK_STREAM, 0)
CALL(try_socket_unix, SYS_socket, AF_UNIX, SOCK_DGRAM, 0)
CALL(try_socketpair, SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, NULL)
CALL(try_connect, SYS_connect, 0, NULL, 0)
CALL(try_bind, SYS_bind, 0, NULL, 0)
CALL(try_listen, SYS_listen, 0, 1)
CALL(try_accept, SYS_accept4, 0, NULL, NULL, 0)
CALL(try_sendto, SYS_sendto, 0, "", 1, 0, NULL, 0)
CALL(try_sendmsg, SYS_sendmsg, 0, NULL, 0)
CALL(try_recvfrom, SYS_recvfrom, 0, NULL, 0, 0, NULL, NULL)
CALL(try_execve, SYS_execve, "/bin/true", none, none)
CALL(try_execveat, SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0)
CALL(try_clone, SYS_clone, SIGCHLD, 0, 0, 0, 0)
CALL(try_clone3, SYS_clone3, NULL, 0)
CALL(try_ptrace, SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)
CALL(try_read_other, SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)
CALL(try_write_other, SYS_process_vm_writev, 1, NULL, 0, NULL, 0, 0)
CALL(try_pidfd, SYS_pidfd_open, 1, 0)
CALL(try_kill, SYS_kill, 1, 0)
CALL(try_tgkill, SYS_tgkill, 1, 1, 0)
CALL(try_bpf, SYS_bpf, 0, NULL, 0)
CALL(try_perf, SYS_perf_event_open, NULL, 0, -1, -1, 0)
CALL(try_userfaultfd, SYS_userfaultfd, 0)
CALL(try_io_uring, SYS_io_uring_setup, 1, NULL)
CALL(try_keyctl, SYS_keyctl, 0, 0, 0, 0, 0)
CALL(try_mount, SYS_mount, "", "", "", 0, NULL)
CALL(try_unshare, SYS_unshare, 0)
CALL(try_setns, SYS_setns, 0, 0)
CALL(try_chroot, SYS_chroot, "/")
CALL(try_memfd, SYS_memfd_create, "x", 0)
CALL(try_handle, SYS_open_by_handle_at, 0, NULL, 0)
CALL(try_chmod, SYS_fchmodat, AT_FDCWD, "/dev/null", 0666)
CALL(try_truncate, SYS_truncate, "/dev/null", 0L)
CALL(try_symlink, SYS_symlinkat, "a", AT_FDCWD, in_folder("made"))
CALL(try_settime, SYS_clock_settime, CLOCK_REALTIME, NULL)
CALL(try_dup, SYS_dup3, 0, 1, 0)
CALL(try_pipe, SYS_pipe2, NULL, 0)
CALL(try_setuid, SYS_setuid, 0)
CALL(try_type_into_terminal, SYS_ioctl, 0, TIOCSTI, "x")
CALL(try_dumpable, SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)
CALL(try_code_mapped, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
     0)

/* Limits may be asked for, not set. */
static int try_core_limit(void)
{
	const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	return outcome(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL));
}

static int try_code_written(void)
{
	static _Alignas(4096) char page[4096];
	return outcome(syscall(SYS_mprotect, page, sizeof page, PROT_READ | PROT_EXEC));
}

const struct attempt attempts[] = {
    {"socket", try_socket},
    {"socket of AF_UNIX", try_socket_unix},
    {"socketpair", try_socketpair},
    {"connect", try_connect},
    {"bind", try_bind},
    {"listen", try_listen},
    {"accept", try_accept},
    {"sendto", try_sendto},
    {"sendmsg", try_sendmsg},
    {"recvfrom", try_recvfrom},
    {"execve", try_execve},
    {"execveat", try_execveat},
    {"clone", try_clone},
    {"clone3", try_clone3},
    {"ptrace", try_ptrace},
    {"process_vm_readv", try_read_other},
    {"process_vm_writev", try_write_other},
    {"pidfd_open", try_pidfd},
    {"kill", try_kill},
    {"tgkill of another", try_tgkill},
    {"bpf", try_bpf},
    {"perf_event_open", try_perf},
    {"userfaultfd", try_userfaultfd},
    {"io_uring_setup", try_io_uring},
    {"keyctl", try_keyctl},
    {"mount", try_mount},
    {"unshare", try_unshare},
    {"setns", try_setns},
    {"chroot", try_chroot},
    {"memfd_create", try_memfd},
    {"open_by_handle_at", try_handle},
    {"chmod", try_chmod},
    {"truncate", try_truncate},
    {"symlink", try_symlink},
    {"clock_settime", try_settime},
    {"dup3", try_dup},
    {"pipe2", try_pipe},
    {"setuid", try_setuid},
    {"ioctl TIOCSTI", try_type_into_terminal},
    {"prctl PR_SET_DUMPABLE", try_dumpable},
    {"mmap of code", try_code_mapped},
    {"mprotect to code", try_code_written},
    {"a higher core limit", try_core_limit},
};
const unsigned n_attempts = sizeof attempts / sizeof attempts[0];

/* By the library's names: which calls are behind them differs from machine to machine. */
#define DO(name, expression)                                                                       \
	static int name(void)                                                                      \
	{                                                                                          \
		return outcome(expression);                                                        \
	}

DO(try_make_file, open(in_folder("made"), O_WRONLY | O_CREAT, 0600))
DO(try_open_file, open(in_folder("file"), O_WRONLY))
DO(try_open_device, open("/dev/null", O_WRONLY))
DO(try_make_folder, mkdir(in_folder("made"), 0700))
DO(try_remove_file, unlink(in_folder("file")))
DO(try_remove_folder, rmdir(in_folder("empty")))
DO(try_rename, rename(in_folder("file"), in_folder("made")))
DO(try_link, link(in_folder("file"), in_folder("made")))

const struct attempt written_elsewhere[] = {
    {"open with O_CREAT", try_make_file},
    {"open for writing", try_open_file},
    {"open a device for writing", try_open_device},
    {"mkdir", try_make_folder},
    {"unlink", try_remove_file},
    {"rmdir", try_remove_folder},
    {"rename", try_rename},
    {"link", try_link},
};
const unsigned n_written_elsewhere = sizeof written_elsewhere / sizeof written_elsewhere[0];
