/*
 * The service manager's protocol (sd_notify(3)), spoken by hand: one datagram a message to the
 * socket that NOTIFY_SOCKET names. Without it every call does nothing.
 */
#ifndef AIRLOCK_WATCHER_NOTIFY_H
#define AIRLOCK_WATCHER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct notify {
	int fd;
	uint64_t watchdog_ms; /* WATCHDOG_USEC; 0: none is wanted */
	uint64_t last_ms;     /* when WATCHDOG=1 was sent */
};

void notify_open(struct notify *n);
void notify_close(struct notify *n);
/* "READY=1", "STATUS=...", "STOPPING=1", "RELOADING=1". */
void notify_say(struct notify *n, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Something moved on: WATCHDOG=1, no more often than a quarter of its time. */
void notify_progress(struct notify *n);

#endif
