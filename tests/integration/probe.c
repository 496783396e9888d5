/*
 * Put into the real signer by the tests (LD_PRELOAD), to act inside it and to hold it while its
 * memory is looked at. The environment says what to do:
 *
 *   PROBE_REPORT, PROBE_GO   descriptors: lines are written to the one; a byte from the other goes
 * on PROBE_TRY=FOLDER         at the first read in the sandbox, tries all that must be denied there
 *   PROBE_FILES=FOLDER       at the first read, tries to write in FOLDER
 *   PROBE_READ=FD:N          holds before the Nth read from FD
 *   PROBE_COMMIT=1           holds at each commit of the store
 *   PROBE_STEPS=1            holds before each change of names and each fsync of a file or folder
 *   PROBE_END=1              holds when all is done, right before the process ends
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/signer/attempts.h"

#define EXPORT __attribute__((visibility("default")))

static int report_fd = -1, go_fd = -1, read_fd = -1;
static long reads_left;
static const char *folder;
static int tries, files, commits, steps, end;

static void say(const char *line)
{
	size_t n = strlen(line);
	while (n) {
		long put = syscall(SYS_write, report_fd, line, n);
		if (put <= 0) {
			_exit(99);
		}
		line += put;
		n -= (size_t)put;
	}
}

static void hold(const char *where)
{
	char line[64], byte;
	snprintf(line, sizeof line, "held %s\n", where);
	say(line);
	(void)syscall(SYS_read, go_fd, &byte, 1);
}

static int number(const char *name)
{
	const char *text = getenv(name);
	return text ? (int)strtol(text, NULL, 10) : -1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *reads = getenv("PROBE_READ"), *colon = reads ? strchr(reads, ':') : NULL;
	report_fd = number("PROBE_REPORT");
	go_fd = number("PROBE_GO");
	if (colon) {
		read_fd = number("PROBE_READ");
		reads_left = strtol(colon + 1, NULL, 10);
	}
	tries = getenv("PROBE_TRY") != NULL;
	files = getenv("PROBE_FILES") != NULL;
	folder = getenv(tries ? "PROBE_TRY" : "PROBE_FILES");
	commits = getenv("PROBE_COMMIT") != NULL;
	steps = getenv("PROBE_STEPS") != NULL;
	end = getenv("PROBE_END") != NULL;
}

__attribute__((destructor)) static void finish(void)
{
	if (end) {
		hold("end");
	}
}

static void try_all(const char *kind, const struct attempt *list, unsigned n)
{
	char line[128];
	for (unsigned i = 0; i < n; i++) {
		snprintf(line, sizeof line, "%s\t%s\t%d\n", kind, list[i].name, list[i].run());
		say(line);
	}
}

static void try_once(void)
{
	if (!folder || (tries && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2)) {
		return;
	}
	attempts_folder = folder;
	folder = NULL;
	if (tries) {
		try_all("call", attempts, n_attempts);
	}
	if (tries || files) {
		try_all("write", written_elsewhere, n_written_elsewhere);
	}
	say("tried\n");
}

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	try_once();
	if (fd == read_fd && --reads_left == 0) {
		hold("read");
	}
	return syscall(SYS_read, fd, buf, n);
}

static void step(void)
{
	if (steps) {
		hold("step");
	}
}

/* The calls that the sandbox allows, which are those that the C library would have made. */
#ifdef SYS_rename
#define RENAME(from, to) syscall(SYS_rename, from, to)
#define LINK(from, to) syscall(SYS_link, from, to)
#define UNLINK(path) syscall(SYS_unlink, path)
#else
#define RENAME(from, to) syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to)
#define LINK(from, to) syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0)
#define UNLINK(path) syscall(SYS_unlinkat, AT_FDCWD, path, 0)
#endif

EXPORT int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

EXPORT int rename(const char *from, const char *to)
{
	step();
	return (int)RENAME(from, to);
}

EXPORT int link(const char *from, const char *to)
{
	step();
	return (int)LINK(from, to);
}

EXPORT int unlink(const char *path)
{
	step();
	return (int)UNLINK(path);
}

EXPORT int fdatasync(int fd)
{
	step();
	int result = (int)syscall(SYS_fdatasync, fd);
	if (commits) {
		hold("commit");
	}
	return result;
}
