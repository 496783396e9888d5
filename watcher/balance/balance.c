/*
 * What is there, what of it can be spent, what is promised. Source of the rules: monero
 * src/cryptonote_core/blockchain.cpp (is_tx_spendtime_unlocked, check_tx_inputs).
 */
#include "watcher/balance/spendable.h"

#include <string.h>

#include "common/base/secret.h"

#define UNLOCK_IS_TIME UINT64_C(500000000) /* from here on unlock_time is seconds, not a height */
#define UNLOCK_TIME_LEEWAY 120
#define OUTPUTS_AT_ONCE 4096 /* looked at before it is asked whether to stop */

static const char *const STATES[] = {
    [DEPOSIT_IN_BLOCK] = "in_block",   [DEPOSIT_CREDITED] = "credited",
    [DEPOSIT_REVERSED] = "reversed",   [DEPOSIT_OWN] = "own",
    [DEPOSIT_DUPLICATE] = "duplicate", [DEPOSIT_SEEN] = "seen",
    [DEPOSIT_CONFIRMED] = "confirmed",
};

const char *deposit_state_name(enum deposit_state s)
{
	return STATES[s];
}

uint64_t unlock_height(const struct output_record *o)
{
	uint64_t h = o->height + (o->coinbase ? COINBASE_AGE : SPENDABLE_AGE);
	return o->unlock_time < UNLOCK_IS_TIME && o->unlock_time > h ? o->unlock_time : h;
}

bool is_unlocked(const struct output_record *o, uint64_t height, uint64_t time)
{
	if (o->unlock_time >= UNLOCK_IS_TIME && o->unlock_time > time + UNLOCK_TIME_LEEWAY) {
		return false;
	}
	return unlock_height(o) <= height;
}

static enum err sum(struct balance *out, const struct watcher *w, struct db_txn *t)
{
	struct block_record top;
	struct span key, value;
	struct output_record o;
	enum err rc = block_top(&top, t);
	if (rc == ERR_OK) {
		rc = db_first(t, T_UNSPENT, db_span(NULL, 0), &key, &value);
	}
	while (rc == ERR_OK) {
		struct outpoint at;
		if (key.n != OUTPOINT_SIZE) {
			rc = err_set(ERR_DB_DAMAGED, "a record of unspent outputs has a bad key");
			break;
		}
		outpoint_of_key(&at, key.p);
		rc = output_read(&o, t, &at);
		if (rc != ERR_OK) {
			break;
		}
		bool fits = amount_add(&out->total, out->total, o.amount);
		if (o.reserved) {
			fits = fits && amount_add(&out->reserved, out->reserved, o.amount);
		} else if (is_unlocked(&o, top.height + 1, top.time)) {
			fits = fits && amount_add(&out->unlocked, out->unlocked, o.amount);
		}
		if (++out->outputs % OUTPUTS_AT_ONCE == 0 && (rc = may_go_on(w)) != ERR_OK) {
			break;
		}
		rc = fits ? db_next(t, T_UNSPENT, &key, &value)
			  : err_set(ERR_DB_DAMAGED, "the balance overflows");
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err watcher_balance(const struct watcher *w, struct balance *out)
{
	struct db_txn *t = NULL;
	*out = (struct balance){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = sum(out, w, t);
		db_abort(t);
	}
	if (rc != ERR_OK) {
		*out = (struct balance){0};
	}
	return rc;
}

static bool is_due(const struct output_record *o, uint64_t height)
{
	return o->state == DEPOSIT_IN_BLOCK && o->due && o->due <= height;
}

static void deposit_of(struct deposit *d, const struct output_record *o, uint64_t height)
{
	*d = (struct deposit){
	    .at = o->at,
	    .address = o->address,
	    .amount = o->amount,
	    .credited = o->credited,
	    .credit = o->credit,
	    .was = o->was,
	    .due = o->due,
	    .height = o->height,
	    .unlock_time = o->unlock_time,
	    .unlock_height = unlock_height(o),
	    .coinbase = o->coinbase,
	    .spent = o->spent,
	    .reserved = o->reserved,
	    .state = is_due(o, height) ? DEPOSIT_CONFIRMED : o->state,
	};
}

/* What was mined before and waits again is shown once, among what waits. */
static enum err waits(bool *out, struct db_txn *t, const struct output_record *o)
{
	struct span value;
	struct table_key k = key_of_outpoint(&o->at);
	*out = false;
	if (o->state != DEPOSIT_REVERSED) {
		return ERR_OK;
	}
	enum err rc = db_get(t, T_POOL, key_span(&k), &value);
	*out = rc == ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err visit_outputs(struct db_txn *t, deposit_visit *visit, void *ctx, bool *more)
{
	struct span key, value;
	struct output_record o;
	struct block_record top;
	enum err rc = block_top(&top, t);
	if (rc == ERR_OK) {
		rc = db_first(t, T_OUTPUTS, db_span(NULL, 0), &key, &value);
	}
	while (rc == ERR_OK && *more) {
		struct deposit d;
		bool waiting;
		rc = output_decode(&o, key, value);
		if (rc == ERR_OK) {
			rc = waits(&waiting, t, &o);
		}
		if (rc == ERR_OK && !waiting) {
			deposit_of(&d, &o, top.height + 1);
			*more = visit(ctx, &d);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_OUTPUTS, &key, &value);
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err visit_pool(struct db_txn *t, deposit_visit *visit, void *ctx, bool more)
{
	struct span key, value;
	enum err rc = db_first(t, T_POOL, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK && more) {
		struct pool_record p;
		rc = pool_decode(&p, key, value);
		if (rc == ERR_OK) {
			struct deposit d = {
			    .at = p.at,
			    .address = p.address,
			    .amount = p.amount,
			    .unlock_time = p.unlock_time,
			    .state = DEPOSIT_SEEN,
			};
			more = visit(ctx, &d);
			rc = db_next(t, T_POOL, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err watcher_deposits(const struct watcher *w, deposit_visit *visit, void *ctx)
{
	struct db_txn *t = NULL;
	bool more = true;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = visit_outputs(t, visit, ctx, &more);
	if (rc == ERR_OK) {
		rc = visit_pool(t, visit, ctx, more);
	}
	db_abort(t);
	return rc;
}
