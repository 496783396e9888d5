/* Money that need not lie here: what is above the float goes to the vault. */
#include <stdio.h>
#include <string.h>

#include "common/base/hex.h"
#include "watcher/payouts/payouts.h"
#include "watcher/requests/finish.h"

/* What is unlocked and promised to nobody, without the float and what is queued. */
static enum err above_float(struct amount *above, size_t *outputs, struct funds *f,
			    const struct watcher *w, struct db_txn *t)
{
	struct span key, value;
	struct payout p;
	struct amount stays = w->config.float_amount;
	*above = amount_of(0);
	*outputs = 0;
	enum err rc = funds_load(f, t);
	for (size_t i = 0; rc == ERR_OK && i < f->n; i++) {
		if (!amount_add(above, *above, f->o[i].amount)) {
			rc = err_set(ERR_DB_DAMAGED, "the balance overflows");
		}
	}
	if (rc == ERR_OK) {
		*outputs = f->n;
		rc = db_first(t, T_QUEUE, db_span(NULL, 0), &key, &value);
	}
	while (rc == ERR_OK) {
		if (key.n != 9) {
			return err_set(ERR_DB_DAMAGED, "a record of the queue has a bad key");
		}
		rc = payout_read(&p, t, load64_be(key.p + 1));
		if (rc == ERR_OK && !amount_add(&stays, stays, p.amount)) {
			stays = amount_of(UINT64_MAX);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_QUEUE, &key, &value);
		}
	}
	if (rc == ERR_NOT_FOUND && !amount_sub(above, *above, stays)) {
		*above = amount_of(0);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static bool has_vault(const struct watcher *w)
{
	static const struct public_key none;
	return memcmp(w->config.vault.spend.b, none.b, 32) != 0;
}

static enum err plan_sweep(struct draft **d, size_t *n, const struct watcher *w, struct amount most,
			   size_t outputs, const struct fee_rate *rate)
{
	struct funds f = {0};
	struct db_txn *t = NULL;
	struct amount above;
	size_t have;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = above_float(&above, &have, &f, w, t);
	if (rc == ERR_OK) {
		if (!amount_is_zero(most) && amount_cmp(most, above) < 0) {
			above = most;
		}
		rc = sweep_make(d, n, &f, &w->config.vault, above, outputs, rate, &w->account);
	}
	funds_free(&f);
	db_abort(t);
	return rc;
}

/* Ids that no other sweep has, also after a restore from a backup. */
static void name_sweeps(const struct watcher *w, struct draft *d, size_t n)
{
	uint8_t draw[8];
	char hex[2 * sizeof draw + 1];
	rng_fill(&w->rng, draw, sizeof draw);
	hex_encode(hex, draw, sizeof draw);
	for (size_t i = 0; i < n; i++) {
		snprintf(d[i].payouts[0].id, sizeof d[i].payouts[0].id, SWEEP_ID "%s.%zu", hex,
			 i + 1);
	}
}

enum err watcher_sweep(struct watcher *w, struct amount most, size_t outputs, struct buf *file,
		       struct request_info *out)
{
	struct draft *d = NULL;
	struct ground g;
	size_t n = 0;
	*out = (struct request_info){0};
	if (!has_vault(w)) {
		return err_set(ERR_CONFIG, "no vault to sweep to: set it in the configuration");
	}
	if (w->config.vault.network != w->account.network) {
		return err_set(ERR_ADDR_NETWORK, "the vault is an address of %s",
			       network_name(w->config.vault.network));
	}
	enum err rc = ground_find(&g, w);
	if (rc == ERR_OK) {
		rc = plan_sweep(&d, &n, w, most, outputs, &g.rate);
	}
	if (rc == ERR_OK) {
		name_sweeps(w, d, n);
		rc = request_finish(w, &g, d, n, file, out);
	}
	if (rc != ERR_OK) {
		buf_reset(file);
		*out = (struct request_info){0};
	}
	drafts_free(d, n);
	return rc;
}

enum err watcher_sweep_due(const struct watcher *w, bool *due)
{
	const struct watcher_config *c = &w->config;
	struct funds f = {0};
	struct db_txn *t = NULL;
	struct span key, value;
	struct amount above;
	size_t outputs;
	*due = false;
	if (!has_vault(w) || (amount_is_zero(c->sweep_above) && c->sweep_outputs == 0)) {
		return ERR_OK;
	}
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_REQUEST_OPEN, db_span(NULL, 0), &key, &value);
	if (rc == ERR_NOT_FOUND) {
		rc = above_float(&above, &outputs, &f, w, t);
		*due =
		    rc == ERR_OK && !amount_is_zero(above) &&
		    ((!amount_is_zero(c->sweep_above) && amount_cmp(above, c->sweep_above) > 0) ||
		     (c->sweep_outputs && outputs > c->sweep_outputs));
	}
	funds_free(&f);
	db_abort(t);
	return rc;
}
