/* Datagrams to the service manager: see notify.h. */
#include "watcher/cli/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"

static uint64_t number_of(const char *text)
{
	uint64_t v = 0;
	for (; text && *text >= '0' && *text <= '9' && v < UINT64_MAX / 20; text++) {
		v = 10 * v + (uint64_t)(*text - '0');
	}
	return v;
}

void notify_open(struct notify *n)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	const char *pid = getenv("WATCHDOG_PID");
	*n = (struct notify){.fd = -1};
	size_t length = path ? strlen(path) : 0;
	if (length < 2 || length >= sizeof a.sun_path || (path[0] != '/' && path[0] != '@')) {
		return;
	}
	memcpy(a.sun_path, path, length);
	if (path[0] == '@') {
		a.sun_path[0] = '\0'; /* Linux's abstract names */
	}
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (n->fd >= 0 && connect(n->fd, (const struct sockaddr *)&a, size) != 0) {
		notify_close(n);
		return;
	}
	if (!pid || number_of(pid) == (uint64_t)getpid()) {
		n->watchdog_ms = number_of(getenv("WATCHDOG_USEC")) / 1000;
	}
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0) {
		close(n->fd);
	}
	*n = (struct notify){.fd = -1};
}

void notify_say(struct notify *n, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	if (n->fd < 0) {
		return;
	}
	va_start(ap, fmt);
	int size = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (size > 0 && (size_t)size < sizeof text) {
		/* A manager that does not listen is no reason to stop. */
		(void)!send(n->fd, text, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

void notify_progress(struct notify *n)
{
	struct clock clock = clock_system();
	uint64_t now = clock_steady_ms(&clock);
	if (n->watchdog_ms && (n->last_ms == 0 || now - n->last_ms >= n->watchdog_ms / 4)) {
		notify_say(n, "WATCHDOG=1");
		n->last_ms = now;
	}
}
