/* Events and status. */
#include <inttypes.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/halt.h"

enum err watcher_events(const struct watcher *w, uint64_t after, event_visit *visit, void *ctx)
{
	struct db_txn *t = NULL;
	struct ledger_head head;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = ledger_head(&head, &WATCHER_EVENTS, t);
	for (uint64_t n = after + 1; rc == ERR_OK && after < UINT64_MAX && n <= head.number; n++) {
		uint8_t hash[32];
		struct event e = {.number = n};
		rc = ledger_read(&e.json, hash, &WATCHER_EVENTS, t, n);
		if (rc == ERR_OK && !visit(ctx, &e)) {
			break;
		}
	}
	db_abort(t);
	return rc;
}

static bool count_payout(void *ctx, const struct payout *p)
{
	struct watcher_status *s = ctx;
	s->queued += p->state == PAYOUT_QUEUED;
	s->failed += p->state == PAYOUT_FAILED;
	return true;
}

static bool count_request(void *ctx, const struct request_info *r)
{
	struct watcher_status *s = ctx;
	s->open_requests += r->state == REQUEST_OPEN;
	return true;
}

static bool count_sent(void *ctx, const struct sent_tx *t)
{
	struct watcher_status *s = ctx;
	s->unsent += t->state == SENT_SIGNED;
	s->in_flight += t->state == SENT_BROADCAST || t->state == SENT_IN_BLOCK;
	return true;
}

static enum err heads(struct watcher_status *out, struct db_txn *t)
{
	struct block_record top;
	struct ledger_head events;
	enum err rc = block_top(&top, t);
	if (rc == ERR_OK) {
		out->height = top.height + 1;
		out->top = top.id;
		out->top_time = top.time;
	} else if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	rc = ledger_head(&events, &WATCHER_EVENTS, t);
	out->events = events.number;
	if (rc == ERR_OK) {
		rc = payouts_halted(&out->halted, t);
	}
	return rc == ERR_OK ? journal_seen(&out->journal, t) : rc;
}

enum err watcher_status(const struct watcher *w, struct watcher_status *out)
{
	struct db_txn *t = NULL;
	*out = (struct watcher_status){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = heads(out, t);
		db_abort(t);
	}
	if (rc == ERR_OK) {
		rc = watcher_payouts(w, count_payout, out);
	}
	if (rc == ERR_OK) {
		rc = watcher_requests(w, count_request, out);
	}
	if (rc == ERR_OK) {
		rc = watcher_sent(w, count_sent, out);
	}
	return rc;
}
