/*
 * Invoices along the chain. An invoice's time is over with the first block whose median time (of
 * eleven blocks, so that no single miner decides) is past it, or at a height; what is mined in that
 * block or later is late. A reorganisation takes that back with the block.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"

#define MEDIAN_BLOCKS 11

struct table_key key_invoice(uint64_t first, uint64_t number)
{
	struct table_key k = {0};
	key_u64(&k, first);
	key_u64(&k, number);
	return k;
}

static enum err dirty(struct db_txn *t, uint64_t number)
{
	struct table_key k = key_height(number);
	return mark(t, T_INVOICE_NEWS, key_span(&k));
}

enum err invoice_at(uint64_t *out, struct db_txn *t, struct subaddress at)
{
	struct span value;
	struct table_key k = {0};
	key_u32(&k, at.major);
	key_u32(&k, at.minor);
	*out = 0;
	enum err rc = db_get(t, T_INVOICE_AT, key_span(&k), &value);
	if (rc == ERR_OK && value.n != 8) {
		return err_set(ERR_DB_DAMAGED, "an invoice's address has a bad record");
	}
	if (rc == ERR_OK) {
		*out = load64_be(value.p);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err invoice_of_address(char id[static INVOICE_ID_MAX + 1], struct db_txn *t,
			    struct subaddress at)
{
	struct invoice v;
	uint64_t number;
	memset(id, 0, INVOICE_ID_MAX + 1);
	enum err rc = invoice_at(&number, t, at);
	if (rc == ERR_OK && number) {
		rc = invoice_read(&v, t, number);
		if (rc == ERR_OK) {
			memcpy(id, v.id, sizeof v.id);
		}
	}
	return rc;
}

enum err invoice_touch(struct db_txn *t, struct subaddress at)
{
	uint64_t number;
	enum err rc = invoice_at(&number, t, at);
	return rc == ERR_OK && number ? dirty(t, number) : rc;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static enum err median_time(uint64_t *out, struct db_txn *t, uint64_t height)
{
	uint64_t times[MEDIAN_BLOCKS];
	size_t n = 0;
	enum err rc = ERR_OK;
	while (rc == ERR_OK && n < MEDIAN_BLOCKS && n <= height) {
		struct block_record b;
		rc = block_get(&b, t, height - n);
		if (rc == ERR_OK) {
			times[n++] = b.time;
		}
	}
	if (rc != ERR_OK && (rc != ERR_NOT_FOUND || n == 0)) {
		return rc;
	}
	qsort(times, n, sizeof *times, by_value);
	*out = times[n / 2];
	return ERR_OK;
}

/* The first mark of an index of (first, number); ERR_NOT_FOUND when it is above `most`. */
static enum err first_mark(uint64_t *first, uint64_t *number, struct db_txn *t, enum table table,
			   struct table_key at, uint64_t most)
{
	struct span key, value;
	enum err rc = db_first(t, table, key_span(&at), &key, &value);
	if (rc != ERR_OK) {
		return rc;
	}
	if (key.n != 16) {
		return err_set(ERR_DB_DAMAGED, "an index of invoices has a bad key");
	}
	*first = load64_be(key.p);
	*number = load64_be(key.p + 8);
	return *first > most ? ERR_NOT_FOUND : ERR_OK;
}

/* Everything that is late from `height` on is judged anew. */
static enum err touch_late(struct db_txn *t, uint64_t height)
{
	uint64_t at, number = 0;
	enum err rc = ERR_OK;
	while ((rc = first_mark(&at, &number, t, T_INVOICE_LATE, key_invoice(height, number),
				height)) == ERR_OK) {
		rc = dirty(t, number);
		if (rc != ERR_OK) {
			return rc;
		}
		number++;
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err set_late(struct db_txn *t, uint64_t number, uint64_t height)
{
	struct invoice v;
	struct table_key k;
	enum err rc = invoice_read(&v, t, number);
	if (rc != ERR_OK) {
		return rc;
	}
	k = key_invoice(v.expires_time, number);
	rc = unmark(t, T_INVOICE_ENDS, key_span(&k));
	if (rc == ERR_OK) {
		v.late_from = height;
		rc = invoice_write(t, &v);
	}
	k = key_invoice(height, number);
	return rc == ERR_OK ? mark(t, T_INVOICE_LATE, key_span(&k)) : rc;
}

enum err invoices_block(struct db_txn *t, uint64_t height)
{
	uint64_t expires = 0, number = 0, median = 0;
	struct table_key none = {0};
	enum err rc = first_mark(&expires, &number, t, T_INVOICE_ENDS, none, UINT64_MAX);
	if (rc == ERR_OK) {
		rc = median_time(&median, t, height);
		while (rc == ERR_OK && expires < median) {
			rc = set_late(t, number, height);
			if (rc == ERR_OK) {
				rc = first_mark(&expires, &number, t, T_INVOICE_ENDS, none,
						UINT64_MAX);
			}
		}
	}
	return rc == ERR_OK || rc == ERR_NOT_FOUND ? touch_late(t, height) : rc;
}

static enum err unset_late(struct db_txn *t, uint64_t height, uint64_t number)
{
	struct invoice v;
	enum err rc = invoice_read(&v, t, number);
	if (rc != ERR_OK || !v.expires_time) {
		return rc;
	}
	struct table_key k = key_invoice(height, number);
	rc = unmark(t, T_INVOICE_LATE, key_span(&k));
	if (rc == ERR_OK) {
		v.late_from = 0;
		rc = invoice_write(t, &v);
	}
	k = key_invoice(v.expires_time, number);
	return rc == ERR_OK ? mark(t, T_INVOICE_ENDS, key_span(&k)) : rc;
}

enum err invoices_unblock(struct db_txn *t, uint64_t height)
{
	uint64_t at, number = 0;
	enum err rc = touch_late(t, height);
	while (rc == ERR_OK && (rc = first_mark(&at, &number, t, T_INVOICE_LATE,
						key_invoice(height, number), height)) == ERR_OK) {
		rc = unset_late(t, height, number);
		number++;
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* ---- judging ---- */

struct payments {
	size_t n, room;
	struct invoice_payment *p;
};

static enum err add_payment(struct payments *l, const struct output_record *o)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 8;
		struct invoice_payment *more = realloc(l->p, room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		l->p = more;
		l->room = room;
	}
	l->p[l->n++] = (struct invoice_payment){
	    .height = o->height,
	    .credited = o->credited,
	    .pending = o->credit || o->state == DEPOSIT_DUPLICATE ? amount_of(0) : o->worth,
	};
	return ERR_OK;
}

static enum err list_payments(struct payments *l, struct db_txn *t, struct subaddress address)
{
	struct span key, value;
	struct output_record o;
	struct table_key at = key_address_height(address, 0);
	enum err rc = db_first(t, T_OUT_ADDRESS, key_span(&at), &key, &value);
	while (rc == ERR_OK && key.n == 16 + OUTPOINT_SIZE && memcmp(key.p, at.b, 8) == 0) {
		struct outpoint point;
		outpoint_of_key(&point, key.p + 16);
		rc = output_read(&o, t, &point);
		if (rc == ERR_OK) {
			rc = add_payment(l, &o);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_OUT_ADDRESS, &key, &value);
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err invoice_outcome_now(struct invoice_outcome *out, struct db_txn *t, const struct invoice *v)
{
	struct payments l = {0};
	struct block_record top = {0};
	*out = (struct invoice_outcome){.state = INVOICE_OPEN};
	enum err rc = block_top(&top, t);
	if (rc == ERR_NOT_FOUND) {
		rc = ERR_OK; /* nothing of the chain is known */
	}
	if (rc == ERR_OK) {
		rc = list_payments(&l, t, v->at);
	}
	if (rc == ERR_OK) {
		rc = invoice_judge(out, v, l.p, l.n, top.height + 1);
	}
	free(l.p);
	return rc;
}

bool invoice_same_outcome(const struct invoice_outcome *a, const struct invoice_outcome *b)
{
	return a->state == b->state && amount_cmp(a->received, b->received) == 0 &&
	       amount_cmp(a->counted, b->counted) == 0 && amount_cmp(a->held, b->held) == 0 &&
	       amount_cmp(a->refund, b->refund) == 0;
}

static enum err change_event(const struct watcher *w, struct db_txn *t, const struct invoice *v)
{
	struct event_writer e;
	event_begin(&e, "invoice_changed", watcher_now(w));
	event_text(&e, "id", v->id);
	event_number(&e, "account", v->at.major);
	event_number(&e, "index", v->at.minor);
	event_text(&e, "state", invoice_state_name(v->is.state));
	event_amount(&e, "amount", v->amount);
	event_amount(&e, "received", v->is.received);
	event_amount(&e, "counted", v->is.counted);
	event_amount(&e, "held", v->is.held);
	event_amount(&e, "refund", v->is.refund);
	event_amount(&e, "refunded", v->refunded);
	return event_end(&e, t, NULL);
}

static enum err settle(const struct watcher *w, struct db_txn *t, uint64_t number)
{
	struct invoice v;
	struct invoice_outcome now;
	enum err rc = invoice_read(&v, t, number);
	if (rc == ERR_OK) {
		rc = invoice_outcome_now(&now, t, &v);
	}
	if (rc != ERR_OK || invoice_same_outcome(&now, &v.is)) {
		return rc;
	}
	v.is = now;
	v.changed = watcher_now(w);
	rc = invoice_write(t, &v);
	return rc == ERR_OK ? change_event(w, t, &v) : rc;
}

enum err invoices_settle(const struct watcher *w, struct db_txn *t)
{
	struct span key, value;
	enum err rc;
	while ((rc = db_first(t, T_INVOICE_NEWS, db_span(NULL, 0), &key, &value)) == ERR_OK) {
		if (key.n != 8) {
			return err_set(ERR_DB_DAMAGED, "an index of invoices has a bad key");
		}
		uint64_t number = load64_be(key.p);
		struct table_key k = key_height(number);
		rc = unmark(t, T_INVOICE_NEWS, key_span(&k));
		if (rc == ERR_OK) {
			rc = settle(w, t, number);
		}
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
