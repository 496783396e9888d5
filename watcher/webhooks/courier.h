/*
 * Deliveries: a thread for each subscriber posts what it is given, so that a slow or dead one holds
 * up neither the others nor the chain. The threads see messages and addresses alone; the store, and
 * what is due when, is the caller's (webhooks.h), who takes results and hands out work.
 */
#ifndef AIRLOCK_WATCHER_WEBHOOKS_COURIER_H
#define AIRLOCK_WATCHER_WEBHOOKS_COURIER_H

#include "watcher/webhooks/webhooks.h"

#define COURIER_TIMEOUT_S 20 /* without a byte */
#define COURIER_WHOLE_S 30   /* for a whole answer */

struct couriers;

/* `wake` (an eventfd) is written to when a result is there. ca: NULL, or authorities to trust. */
enum err MUST_CHECK couriers_start(struct couriers **out, int wake, const char *ca);
/*
 * Ends the threads, within a moment even while they wait for an answer, and writes down what was
 * delivered when the store is open (w not NULL). Fine on NULL.
 */
enum err MUST_CHECK couriers_stop(struct couriers *c, struct watcher *w);

/*
 * Writes down what has been delivered since, and gives work to those that are free and due. The
 * store must be open for writing.
 */
enum err MUST_CHECK couriers_turn(struct couriers *c, struct watcher *w);
/* Whether a result waits to be written down. */
bool couriers_have_results(struct couriers *c);

#endif
