/* What the node and its witnesses say, judged: see health.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "watcher/health/health.h"

static const char *const STATES[] = {
    [HEALTH_UNKNOWN] = "unknown",
    [HEALTH_HEALTHY] = "healthy",
    [HEALTH_BEHIND] = "behind",
    [HEALTH_STALLED] = "stalled",
    [HEALTH_DISAGREEING] = "disagreeing",
    [HEALTH_UNREACHABLE] = "unreachable",
    [HEALTH_FAULTY] = "faulty",
    [HEALTH_FOREIGN] = "foreign",
    [HEALTH_UNKNOWN_FORK] = "unknown_fork",
};

const char *health_state_name(enum health_state s)
{
	return STATES[s];
}

static void PRINTF_LIKE(3, 4)
    verdict(struct node_health *h, enum health_state state, const char *fmt, ...)
{
	va_list ap;
	h->state = state;
	va_start(ap, fmt);
	vsnprintf(h->reason, sizeof h->reason, fmt, ap);
	va_end(ap);
}

void health_of_error(struct node_health *out, enum err e)
{
	*out = (struct node_health){0};
	if (e == ERR_NODE_NETWORK) {
		verdict(out, HEALTH_FOREIGN, "%s", err_text(e));
	} else if (e == ERR_NODE_FORK) {
		verdict(out, HEALTH_UNKNOWN_FORK, "%s", err_text(e));
	} else if (e == ERR_NODE_REORG || e == ERR_NODE_DISAGREE) {
		verdict(out, HEALTH_DISAGREEING, "%s", err_text(e));
	} else if (e == ERR_NODE_ANSWER) {
		verdict(out, HEALTH_FAULTY, "%s", err_text(e));
	} else {
		verdict(out, HEALTH_UNREACHABLE, "%s", err_text(e));
	}
}

/* Counts who agrees, and finds the newest block that enough of them have. */
static void weigh(struct node_health *h, const struct testimony *said, size_t n, uint64_t needed)
{
	uint64_t agreed[WITNESSES_MAX];
	size_t k = 0;
	CHECK(n <= WITNESSES_MAX);
	for (size_t i = 0; i < n; i++) {
		h->answering += said[i].answers && !said[i].foreign;
		if (!said[i].agrees) {
			continue;
		}
		/* Falling order: the needed-th is had by so many. */
		size_t at = k++;
		while (at && agreed[at - 1] < said[i].agreed) {
			agreed[at] = agreed[at - 1];
			at--;
		}
		agreed[at] = said[i].agreed;
	}
	h->agreeing = (uint32_t)k;
	if (n == 0 || needed == 0) {
		h->credit_height = UINT64_MAX;
	} else {
		h->credit_height = k >= needed ? agreed[needed - 1] + 1 : 0;
	}
}

void health_judge(struct node_health *out, const struct chain_info *info,
		  const struct testimony *said, size_t n, const struct watcher_config *c,
		  uint64_t now)
{
	uint64_t needed = c->witnesses_needed < n ? c->witnesses_needed : n;
	*out = (struct node_health){.height = info->height,
				    .target = info->target_height,
				    .top_time = info->top_time,
				    .witnesses = (uint32_t)n};
	weigh(out, said, n, needed);
	for (size_t i = 0; i < n; i++) {
		if (said[i].apart) {
			verdict(out, HEALTH_DISAGREEING,
				"witness %zu has another block at height %" PRIu64, i + 1,
				said[i].apart_at);
			return;
		}
		if (said[i].answers && !said[i].foreign && said[i].hard_fork > HARD_FORK_KNOWN) {
			verdict(out, HEALTH_UNKNOWN_FORK, "witness %zu is on hard fork %u", i + 1,
				said[i].hard_fork);
			return;
		}
	}
	if (!info->synchronized || info->height < info->target_height) {
		verdict(out, HEALTH_BEHIND, "at block %" PRIu64 " of %" PRIu64, info->height,
			info->target_height);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (said[i].answers && !said[i].foreign &&
		    said[i].height > info->height + HEALTH_LAG) {
			verdict(out, HEALTH_BEHIND, "at block %" PRIu64 ", witness %zu at %" PRIu64,
				info->height, i + 1, said[i].height);
			return;
		}
	}
	if (c->stall_seconds && now > info->top_time && now - info->top_time > c->stall_seconds) {
		verdict(out, HEALTH_STALLED, "no block for %" PRIu64 " minutes",
			(now - info->top_time) / 60);
		return;
	}
	if (out->agreeing < needed) {
		verdict(out, HEALTH_UNREACHABLE,
			"%" PRIu32 " of %zu witnesses agree, %" PRIu64 " needed", out->agreeing, n,
			needed);
		return;
	}
	out->state = HEALTH_HEALTHY;
}

enum err health_require(const struct node_health *h)
{
	static const enum err errors[] = {
	    [HEALTH_UNKNOWN] = ERR_NODE_UNREACHABLE,  [HEALTH_HEALTHY] = ERR_OK,
	    [HEALTH_BEHIND] = ERR_NODE_BEHIND,        [HEALTH_STALLED] = ERR_NODE_STALLED,
	    [HEALTH_DISAGREEING] = ERR_NODE_DISAGREE, [HEALTH_UNREACHABLE] = ERR_NODE_UNREACHABLE,
	    [HEALTH_FAULTY] = ERR_NODE_ANSWER,        [HEALTH_FOREIGN] = ERR_NODE_NETWORK,
	    [HEALTH_UNKNOWN_FORK] = ERR_NODE_FORK,
	};
	return h->state == HEALTH_HEALTHY ? ERR_OK : err_set(errors[h->state], "%s", h->reason);
}

uint64_t health_credit_height(const struct node_health *h, uint64_t height)
{
	if (h->state != HEALTH_HEALTHY) {
		return 0;
	}
	return height < h->credit_height ? height : h->credit_height;
}
