#include "signer/review/review.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/text.h"

#define ADDRESS_LINE 50 /* digits of an address on one line */
#define INDENT 13
#define SAFE_MAX 1100 /* of a reason of 255 characters, each escaped */
#define WIDTH (80 - INDENT)

static void put_amount(struct buf *out, const char *what, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	buf_printf(out, "  %-10s %21s XMR", what, amount_format(text, a));
}

/*
 * Text from whoever made it safe and broken at blanks, or within a word that is longer than a line,
 * before the terminal's edge.
 */
static void put_wrapped(struct buf *out, const char *raw)
{
	char all[SAFE_MAX];
	const char *text = text_safe(all, sizeof all, raw, strlen(raw));
	size_t column = 0;
	text += strspn(text, " ");
	while (*text) {
		size_t n = strcspn(text, " ");
		n = n < WIDTH ? n : WIDTH;
		if (column && column + 1 + n > WIDTH) {
			column = 0;
			buf_text(out, "\n");
		}
		buf_printf(out, "%*s%.*s", column ? 1 : INDENT, "", (int)n, text);
		column += n + (column ? 1 : 0);
		text += n;
		text += strspn(text, " ");
	}
	buf_text(out, "\n");
}

static void put_age(struct buf *out, uint64_t now, uint64_t then)
{
	uint64_t minutes = (now > then ? now - then : then - now) / 60;
	const char *when = now >= then ? "ago" : "AHEAD of this clock";
	if (minutes < 120) {
		buf_printf(out, "%llu minutes %s", (unsigned long long)minutes, when);
	} else if (minutes < 48 * 60) {
		buf_printf(out, "%llu hours %s", (unsigned long long)(minutes / 60), when);
	} else {
		buf_printf(out, "%llu days %s", (unsigned long long)(minutes / (24 * 60)), when);
	}
}

static void put_head(struct buf *out, const struct assessment *a)
{
	char time[TIME_TEXT_MAX], print[FINGERPRINT_TEXT_MAX], name[300], hex[65];
	text_safe(name, sizeof name, a->watcher_name, strlen(a->watcher_name));
	buf_printf(out, "Request %llu from %.46s\n", (unsigned long long)a->request.number, name);
	buf_printf(out, "  watcher     %s\n", identity_fingerprint(print, &a->watcher));
	buf_printf(out, "  made        %s, ", time_format(time, a->request.time));
	put_age(out, a->wall, a->request.time);
	buf_printf(out, "\n  expires     %s\n", time_format(time, a->request.expires));
	buf_printf(out, "  chain       height %llu, ", (unsigned long long)a->request.chain_height);
	buf_printf(out, "%s\n", time_format(time, a->request.chain_time));
	hex_encode(hex, a->file_hash, sizeof a->file_hash);
	buf_printf(out, "  sha256      %s\n", hex);
	buf_printf(out, "  code        %s   (the watcher shows the same)\n", a->code);
}

/* What is known of whoever is paid; nothing of a request that was answered before. */
static void put_payee(struct buf *out, const struct payee *who)
{
	if (!who->listed && !who->paid) {
		put_wrapped(out, "NEW: not in the address book, and not paid before");
	} else if (!who->listed) {
		put_wrapped(out, "not in the address book, paid before");
	}
	if (who->wallet) {
		buf_printf(out, "%*sthe wallet of %s, under another address\n", INDENT, "",
			   who->wallet->name);
	}
	if (who->alike) {
		buf_printf(out, "%*sWARNING: looks like %s but is NOT that address\n", INDENT, "",
			   who->alike->name);
	}
	if (who->alike_paid && !who->listed && !who->paid) {
		put_wrapped(out, "WARNING: looks like an address paid before but is NOT that one");
	}
}

static void put_payout(struct buf *out, const struct assessment *a, size_t i)
{
	const struct request_payout *p = &a->request.payouts[i];
	const struct payee *who = a->payees ? &a->payees[i] : NULL;
	char address[ADDRESS_TEXT_MAX];
	address_format(address, &p->to);
	put_amount(out, "pays", p->amount);
	if (who && who->listed) {
		buf_printf(out, "  to %s%s", who->listed->name,
			   who->listed->vault ? ", vault" : "");
	}
	buf_printf(out, "\n%*s%.*s\n", INDENT, "", ADDRESS_LINE, address);
	buf_printf(out, "%*s%s\n", INDENT, "", address + ADDRESS_LINE);
	if (p->to.kind == ADDRESS_INTEGRATED) {
		char id[17];
		hex_encode(id, p->to.payment_id, sizeof p->to.payment_id);
		buf_printf(out, "%*swith payment id %s\n", INDENT, "", id);
	}
	if (who) {
		put_payee(out, who);
	}
	if (p->reference[0]) {
		char line[PROTO_REFERENCE_MAX + 8];
		snprintf(line, sizeof line, "for %s", p->reference);
		put_wrapped(out, line);
	}
}

bool review_fee_multiple(char out[static REVIEW_MULTIPLE_MAX], struct amount fee, uint64_t weight)
{
	struct amount usual, tenfold;
	out[0] = '\0';
	if (!amount_mul(&usual, amount_of(REVIEW_USUAL_FEE_PER_BYTE), weight) ||
	    amount_is_zero(usual) || !amount_mul(&tenfold, fee, 10)) {
		return false;
	}
	uint64_t tenths = tenfold.atomic / usual.atomic;
	snprintf(out, REVIEW_MULTIPLE_MAX, "%llu.%llu", (unsigned long long)(tenths / 10),
		 (unsigned long long)(tenths % 10));
	return true;
}

static void put_verdict(struct buf *out, const struct assessment *a, size_t i)
{
	const struct policy_verdict *v = &a->txs[i].verdict;
	static const char *const consent[] = {
	    "needs no person",
	    "needs one confirmation",
	    "needs a confirmation and approvals",
	};
	if (v->code != ERR_OK) {
		buf_printf(out, "  REFUSED    %s, by the rule %s\n", err_name(v->code), v->rule);
		put_wrapped(out, v->reason);
		return;
	}
	put_amount(out, "change", a->txs[i].change);
	buf_printf(out, "  back to our account %u\n", a->request.txs[i].plan.change_account);
	put_amount(out, "counts as", v->counted);
	buf_printf(out, "\n  policy     allowed, by the rule %s: %s\n", v->rule, consent[v->tier]);
}

static void put_tx(struct buf *out, const struct assessment *a, size_t i)
{
	const struct request_tx *t = &a->request.txs[i];
	char multiple[REVIEW_MULTIPLE_MAX];
	buf_printf(out, "\nTransaction %zu of %zu, %zu input%s\n", i + 1, a->request.n_txs,
		   t->plan.n_in, t->plan.n_in == 1 ? "" : "s");
	for (size_t k = 0; k < t->plan.n_out; k++) {
		if (t->payout[k] < a->request.n_payouts) {
			put_payout(out, a, t->payout[k]);
		}
	}
	put_amount(out, "fee", t->plan.fee);
	if (a->judged && review_fee_multiple(multiple, t->plan.fee, a->txs[i].weight)) {
		buf_printf(out, "  %s times the usual", multiple);
	}
	buf_text(out, "\n");
	if (a->judged) {
		put_verdict(out, a, i);
	}
}

static void put_approvals(struct buf *out, const struct assessment *a)
{
	const struct policy *p = &a->policy;
	if (a->tier < TIER_APPROVED && a->n_approved == 0) {
		return;
	}
	buf_printf(out, "\nApprovals: %zu of %zu that are needed\n", a->n_approved,
		   a->tier == TIER_APPROVED ? p->needed : 0);
	for (size_t i = 0; i < p->n_approvers; i++) {
		buf_printf(out, "  %-10s %s\n", a->approved[i] ? "approved" : "open",
			   p->approvers[i].name);
	}
}

static void put_left(struct buf *out, const struct review_left *l)
{
	char limit[AMOUNT_TEXT_MAX], before[AMOUNT_TEXT_MAX], after[AMOUNT_TEXT_MAX];
	if (l->is_count) {
		/* Under the whole XMR of the amounts. */
		buf_printf(out, "  %-12s %8llu%22llu%22llu\n", l->what,
			   (unsigned long long)l->limit, (unsigned long long)l->before,
			   (unsigned long long)l->after);
		return;
	}
	buf_printf(
	    out, "  %-12s %21s %21s %21s\n", l->what, amount_format(limit, amount_of(l->limit)),
	    amount_format(before, amount_of(l->before)), amount_format(after, amount_of(l->after)));
}

static void put_limits(struct buf *out, const struct assessment *a)
{
	struct review_left left[REVIEW_LIMITS_MAX];
	size_t n = review_limits(left, a);
	buf_printf(out, "\n%-14s %8s%22s%22s\n", "What is left", "limit", "before", "after");
	for (size_t i = 0; i < n; i++) {
		put_left(out, &left[i]);
	}
}

void review_text(struct buf *out, const struct assessment *a)
{
	put_head(out, a);
	for (size_t i = 0; i < a->request.n_txs; i++) {
		put_tx(out, a, i);
	}
	if (a->judged) {
		put_limits(out, a);
		put_approvals(out, a);
	}
	if (a->answered) {
		buf_text(out, "\nAnswered before; the same reply is given again.\n");
	} else if (a->refused != ERR_OK) {
		buf_printf(out, "\nREFUSED as a whole: %s, by the rule %s\n", err_name(a->refused),
			   a->rule);
		put_wrapped(out, a->reason);
	} else {
		buf_printf(out, "\n%zu of %zu transactions may be signed\n", a->n_allowed,
			   a->request.n_txs);
	}
}
