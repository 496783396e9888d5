/*
 * Stores out of older copies, and what an operator does then by the handbook. For the watcher's:
 * the same payouts and invoices again by their ids, numbers of requests that go on from the newest,
 * and the signer asked what is spent. For the signer's: it catches up from the watcher's copy.
 */
#include <inttypes.h>

#include "common/base/check.h"
#include "tests/simulation/world.h"

bool world_copy_hot(struct world *w)
{
	struct watcher_status status;
	if (watcher_status(&w->watcher, &status) != ERR_OK || status.height == 0) {
		return false; /* it never synced */
	}
	disk_free(w->kept_hot);
	w->kept_hot = disk_snapshot(w->hot);
	world_say(w, "the watcher's store is copied");
	return true;
}

static enum err learn_what_is_spent(struct world *w)
{
	struct buf asked, answer;
	size_t n = 0, left;
	buf_init(&asked, PROTO_MESSAGE_MAX);
	buf_init(&answer, PROTO_MESSAGE_MAX);
	enum err rc = watcher_ask_images(&w->watcher, &asked, &n, &left);
	if (rc == ERR_OK) {
		rc = cold_key_images(w, buf_span(&asked), &answer);
	}
	if (rc == ERR_OK) {
		rc = watcher_import_images(&w->watcher, buf_span(&answer), &n);
	}
	buf_free(&asked);
	buf_free(&answer);
	world_say(w, "%zu new key images", n);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

bool world_recover(struct world *w)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < w->n_payouts; i++) {
		rc = world_order(w, &w->payouts[i]);
	}
	for (size_t i = 0; rc == ERR_OK && i < w->n_invoices; i++) {
		struct invoice v;
		rc = world_ask_for_invoice(w, &w->invoices[i]);
		if (rc == ERR_OK) {
			CHECK(watcher_get_invoice(&w->watcher, w->invoices[i].id, &v) == ERR_OK);
			/* A decision since is forgotten, one before is not. */
			w->invoices[i].over = v.rules.over == INVOICE_HOLD ? 0 : v.rules.over;
		}
	}
	if (rc == ERR_OK) {
		rc = learn_what_is_spent(w);
	}
	w->recovering = rc != ERR_OK;
	return world_expected(w, "recovery", rc);
}

bool world_restore_hot(struct world *w)
{
	struct watcher_status status;
	/* When both forget one payout, nobody knows of it. */
	if (!w->kept_hot || w->rolled_back) {
		return false;
	}
	w->restored = w->recovering = true;
	disk_restore(w->hot, w->kept_hot);
	world_boot_hot(w);
	world_say(w, "the watcher's store is an older one");
	CHECK(watcher_status(&w->watcher, &status) == ERR_OK);
	w->events_before = status.events;
	for (size_t i = 0; i < w->n_invoices; i++) {
		struct invoice v;
		/* One that is forgotten may have another address when it is made again. */
		w->invoices[i].known =
		    watcher_get_invoice(&w->watcher, w->invoices[i].id, &v) == ERR_OK;
	}
	err_clear();
	return world_recover(w);
}

bool world_copy_cold(struct world *w)
{
	disk_free(w->kept);
	w->kept = disk_snapshot(w->cold);
	world_say(w, "the signer's disk is copied");
	return true;
}

bool world_roll_back_cold(struct world *w)
{
	if (!w->kept || w->restored) {
		return false;
	}
	disk_restore(w->cold, w->kept);
	w->rolled_back = true;
	cold_remembers(w);
	world_say(w, "the signer's disk is rolled back");
	return true;
}

bool world_catch_up(struct world *w)
{
	struct buf copy;
	struct journal_export exported;
	struct catch_up taken = {0};
	buf_init(&copy, PROTO_MESSAGE_MAX);
	enum err rc = watcher_export_journal(&w->watcher, 0, false, &copy, &exported);
	if (rc == ERR_OK) {
		rc = cold_catch_up(w, buf_span(&copy), &taken);
	}
	buf_free(&copy);
	if (!world_expected(w, "catch-up", rc)) {
		return false;
	}
	cold_remembers(w);
	world_say(w, "caught up with %" PRIu64 " entries", taken.taken);
	return taken.taken > 0;
}
