/* Asking the followed node and its witnesses: see health.h. */
#include <string.h>

#include "watcher/health/health.h"
#include "watcher/requests/requests.h"

/* Our own block at a height; ERR_NOT_FOUND when it is not remembered. */
static enum err ours(const struct watcher *w, struct block_record *b, uint64_t height)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = block_get(b, t, height);
		db_abort(t);
	}
	return rc;
}

static enum err our_top(const struct watcher *w, struct block_record *b)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = block_top(b, t);
		db_abort(t);
	}
	return rc;
}

/* What a witness failed with is no failure of ours; that the wait was ended is. */
static enum err silent(enum err rc)
{
	return err_category(rc) == CAT_NODE ? ERR_OK : rc;
}

/* From the newest common height down to where it has our block, HEALTH_DEPTH at most. */
static enum err compare(const struct watcher *w, const struct chain *c, struct testimony *said,
			uint64_t height)
{
	struct block_record b;
	struct hash id;
	for (unsigned depth = 0; depth <= HEALTH_DEPTH; depth++, height--) {
		enum err rc = ours(w, &b, height);
		if (rc != ERR_OK) {
			/* Older than what is remembered: it says nothing about our blocks. */
			return rc == ERR_NOT_FOUND ? ERR_OK : rc;
		}
		rc = c->block_id(c->ctx, &id, height);
		if (rc != ERR_OK) {
			said->answers = false;
			return silent(rc);
		}
		if (memcmp(id.b, b.id.b, 32) == 0) {
			said->agrees = true;
			said->agreed = height;
			said->agreed_id = id;
			return ERR_OK;
		}
		if (depth == HEALTH_DEPTH || height == 0) {
			said->apart = true;
			said->apart_at = height;
			return ERR_OK;
		}
	}
	return ERR_OK;
}

static enum err hear(const struct watcher *w, const struct chain *c, struct testimony *said,
		     const struct block_record *top)
{
	struct chain_info info;
	*said = (struct testimony){0};
	enum err rc = c->info(c->ctx, &info);
	if (rc == ERR_NODE_NETWORK || (rc == ERR_OK && info.network != w->account.network)) {
		said->answers = said->foreign = true;
		return ERR_OK;
	}
	if (rc == ERR_NODE_FORK) {
		said->answers = true;
		said->hard_fork = HARD_FORK_KNOWN + 1;
		return ERR_OK;
	}
	if (rc != ERR_OK || info.height == 0) {
		return silent(rc);
	}
	said->answers = true;
	said->height = info.height;
	said->hard_fork = info.hard_fork;
	return compare(w, c, said, info.height - 1 < top->height ? info.height - 1 : top->height);
}

/* Whether what it said last still holds: the same top of ours, not long ago. */
static bool still_holds(const struct watcher *w, const struct witness *x,
			const struct block_record *top)
{
	return x->heard && memcmp(x->top.b, top->id.b, 32) == 0 &&
	       clock_steady_ms(&w->clock) - x->heard_ms < 1000 * HEALTH_WITNESS_SECONDS;
}

static enum err hear_all(const struct watcher *w, struct testimony *said)
{
	struct block_record top;
	enum err rc = our_top(w, &top);
	if (rc != ERR_OK) {
		memset(said, 0, w->n_witnesses * sizeof *said);
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < w->n_witnesses; i++) {
		struct witness *x = &w->witness[i];
		if (!still_holds(w, x, &top)) {
			rc = hear(w, &x->chain, &said[i], &top);
			x->heard = rc == ERR_OK;
			x->heard_ms = clock_steady_ms(&w->clock);
			x->top = top.id;
			x->said = said[i];
			if (rc == ERR_OK) {
				err_clear();
			}
		} else {
			said[i] = x->said;
		}
	}
	return rc;
}

enum err health_settle(const struct watcher *w, const struct chain_info *info,
		       struct node_health *out)
{
	struct testimony said[WITNESSES_MAX];
	*out = (struct node_health){0};
	enum err rc = hear_all(w, said);
	if (rc == ERR_OK) {
		health_judge(out, info, said, w->n_witnesses, &w->config, watcher_now(w));
		rc = health_keep(w, out);
	}
	return rc;
}

enum err health_ask(const struct watcher *w, struct chain_info *info, struct node_health *out)
{
	enum err rc = node_check(w, info);
	*out = (struct node_health){0};
	return rc == ERR_OK ? health_settle(w, info, out) : health_failed(w, rc);
}

enum err health_failed(const struct watcher *w, enum err e)
{
	struct node_health h;
	if (err_category(e) != CAT_NODE) {
		return e;
	}
	health_of_error(&h, e);
	enum err kept = health_keep(w, &h);
	return kept == ERR_OK ? e : kept;
}
