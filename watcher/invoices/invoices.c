/*
 * Invoices made and looked up. The caller's id makes them idempotent, as it does
 * payouts. The address is durable before anybody is told of it.
 */
#include "watcher/invoices/invoices.h"

#include <string.h>

#include "common/base/text.h"

static const char *const STATES[] = {
    [INVOICE_OPEN] = "open",         [INVOICE_PARTLY_PAID] = "partly_paid",
    [INVOICE_PAID] = "paid",         [INVOICE_UNDERPAID] = "underpaid",
    [INVOICE_EXPIRED] = "expired",   [INVOICE_CLOSED] = "closed",
    [INVOICE_REFUNDED] = "refunded",
};
static const char *const RULES[] = {
    [INVOICE_HOLD] = "hold", [INVOICE_ACCEPT] = "accept", [INVOICE_REFUND] = "refund"};

const char *invoice_state_name(enum invoice_state s)
{
	return STATES[s];
}

const char *invoice_rule_name(enum invoice_rule r)
{
	return RULES[r];
}

enum err invoice_rule_parse(enum invoice_rule *out, const char *text)
{
	for (unsigned i = INVOICE_HOLD; i <= INVOICE_REFUND; i++) {
		if (strcmp(text, RULES[i]) == 0) {
			*out = (enum invoice_rule)i;
			return ERR_OK;
		}
	}
	return err_set(ERR_CONFIG, "hold, accept or refund");
}

static enum err check(const struct invoice_order *o)
{
	size_t n = strnlen(o->label, LABEL_MAX + 1);
	if (!id_is_good(o->id, INVOICE_ID_MAX)) {
		return err_set(ERR_USAGE,
			       "an invoice id is 1 to %d letters, digits or . _ : / + @ # = -",
			       INVOICE_ID_MAX);
	}
	if (n > LABEL_MAX || !text_is_plain(o->label, n)) {
		return err_set(ERR_USAGE, "a label is at most %d printable ASCII characters",
			       LABEL_MAX);
	}
	if (amount_is_zero(o->amount)) {
		return err_set(ERR_AMOUNT, "invoice %s: nothing to pay", o->id);
	}
	if (amount_cmp(o->tolerance, o->amount) >= 0) {
		return err_set(ERR_AMOUNT, "invoice %s: the tolerance is not below the amount",
			       o->id);
	}
	if (o->lasts > (o->in_blocks ? INVOICE_BLOCKS_MAX : INVOICE_SECONDS_MAX)) {
		return err_set(ERR_USAGE, "invoice %s: it lasts longer than ten years", o->id);
	}
	return ERR_OK;
}

void invoice_event_begin(struct event_writer *e, const struct watcher *w, const char *kind,
			 const struct invoice *v)
{
	event_begin(e, kind, watcher_now(w));
	event_text(e, "id", v->id);
	event_number(e, "account", v->at.major);
	event_number(e, "index", v->at.minor);
	event_amount(e, "amount", v->amount);
}

static enum err made_event(const struct watcher *w, struct db_txn *t, const struct invoice *v)
{
	struct event_writer e;
	invoice_event_begin(&e, w, "invoice_made", v);
	return event_end(&e, t, NULL);
}

/* The first of the terms that is another one, or NULL. */
static const char *other_term(const struct invoice *v, const struct invoice_order *o)
{
	return amount_cmp(v->amount, o->amount) != 0                  ? "amount"
	       : amount_cmp(v->tolerance, o->tolerance) != 0          ? "tolerance"
	       : v->lasts != o->lasts || v->in_blocks != o->in_blocks ? "expiry"
	       : v->at.major != o->account                            ? "account"
	       : v->id[0] != '\0' && strcmp(v->label, o->label) != 0  ? "label"
								      : NULL;
}

static enum err put_index(struct db_txn *t, const struct invoice *v)
{
	struct table_key number = key_height(v->number), at = {0}, end = {0};
	key_u32(&at, v->at.major);
	key_u32(&at, v->at.minor);
	enum err rc = invoice_name(t, v);
	if (rc == ERR_OK) {
		rc = db_put_new(t, T_INVOICE_AT, key_span(&at), key_span(&number));
	}
	if (rc != ERR_OK || v->lasts == 0) {
		return rc;
	}
	key_u64(&end, v->in_blocks ? v->late_from : v->expires_time);
	key_u64(&end, v->number);
	return mark(t, v->in_blocks ? T_INVOICE_LATE : T_INVOICE_ENDS, key_span(&end));
}

static enum err create(struct watcher *w, struct db_txn *t, const struct invoice_order *o,
		       struct invoice *v)
{
	struct block_record top = {0};
	struct address_entry address = {.at = {o->account, 0}};
	enum err rc = block_top(&top, t);
	if (rc == ERR_NOT_FOUND) {
		return err_set(ERR_STATE, "nothing of the chain is known yet: sync first");
	}
	if (rc == ERR_OK) {
		memcpy(address.label, o->label, strlen(o->label));
		rc = address_make(w, t, &address);
	}
	if (rc == ERR_OK) {
		rc = counter_next(t, COUNT_INVOICES, &v->number);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	memcpy(v->id, o->id, strlen(o->id));
	memcpy(v->label, o->label, strlen(o->label));
	v->at = address.at;
	v->amount = o->amount;
	v->tolerance = o->tolerance;
	v->lasts = o->lasts;
	v->in_blocks = o->in_blocks;
	v->rules = w->config.invoices;
	v->created = v->changed = watcher_now(w);
	v->created_height = top.height + 1;
	if (v->lasts && v->in_blocks) {
		v->late_from = v->created_height + v->lasts;
	} else if (v->lasts) {
		v->expires_time = v->created + v->lasts;
	}
	v->is.state = INVOICE_OPEN;
	rc = invoice_write(t, v);
	if (rc == ERR_OK) {
		rc = put_index(t, v);
	}
	return rc == ERR_OK ? made_event(w, t, v) : rc;
}

static enum err find_or_create(struct watcher *w, struct db_txn *t, const struct invoice_order *o,
			       struct invoice *v)
{
	enum err rc = invoice_find(v, t, o->id);
	const char *other = rc == ERR_OK ? other_term(v, o) : NULL;
	if (other) {
		return err_set(ERR_CONFLICT, "invoice %s was made before with another %s", o->id,
			       other);
	}
	if (rc == ERR_NOT_FOUND) {
		err_clear();
		rc = create(w, t, o, v);
	}
	return rc;
}

static enum err fill(const struct watcher *w, struct db_txn *t, struct invoice *v)
{
	address_of(&v->address, &w->account, v->at);
	return invoice_outcome_now(&v->is, t, v);
}

enum err invoice_fill_for(const struct watcher *w, struct db_txn *t, struct invoice *v,
			  const char *id)
{
	enum err rc = fill(w, t, v);
	if (rc == ERR_OK && v->id[0] == '\0' && id_is_good(id, INVOICE_ID_MAX)) {
		memcpy(v->id, id, strlen(id));
	}
	return rc;
}

enum err watcher_create_invoice(struct watcher *w, const struct invoice_order *order,
				struct invoice *out)
{
	struct db_txn *t = NULL;
	*out = (struct invoice){0};
	enum err rc = check(order);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = find_or_create(w, t, order, out);
	if (rc == ERR_OK) {
		rc = invoice_fill_for(w, t, out, order->id);
	}
	rc = txn_end(t, rc);
	if (rc != ERR_OK) {
		*out = (struct invoice){0};
	}
	return rc;
}

enum err watcher_get_invoice(const struct watcher *w, const char *id, struct invoice *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = invoice_find(out, t, id);
	if (rc == ERR_OK) {
		rc = invoice_fill_for(w, t, out, id);
	}
	db_abort(t);
	return rc;
}

enum err watcher_invoices(const struct watcher *w, invoice_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_INVOICES, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct invoice v;
		rc = invoice_decode(&v, key, value);
		if (rc == ERR_OK) {
			rc = fill(w, t, &v);
		}
		if (rc != ERR_OK || !visit(ctx, &v)) {
			break;
		}
		rc = db_next(t, T_INVOICES, &key, &value);
	}
	db_abort(t);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
