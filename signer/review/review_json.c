/* The review for programs: amounts as text in XMR, exact. */
#include "signer/review/json.h"
#include "signer/review/review.h"

static void put_amount(struct buf *out, const char *name, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	buf_printf(out, ",\"%s\":\"%s\"", name, amount_format(text, a));
}

static void put_number(struct buf *out, const char *name, uint64_t n)
{
	buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)n);
}

static void put_payout(struct buf *out, const struct request_payout *p)
{
	char address[ADDRESS_TEXT_MAX];
	buf_text(out, "{\"id\":");
	json_hex(out, p->id.b, sizeof p->id.b);
	buf_text(out, ",\"address\":");
	json_text(out, address_format(address, &p->to));
	put_amount(out, "amount", p->amount);
	buf_text(out, ",\"reference\":");
	json_text(out, p->reference);
	buf_text(out, "}");
}

static void put_tx(struct buf *out, const struct assessment *a, size_t i)
{
	const struct request_tx *t = &a->request.txs[i];
	bool first = true;
	buf_printf(out, "{\"inputs\":%zu,\"payouts\":[", t->plan.n_in);
	for (size_t k = 0; k < t->plan.n_out; k++) {
		if (t->payout[k] < a->request.n_payouts) {
			buf_text(out, first ? "" : ",");
			put_payout(out, &a->request.payouts[t->payout[k]]);
			first = false;
		}
	}
	buf_text(out, "]");
	put_amount(out, "fee", t->plan.fee);
	if (!a->answered && a->refused == ERR_OK) {
		const struct assessed_tx *tx = &a->txs[i];
		put_number(out, "weight", tx->weight);
		put_amount(out, "change", tx->change);
		put_amount(out, "counted", tx->verdict.counted);
		buf_text(out, ",\"verdict\":");
		json_text(out, tx->verdict.code == ERR_OK ? "allowed" : err_name(tx->verdict.code));
		buf_text(out, ",\"reason\":");
		json_text(out, tx->verdict.reason);
	}
	buf_text(out, "}");
}

static void put_spent(struct buf *out, const char *name, struct amount amount, uint64_t count)
{
	char text[AMOUNT_TEXT_MAX];
	buf_printf(out, ",\"%s\":{\"amount\":\"%s\",\"count\":%llu}", name,
		   amount_format(text, amount), (unsigned long long)count);
}

void review_json(struct buf *out, const struct assessment *a)
{
	char print[FINGERPRINT_TEXT_MAX];
	buf_text(out, "{\"code\":");
	json_text(out, a->code);
	buf_text(out, ",\"hash\":");
	json_hex(out, a->hash.b, 32);
	buf_text(out, ",\"watcher\":");
	json_text(out, a->watcher_name);
	buf_text(out, ",\"fingerprint\":");
	json_text(out, identity_fingerprint(print, &a->watcher));
	put_number(out, "number", a->request.number);
	put_number(out, "time", a->request.time);
	put_number(out, "expires", a->request.expires);
	put_number(out, "chain_height", a->request.chain_height);
	put_number(out, "chain_time", a->request.chain_time);
	buf_printf(out, ",\"answered\":%s,\"refused\":", a->answered ? "true" : "false");
	if (a->refused == ERR_OK) {
		buf_text(out, "null");
	} else {
		json_text(out, err_name(a->refused));
	}
	buf_text(out, ",\"reason\":");
	json_text(out, a->reason);
	buf_text(out, ",\"transactions\":[");
	for (size_t i = 0; i < a->request.n_txs; i++) {
		buf_text(out, i ? "," : "");
		put_tx(out, a, i);
	}
	buf_text(out, "]");
	if (!a->answered && a->refused == ERR_OK) {
		put_spent(out, "day_before", a->before.amount, a->before.count);
		put_spent(out, "day_after", a->after.amount, a->after.count);
		put_spent(out, "day_limit", a->policy.limits.day, a->policy.limits.day_count);
	}
	buf_text(out, "}\n");
}
