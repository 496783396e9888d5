/*
 * How messages come and go: as files, or by light. Pictures are decoded by airlock-scan, which is
 * sandboxed and knows nothing, and hands over text.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "watcher/cli/cli.h"

#define SCANNER "airlock-scan"

extern char **environ;

/* The scanner that was installed beside this program, else the one that PATH finds. */
static void scanner_path(char out[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof "/" SCANNER);
	char *end = NULL;
	if (n > 0) {
		out[n] = '\0';
		end = strrchr(out, '/');
	}
	if (end) {
		snprintf(end, sizeof "/" SCANNER, "/" SCANNER);
	}
	if (!end || access(out, X_OK) != 0) {
		snprintf(out, PATH_MAX, SCANNER);
	}
}

static enum err start(pid_t *child, int *fd, const char *where)
{
	char path[PATH_MAX];
	int pipes[2];
	posix_spawn_file_actions_t actions;
	const bool camera = strcmp(where, "camera") == 0;
	/* posix_spawn takes them as not const, and changes nothing. */
	char *argv[] = {(char[]){SCANNER}, camera ? (char[]){"--camera"} : (char[]){"--"}, NULL,
			NULL};
	char picture[PATH_MAX];
	if (!camera) {
		snprintf(picture, sizeof picture, "%s", where);
		argv[2] = picture;
	}
	scanner_path(path);
	if (pipe(pipes) != 0) {
		return err_errno(errno, "no pipe for", SCANNER);
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, pipes[0]);
	posix_spawn_file_actions_addclose(&actions, pipes[1]);
	int code = posix_spawnp(child, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipes[1]);
	if (code != 0) {
		close(pipes[0]);
		return err_set(ERR_NOT_FOUND, "%s, which reads pictures and cameras: %s", path,
			       strerror(code));
	}
	*fd = pipes[0];
	return ERR_OK;
}

static enum err by_scanner(struct buf *out, const char *where)
{
	pid_t child = 0;
	int fd = -1, status = 0;
	enum err rc = start(&child, &fd, where);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = light_scan(out, fd);
	close(fd);
	/* Once the message is whole the scanner has no more to do. */
	kill(child, SIGTERM);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return rc;
}

enum err message_read(struct buf *out, const struct options *o, const char *path, size_t max)
{
	if (!o->scan) {
		return file_read(out, path, max);
	}
	return strcmp(o->scan, "-") == 0 ? light_scan(out, STDIN_FILENO) : by_scanner(out, o->scan);
}

enum err message_wanted(const struct options *o)
{
	enum err rc = light_check(&o->light);
	if (rc == ERR_OK && !o->out && !light_wanted(&o->light)) {
		rc = err_set(ERR_USAGE, "--out FILE, --qr or --png FOLDER is needed");
	}
	return rc;
}

enum err message_write(const struct options *o, const struct buf *message)
{
	return o->out ? file_write(o->out, message->p, message->n) : ERR_OK;
}

enum err message_show(const struct options *o, const char *title, const struct buf *message)
{
	return light_wanted(&o->light) ? light_show(&o->light, title, buf_span(message)) : ERR_OK;
}
