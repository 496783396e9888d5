/* The one place of libseccomp: the calls that the signer needs, each with its reason. */
#include "signer/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "signer/sandbox/landlock.h"

/* How one argument is looked at. */
enum look { ANY, EQUAL, LACKS_BITS, OWN_PID };

struct allowed {
	const char *name;
	const char *otherwise; /* its name on machines that have no such call */
	const char *why;
	enum look look;
	unsigned argument;
	uint64_t value;
};

/* clang-format off */
static const struct allowed table[] = {
    /* files: where they may be written is Landlock's */
    {"openat", NULL, "messages, policy, vault and store; the terminal", ANY, 0, 0},
    {"close", NULL, "what openat gave", ANY, 0, 0},
    {"read", NULL, "messages, vault, passphrases, codes", ANY, 0, 0},
    {"write", NULL, "replies, the vault, the terminal", ANY, 0, 0},
    {"lseek", NULL, "LMDB writes its pages; standard input and output", ANY, 0, 0},
    {"pread64", NULL, "LMDB and its check read pages", ANY, 0, 0},
    {"pwrite64", NULL, "LMDB writes pages", ANY, 0, 0},
    {"writev", NULL, "LMDB writes pages", ANY, 0, 0},
    {"pwritev", NULL, "LMDB writes pages", ANY, 0, 0},
    {"ftruncate", NULL, "LMDB makes its lock table", ANY, 0, 0},
    {"fsync", NULL, "durable before visible: files and their folders", ANY, 0, 0},
    {"fdatasync", NULL, "durable before visible: LMDB's commits", ANY, 0, 0},
    {"newfstatat", "fstat", "sizes; whether a file is there", ANY, 0, 0},
    {"fstatfs", NULL, "LMDB looks whether the disk is a remote one", ANY, 0, 0},
    {"statfs", NULL, "tells a full disk from a broken one", ANY, 0, 0},
    {"getdents64", NULL, "`serve` lists its inbox; what a killed run left half-written", ANY, 0, 0},
    {"rename", "renameat", "files are replaced whole", ANY, 0, 0},
    {"link", "linkat", "files are made whole", ANY, 0, 0},
    {"unlink", "unlinkat", "what was written beside a file is removed", ANY, 0, 0},
    {"mkdir", "mkdirat", "a new vault's folder; one for pictures of codes", ANY, 0, 0},
    {"rmdir", "unlinkat", "the folder in which it was prepared", ANY, 0, 0},
    {"flock", NULL, "one process at a time on a vault", ANY, 0, 0},
    {"fcntl", NULL, "LMDB locks its lock table", EQUAL, 1, F_SETLK},
    {"fcntl", NULL, "LMDB locks its lock table", EQUAL, 1, F_SETLKW},
    {"fcntl", NULL, "LMDB looks who has locked", EQUAL, 1, F_GETLK},
    {"fcntl", NULL, "LMDB closes its files for other programs", EQUAL, 1, F_GETFD},
    {"fcntl", NULL, "LMDB closes its files for other programs", EQUAL, 1, F_SETFD},
    {"fcntl", NULL, "streams of the C library", EQUAL, 1, F_GETFL},
    /* the terminal: its settings, its width, silence; nothing is typed into it */
    {"ioctl", NULL, "terminal settings", EQUAL, 1, TCGETS},
    {"ioctl", NULL, "no echo of passphrases", EQUAL, 1, TCSETSF},
    {"ioctl", NULL, "single keys while codes are shown; the terminal as it was", EQUAL, 1, TCSETS},
    {"ioctl", NULL, "the terminal's width", EQUAL, 1, TIOCGWINSZ},
    {"poll", "ppoll", "waits for a key or for the next code", ANY, 0, 0},
    /* memory, but no new code in it */
    {"brk", NULL, "the heap", ANY, 0, 0},
    {"mmap", NULL, "the heap, guarded memory, Argon2id, the store", LACKS_BITS, 2, PROT_EXEC},
    {"mprotect", NULL, "guarded memory", LACKS_BITS, 2, PROT_EXEC},
    {"munmap", NULL, "what mmap gave", ANY, 0, 0},
    {"mremap", NULL, "large blocks that grow", ANY, 0, 0},
    {"madvise", NULL, "secrets stay out of core dumps; the store is read at random", ANY, 0, 0},
    {"mlock", NULL, "secrets stay out of swap", ANY, 0, 0},
    {"munlock", NULL, "the end of mlock", ANY, 0, 0},
    /* chance and time */
    {"getrandom", NULL, "keys and nonces", ANY, 0, 0},
    {"clock_gettime", NULL, "where the kernel gives the time by call alone", ANY, 0, 0},
    {"clock_nanosleep", NULL, "`serve` waits between looks", ANY, 0, 0},
    {"restart_syscall", NULL, "a wait that was interrupted goes on", ANY, 0, 0},
    /* the process itself, and no other */
    {"futex", NULL, "locks of LMDB and of the C library", ANY, 0, 0},
    {"getpid", NULL, "names of files while they are written", ANY, 0, 0},
    {"gettid", NULL, "LMDB's lock table; abort", ANY, 0, 0},
    {"tgkill", NULL, "abort, when an own check fails; a signal that gave the terminal back", OWN_PID, 0, 0},
    {"rt_sigaction", NULL, "`serve` ends when asked to; abort; the terminal is given back", ANY, 0, 0},
    {"rt_sigprocmask", NULL, "abort; a stopped program goes on", ANY, 0, 0},
    {"rt_sigreturn", NULL, "the end of a signal's handler", ANY, 0, 0},
    {"uname", NULL, "LMDB looks for an old kernel's fault", ANY, 0, 0},
    {"prctl", NULL, "`status` asks what is in force", EQUAL, 0, PR_GET_SECCOMP},
    {"prctl", NULL, "`status` asks what is in force", EQUAL, 0, PR_GET_DUMPABLE},
    {"prctl", NULL, "`status` asks what is in force", EQUAL, 0, PR_GET_NO_NEW_PRIVS},
    {"prlimit64", NULL, "`status` asks what is in force", EQUAL, 2, 0},
    {"exit_group", NULL, "the end", ANY, 0, 0},
};
/* clang-format on */

#define ROWS (sizeof table / sizeof table[0])

static int landlock_abi;

enum err sandbox_place(struct sandbox_places *p, const char *folder)
{
	if (p->n == SANDBOX_PLACES_MAX || strlen(folder) >= PATH_TEXT_MAX) {
		return err_set(ERR_USAGE, "the path %.60s... is too long", folder);
	}
	snprintf(p->folder[p->n++], PATH_TEXT_MAX, "%s", folder);
	return ERR_OK;
}

enum err sandbox_place_of(struct sandbox_places *p, const char *file)
{
	char folder[PATH_TEXT_MAX];
	size_t n = strlen(file);
	while (n > 1 && file[n - 1] == '/') {
		n--;
	}
	while (n > 0 && file[n - 1] != '/') {
		n--;
	}
	if (n >= sizeof folder) {
		return err_set(ERR_USAGE, "the path %.60s... is too long", file);
	}
	snprintf(folder, sizeof folder, "%.*s", (int)n, file);
	return sandbox_place(p, n ? folder : ".");
}

static int resolve(const struct allowed *a)
{
	int number = seccomp_syscall_resolve_name(a->name);
	return number < 0 && a->otherwise ? seccomp_syscall_resolve_name(a->otherwise) : number;
}

static int add_row(scmp_filter_ctx filter, const struct allowed *a)
{
	int number = resolve(a);
	struct scmp_arg_cmp cmp = {.arg = a->argument, .op = SCMP_CMP_EQ, .datum_a = a->value};
	if (number < 0) {
		return 0; /* this architecture has no such call */
	}
	switch (a->look) {
	case ANY:
		return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 0, NULL);
	case EQUAL:
		break;
	case LACKS_BITS:
		cmp.op = SCMP_CMP_MASKED_EQ;
		cmp.datum_b = 0;
		break;
	case OWN_PID:
		cmp.datum_a = (scmp_datum_t)getpid();
		break;
	}
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &cmp);
}

static enum err seccomp_enter(void)
{
	enum err rc = ERR_OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter) {
		return err_set(ERR_SANDBOX, "no seccomp filter could be made");
	}
	/* Calls of another word size or ABI would pass under other numbers. */
	int code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; code == 0 && i < ROWS; i++) {
		code = add_row(filter, &table[i]);
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

enum err sandbox_enter(const struct sandbox_places *places)
{
	/* Where the kernel lets any process of a user trace another, none may trace this one; the
	 * call fails where it does not, and then there is nothing to take back. */
	(void)prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	enum err rc = landlock_enter(&landlock_abi, places);
	return rc == ERR_OK ? seccomp_enter() : rc;
}

/* Rows of one call stand together. */
static unsigned count_allowed(void)
{
	unsigned n = 0;
	for (size_t i = 0; i < ROWS; i++) {
		n += i == 0 || strcmp(table[i].name, table[i - 1].name) != 0;
	}
	return n;
}

void sandbox_read(struct sandbox_state *out)
{
	struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
	(void)getrlimit(RLIMIT_CORE, &core);
	*out = (struct sandbox_state){
	    .seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0),
	    .allowed = count_allowed(),
	    .landlock = landlock_abi,
	    .no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    .dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0,
	    .core_limit = core.rlim_max,
	    .memory_locked = secret_memory_locked(),
	};
}
