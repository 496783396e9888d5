#include "signer/cli/secret_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/secret.h"

static enum err write_text(int fd, const char *s)
{
	size_t n = strlen(s);
	while (n) {
		ssize_t put = write(fd, s, n);
		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put < 0) {
			return err_errno(errno, "cannot write to", "the descriptor");
		}
		s += put;
		n -= (size_t)put;
	}
	return ERR_OK;
}

/* Byte by byte, so that nothing of what follows the line is taken from the descriptor. */
static enum err read_line(char *line, int fd)
{
	size_t n = 0;
	for (;;) {
		char c = 0;
		ssize_t got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return err_errno(errno, "cannot read", "the descriptor");
		}
		if (got == 0 || c == '\n') {
			break;
		}
		if (n + 1 >= SECRET_LINE_MAX || c == '\0') {
			return err_set(ERR_USAGE, "the line is too long or holds a zero byte");
		}
		line[n++] = c;
	}
	if (n && line[n - 1] == '\r') {
		n--;
	}
	line[n] = '\0';
	return ERR_OK;
}

static enum err terminal_open(int *fd)
{
	*fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0) {
		return err_set(ERR_STATE, "there is no terminal; give secrets and codes on a "
					  "descriptor (see --help)");
	}
	return ERR_OK;
}

static enum err ask(char *line, const char *prompt, bool echo)
{
	int fd = -1;
	struct termios old, quiet;
	enum err rc = terminal_open(&fd);
	if (rc != ERR_OK) {
		return rc;
	}
	bool changed = !echo && tcgetattr(fd, &old) == 0;
	if (changed) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		changed = tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
	}
	rc = write_text(fd, prompt);
	if (rc == ERR_OK) {
		rc = read_line(line, fd);
	}
	if (changed) {
		/* A terminal left silent is a nuisance, no danger. */
		(void)tcsetattr(fd, TCSAFLUSH, &old);
		err_ignore(write_text(fd, "\n"));
	}
	close(fd);
	return rc;
}

enum err secret_line(char **out, int fd, const char *prompt, bool echo)
{
	char *line = secret_alloc(SECRET_LINE_MAX);
	*out = NULL;
	if (!line) {
		return ERR_NO_MEMORY;
	}
	enum err rc = fd < 0 ? ask(line, prompt, echo) : read_line(line, fd);
	if (rc != ERR_OK) {
		secret_free(line);
		return rc;
	}
	*out = line;
	return ERR_OK;
}

enum err secret_new_passphrase(char **out, int fd)
{
	char *again = NULL;
	enum err rc = secret_line(out, fd, "New passphrase: ", false);
	if (rc != ERR_OK) {
		return rc;
	}
	if ((*out)[0] == '\0') {
		rc = err_set(ERR_USAGE, "an empty passphrase protects nothing");
		goto out;
	}
	if (fd < 0) {
		rc = secret_line(&again, fd, "The same again: ", false);
		if (rc == ERR_OK &&
		    (strlen(again) != strlen(*out) || !secret_equal(again, *out, strlen(again)))) {
			rc = err_set(ERR_USAGE, "the passphrases differ");
		}
	}
out:
	secret_free(again);
	if (rc != ERR_OK) {
		secret_free(*out);
		*out = NULL;
	}
	return rc;
}

enum err secret_show(int fd, const char *before, const char *secret)
{
	enum err rc = ERR_OK;
	int to = fd;
	if (fd < 0) {
		rc = terminal_open(&to);
		if (rc == ERR_OK) {
			rc = write_text(to, before);
		}
	}
	if (rc == ERR_OK) {
		rc = write_text(to, secret);
	}
	if (rc == ERR_OK) {
		rc = write_text(to, "\n");
	}
	if (fd < 0 && to >= 0) {
		close(to);
	}
	return rc;
}
