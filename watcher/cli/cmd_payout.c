/* payout add, import, list, cancel, retry. */
#include "common/base/file.h"
#include "watcher/cli/cli.h"
#include "watcher/payouts/order.h"

static void put_payout(struct out *out, const struct payout *p)
{
	char address[ADDRESS_TEXT_MAX], amount[AMOUNT_TEXT_MAX];
	json_open(out, NULL, '{');
	json_text(out, "id", p->id);
	json_text(out, "address", address_format(address, &p->to));
	json_amount(out, "amount", p->amount);
	json_text(out, "reference", p->reference);
	json_text(out, "priority", payout_priority_name(p->priority));
	json_number(out, "not_before", p->not_before);
	json_text(out, "state", payout_state_name(p->state));
	json_number(out, "time", p->time);
	if (p->request) {
		json_number(out, "request", p->request);
	}
	if (p->invoice) {
		json_number(out, "invoice", p->invoice);
	}
	if (p->state >= PAYOUT_SIGNED && p->state <= PAYOUT_CONFIRMED) {
		json_bytes(out, "txid", p->tx.b, 32);
	}
	if (p->refused != ERR_OK) {
		json_text(out, "reason", err_name(p->refused));
	}
	json_close(out, '}');
	say(out, "%-20s %24s XMR to %.12s..  %s%s%s", p->id, amount_format(amount, p->amount),
	    address, payout_state_name(p->state), p->refused != ERR_OK ? ": " : "",
	    p->refused != ERR_OK ? err_text(p->refused) : "");
}

static enum err read_order(struct payout_order *out, const struct options *o)
{
	if (!o->id || !o->address || !o->amount) {
		return err_set(ERR_USAGE,
			       "payout add needs --id ID, --address ADDRESS and --amount XMR");
	}
	*out = (struct payout_order){
	    .id = o->id, .reference = o->reference ? o->reference : "", .priority = PAYOUT_NORMAL};
	enum err rc = amount_parse(&out->amount, o->amount);
	if (rc == ERR_OK) {
		rc = address_parse(&out->to, o->address);
	}
	if (rc == ERR_OK && o->priority) {
		rc = payout_priority_parse(&out->priority, o->priority);
	}
	if (rc == ERR_OK && o->not_before) {
		rc = time_parse(&out->not_before, o->not_before);
	}
	return rc;
}

enum err cmd_payout_add(const struct options *o)
{
	struct opened p;
	struct payout_order order;
	struct payout payout;
	struct out out;
	enum err rc = read_order(&order, o);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_add_payout(&p.w, &order, &payout);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_payout(&out, &payout);
		if (payout.state == PAYOUT_CANCELLED) {
			say(&out,
			    "it was cancelled and will not be paid: a new id is a new payout");
		}
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

enum err cmd_payout_import(const struct options *o)
{
	struct opened p;
	struct payout_import r;
	struct out out;
	struct buf file;
	char amount[AMOUNT_TEXT_MAX];
	buf_init(&file, CSV_FILE_MAX);
	enum err rc = file_read(&file, o->args[0], CSV_FILE_MAX);
	if (rc == ERR_OK) {
		rc = opened_open(&p, o, ACCESS_WRITE);
		if (rc == ERR_OK) {
			rc = watcher_import_payouts(&p.w, buf_span(&file), &r);
			rc = rc == ERR_OK ? rc : err_wrap(rc, "%s", o->args[0]);
		}
		opened_close(&p);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "queued", r.queued);
		json_number(&out, "known", r.known);
		json_amount(&out, "amount", r.amount);
		json_close(&out, '}');
		say(&out, "%zu payouts of %s XMR queued; %zu were here before", r.queued,
		    amount_format(amount, r.amount), r.known);
		rc = out_end(&out);
	}
	buf_free(&file);
	return rc;
}

static bool each(void *ctx, const struct payout *p)
{
	put_payout(ctx, p);
	return true;
}

static enum err fill(const struct watcher *w, const struct options *o, struct out *out)
{
	(void)o;
	return watcher_payouts(w, each, out);
}

enum err cmd_payout_list(const struct options *o)
{
	return list_all(o, "payouts", fill);
}

typedef enum err change(struct watcher *w, const char *id);

static enum err one(const struct options *o, change *f)
{
	struct opened p;
	struct payout payout;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = f(&p.w, o->args[0]);
	}
	if (rc == ERR_OK) {
		rc = watcher_get_payout(&p.w, o->args[0], &payout);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_payout(&out, &payout);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

enum err cmd_payout_cancel(const struct options *o)
{
	return one(o, watcher_cancel_payout);
}

enum err cmd_payout_retry(const struct options *o)
{
	return one(o, watcher_retry_payout);
}
