/*
 * The local page of figures, on 127.0.0.1 or a unix socket: GET /metrics, /healthz (the program
 * runs), /readyz (the node is healthy). A thread of its own serves the page that was published
 * last.
 */
#ifndef AIRLOCK_WATCHER_METRICS_SERVER_H
#define AIRLOCK_WATCHER_METRICS_SERVER_H

#include "common/base/bytes.h"

struct metrics_server;

/* "127.0.0.1:PORT" or "unix:PATH" (made with mode 0600). ERR_CONFIG for another, ERR_IO. */
enum err MUST_CHECK metrics_start(struct metrics_server **out, const char *where);
/* Whether `where` has one of these forms. */
enum err MUST_CHECK metrics_where_check(const char *where);
void metrics_publish(struct metrics_server *m, struct span page, bool ready);
void metrics_stop(struct metrics_server *m);

#endif
