/* The brake on payouts: see halt.h. */
#include "watcher/scan/halt.h"

#include <inttypes.h>
#include <string.h>

enum err payouts_halted(uint64_t *event, struct db_txn *t)
{
	uint8_t b[8];
	enum err rc = meta_get(t, META_HALT, b, sizeof b);
	*event = load64_le(b);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err payouts_halt(const struct watcher *w, struct db_txn *t, const char *why)
{
	struct event_writer e;
	uint64_t event, before;
	uint8_t b[8];
	enum err rc = payouts_halted(&before, t);
	if (rc != ERR_OK) {
		return rc;
	}
	event_begin(&e, "payouts_halted", watcher_now(w));
	event_text(&e, "why", why);
	rc = event_end(&e, t, &event);
	store64_le(b, before ? before : event);
	return rc == ERR_OK ? meta_put(t, META_HALT, db_span(b, sizeof b)) : rc;
}

enum err payouts_check(struct db_txn *t)
{
	uint64_t event;
	enum err rc = payouts_halted(&event, t);
	if (rc == ERR_OK && event) {
		rc = err_set(ERR_HALTED, "see event %" PRIu64 "; when all is clear, run resume",
			     event);
	}
	return rc;
}

static enum err resume(struct watcher *w, struct db_txn *t, uint64_t *event)
{
	struct event_writer e;
	enum err rc = payouts_halted(event, t);
	if (rc != ERR_OK || *event == 0) {
		return rc;
	}
	rc = db_del(t, T_META, db_span(META_HALT, strlen(META_HALT)));
	event_begin(&e, "payouts_resumed", watcher_now(w));
	event_number(&e, "halt", *event);
	enum err end = event_end(&e, t, NULL);
	return rc == ERR_OK ? end : rc;
}

enum err watcher_resume(struct watcher *w, uint64_t *halt)
{
	struct db_txn *t = NULL;
	*halt = 0;
	enum err rc = db_begin(&t, w->db, true);
	return rc == ERR_OK ? txn_end(t, resume(w, t, halt)) : rc;
}
