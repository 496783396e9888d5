/*
 * Whether the node may be believed, asked in one place. The followed node's own words (height
 * against target height, time of its newest block, network, hard fork) and those of the witnesses
 * (height, block ids, hard fork) are judged into one state; each change of it is kept with its
 * event in one transaction. Nothing is credited and nothing is planned unless it is healthy, and
 * with witnesses only on blocks that enough of them have too.
 */
#ifndef AIRLOCK_WATCHER_HEALTH_H
#define AIRLOCK_WATCHER_HEALTH_H

#include "watcher/store/store.h"

#define HEALTH_LAG 3    /* blocks that a witness may be ahead while a block spreads */
#define HEALTH_DEPTH 10 /* a witness that differs so deep is no longer just a moment late */
#define HEALTH_WITNESS_SECONDS 30 /* what a witness said stands for so long, for the same top */

/* What one witness says, compared with our own blocks. */
struct testimony {
	bool answers;
	bool agrees; /* `agreed` is set: the newest block of ours that it has too */
	bool apart;  /* it has other blocks than ours, HEALTH_DEPTH deep and more */
	bool foreign;
	uint64_t agreed;
	struct hash agreed_id;
	uint64_t apart_at; /* height at which it differs */
	uint64_t height;   /* blocks it has */
	uint8_t hard_fork;
};

/* One of the other nodes; the caller's, for as long as the watcher is open. */
struct witness {
	struct chain chain;
	bool heard;
	uint64_t heard_ms;
	struct hash top; /* ours, when it was heard */
	struct testimony said;
};

/* The judgement alone: no input or output. `info` is what the followed node says, when it says. */
void health_judge(struct node_health *out, const struct chain_info *info,
		  const struct testimony *said, size_t n, const struct watcher_config *c,
		  uint64_t now);
/* What a failed call to the node (an ERR_NODE_*) means. */
void health_of_error(struct node_health *out, enum err e);

/*
 * Writes down what has changed since, with an event "node_health" for another state, and "alarm"
 * for nodes that disagree. *h keeps `since` of an unchanged state.
 */
enum err MUST_CHECK health_keep(const struct watcher *w, struct node_health *h);

/*
 * Hears the witnesses about our own blocks, judges what they and the followed node (info) say, and
 * keeps it.
 */
enum err MUST_CHECK health_settle(const struct watcher *w, const struct chain_info *info,
				  struct node_health *out);
/* Asks the followed node and settles. ERR_NODE_* (kept too) when it gives no usable answer. */
enum err MUST_CHECK health_ask(const struct watcher *w, struct chain_info *info,
			       struct node_health *out);
/* A call to the node that failed with e is kept when it is an ERR_NODE_*; returns e. */
enum err MUST_CHECK health_failed(const struct watcher *w, enum err e);
/* ERR_OK when healthy, else the error that the state stands for, with its reason. */
enum err MUST_CHECK health_require(const struct node_health *h);

/* The height of the chain on which deposits may be credited, given our own: 0 when none may be. */
uint64_t health_credit_height(const struct node_health *h, uint64_t height);

#endif
