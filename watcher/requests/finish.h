/* What payouts and sweeps have in common on the way to a request. */
#ifndef AIRLOCK_WATCHER_REQUESTS_FINISH_H
#define AIRLOCK_WATCHER_REQUESTS_FINISH_H

#include "watcher/planner/planner.h"
#include "watcher/requests/requests.h"

/* What every plan starts from: the node as it is, its fee, and our newest block. */
struct ground {
	struct block_record top;
	struct fee_rate rate;
};

/* ERR_NODE_* unless the node is synchronised and has our newest block. */
enum err MUST_CHECK ground_find(struct ground *g, struct watcher *w);

/*
 * Rings, fees, and the message, for drafts that are funded; written down with the reservation of
 * their inputs.
 */
enum err MUST_CHECK request_finish(struct watcher *w, const struct ground *g, struct draft *d,
				   size_t n, struct buf *file, struct request_info *out);

#endif
