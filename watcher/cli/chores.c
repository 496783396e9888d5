/* What is to be done besides following the chain: what is over, above the float, and old. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "watcher/cli/cli.h"

#define SWEEP_FIRST_MS 60000
#define SWEEP_MOST_MS 3600000

enum err chore_requests(struct watcher *w)
{
	size_t n;
	enum err rc = watcher_expire_requests(w, &n);
	if (rc == ERR_OK && n) {
		log_line(LOG_WARN,
			 "%zu requests were not answered in time; their payouts are "
			 "queued again",
			 n);
	}
	return rc;
}

/* Told, and put off: whatever else `run` does goes on. */
static void put_sweep_off(struct chores *c, const struct watcher *w, enum err rc)
{
	uint64_t ms = backoff_wait_ms(&c->sweep_wait, &w->rng);
	c->sweep_fails = true;
	c->sweep_after = clock_steady_ms(&w->clock) + ms;
	log_line(LOG_WARN,
		 "what lies above the float is not swept: %s: %s; again in %" PRIu64
		 " s, and at once when the configuration is read again (SIGHUP)",
		 err_text(rc), err_detail(), (ms + 999) / 1000);
	err_clear();
}

static enum err folder_check(const char *folder)
{
	enum err rc = dir_writable(folder);
	return rc == ERR_OK ? rc : err_wrap(rc, "sweep-folder %s", folder);
}

/* Under a name that is free: a store that was restored begins again with an older number. */
static enum err write_sweep(char path[static PATH_TEXT_MAX], const char *folder, uint64_t number,
			    const struct buf *file)
{
	char name[64];
	enum err rc = ERR_EXISTS;
	snprintf(name, sizeof name, "sweep-%" PRIu64 ".request", number);
	for (unsigned i = 2; rc == ERR_EXISTS; i++) {
		rc = path_join(path, folder, name);
		if (rc == ERR_OK) {
			rc = file_write_new(path, file->p, file->n);
		}
		snprintf(name, sizeof name, "sweep-%" PRIu64 "-%u.request", number, i);
	}
	return rc;
}

static enum err make_sweep(struct chores *c, struct opened *p, struct buf *file)
{
	char path[PATH_TEXT_MAX];
	struct request_info info;
	enum err rc = watcher_sweep(&p->w, amount_of(0), 0, file, &info);
	if (rc == ERR_FUNDS || rc == ERR_HALTED || rc == ERR_LIMIT_FEE || rc == ERR_CONFLICT ||
	    err_category(rc) == CAT_NODE) {
		/* Not worth its fee, or not now: later. */
		err_clear();
		return ERR_OK;
	}
	if (err_category(rc) == CAT_USAGE) {
		put_sweep_off(c, &p->w, rc);
		return ERR_OK;
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = write_sweep(path, p->settings.sweep_folder, info.number, file);
	if (rc != ERR_OK) {
		put_sweep_off(c, &p->w, rc);
		/* Nobody can have seen it. */
		return watcher_cancel_request(&p->w, info.number, true);
	}
	log_line(LOG_INFO, "request %" PRIu64 " sweeps to the vault: %s", info.number, path);
	c->sweep_fails = false;
	backoff_reset(&c->sweep_wait);
	return ERR_OK;
}

/* What lies above the float, as the configuration says. */
static enum err sweep_by_itself(struct chores *c, struct opened *p)
{
	struct buf file;
	bool due = false;
	if (!p->settings.sweep_folder[0]) {
		return ERR_OK;
	}
	enum err rc = watcher_sweep_due(&p->w, &due);
	if (rc != ERR_OK || !due) {
		c->sweep_fails = c->sweep_fails && rc != ERR_OK;
		return rc;
	}
	if (c->sweep_fails && clock_steady_ms(&p->w.clock) < c->sweep_after) {
		return ERR_OK;
	}
	/* Before anything is planned that nobody would ever get. */
	rc = folder_check(p->settings.sweep_folder);
	if (rc != ERR_OK) {
		put_sweep_off(c, &p->w, rc);
		return ERR_OK;
	}
	buf_init(&file, PROTO_MESSAGE_MAX);
	rc = make_sweep(c, p, &file);
	buf_free(&file);
	return rc;
}

/* Into the pool again, with each new block. */
static enum err send_again(struct watcher *w)
{
	struct broadcast_result r;
	enum err rc = watcher_broadcast_again(w, &r);
	if (r.submitted) {
		log_line(LOG_WARN, "%zu transactions were missing in the pool and sent again",
			 r.submitted);
	}
	if (rc == ERR_NODE_REJECTED || rc == ERR_OVERTAKEN) {
		log_line(LOG_WARN, "%zu transactions are not taken by the node: %s: %s", r.rejected,
			 err_text(rc), err_detail());
		err_clear();
		rc = ERR_OK;
	}
	return rc == ERR_HALTED ? ERR_OK : rc;
}

/* Daily; a clock that the chain contradicts is told once. */
static enum err forget(struct chores *c, struct opened *p)
{
	struct prune_result pruned;
	enum err rc = watcher_prune_daily(&p->w, &pruned);
	bool doubted = rc == ERR_STATE;
	if (doubted && !c->clock_doubted) {
		log_line(LOG_WARN, "nothing is forgotten by age: %s", err_detail());
	}
	c->clock_doubted = doubted;
	if (doubted) {
		err_clear();
		rc = ERR_OK;
	}
	return rc;
}

void chores_start(struct chores *c, const struct settings *s)
{
	*c = (struct chores){.sweep_wait = {.first_ms = SWEEP_FIRST_MS, .most_ms = SWEEP_MOST_MS}};
	if (s->sweep_folder[0] && folder_check(s->sweep_folder) != ERR_OK) {
		log_line(LOG_WARN, "nothing can be swept by itself: %s", err_detail());
		err_clear();
	}
}

enum err chores(struct chores *c, struct opened *p, bool new_blocks)
{
	enum err rc = new_blocks ? send_again(&p->w) : ERR_OK;
	if (rc == ERR_OK) {
		rc = chore_requests(&p->w);
	}
	if (rc == ERR_OK) {
		rc = sweep_by_itself(c, p);
	}
	return rc == ERR_OK ? forget(c, p) : rc;
}
