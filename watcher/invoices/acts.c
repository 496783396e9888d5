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

#define RULES 4

static enum invoice_rule *rule_at(struct invoice_rules *r, size_t i)
{
	enum invoice_rule *const rules[RULES] = {&r->under, &r->over, &r->late, &r->after_close};
	return rules[i];
}

/* Whether the rule holds something of *v: then that would go back, were it to refund. */
static enum err holds(bool *out, struct db_txn *t, const struct invoice *v, size_t rule)
{
	struct invoice other = *v;
	*out = false;
	if (*rule_at(&other.rules, rule) != INVOICE_HOLD) {
		return ERR_OK;
	}
	*rule_at(&other.rules, rule) = INVOICE_REFUND;
	enum err rc = invoice_outcome_now(&other.is, t, &other);
	*out = rc == ERR_OK && amount_cmp(other.is.held, v->is.held) < 0;
	return rc;
}

/*
 * The rules by which something is held, and no others: what comes later for another reason waits
 * for a decision of its own. What was late and counts now may be too much: as often as there are
 * rules, one leads to the next.
 */
static enum err decided_rules(struct invoice_rules *out, struct db_txn *t, const struct invoice *v,
			      enum invoice_rule how)
{
	struct invoice now = *v;
	enum err rc = ERR_OK;
	*out = v->rules;
	for (size_t round = 0; rc == ERR_OK && round < RULES; round++) {
		for (size_t i = 0; rc == ERR_OK && i < RULES; i++) {
			bool held = false;
			rc = holds(&held, t, &now, i);
			*rule_at(out, i) = held ? how : *rule_at(out, i);
		}
		now.rules = *out;
		rc = rc == ERR_OK ? invoice_outcome_now(&now.is, t, &now) : rc;
	}
	return rc;
}

static enum err decide(struct watcher *w, struct db_txn *t, struct invoice *v,
		       enum invoice_rule how)
{
	struct event_writer e;
	struct invoice_rules rules;
	enum err rc = decided_rules(&rules, t, v, how);
	if (rc != ERR_OK) {
		return rc;
	}
	v->rules = rules;
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
