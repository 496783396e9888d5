/*
 * Blocks out of the store again, newest first, when the chain replaced them. Records of outputs
 * stay (an output that comes back is the same deposit), events never change: a reversal is a new
 * one.
 */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"
#include "watcher/scan/halt.h"

/* The first key of an index at this height, split; ERR_NOT_FOUND when there is none. */
static enum err first_at(struct db_txn *t, enum table table, uint64_t height, uint8_t *rest,
			 size_t n)
{
	struct span key, value;
	struct table_key at = key_height(height);
	enum err rc = db_first(t, table, key_span(&at), &key, &value);
	if (rc != ERR_OK) {
		return rc;
	}
	if (key.n != 8 + n) {
		return err_set(ERR_DB_DAMAGED, "an index by height has a bad key");
	}
	if (load64_be(key.p) != height) {
		return ERR_NOT_FOUND;
	}
	memcpy(rest, key.p + 8, n);
	return ERR_OK;
}

static enum err unspend(const struct watcher *w, struct db_txn *t, const struct key_image *image)
{
	struct image_record r;
	struct output_record o;
	enum err rc = image_read(&r, t, image);
	if (rc != ERR_OK) {
		return rc;
	}
	struct hash by = r.by;
	r.spent = false;
	r.height = 0;
	r.by = (struct hash){{0}};
	rc = image_write(t, image, &r);
	if (rc == ERR_OK) {
		rc = output_read(&o, t, &r.at);
	}
	if (rc == ERR_OK) {
		o.spent = false;
		rc = output_write(t, &o);
	}
	if (rc == ERR_OK) {
		rc = duplicates_settle(t, &o.one_time);
	}
	if (rc == ERR_OK) {
		rc = duplicates_unburn(w, t, &o.one_time);
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_OK ? sent_unmined(w, t, &by) : rc;
}

static enum err reversal_event(const struct watcher *w, struct db_txn *t,
			       const struct output_record *o)
{
	struct event_writer e;
	enum err rc = deposit_event(
	    &e, w, t, o->state == DEPOSIT_OWN ? "output_own_reversed" : "deposit_reversed", &o->at,
	    o->address, o->amount);
	if (rc != ERR_OK) {
		return rc;
	}
	event_number(&e, "height", o->height);
	if (o->credit) {
		event_number(&e, "credit", o->credit);
		event_amount(&e, "credited", o->credited);
	}
	return event_end(&e, t, NULL);
}

enum err output_reverse(const struct watcher *w, struct db_txn *t, const struct outpoint *at)
{
	struct output_record o;
	enum err rc = output_read(&o, t, at);
	if (rc == ERR_OK) {
		rc = reversal_event(w, t, &o);
	}
	if (rc == ERR_OK && o.due) {
		struct table_key k = key_height_outpoint(o.due, at);
		rc = unmark(t, T_DUE, key_span(&k));
	}
	if (rc == ERR_OK) {
		struct table_key k = key_one_time(&o.one_time, at);
		rc = unmark(t, T_OUT_KEY, key_span(&k));
	}
	if (rc == ERR_OK) {
		struct table_key k = key_of_outpoint(at);
		rc = unmark_any(t, T_UNSPENT, key_span(&k));
	}
	if (rc == ERR_OK && o.state != DEPOSIT_OWN) {
		struct table_key k = key_address_height(o.address, o.height);
		uint8_t point[OUTPOINT_SIZE];
		outpoint_key(point, at);
		key_bytes(&k, point, sizeof point);
		rc = unmark(t, T_OUT_ADDRESS, key_span(&k));
	}
	if (rc == ERR_OK) {
		o.was = o.credit ? o.credit : o.was;
		o.state = DEPOSIT_REVERSED;
		o.due = 0;
		o.credit = 0;
		o.credited = amount_of(0);
		rc = output_write(t, &o);
	}
	if (rc == ERR_OK) {
		rc = duplicates_settle(t, &o.one_time);
	}
	if (rc == ERR_OK) {
		rc = invoice_touch(t, o.address);
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err drop_block(const struct watcher *w, struct db_txn *t, uint64_t height)
{
	struct key_image image;
	uint8_t key[OUTPOINT_SIZE];
	enum err rc;
	while ((rc = first_at(t, T_SPENT_HEIGHT, height, image.b, 32)) == ERR_OK) {
		struct table_key k = key_height_image(height, &image);
		rc = unmark(t, T_SPENT_HEIGHT, key_span(&k));
		if (rc == ERR_OK) {
			rc = unspend(w, t, &image);
		}
		if (rc != ERR_OK) {
			return rc;
		}
	}
	while (rc == ERR_NOT_FOUND &&
	       (rc = first_at(t, T_OUT_HEIGHT, height, key, sizeof key)) == ERR_OK) {
		struct outpoint at;
		outpoint_of_key(&at, key);
		struct table_key k = key_height_outpoint(height, &at);
		rc = unmark(t, T_OUT_HEIGHT, key_span(&k));
		if (rc == ERR_OK) {
			rc = output_reverse(w, t, &at);
		}
		rc = rc == ERR_OK ? ERR_NOT_FOUND : rc;
	}
	if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	rc = invoices_unblock(t, height);
	struct table_key k = key_height(height);
	return rc == ERR_OK ? unmark(t, T_BLOCKS, key_span(&k)) : rc;
}

enum err blocks_drop(const struct watcher *w, struct db_txn *t, uint64_t keep, bool everything,
		     size_t *dropped)
{
	struct block_record top, oldest;
	struct event_writer e;
	*dropped = 0;
	enum err rc = block_top(&top, t);
	if (rc != ERR_OK) {
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	rc = block_oldest(&oldest, t);
	if (rc != ERR_OK || (!everything && keep >= top.height)) {
		return rc;
	}
	uint64_t from = everything ? oldest.height : keep + 1;
	uint64_t depth = top.height - from + 1;
	event_begin(&e, "reorganised", watcher_now(w));
	event_number(&e, "from", from);
	event_number(&e, "to", top.height);
	event_number(&e, "depth", depth);
	rc = event_end(&e, t, NULL);
	/* Not even what was deepest enough is safe in such a chain. */
	if (rc == ERR_OK && depth >= w->config.depth_above) {
		rc = payouts_halt(w, t, "reorganised as deep as the deepest credit");
	}
	if (rc == ERR_OK) {
		rc = rings_suspect(t);
	}
	if (rc == ERR_OK) {
		rc = late_anew(t);
	}
	for (uint64_t h = top.height; rc == ERR_OK; h--) {
		rc = drop_block(w, t, h);
		++*dropped;
		if (h == from) {
			break;
		}
	}
	return rc;
}
