#include "signer/review/review.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"

#define ADDRESS_LINE 50 /* digits of an address on one line */
#define WRAP_INDENT 13
#define WRAP_WIDTH (80 - WRAP_INDENT)

static const char *safe(char out[static 300], const char *s)
{
	return text_safe(out, 300, s, strlen(s));
}

static void put_amount(struct buf *out, const char *what, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	buf_printf(out, "  %-10s %21s XMR", what, amount_format(text, a));
}

/* Text broken at blanks, so that no line passes the terminal's edge. */
static void put_wrapped(struct buf *out, const char *text)
{
	size_t column = 0;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column && column + 1 + n > WRAP_WIDTH) {
			column = 0;
			buf_text(out, "\n");
		}
		buf_printf(out, "%*s%.*s", column ? 1 : WRAP_INDENT, "", (int)n, text);
		column += n + (column ? 1 : 0);
		text += n;
		text += strspn(text, " ");
	}
	buf_text(out, "\n");
}

static void put_age(struct buf *out, uint64_t now, uint64_t then)
{
	uint64_t minutes = (now > then ? now - then : 0) / 60;
	if (minutes < 120) {
		buf_printf(out, "%llu minutes ago", (unsigned long long)minutes);
	} else {
		buf_printf(out, "%llu hours ago", (unsigned long long)(minutes / 60));
	}
}

static void put_head(struct buf *out, const struct assessment *a)
{
	char time[TIME_TEXT_MAX], print[FINGERPRINT_TEXT_MAX], name[300];
	buf_printf(out, "Request %llu from %s\n", (unsigned long long)a->request.number,
		   safe(name, a->watcher_name));
	buf_printf(out, "  watcher     %s\n", identity_fingerprint(print, &a->watcher));
	buf_printf(out, "  made        %s, ", time_format(time, a->request.time));
	put_age(out, a->wall, a->request.time);
	buf_printf(out, "\n  expires     %s\n", time_format(time, a->request.expires));
	buf_printf(out, "  chain       height %llu, ", (unsigned long long)a->request.chain_height);
	buf_printf(out, "%s\n", time_format(time, a->request.chain_time));
	buf_printf(out, "  code        %s   (the watcher shows the same)\n", a->code);
}

static void put_payout(struct buf *out, const struct assessment *a, const struct request_payout *p)
{
	char address[ADDRESS_TEXT_MAX], reference[300];
	address_format(address, &p->to);
	put_amount(out, "pays", p->amount);
	if (policy_is_vault(&a->policy, &p->to)) {
		buf_text(out, "  to a vault of the policy");
	} else if (p->to.kind == ADDRESS_SUBADDRESS) {
		buf_text(out, "  to a subaddress");
	} else if (p->to.kind == ADDRESS_INTEGRATED) {
		buf_text(out, "  with a payment id");
	}
	buf_printf(out, "\n             %.*s\n", ADDRESS_LINE, address);
	buf_printf(out, "             %s\n", address + ADDRESS_LINE);
	if (p->reference[0]) {
		buf_printf(out, "             for %.60s\n", safe(reference, p->reference));
	}
}

static void put_tx(struct buf *out, const struct assessment *a, size_t i)
{
	const struct request_tx *t = &a->request.txs[i];
	buf_printf(out, "\nTransaction %zu of %zu, %zu input%s\n", i + 1, a->request.n_txs,
		   t->plan.n_in, t->plan.n_in == 1 ? "" : "s");
	for (size_t k = 0; k < t->plan.n_out; k++) {
		if (t->payout[k] < a->request.n_payouts) {
			put_payout(out, a, &a->request.payouts[t->payout[k]]);
		}
	}
	put_amount(out, "fee", t->plan.fee);
	if (a->answered || a->refused != ERR_OK) {
		buf_text(out, "\n");
		return;
	}
	const struct assessed_tx *tx = &a->txs[i];
	if (tx->weight) {
		buf_printf(out, "  for a weight of %llu", (unsigned long long)tx->weight);
	}
	buf_text(out, "\n");
	if (tx->verdict.code != ERR_OK) {
		buf_printf(out, "  REFUSED    %s\n", err_name(tx->verdict.code));
		put_wrapped(out, tx->verdict.reason);
		return;
	}
	put_amount(out, "change", tx->change);
	buf_printf(out, "  back to our account %u\n", t->plan.change_account);
	put_amount(out, "counts as", tx->verdict.counted);
	buf_text(out, "\n  allowed by the policy\n");
}

static void put_limits(struct buf *out, const struct assessment *a)
{
	buf_text(out, "\nLimit of rolling 24 hours\n");
	put_amount(out, "before", a->before.amount);
	buf_printf(out, " %6llu payouts\n", (unsigned long long)a->before.count);
	put_amount(out, "after", a->after.amount);
	buf_printf(out, " %6llu payouts\n", (unsigned long long)a->after.count);
	put_amount(out, "limit", a->policy.limits.day);
	buf_printf(out, " %6llu payouts\n", (unsigned long long)a->policy.limits.day_count);
}

void review_text(struct buf *out, const struct assessment *a)
{
	put_head(out, a);
	for (size_t i = 0; i < a->request.n_txs; i++) {
		put_tx(out, a, i);
	}
	if (a->answered) {
		buf_text(out, "\nAnswered before; the same reply is given again.\n");
	} else if (a->refused != ERR_OK) {
		buf_printf(out, "\nREFUSED as a whole: %s\n", err_name(a->refused));
		put_wrapped(out, a->reason);
	} else {
		put_limits(out, a);
	}
}
