/*
 * Figures for Prometheus, text format 0.0.4. metrics_text makes the page from what the store and
 * the RPC say; the server (server.h) hands out the newest page without touching either. No label
 * names a customer, an address or a machine; balances are told only when the operator wants it.
 */
#ifndef AIRLOCK_WATCHER_METRICS_H
#define AIRLOCK_WATCHER_METRICS_H

#include "watcher/chain/rpc.h"
#include "watcher/webhooks/webhooks.h"

/* What takes a while to count, kept for as long. */
struct metrics_counts {
	uint64_t time;          /* counted at; 0: never */
	uint64_t oldest_queued; /* time; 0: the queue is empty */
	struct watcher_status status;
	struct balance balance; /* zero unless asked for: it takes a walk over what is unspent */
};
enum err MUST_CHECK metrics_count(struct metrics_counts *out, const struct watcher *w,
				  bool balances);

/* What is at hand at any time. */
struct metrics_now {
	struct node_health health;
	struct webhooks_state webhooks;
	struct chain_rpc_counts followed, witness[WITNESSES_MAX];
	size_t n_witnesses;
	uint64_t height;  /* blocks we have */
	bool sweep_fails; /* what run would sweep by itself cannot be written */
};
/* The page, appended to b. */
void metrics_text(struct buf *b, const struct metrics_counts *c, const struct metrics_now *n,
		  bool balances, uint64_t now);

#endif
