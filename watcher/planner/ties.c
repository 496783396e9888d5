/*
 * Payouts that an earlier transaction may have paid. What was signed once is dead only when another
 * transaction spends one of its inputs, and the signer signs its payouts again only in such a one;
 * it keeps the inputs for those payouts besides. So the whole of it is planned again as it was: the
 * same payouts from the same inputs, and more inputs only if the fee wants them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/planner/planner.h"

static bool pays(const struct request_tx_record *tx, uint64_t number)
{
	for (size_t i = 0; i < tx->n_out; i++) {
		if (tx->payout[i] == number) {
			return true;
		}
	}
	return false;
}

enum err tie_read(struct request_tx_record *out, struct db_txn *t, const struct payout *p)
{
	struct request_record r = {0};
	enum err rc = request_read(&r, t, p->tied_in);
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		return rc;
	}
	rc = err_set(ERR_DB_DAMAGED, "payout %s is tied to a request that has it not", p->id);
	for (size_t i = 0; i < r.n_txs && rc != ERR_OK; i++) {
		if (pays(&r.txs[i], p->number)) {
			*out = r.txs[i];
			err_clear();
			rc = ERR_OK;
		}
	}
	request_record_free(&r);
	return rc;
}

enum err tie_ready(bool *ready, struct db_txn *t, const struct payout *p)
{
	struct output_record o;
	*ready = true;
	if (!p->tied) {
		return ERR_OK;
	}
	enum err rc = output_read(&o, t, &p->tie);
	/* Gone from the chain: what was signed comes back with it, so both are waited for. */
	*ready = rc == ERR_OK && (!o.reserved || o.spent) && o.state != DEPOSIT_REVERSED;
	secret_wipe(&o, sizeof o);
	return rc;
}

bool tie_is_member(const struct request_tx_record *tie, const struct payout *p)
{
	return p->tied && pays(tie, p->number);
}

enum err tie_take(struct draft *d, struct db_txn *t, const struct request_tx_record *tie)
{
	enum err rc = ERR_OK;
	d->n_in = 0;
	for (size_t i = 0; rc == ERR_OK && i < tie->n_in; i++) {
		struct output_record *o = &d->in[d->n_in];
		rc = output_read(o, t, &tie->in[i]);
		/* Spent by others, or gone: that input alone makes the earlier one impossible. */
		if (rc == ERR_OK && !o->spent && !o->reserved && o->state != DEPOSIT_REVERSED) {
			d->n_in++;
		}
	}
	return rc;
}

static enum err push_inputs(struct ties *all, const struct request_tx_record *tie)
{
	struct outpoint *more = realloc(all->at, (all->n + tie->n_in) * sizeof *more);
	if (!more) {
		return ERR_NO_MEMORY;
	}
	all->at = more;
	memcpy(all->at + all->n, tie->in, tie->n_in * sizeof *more);
	all->n += tie->n_in;
	return ERR_OK;
}

static int by_place(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outpoint));
}

enum err ties_load(struct ties *all, struct db_txn *t)
{
	struct span key, value;
	struct payout p;
	struct request_tx_record tie;
	*all = (struct ties){0};
	enum err rc = db_first(t, T_PAYOUTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = payout_decode(&p, key, value);
		if (rc == ERR_OK && p.tied &&
		    (p.state == PAYOUT_QUEUED || p.state == PAYOUT_REFUSED)) {
			rc = tie_read(&tie, t, &p);
			if (rc == ERR_OK) {
				rc = push_inputs(all, &tie);
			}
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_PAYOUTS, &key, &value);
		}
	}
	if (rc != ERR_NOT_FOUND) {
		ties_free(all);
		return rc;
	}
	if (all->n) {
		qsort(all->at, all->n, sizeof *all->at, by_place);
	}
	return ERR_OK;
}

bool ties_have(const struct ties *all, const struct outpoint *at)
{
	return all->n && bsearch(at, all->at, all->n, sizeof *at, by_place) != NULL;
}

void ties_free(struct ties *all)
{
	free(all->at);
	*all = (struct ties){0};
}
