/* How much can be paid out, now and soon: what an operator of a thin float asks first. */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/balance/spendable.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

#define BLOCK_SECONDS 120

static const uint64_t BLOCKS[PAYABLES] = {
    [PAYABLE_NOW] = 0,
    [PAYABLE_IN_10] = 10,
    [PAYABLE_IN_60] = 60,
};

static bool add(struct payable *p, size_t when, struct amount a)
{
	p->outputs[when]++;
	return amount_add(&p->amount[when], p->amount[when], a);
}

static enum err sum_outputs(struct payable *out, struct db_txn *t)
{
	struct block_record top;
	struct span key, value;
	struct output_record o;
	bool fits = true;
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
		for (size_t i = 0; rc == ERR_OK && i < PAYABLES; i++) {
			if (!o.reserved && !amount_is_zero(o.amount) &&
			    is_unlocked(&o, top.height + 1 + BLOCKS[i],
					top.time + BLOCKS[i] * BLOCK_SECONDS)) {
				fits = fits && add(out, i, o.amount);
			}
		}
		if (rc == ERR_OK) {
			rc = fits ? db_next(t, T_UNSPENT, &key, &value)
				  : err_set(ERR_DB_DAMAGED, "the balance overflows");
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* What a signed transaction that is in no block yet will bring back. */
static enum err add_change(void *ctx, struct db_txn *t, struct sent_tx *s)
{
	struct payable *out = ctx;
	struct request r = {0};
	struct amount change;
	if ((s->state != SENT_SIGNED && s->state != SENT_BROADCAST) || s->blob.n == 0) {
		return ERR_OK;
	}
	enum err rc = request_body(&r, t, s->request);
	if (rc == ERR_OK && s->place >= r.n_txs) {
		rc = err_set(ERR_DB_DAMAGED, "a transaction is not in its request");
	}
	if (rc == ERR_OK) {
		rc = plan_change(&change, &r.txs[s->place].plan);
	}
	if (rc == ERR_OK && !add(out, PAYABLE_IN_60, change)) {
		rc = err_set(ERR_DB_DAMAGED, "the balance overflows");
	}
	request_free(&r);
	return rc;
}

enum err watcher_payable(const struct watcher *w, struct payable *out)
{
	struct db_txn *t = NULL;
	*out = (struct payable){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = sum_outputs(out, t);
	if (rc == ERR_OK) {
		rc = sent_each_open(t, add_change, out);
	}
	db_abort(t);
	if (rc != ERR_OK) {
		*out = (struct payable){0};
	}
	return rc;
}
