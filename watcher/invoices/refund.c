/*
 * What is to be paid back becomes a payout. It counts as refunded from then on, so that asking
 * twice pays once; cancelled, it is owed again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "watcher/invoices/invoices.h"
#include "watcher/payouts/payouts.h"

/* Each of an invoice's refunds has an id of its own: that of a cancelled one is used up. */
static void refund_id(char out[static PAYOUT_ID_MAX + 1], uint64_t invoice, uint64_t which)
{
	snprintf(out, PAYOUT_ID_MAX + 1, REFUND_ID "%" PRIu64 ":%" PRIu64, invoice, which);
}

static enum err refunded_is(const struct watcher *w, struct db_txn *t, struct invoice *v,
			    struct amount refunded)
{
	v->refunded = refunded;
	enum err rc = invoice_write(t, v);
	if (rc == ERR_OK) {
		rc = invoice_touch(t, v->at);
	}
	return rc == ERR_OK ? invoices_settle(w, t) : rc;
}

static enum err refund(struct watcher *w, struct db_txn *t, const char *id,
		       const struct address *to, struct payout *p)
{
	struct invoice v;
	struct amount refunded;
	enum err rc = invoice_find(&v, t, id);
	if (rc != ERR_OK) {
		return rc;
	}
	if (amount_is_zero(v.is.refund)) {
		return err_set(ERR_STATE, "nothing of invoice %s is to be paid back", id);
	}
	if (!amount_add(&refunded, v.refunded, v.is.refund)) {
		return err_set(ERR_DB_DAMAGED, "the refunds of invoice %s overflow", id);
	}
	*p = (struct payout){
	    .to = *to,
	    .amount = v.is.refund,
	    .priority = PAYOUT_NORMAL,
	    .state = PAYOUT_QUEUED,
	    .invoice = v.number,
	};
	v.refunds++;
	refund_id(p->id, v.number, v.refunds);
	snprintf(p->reference, sizeof p->reference, "refund %.50s", id);
	rc = payout_create(w, t, p);
	return rc == ERR_OK ? refunded_is(w, t, &v, refunded) : rc;
}

enum err watcher_refund_invoice(struct watcher *w, const char *id, const struct address *to,
				struct payout *out)
{
	struct db_txn *t = NULL;
	*out = (struct payout){0};
	if (to->network != w->account.network) {
		return err_set(ERR_ADDR_NETWORK, "an address of %s", network_name(to->network));
	}
	enum err rc = db_begin(&t, w->db, true);
	return rc == ERR_OK ? txn_end(t, refund(w, t, id, to, out)) : rc;
}

enum err invoice_refund_cancelled(const struct watcher *w, struct db_txn *t, const struct payout *p)
{
	struct invoice v;
	struct amount refunded = {0};
	enum err rc = invoice_read(&v, t, p->invoice);
	if (rc == ERR_NOT_FOUND ||
	    (rc == ERR_OK && !amount_sub(&refunded, v.refunded, p->amount))) {
		return err_set(ERR_DB_DAMAGED, "payout %s is no refund of its invoice", p->id);
	}
	return rc == ERR_OK ? refunded_is(w, t, &v, refunded) : rc;
}

enum err invoice_refunds_verify(struct db_txn *t, const struct invoice *v)
{
	struct amount sum = {0};
	enum err rc = ERR_OK;
	for (uint64_t i = 1; rc == ERR_OK && i <= v->refunds; i++) {
		char id[PAYOUT_ID_MAX + 1];
		struct payout p;
		refund_id(id, v->number, i);
		rc = payout_find(&p, t, id);
		if (rc == ERR_OK &&
		    (p.invoice != v->number ||
		     (p.state != PAYOUT_CANCELLED && !amount_add(&sum, sum, p.amount)))) {
			rc = ERR_NOT_FOUND;
		}
	}
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && amount_cmp(sum, v->refunded) != 0)
		   ? err_set(ERR_DB_DAMAGED,
			     "the refunds of invoice %" PRIu64 " are not its payouts'", v->number)
		   : rc;
}
