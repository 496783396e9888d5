/* Events read. */
#include "watcher/store/store.h"

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
