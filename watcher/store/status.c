/* Where everything stands: from heads, tallies and the indices of what is open, never by a walk. */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"
#include "watcher/scan/halt.h"

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

static enum err count_marks(size_t *n, struct db_txn *t, enum table table)
{
	struct span key, value;
	*n = 0;
	enum err rc = db_first(t, table, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		++*n;
		rc = db_next(t, table, &key, &value);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* What is due and was not credited yet is confirmed: nothing, unless the node is not healthy. */
static enum err count_confirmed(struct watcher_status *s, struct db_txn *t)
{
	struct span key, value;
	enum err rc = db_first(t, T_DUE, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK && key.n == 8 + OUTPOINT_SIZE && load64_be(key.p) <= s->height) {
		struct output_record o;
		struct outpoint at;
		outpoint_of_key(&at, key.p + 8);
		rc = output_read(&o, t, &at);
		if (rc == ERR_OK && o.state == DEPOSIT_IN_BLOCK) {
			s->deposits[DEPOSIT_IN_BLOCK]--;
			s->deposits[DEPOSIT_CONFIRMED]++;
		}
		secret_wipe(&o, sizeof o);
		if (rc == ERR_OK) {
			rc = db_next(t, T_DUE, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* What waits in the pool is seen, also if it was in a block before. */
static enum err count_seen(struct watcher_status *s, struct db_txn *t)
{
	struct span key, value;
	enum err rc = db_first(t, T_POOL, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct output_record o;
		struct pool_record p;
		rc = pool_decode(&p, key, value);
		if (rc != ERR_OK) {
			break;
		}
		s->deposits[DEPOSIT_SEEN]++;
		rc = output_read(&o, t, &p.at);
		s->deposits[DEPOSIT_REVERSED] -= rc == ERR_OK && o.state == DEPOSIT_REVERSED;
		secret_wipe(&o, sizeof o);
		if (rc == ERR_OK || rc == ERR_NOT_FOUND) {
			rc = db_next(t, T_POOL, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err count_deposits(struct watcher_status *s, struct db_txn *t)
{
	struct tally n;
	enum err rc = tally_read(&n, t);
	for (size_t i = 0; i < DEPOSIT_STATES; i++) {
		s->deposits[i] = n.deposits[i];
	}
	for (size_t i = 0; i < PAYOUT_STATES; i++) {
		s->payouts[i] = n.payouts[i];
	}
	if (rc == ERR_OK) {
		rc = count_confirmed(s, t);
	}
	return rc == ERR_OK ? count_seen(s, t) : rc;
}

static enum err count_open_sent(void *ctx, struct db_txn *t, struct sent_tx *sent)
{
	struct watcher_status *s = ctx;
	(void)t;
	s->unsent += sent->state == SENT_SIGNED;
	s->in_flight += sent->state == SENT_BROADCAST || sent->state == SENT_IN_BLOCK;
	return ERR_OK;
}

enum err watcher_status(const struct watcher *w, struct watcher_status *out)
{
	struct db_txn *t = NULL;
	*out = (struct watcher_status){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = heads(out, t);
	if (rc == ERR_OK) {
		rc = count_deposits(out, t);
	}
	if (rc == ERR_OK) {
		rc = count_marks(&out->open_requests, t, T_REQUEST_OPEN);
	}
	if (rc == ERR_OK) {
		rc = sent_each_open(t, count_open_sent, out);
	}
	db_abort(t);
	return rc;
}
