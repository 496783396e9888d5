/*
 * When a deposit counts. Exactly once: crediting takes the deposit off the list of those due in the
 * same transaction that writes the event, and a deposit comes back onto the list only after an
 * event has reversed its credit.
 */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/balance/spendable.h"
#include "watcher/invoices/invoices.h"
#include "watcher/scan/apply.h"

#define BLOCK_SECONDS 120

/* Walks the outputs in blocks that share a one-time key. */
static enum err next_with_key(struct output_record *o, struct db_txn *t, struct table_key *at,
			      const struct public_key *one_time)
{
	struct span key, value;
	enum err rc = db_first(t, T_OUT_KEY, key_span(at), &key, &value);
	if (rc != ERR_OK) {
		return rc;
	}
	if (key.n != 32 + OUTPOINT_SIZE || memcmp(key.p, one_time->b, 32) != 0) {
		return ERR_NOT_FOUND;
	}
	struct outpoint point;
	outpoint_of_key(&point, key.p + 32);
	/* The smallest key above this one is where the next walk begins. */
	*at = (struct table_key){0};
	key_bytes(at, key.p, key.n);
	key_bytes(at, "", 1);
	return output_read(o, t, &point);
}

struct family {
	size_t n;
	bool spent;
	struct amount largest;
	struct outpoint largest_at;
};

static enum err family_of(struct family *f, struct db_txn *t, const struct public_key *one_time)
{
	struct output_record o;
	struct table_key at = {0};
	enum err rc;
	*f = (struct family){0};
	key_bytes(&at, one_time->b, 32);
	while ((rc = next_with_key(&o, t, &at, one_time)) == ERR_OK) {
		if (f->n++ == 0 || amount_cmp(o.amount, f->largest) > 0) {
			f->largest = o.amount;
			f->largest_at = o.at;
		}
		f->spent = f->spent || o.spent;
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err duplicates_worth(struct amount *out, struct db_txn *t, const struct output_record *o)
{
	struct family f;
	*out = amount_of(0);
	enum err rc = family_of(&f, t, &o->one_time);
	if (rc == ERR_OK && !f.spent && !amount_sub(out, o->amount, f.largest)) {
		*out = amount_of(0); /* it adds nothing */
	}
	return rc;
}

enum err duplicates_best(struct outpoint *best, bool *any, struct db_txn *t,
			 const struct public_key *one_time)
{
	struct family f;
	enum err rc = family_of(&f, t, one_time);
	*best = f.largest_at;
	*any = rc == ERR_OK && f.n > 0 && !f.spent;
	return rc;
}

enum err duplicates_settle(struct db_txn *t, const struct public_key *one_time)
{
	struct family f;
	struct output_record o;
	struct table_key at = {0};
	enum err rc = family_of(&f, t, one_time);
	if (rc != ERR_OK || f.n == 0) {
		return rc;
	}
	key_bytes(&at, one_time->b, 32);
	while ((rc = next_with_key(&o, t, &at, one_time)) == ERR_OK) {
		struct table_key k = key_of_outpoint(&o.at);
		bool best = !f.spent && memcmp(&o.at, &f.largest_at, sizeof o.at) == 0;
		rc = best ? mark(t, T_UNSPENT, key_span(&k))
			  : unmark_any(t, T_UNSPENT, key_span(&k));
		if (rc != ERR_OK) {
			break;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err duplicates_until(struct outpoint *best, bool *any, struct db_txn *t,
			  const struct public_key *one_time, uint64_t height)
{
	struct output_record o;
	struct table_key at = {0};
	struct amount largest = {0};
	enum err rc;
	*any = false;
	key_bytes(&at, one_time->b, 32);
	while ((rc = next_with_key(&o, t, &at, one_time)) == ERR_OK) {
		if (o.height <= height && (!*any || amount_cmp(o.amount, largest) > 0)) {
			*any = true;
			*best = o.at;
			largest = o.amount;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err duplicates_oldest(uint64_t *height, bool *any, struct db_txn *t,
			   const struct public_key *one_time)
{
	struct output_record o;
	struct table_key at = {0};
	enum err rc;
	*any = false;
	key_bytes(&at, one_time->b, 32);
	while ((rc = next_with_key(&o, t, &at, one_time)) == ERR_OK) {
		*height = *any && *height < o.height ? *height : o.height;
		*any = true;
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err duplicates_burn(const struct watcher *w, struct db_txn *t, const struct output_record *by,
			 uint64_t height)
{
	struct output_record o;
	struct table_key at = {0};
	enum err rc;
	key_bytes(&at, by->one_time.b, 32);
	while ((rc = next_with_key(&o, t, &at, &by->one_time)) == ERR_OK) {
		bool other = memcmp(&o.at, &by->at, sizeof o.at) != 0;
		if (other && o.state == DEPOSIT_CREDITED &&
		    o.height + credit_depth(&w->config, o.judged) > height) {
			rc = output_become(w, t, &o.at, DEPOSIT_DUPLICATE);
		}
		if (rc != ERR_OK) {
			break;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err wait_until(struct db_txn *t, struct output_record *o, uint64_t height)
{
	o->due = height;
	struct table_key k = key_height_outpoint(o->due, &o->at);
	enum err rc = mark(t, T_DUE, key_span(&k));
	return rc == ERR_OK ? output_write(t, o) : rc;
}

enum err duplicates_unburn(const struct watcher *w, struct db_txn *t,
			   const struct public_key *one_time)
{
	struct output_record o;
	struct table_key at = {0};
	enum err rc;
	key_bytes(&at, one_time->b, 32);
	while ((rc = next_with_key(&o, t, &at, one_time)) == ERR_OK) {
		if (o.state == DEPOSIT_DUPLICATE && !amount_is_zero(o.worth)) {
			o.state = DEPOSIT_IN_BLOCK;
			rc = wait_until(t, &o, o.height + credit_depth(&w->config, o.judged));
			rc = rc == ERR_OK ? invoice_touch(t, o.address) : rc;
		}
		if (rc != ERR_OK) {
			break;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/*
 * Whether another output with its key was spent, which burnt it, or may be by a request that is
 * out: then it is waited for what becomes of that.
 */
static enum err look_at_others(bool *burnt, bool *held, struct db_txn *t,
			       const struct output_record *o)
{
	struct output_record other;
	struct table_key at = {0};
	enum err rc;
	*burnt = *held = false;
	key_bytes(&at, o->one_time.b, 32);
	while ((rc = next_with_key(&other, t, &at, &o->one_time)) == ERR_OK) {
		if (memcmp(&other.at, &o->at, sizeof o->at) != 0) {
			*burnt = *burnt || other.spent;
			*held = *held || other.reserved;
		}
	}
	*burnt = *burnt && !o->spent;
	*held = *held && !o->spent;
	secret_wipe(&other, sizeof other);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/*
 * The height at which to look again, or 0 when it may be credited in a chain of `height` blocks.
 * The depth is asked once more, since the operator may have raised it meanwhile. An output that its
 * sender locked for longer than usual is not money yet.
 */
static uint64_t not_before(const struct watcher *w, const struct output_record *o, uint64_t height,
			   uint64_t time)
{
	uint64_t deep = o->height + credit_depth(&w->config, o->judged);
	uint64_t usual = o->height + (o->coinbase ? COINBASE_AGE : SPENDABLE_AGE);
	if (deep > height) {
		return deep;
	}
	if (w->config.credit_locked || is_unlocked(o, height > usual ? height : usual, time)) {
		return 0;
	}
	if (unlock_height(o) > height) {
		return unlock_height(o);
	}
	/* Locked by time: half the way there, since nobody knows when the blocks will come. */
	return height + 1 + (o->unlock_time - time) / (2 * BLOCK_SECONDS);
}

static enum err credit(const struct watcher *w, struct db_txn *t, struct output_record *o,
		       uint64_t height, uint64_t time)
{
	struct event_writer e;
	o->due = 0;
	uint64_t later = not_before(w, o, height, time);
	if (later) {
		return wait_until(t, o, later);
	}
	bool burnt, held;
	enum err rc = look_at_others(&burnt, &held, t, o);
	if (rc != ERR_OK || (held && !burnt)) {
		return rc == ERR_OK ? wait_until(t, o, height + 1) : rc;
	}
	if (burnt) {
		rc = output_write(t, o);
		return rc == ERR_OK ? output_become(w, t, &o->at, DEPOSIT_DUPLICATE) : rc;
	}
	rc = deposit_event(&e, w, t, "deposit_credited", &o->at, o->address, o->worth);
	if (rc != ERR_OK) {
		return rc;
	}
	event_number(&e, "height", o->height);
	event_number(&e, "depth", height - o->height);
	event_number(&e, "unlock_height", unlock_height(o));
	if (o->was) {
		event_number(&e, "reversed_credit", o->was);
	}
	rc = event_end(&e, t, &o->credit);
	o->credited = o->worth;
	o->state = DEPOSIT_CREDITED;
	if (rc == ERR_OK) {
		rc = output_write(t, o);
	}
	return rc == ERR_OK ? invoice_touch(t, o->address) : rc;
}

enum err deposits_credit(const struct watcher *w, struct db_txn *t, uint64_t height)
{
	struct span key, value;
	struct output_record o;
	struct block_record top;
	enum err rc = block_top(&top, t);
	if (rc != ERR_OK) {
		return rc;
	}
	while ((rc = db_first(t, T_DUE, db_span(NULL, 0), &key, &value)) == ERR_OK) {
		struct outpoint at;
		if (key.n != 8 + OUTPOINT_SIZE) {
			return err_set(ERR_DB_DAMAGED, "a record of dues has a bad key");
		}
		if (load64_be(key.p) > height) {
			break;
		}
		outpoint_of_key(&at, key.p + 8);
		struct table_key k = key_height_outpoint(load64_be(key.p), &at);
		rc = unmark(t, T_DUE, key_span(&k));
		if (rc == ERR_OK) {
			rc = output_read(&o, t, &at);
		}
		if (rc == ERR_OK) {
			rc = credit(w, t, &o, height, top.time);
		}
		if (rc != ERR_OK) {
			break;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
