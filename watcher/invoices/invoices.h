/*
 * Invoices inside the core: what a sum of payments means (judge.c, a function of the chain and the
 * terms alone), and how invoices follow the chain (follow.c). Whatever may change an invoice's
 * outcome marks it; before a transaction ends, those marked are judged anew, so the order in which
 * things became known leaves no trace.
 */
#ifndef AIRLOCK_WATCHER_INVOICES_H
#define AIRLOCK_WATCHER_INVOICES_H

#include "watcher/store/store.h"

/* A deposit to an invoice's address, in a block. */
struct invoice_payment {
	uint64_t height;
	struct amount credited; /* zero until it is */
	struct amount pending;  /* what will be credited when it is deep enough */
};

/* An event of this kind that names the invoice; its maker adds to it and ends it. */
void invoice_event_begin(struct event_writer *e, const struct watcher *w, const char *kind,
			 const struct invoice *v);
/* Address and outcome, for whoever asked by this id, which may be forgotten here, but not by him.
 */
enum err MUST_CHECK invoice_fill_for(const struct watcher *w, struct db_txn *t, struct invoice *v,
				     const char *id);

/* What the payments come to in a chain of `height` blocks. ERR_DB_DAMAGED when sums overflow. */
enum err MUST_CHECK invoice_judge(struct invoice_outcome *out, const struct invoice *terms,
				  const struct invoice_payment *payments, size_t n,
				  uint64_t height);

/* By the caller's id, or "%" and its number. ERR_NOT_FOUND. */
enum err MUST_CHECK invoice_find(struct invoice *out, struct db_txn *t, const char *id);
/* Makes a new one found by its id. */
enum err MUST_CHECK invoice_name(struct db_txn *t, const struct invoice *v);
/* Takes its id and label away, and writes it; it is found by its id all the same. */
enum err MUST_CHECK invoice_forget(struct db_txn *t, struct invoice *v);
/* Each entry of the index of ids names its invoice, and there is one for each. ERR_DB_DAMAGED. */
enum err MUST_CHECK invoice_names_verify(struct db_txn *t, size_t invoices);
/* The number of the invoice at an address, 0 when none. */
enum err MUST_CHECK invoice_at(uint64_t *out, struct db_txn *t, struct subaddress at);
/* The id of the invoice that an address belongs to, "" when none. */
enum err MUST_CHECK invoice_of_address(char id[static INVOICE_ID_MAX + 1], struct db_txn *t,
				       struct subaddress at);

/* Something was paid to an address, credited or reversed. */
enum err MUST_CHECK invoice_touch(struct db_txn *t, struct subaddress at);
/* A block was stored, or is about to go: whose time is over, or is not any more. */
enum err MUST_CHECK invoices_block(struct db_txn *t, uint64_t height);
enum err MUST_CHECK invoices_unblock(struct db_txn *t, uint64_t height);
/* Judges those marked, with an event for each outcome that changed. */
enum err MUST_CHECK invoices_settle(const struct watcher *w, struct db_txn *t);

/* A payout that was a refund is cancelled: the money is to be paid back again. */
enum err MUST_CHECK invoice_refund_cancelled(const struct watcher *w, struct db_txn *t,
					     const struct payout *p);
/* What counts as refunded is what its payouts pay. ERR_DB_DAMAGED. */
enum err MUST_CHECK invoice_refunds_verify(struct db_txn *t, const struct invoice *v);

/* The outcome as of now, with the pending amount, which is not kept. */
enum err MUST_CHECK invoice_outcome_now(struct invoice_outcome *out, struct db_txn *t,
					const struct invoice *v);

/* Whether it is the same but for what is pending. */
bool invoice_same_outcome(const struct invoice_outcome *a, const struct invoice_outcome *b);

/* Keys of the indices of invoices by the time of their end and by the first late block. */
struct table_key key_invoice(uint64_t first, uint64_t number);

#endif
