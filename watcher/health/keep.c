/* The node's health as it is stored, and the events of its changes. */
#include <string.h>

#include "common/base/text.h"
#include "watcher/health/health.h"

#define META_HEALTH "health"
#define RECORD_SIZE (1 + 8 + 8 + 8 + 8 + 8 + 4 + 4 + 4 + HEALTH_REASON_MAX)

static void pack(uint8_t out[static RECORD_SIZE], const struct node_health *h)
{
	memset(out, 0, RECORD_SIZE);
	out[0] = (uint8_t)h->state;
	store64_le(out + 1, h->since);
	store64_le(out + 9, h->height);
	store64_le(out + 17, h->target);
	store64_le(out + 25, h->top_time);
	store64_le(out + 33, h->credit_height);
	store32_be(out + 41, h->witnesses);
	store32_be(out + 45, h->answering);
	store32_be(out + 49, h->agreeing);
	memcpy(out + 53, h->reason, strnlen(h->reason, HEALTH_REASON_MAX - 1));
}

static enum err unpack(struct node_health *h, const uint8_t b[static RECORD_SIZE])
{
	*h = (struct node_health){
	    .state = (enum health_state)b[0],
	    .since = load64_le(b + 1),
	    .height = load64_le(b + 9),
	    .target = load64_le(b + 17),
	    .top_time = load64_le(b + 25),
	    .credit_height = load64_le(b + 33),
	    .witnesses = load32_be(b + 41),
	    .answering = load32_be(b + 45),
	    .agreeing = load32_be(b + 49),
	};
	memcpy(h->reason, b + 53, HEALTH_REASON_MAX);
	if (b[0] > HEALTH_UNKNOWN_FORK || h->reason[HEALTH_REASON_MAX - 1] ||
	    !text_is_plain(h->reason, strlen(h->reason))) {
		*h = (struct node_health){0};
		return err_set(ERR_DB_DAMAGED, "the record of the node's health");
	}
	return ERR_OK;
}

static enum err read_kept(struct node_health *h, struct db_txn *t)
{
	uint8_t b[RECORD_SIZE];
	*h = (struct node_health){0};
	enum err rc = meta_get(t, META_HEALTH, b, sizeof b);
	if (rc == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	return rc == ERR_OK ? unpack(h, b) : rc;
}

enum err watcher_health(const struct watcher *w, struct node_health *out)
{
	struct db_txn *t = NULL;
	*out = (struct node_health){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = read_kept(out, t);
		db_abort(t);
	}
	return rc;
}

static enum err events(const struct watcher *w, struct db_txn *t, const struct node_health *before,
		       const struct node_health *h)
{
	struct event_writer e;
	event_begin(&e, "node_health", watcher_now(w));
	event_text(&e, "state", health_state_name(h->state));
	event_text(&e, "before", health_state_name(before->state));
	event_text(&e, "reason", h->reason);
	enum err rc = event_end(&e, t, NULL);
	if (rc == ERR_OK && h->state == HEALTH_DISAGREEING) {
		event_begin(&e, "alarm", watcher_now(w));
		event_text(&e, "cause", "nodes_disagree");
		event_text(&e, "detail", h->reason);
		rc = event_end(&e, t, NULL);
	}
	return rc;
}

enum err health_keep(const struct watcher *w, struct node_health *h)
{
	uint8_t b[RECORD_SIZE];
	struct node_health before;
	struct db_txn *t = NULL;
	enum err rc = watcher_health(w, &before);
	if (rc != ERR_OK) {
		return rc;
	}
	h->since = h->state == before.state ? before.since : watcher_now(w);
	if (h->state == before.state && h->height == before.height &&
	    h->credit_height == before.credit_height && h->answering == before.answering &&
	    h->agreeing == before.agreeing && h->witnesses == before.witnesses) {
		return ERR_OK;
	}
	rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	pack(b, h);
	rc = meta_put(t, META_HEALTH, db_span(b, sizeof b));
	if (rc == ERR_OK && h->state != before.state) {
		rc = events(w, t, &before, h);
	}
	return txn_end(t, rc);
}
