/* invoice create, show, list, close, refund. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "watcher/cli/cli.h"
#include "watcher/invoices/uri.h"

#define URI_MAX 1024
#define INVOICE_NAME_MAX (INVOICE_ID_MAX + 32)

/* "30m", "24h", "7d": by the chain's time; "720b": by its height. */
static enum err read_lasts(struct invoice_order *o, const char *text)
{
	static const struct unit {
		char letter;
		uint64_t seconds;
	} UNITS[] = {{'m', 60}, {'h', 3600}, {'d', 86400}, {'b', 1}};
	char digits[24] = "";
	uint64_t n = 0;
	size_t len = strlen(text);
	for (size_t i = 0; len > 1 && len < sizeof digits && i < 4; i++) {
		if (text[len - 1] != UNITS[i].letter) {
			continue;
		}
		memcpy(digits, text, len - 1);
		enum err rc = option_number(&n, digits, INVOICE_BLOCKS_MAX, "--expires");
		if (rc != ERR_OK || n == 0) {
			break;
		}
		o->lasts = n * UNITS[i].seconds;
		o->in_blocks = text[len - 1] == 'b';
		return ERR_OK;
	}
	return err_set(ERR_USAGE, "--expires is a time such as 30m, 24h or 7d, or 720b (blocks)");
}

/* What is still to be paid; the whole when nothing is. */
static struct amount asked(const struct invoice *v)
{
	struct amount on_the_way = {0}, left = {0};
	if (!amount_add(&on_the_way, v->is.counted, v->is.pending) ||
	    !amount_sub(&left, v->amount, on_the_way) || amount_is_zero(left)) {
		return v->amount;
	}
	return left;
}

/* As text with its zero; buf_free. */
static enum err make_uri(struct buf *uri, const struct invoice *v, const char *recipient)
{
	buf_init(uri, URI_MAX);
	payment_uri(uri, &v->address, asked(v), recipient, v->label);
	buf_u8(uri, '\0');
	return buf_end(uri);
}

/* By its id, or by the number, by which it is found too. */
static const char *name_of(char out[static INVOICE_NAME_MAX], const struct invoice *v)
{
	if (v->id[0]) {
		snprintf(out, INVOICE_NAME_MAX, "%s", v->id);
	} else {
		snprintf(out, INVOICE_NAME_MAX, "%%%" PRIu64 " (its id is forgotten)", v->number);
	}
	return out;
}

static void put_terms(struct out *out, const struct invoice *v)
{
	char text[ADDRESS_TEXT_MAX], when[TIME_TEXT_MAX];
	json_text(out, "id", v->id);
	json_number(out, "number", v->number);
	json_text(out, "label", v->label);
	json_number(out, "account", v->at.major);
	json_number(out, "index", v->at.minor);
	json_text(out, "address", address_format(text, &v->address));
	json_amount(out, "amount", v->amount);
	json_amount(out, "tolerance", v->tolerance);
	json_number(out, "created", v->created);
	json_number(out, "created_height", v->created_height);
	json_number(out, "changed", v->changed);
	json_number(out, "expires", v->expires_time);
	json_number(out, "late_from", v->late_from);
	json_number(out, "closed_from", v->closed_from);
	json_text(out, "under", invoice_rule_name(v->rules.under));
	json_text(out, "over", invoice_rule_name(v->rules.over));
	json_text(out, "late", invoice_rule_name(v->rules.late));
	json_text(out, "after_close", invoice_rule_name(v->rules.after_close));
	say(out, "to        %s", text);
	if (v->expires_time) {
		say(out, "expires   %s", time_format(when, v->expires_time));
	}
	if (v->late_from) {
		say(out, "late from block %" PRIu64, v->late_from);
	}
	if (v->closed_from) {
		say(out, "closed from block %" PRIu64, v->closed_from);
	}
}

static void say_amount(struct out *out, const char *what, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	if (!amount_is_zero(a)) {
		say(out, "%-9s %24s XMR", what, amount_format(text, a));
	}
}

static void put_outcome(struct out *out, const struct invoice *v)
{
	json_text(out, "state", invoice_state_name(v->is.state));
	json_amount(out, "received", v->is.received);
	json_amount(out, "pending", v->is.pending);
	json_amount(out, "counted", v->is.counted);
	json_amount(out, "held", v->is.held);
	json_amount(out, "refund", v->is.refund);
	json_amount(out, "refunded", v->refunded);
}

static void put_invoice(struct out *out, const struct invoice *v, const char *uri)
{
	char name[INVOICE_NAME_MAX];
	json_open(out, NULL, '{');
	say(out, "invoice   %s: %s%s%s", name_of(name, v), invoice_state_name(v->is.state),
	    v->label[0] ? ", " : "", v->label);
	say_amount(out, "amount", v->amount);
	put_terms(out, v);
	put_outcome(out, v);
	say_amount(out, "received", v->is.received);
	say_amount(out, "pending", v->is.pending);
	say_amount(out, "counted", v->is.counted);
	say_amount(out, "held", v->is.held);
	say_amount(out, "refund", v->is.refund);
	say_amount(out, "refunded", v->refunded);
	json_text(out, "uri", uri);
	say(out, "%s", uri);
	json_close(out, '}');
}

/* Closes the store, prints, and shows the URI as a code where that is asked for. */
static enum err finish(struct opened *p, const struct options *o, const struct invoice *v,
		       enum err rc)
{
	struct out out;
	struct buf uri = {0};
	if (rc == ERR_OK) {
		rc = make_uri(&uri, v, p->settings.rules.recipient);
	}
	opened_close(p);
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_invoice(&out, v, (const char *)uri.p);
		rc = out_end(&out);
	}
	if (rc == ERR_OK && light_wanted(&o->light)) {
		char name[INVOICE_NAME_MAX], title[INVOICE_NAME_MAX + 16];
		snprintf(title, sizeof title, "invoice %s", name_of(name, v));
		rc = light_show_text(&o->light, title, (const char *)uri.p);
	}
	buf_free(&uri);
	return rc;
}

static enum err read_order(struct invoice_order *order, const struct options *o)
{
	uint64_t account = 0;
	enum err rc = ERR_OK;
	*order = (struct invoice_order){.id = o->id, .label = o->label ? o->label : ""};
	if (!o->id || !o->amount) {
		return err_set(ERR_USAGE, "--id and --amount are needed");
	}
	rc = amount_parse(&order->amount, o->amount);
	if (rc == ERR_OK && o->tolerance) {
		rc = amount_parse(&order->tolerance, o->tolerance);
	}
	if (rc == ERR_OK && o->expires) {
		rc = read_lasts(order, o->expires);
	}
	if (rc == ERR_OK && o->account) {
		rc = option_number(&account, o->account, UINT32_MAX, "--account");
	}
	order->account = (uint32_t)account;
	return rc;
}

enum err cmd_invoice_create(const struct options *o)
{
	struct opened p = {0};
	struct invoice_order order;
	struct invoice v;
	enum err rc = read_order(&order, o);
	if (rc == ERR_OK && light_wanted(&o->light)) {
		rc = light_check(&o->light);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_create_invoice(&p.w, &order, &v);
	}
	return finish(&p, o, &v, rc);
}

enum err cmd_invoice_show(const struct options *o)
{
	struct opened p;
	struct invoice v;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_get_invoice(&p.w, o->args[0], &v);
	}
	return finish(&p, o, &v, rc);
}

enum err cmd_invoice_close(const struct options *o)
{
	struct opened p;
	struct invoice v;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_close_invoice(&p.w, o->args[0], &v);
	}
	return finish(&p, o, &v, rc);
}

enum err cmd_invoice_decide(const struct options *o)
{
	struct opened p = {0};
	struct invoice v;
	enum invoice_rule how;
	enum err rc = invoice_rule_parse(&how, o->args[1]);
	if (rc != ERR_OK || how == INVOICE_HOLD) {
		return err_set(ERR_USAGE, "'%s' decides nothing: accept or refund", o->args[1]);
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_decide_held(&p.w, o->args[0], how, &v);
	}
	return finish(&p, o, &v, rc);
}

struct listing {
	struct out *out;
	bool refunds;
};

#define PART_MAX 64

/* ", NAME X XMR", or nothing of nothing. */
static const char *part(char out[PART_MAX], const char *name, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	out[0] = '\0';
	if (!amount_is_zero(a)) {
		snprintf(out, PART_MAX, ", %s %s XMR", name, amount_format(text, a));
	}
	return out;
}

static bool put_line(void *ctx, const struct invoice *v)
{
	struct listing *l = ctx;
	char amount[AMOUNT_TEXT_MAX], sum[AMOUNT_TEXT_MAX], name[INVOICE_NAME_MAX];
	char held[PART_MAX], refund[PART_MAX];
	if (l->refunds && amount_is_zero(v->is.refund)) {
		return true;
	}
	json_open(l->out, NULL, '{');
	if (l->out->json) {
		put_terms(l->out, v);
		put_outcome(l->out, v);
	}
	json_close(l->out, '}');
	say(l->out, "%-11s %s of %s XMR  %s%s%s", invoice_state_name(v->is.state),
	    amount_format(sum, v->is.received), amount_format(amount, v->amount), name_of(name, v),
	    part(held, "held", v->is.held), part(refund, "to refund", v->is.refund));
	return true;
}

static enum err fill(const struct watcher *w, const struct options *o, struct out *out)
{
	struct listing l = {out, o->refunds};
	return watcher_invoices(w, put_line, &l);
}

enum err cmd_invoice_list(const struct options *o)
{
	return list_all(o, "invoices", fill);
}

enum err cmd_invoice_refund(const struct options *o)
{
	struct opened p = {0};
	struct address to;
	struct payout paid;
	struct out out;
	char amount[AMOUNT_TEXT_MAX];
	if (!o->address) {
		return err_set(ERR_USAGE, "--address is needed: where the money goes back to");
	}
	enum err rc = address_parse(&to, o->address);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_refund_invoice(&p.w, o->args[0], &to, &paid);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_text(&out, "payout", paid.id);
		json_amount(&out, "amount", paid.amount);
		json_close(&out, '}');
		say(&out, "queued as payout %s: %s XMR", paid.id,
		    amount_format(amount, paid.amount));
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}
