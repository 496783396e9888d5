/* Invoices: what their payments and refunds come to, and every index of them. */
#include <inttypes.h>
#include <string.h>

#include "watcher/invoices/invoices.h"
#include "watcher/verify/verify.h"

static enum err verify_invoice(struct verifying *v, struct span key, struct span value)
{
	struct invoice i;
	struct invoice_outcome now;
	uint64_t number;
	enum err rc = invoice_decode(&i, key, value);
	if (rc == ERR_OK) {
		rc = invoice_at(&number, v->t, i.at);
	}
	if (rc == ERR_OK && number != i.number) {
		rc = err_set(ERR_DB_DAMAGED, "invoice %" PRIu64 " is not found by its address",
			     i.number);
	}
	if (rc == ERR_OK && i.expires_time) {
		rc = verify_mark(v->t, T_INVOICE_ENDS, key_invoice(i.expires_time, i.number),
				 !i.late_from, "ends of invoices");
	}
	if (rc == ERR_OK && i.late_from) {
		rc = verify_mark(v->t, T_INVOICE_LATE, key_invoice(i.late_from, i.number), true,
				 "late invoices");
	}
	v->invoices_end += i.expires_time && !i.late_from;
	v->invoices_late += i.late_from != 0;
	if (rc == ERR_OK) {
		rc = invoice_outcome_now(&now, v->t, &i);
	}
	if (rc == ERR_OK && !invoice_same_outcome(&now, &i.is)) {
		rc = err_set(ERR_DB_DAMAGED, "invoice %" PRIu64 " is not what its payments come to",
			     i.number);
	}
	return rc == ERR_OK ? invoice_refunds_verify(v->t, &i) : rc;
}

enum err verify_invoices(struct verifying *v, uint64_t *records)
{
	enum err rc = verify_each(v, T_INVOICES, verify_invoice, records);
	const struct {
		enum table table;
		uint64_t want;
	} counts[] = {{T_INVOICE_AT, *records},
		      {T_INVOICE_ENDS, v->invoices_end},
		      {T_INVOICE_LATE, v->invoices_late},
		      /* Judged before each transaction ends. */
		      {T_INVOICE_NEWS, 0}};
	for (size_t i = 0; rc == ERR_OK && i < sizeof counts / sizeof counts[0]; i++) {
		rc = verify_count(v, counts[i].table, counts[i].want);
	}
	return rc == ERR_OK ? invoice_names_verify(v->t, *records) : rc;
}
