#include "common/optical/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/check.h"

#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?2026l\033[0m\033[?25h\033[?1049l"

/* Signals that end a program, or stop it: the terminal is given back before they do. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGPIPE, SIGTSTP};
#define N_ENDING (sizeof ending / sizeof ending[0])

/* What a signal handler restores; -1: nothing. */
static int taken = -1;
static bool screen;
static struct termios before, wanted;
static struct sigaction old[N_ENDING], old_resize, old_resume;

static void put(const char *s, size_t n)
{
	while (n) {
		ssize_t put = write(taken, s, n);
		if (put <= 0 && errno != EINTR) {
			return;
		}
		s += put > 0 ? put : 0;
		n -= put > 0 ? (size_t)put : 0;
	}
}

/* Only calls that a signal handler may make. */
static void give_back(void)
{
	if (screen) {
		put(LEAVE, sizeof LEAVE - 1);
	}
	/* Nothing can be done about a terminal that is gone. */
	(void)tcsetattr(taken, TCSANOW, &before);
}

static void take(void)
{
	(void)tcsetattr(taken, TCSANOW, &wanted);
	if (screen) {
		put(ENTER, sizeof ENTER - 1);
	}
}

static void on_ending(int number)
{
	int saved = errno;
	struct sigaction standard = {.sa_handler = SIG_DFL};
	give_back();
	/* The signal is blocked here: it takes effect on return, or, if it stops, right away. */
	sigaction(number, &standard, NULL);
	raise(number);
	if (number == SIGTSTP) {
		sigset_t this;
		struct sigaction again = {.sa_handler = on_ending};
		sigemptyset(&this);
		sigaddset(&this, number);
		/* Stops here, and goes on here. */
		sigprocmask(SIG_UNBLOCK, &this, NULL);
		sigprocmask(SIG_BLOCK, &this, NULL);
		sigaction(number, &again, NULL);
		take();
	}
	errno = saved;
}

/* Only so that poll wakes. */
static void on_resize(int number)
{
	(void)number;
}

static void catch_signals(void)
{
	struct sigaction end = {.sa_handler = on_ending};
	struct sigaction wake = {.sa_handler = on_resize};
	for (size_t i = 0; i < N_ENDING; i++) {
		sigaction(ending[i], &end, &old[i]);
	}
	sigaction(SIGWINCH, &wake, &old_resize);
	sigaction(SIGCONT, &wake, &old_resume);
}

static void release_signals(void)
{
	for (size_t i = 0; i < N_ENDING; i++) {
		sigaction(ending[i], &old[i], NULL);
	}
	sigaction(SIGWINCH, &old_resize, NULL);
	sigaction(SIGCONT, &old_resume, NULL);
}

/* Takes a descriptor that is a terminal; false when it is none. */
static bool seize(int fd, bool whole_screen)
{
	CHECK(taken < 0);
	if (tcgetattr(fd, &before) != 0) {
		return false;
	}
	wanted = before;
	if (whole_screen) {
		cfmakeraw(&wanted);
	} else {
		wanted.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	}
	taken = fd;
	screen = whole_screen;
	catch_signals();
	take();
	return true;
}

static void yield_it(void)
{
	if (taken >= 0) {
		give_back();
		release_signals();
		taken = -1;
	}
}

static int open_tty(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool terminal_there(void)
{
	int fd = open_tty();
	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

enum err terminal_open(void)
{
	int fd = open_tty();
	if (fd < 0 || !seize(fd, true)) {
		if (fd >= 0) {
			close(fd);
		}
		return err_set(ERR_TERMINAL, "there is none here; --png FOLDER makes pictures");
	}
	return ERR_OK;
}

void terminal_close(void)
{
	int fd = taken;
	yield_it();
	if (fd >= 0) {
		close(fd);
	}
}

void terminal_size(size_t *columns, size_t *rows)
{
	struct winsize size = {0};
	*columns = 80;
	*rows = 24;
	if (ioctl(taken, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		*columns = size.ws_col;
		*rows = size.ws_row;
	}
}

enum err terminal_write(struct span text)
{
	while (text.n) {
		ssize_t put = write(taken, text.p, text.n);
		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put < 0) {
			return err_set(ERR_TERMINAL, "it cannot be written: %s", strerror(errno));
		}
		text.p += put;
		text.n -= (size_t)put;
	}
	return ERR_OK;
}

enum err terminal_key(char *key, unsigned ms)
{
	struct pollfd p = {.fd = taken, .events = POLLIN};
	*key = '\0';
	int ready = poll(&p, 1, (int)ms);
	if (ready < 0 && errno == EINTR) {
		return ERR_OK;
	}
	if (ready <= 0) {
		return ready == 0 ? ERR_OK : err_set(ERR_TERMINAL, "%s", strerror(errno));
	}
	ssize_t got = read(taken, key, 1);
	if (got == 1 || (got < 0 && errno == EINTR)) {
		return ERR_OK;
	}
	return err_set(ERR_TERMINAL, "it has gone");
}

void terminal_quiet(int fd)
{
	/* What is no terminal echoes nothing. */
	(void)seize(fd, false);
}

void terminal_echo(void)
{
	yield_it();
}
