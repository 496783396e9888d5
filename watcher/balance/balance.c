/*
 * What is there, what of it can be spent, what is promised. Source of the rules: monero
 * src/cryptonote_core/blockchain.cpp (is_tx_spendtime_unlocked, check_tx_inputs).
 */
#include "watcher/balance/spendable.h"

#include <string.h>

#include "common/base/secret.h"

#define UNLOCK_IS_TIME UINT64_C(500000000) /* from here on unlock_time is seconds, not a height */
#define UNLOCK_TIME_LEEWAY 120

static const char *const STATES[] = {
    [DEPOSIT_IN_BLOCK] = "in_block",   [DEPOSIT_CREDITED] = "credited",
    [DEPOSIT_REVERSED] = "reversed",   [DEPOSIT_OWN] = "own",
    [DEPOSIT_DUPLICATE] = "duplicate",
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

static enum err sum(struct balance *out, struct db_txn *t)
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
		out->outputs++;
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
		rc = sum(out, t);
		db_abort(t);
	}
	if (rc != ERR_OK) {
		*out = (struct balance){0};
	}
	return rc;
}

enum err watcher_deposits(const struct watcher *w, deposit_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	struct output_record o;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_OUTPUTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = output_decode(&o, key, value);
		if (rc != ERR_OK) {
			break;
		}
		struct deposit d = {
		    .at = o.at,
		    .address = o.address,
		    .amount = o.amount,
		    .credited = o.credited,
		    .credit = o.credit,
		    .height = o.height,
		    .unlock_time = o.unlock_time,
		    .unlock_height = unlock_height(&o),
		    .coinbase = o.coinbase,
		    .spent = o.spent,
		    .reserved = o.reserved,
		    .state = o.state,
		};
		if (!visit(ctx, &d)) {
			break;
		}
		rc = db_next(t, T_OUTPUTS, &key, &value);
	}
	db_abort(t);
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
