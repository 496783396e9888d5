/* payout add, list, cancel, retry. */
#include "watcher/cli/cli.h"

static void put_payout(struct out *out, const struct payout *p)
{
	char address[ADDRESS_TEXT_MAX], amount[AMOUNT_TEXT_MAX];
	json_open(out, NULL, '{');
	json_text(out, "id", p->id);
	json_text(out, "address", address_format(address, &p->to));
	json_amount(out, "amount", p->amount);
	json_text(out, "reference", p->reference);
	json_text(out, "state", payout_state_name(p->state));
	json_number(out, "time", p->time);
	if (p->request) {
		json_number(out, "request", p->request);
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

enum err cmd_payout_add(const struct options *o)
{
	struct opened p;
	struct address to;
	struct amount amount;
	struct payout payout;
	struct out out;
	if (!o->id || !o->address || !o->amount) {
		return err_set(ERR_USAGE,
			       "payout add needs --id ID, --address ADDRESS and --amount XMR");
	}
	enum err rc = amount_parse(&amount, o->amount);
	if (rc == ERR_OK) {
		rc = address_parse(&to, o->address);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_add_payout(&p.w, o->id, &to, amount, o->reference ? o->reference : "",
					&payout);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_payout(&out, &payout);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

static bool each(void *ctx, const struct payout *p)
{
	put_payout(ctx, p);
	return true;
}

enum err cmd_payout_list(const struct options *o)
{
	struct opened p;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_open(&out, "payouts", '[');
		rc = watcher_payouts(&p.w, each, &out);
		json_close(&out, ']');
		json_close(&out, '}');
		if (rc == ERR_OK) {
			rc = out_end(&out);
		} else {
			buf_free(&out.b);
		}
	}
	opened_close(&p);
	return rc;
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
