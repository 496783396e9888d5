/* The review for programs: amounts as text in XMR, exact. */
#include "signer/review/json.h"
#include "signer/review/review.h"

static void put_text(struct buf *out, const char *name, const char *s)
{
	buf_printf(out, ",\"%s\":", name);
	if (s) {
		json_text(out, s);
	} else {
		buf_text(out, "null");
	}
}

static void put_amount(struct buf *out, const char *name, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	put_text(out, name, amount_format(text, a));
}

static void put_number(struct buf *out, const char *name, uint64_t n)
{
	buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)n);
}

static const char *name_of(const struct policy_destination *d)
{
	return d ? d->name : NULL;
}

static void put_payee(struct buf *out, const struct payee *who)
{
	put_text(out, "name", name_of(who->listed));
	buf_printf(out, ",\"vault\":%s", who->listed && who->listed->vault ? "true" : "false");
	buf_printf(out, ",\"paid_before\":%s", who->paid ? "true" : "false");
	put_text(out, "wallet_of", name_of(who->wallet));
	put_text(out, "looks_like", name_of(who->alike));
	buf_printf(out, ",\"looks_like_one_paid\":%s", who->alike_paid ? "true" : "false");
}

static void put_payout(struct buf *out, const struct assessment *a, size_t i)
{
	const struct request_payout *p = &a->request.payouts[i];
	char address[ADDRESS_TEXT_MAX];
	buf_text(out, "{\"id\":");
	json_hex(out, p->id.b, sizeof p->id.b);
	put_text(out, "address", address_format(address, &p->to));
	put_amount(out, "amount", p->amount);
	put_text(out, "reference", p->reference);
	if (a->payees) {
		put_payee(out, &a->payees[i]);
	}
	buf_text(out, "}");
}

static void put_judged(struct buf *out, const struct assessment *a, size_t i)
{
	const struct assessed_tx *tx = &a->txs[i];
	const struct policy_verdict *v = &tx->verdict;
	char multiple[REVIEW_MULTIPLE_MAX];
	bool is_allowed = v->code == ERR_OK;
	put_number(out, "weight", tx->weight);
	put_text(out, "fee_times_usual",
		 review_fee_multiple(multiple, a->request.txs[i].plan.fee, tx->weight) ? multiple
										       : NULL);
	put_amount(out, "change", tx->change);
	put_amount(out, "counted", v->counted);
	put_text(out, "verdict", is_allowed ? "allowed" : err_name(v->code));
	put_text(out, "rule", v->rule);
	put_text(out, "tier", is_allowed ? policy_tier_name(v->tier) : NULL);
	put_text(out, "reason", v->reason);
}

static void put_tx(struct buf *out, const struct assessment *a, size_t i)
{
	const struct request_tx *t = &a->request.txs[i];
	bool first = true;
	buf_printf(out, "{\"inputs\":%zu,\"payouts\":[", t->plan.n_in);
	for (size_t k = 0; k < t->plan.n_out; k++) {
		if (t->payout[k] < a->request.n_payouts) {
			buf_text(out, first ? "" : ",");
			put_payout(out, a, t->payout[k]);
			first = false;
		}
	}
	buf_text(out, "]");
	put_amount(out, "fee", t->plan.fee);
	put_number(out, "change_account", t->plan.change_account);
	if (a->judged) {
		put_judged(out, a, i);
	}
	buf_text(out, "}");
}

static void put_left(struct buf *out, const char *name, bool is_count, uint64_t n)
{
	if (is_count) {
		put_number(out, name, n);
	} else {
		put_amount(out, name, amount_of(n));
	}
}

static void put_limits(struct buf *out, const struct assessment *a)
{
	struct review_left left[REVIEW_LIMITS_MAX];
	size_t n = review_limits(left, a);
	buf_text(out, ",\"limits\":[");
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%s{\"rule\":\"%s\"", i ? "," : "", left[i].name);
		put_left(out, "limit", left[i].is_count, left[i].limit);
		put_left(out, "left_before", left[i].is_count, left[i].before);
		put_left(out, "left_after", left[i].is_count, left[i].after);
		buf_text(out, "}");
	}
	buf_text(out, "]");
}

static void put_approvals(struct buf *out, const struct assessment *a)
{
	const struct policy *p = &a->policy;
	buf_printf(out, ",\"approvals\":{\"needed\":%zu,\"given\":%zu,\"approvers\":[",
		   a->tier == TIER_APPROVED ? p->needed : 0, a->n_approved);
	for (size_t i = 0; i < p->n_approvers; i++) {
		buf_printf(out, "%s{\"approved\":%s", i ? "," : "",
			   a->approved[i] ? "true" : "false");
		put_text(out, "name", p->approvers[i].name);
		buf_text(out, "}");
	}
	buf_text(out, "]}");
}

void review_json(struct buf *out, const struct assessment *a)
{
	char print[FINGERPRINT_TEXT_MAX];
	buf_text(out, "{\"code\":");
	json_text(out, a->code);
	buf_text(out, ",\"hash\":");
	json_hex(out, a->hash.b, 32);
	buf_text(out, ",\"sha256\":");
	json_hex(out, a->file_hash, sizeof a->file_hash);
	put_text(out, "watcher", a->watcher_name);
	put_text(out, "fingerprint", identity_fingerprint(print, &a->watcher));
	put_number(out, "number", a->request.number);
	put_number(out, "time", a->request.time);
	put_number(out, "judged_at", a->wall);
	put_number(out, "expires", a->request.expires);
	put_number(out, "chain_height", a->request.chain_height);
	put_number(out, "chain_time", a->request.chain_time);
	buf_printf(out, ",\"answered\":%s", a->answered ? "true" : "false");
	put_text(out, "refused", a->refused == ERR_OK ? NULL : err_name(a->refused));
	put_text(out, "rule", a->refused == ERR_OK ? NULL : a->rule);
	put_text(out, "reason", a->reason);
	buf_text(out, ",\"transactions\":[");
	for (size_t i = 0; i < a->request.n_txs; i++) {
		buf_text(out, i ? "," : "");
		put_tx(out, a, i);
	}
	buf_text(out, "]");
	if (a->judged) {
		put_number(out, "allowed", a->n_allowed);
		put_text(out, "tier", a->n_allowed ? policy_tier_name(a->tier) : NULL);
		put_limits(out, a);
		put_approvals(out, a);
	}
	buf_text(out, "}\n");
}
