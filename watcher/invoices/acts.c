/*
 * What a person does to an invoice: ends it, or decides on what its rules hold. Either changes its
 * terms, with an event, and it is judged anew by them; so the outcome stays a function of terms and
 * chain, whatever a reorganisation does afterwards.
 */
#include "watcher/invoices/invoices.h"

static enum err close_it(struct watcher *w, struct db_txn *t, struct invoice *v)
{
	struct event_writer e;
	struct block_record top;
	enum err rc = block_top(&top, t);
	if (rc != ERR_OK) {
		return rc;
	}
	v->closed_from = top.height + 1;
	invoice_event_begin(&e, w, "invoice_closed", v);
	event_number(&e, "height", v->closed_from);
	return event_end(&e, t, NULL);
}

static enum err decide(struct watcher *w, struct db_txn *t, struct invoice *v,
		       enum invoice_rule how)
{
	struct event_writer e;
	enum invoice_rule *const rules[] = {&v->rules.under, &v->rules.over, &v->rules.late,
					    &v->rules.after_close};
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		*rules[i] = *rules[i] == INVOICE_HOLD ? how : *rules[i];
	}
	invoice_event_begin(&e, w, "invoice_decided", v);
	event_amount(&e, "held", v->is.held);
	event_text(&e, "decision", invoice_rule_name(how));
	return event_end(&e, t, NULL);
}

/* Its new terms are written, and what follows from them. */
static enum err settle(struct watcher *w, struct db_txn *t, struct invoice *v)
{
	v->changed = watcher_now(w);
	enum err rc = invoice_write(t, v);
	if (rc == ERR_OK) {
		rc = invoice_touch(t, v->at);
	}
	if (rc == ERR_OK) {
		rc = invoices_settle(w, t);
	}
	return rc == ERR_OK ? invoice_read(v, t, v->number) : rc;
}

static enum err close_found(struct watcher *w, struct db_txn *t, const char *id, struct invoice *v)
{
	enum err rc = invoice_find(v, t, id);
	if (rc != ERR_OK || v->closed_from) {
		return rc;
	}
	rc = close_it(w, t, v);
	return rc == ERR_OK ? settle(w, t, v) : rc;
}

static enum err decide_found(struct watcher *w, struct db_txn *t, const char *id,
			     enum invoice_rule how, struct invoice *v)
{
	enum err rc = invoice_find(v, t, id);
	if (rc == ERR_OK && amount_is_zero(v->is.held)) {
		return err_set(ERR_STATE, "nothing of invoice %s is held", id);
	}
	if (rc == ERR_OK) {
		rc = decide(w, t, v, how);
	}
	return rc == ERR_OK ? settle(w, t, v) : rc;
}

enum err watcher_close_invoice(struct watcher *w, const char *id, struct invoice *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = close_found(w, t, id, out);
	return txn_end(t, rc == ERR_OK ? invoice_fill_for(w, t, out, id) : rc);
}

enum err watcher_decide_held(struct watcher *w, const char *id, enum invoice_rule how,
			     struct invoice *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = decide_found(w, t, id, how, out);
	return txn_end(t, rc == ERR_OK ? invoice_fill_for(w, t, out, id) : rc);
}
