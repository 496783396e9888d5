/* What is to be done besides following the chain: what is over, above the float, and old. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "watcher/cli/cli.h"

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

/* What lies above the float, as the configuration says. */
static enum err sweep_by_itself(struct opened *p)
{
	char path[PATH_TEXT_MAX], name[64];
	struct request_info info;
	struct buf file;
	bool due = false;
	if (!p->settings.sweep_folder[0]) {
		return ERR_OK;
	}
	enum err rc = watcher_sweep_due(&p->w, &due);
	if (rc != ERR_OK || !due) {
		return rc;
	}
	buf_init(&file, PROTO_MESSAGE_MAX);
	rc = watcher_sweep(&p->w, amount_of(0), 0, &file, &info);
	if (rc == ERR_OK) {
		snprintf(name, sizeof name, "sweep-%" PRIu64 ".request", info.number);
		rc = path_join(path, p->settings.sweep_folder, name);
		if (rc == ERR_OK) {
			rc = file_write_new(path, file.p, file.n);
		}
		if (rc == ERR_OK) {
			log_line(LOG_INFO, "request %" PRIu64 " sweeps to the vault: %s",
				 info.number, path);
		} else {
			/* Nobody can have seen it. */
			err_ignore(watcher_cancel_request(&p->w, info.number, true));
		}
	}
	buf_free(&file);
	if (rc == ERR_FUNDS || rc == ERR_HALTED || err_category(rc) == CAT_NODE) {
		/* Not worth its fee, or not now: later. */
		err_clear();
		rc = ERR_OK;
	}
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

enum err chores(struct opened *p, bool new_blocks)
{
	struct prune_result pruned;
	enum err rc = new_blocks ? send_again(&p->w) : ERR_OK;
	if (rc == ERR_OK) {
		rc = chore_requests(&p->w);
	}
	if (rc == ERR_OK) {
		rc = sweep_by_itself(p);
	}
	return rc == ERR_OK ? watcher_prune_daily(&p->w, &pruned) : rc;
}
