/*
 * When a deposit counts. Exactly once: crediting takes the deposit off the list of those due in the
 * same transaction that writes the event, and a deposit comes back onto the list only after an
 * event has reversed its credit.
 */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/balance/spendable.h"
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
	struct amount best;
	struct outpoint best_at;
	struct amount credited;
};

static enum err family_of(struct family *f, struct db_txn *t, const struct public_key *one_time)
{
	struct output_record o;
	struct table_key at = {0};
	enum err rc;
	*f = (struct family){0};
	key_bytes(&at, one_time->b, 32);
	while ((rc = next_with_key(&o, t, &at, one_time)) == ERR_OK) {
		int cmp = f->n++ ? amount_cmp(o.amount, f->best) : 1;
		/* Of equal ones that which counts already. */
		if (cmp > 0 || (cmp == 0 && o.credit)) {
			f->best = o.amount;
			f->best_at = o.at;
		}
		if (!amount_add(&f->credited, f->credited, o.credited)) {
			rc = err_set(ERR_DB_DAMAGED, "credits of one key overflow");
			break;
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* One that was passed over when its time came is looked at again. */
static enum err due_again(const struct watcher *w, struct db_txn *t, struct output_record *o)
{
	if (o->state == DEPOSIT_IN_BLOCK && o->due == 0) {
		o->due = o->height + credit_depth(&w->config, o->judged);
		struct table_key k = key_height_outpoint(o->due, &o->at);
		enum err rc = mark(t, T_DUE, key_span(&k));
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return output_write(t, o);
}

/* Only one of them can ever be spent, and the sender of the others has burnt them: the largest. */
enum err duplicates_settle(const struct watcher *w, struct db_txn *t,
			   const struct public_key *one_time)
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
		if (memcmp(&o.at, &f.best_at, sizeof o.at) == 0) {
			if (o.state == DEPOSIT_DUPLICATE) {
				o.state = amount_is_zero(o.credited) ? DEPOSIT_IN_BLOCK
								     : DEPOSIT_CREDITED;
				rc = due_again(w, t, &o);
			}
			if (rc == ERR_OK && !o.spent) {
				rc = mark(t, T_UNSPENT, key_span(&k));
			}
		} else {
			if (o.state == DEPOSIT_IN_BLOCK) {
				o.state = DEPOSIT_DUPLICATE;
				rc = output_write(t, &o);
			}
			if (rc == ERR_OK) {
				rc = unmark_any(t, T_UNSPENT, key_span(&k));
			}
		}
		if (rc != ERR_OK) {
			break;
		}
	}
	secret_wipe(&o, sizeof o);
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

static enum err wait_until(struct db_txn *t, struct output_record *o, uint64_t height)
{
	o->due = height;
	struct table_key k = key_height_outpoint(o->due, &o->at);
	enum err rc = mark(t, T_DUE, key_span(&k));
	return rc == ERR_OK ? output_write(t, o) : rc;
}

static enum err credit(const struct watcher *w, struct db_txn *t, struct output_record *o,
		       uint64_t height, uint64_t time)
{
	struct family f;
	struct event_writer e;
	struct amount value = {0};
	enum err rc = family_of(&f, t, &o->one_time);
	if (rc != ERR_OK) {
		return rc;
	}
	o->due = 0;
	/* What is credited for one key never adds up to more than its largest output. */
	if (o->state != DEPOSIT_IN_BLOCK || !amount_sub(&value, o->amount, f.credited) ||
	    amount_is_zero(value)) {
		return output_write(t, o);
	}
	uint64_t later = not_before(w, o, height, time);
	if (later) {
		return wait_until(t, o, later);
	}
	event_begin(&e, "deposit_credited", watcher_now(w));
	deposit_members(&e, &o->at, o->address, value);
	event_number(&e, "height", o->height);
	event_number(&e, "depth", height - o->height);
	event_number(&e, "unlock_height", unlock_height(o));
	if (o->was) {
		event_number(&e, "reversed_credit", o->was);
	}
	rc = event_end(&e, t, &o->credit);
	o->credited = value;
	o->state = DEPOSIT_CREDITED;
	return rc == ERR_OK ? output_write(t, o) : rc;
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
