/* The one form in which a policy is stored, hashed and journaled. */
#include <stdio.h>

#include "signer/policy/minisign.h"

#define VERSION 1

static void put_amount(struct buf *out, const char *name, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	buf_printf(out, "    \"%s\": \"%s\",\n", name, amount_format(text, a));
}

static void put_limits(struct buf *out, const struct policy *p)
{
	const struct policy_limits *l = &p->limits;
	buf_text(out, "  \"limits\": {\n");
	put_amount(out, "payout", l->payout);
	put_amount(out, "transaction", l->transaction);
	put_amount(out, "day", l->day);
	if (p->week.set) {
		put_amount(out, "week", p->week.most);
	}
	if (p->month.set) {
		put_amount(out, "month", p->month.most);
	}
	put_amount(out, "fee", l->fee);
	put_amount(out, "fee_per_byte", l->fee_per_byte);
	if (p->requests_per_hour) {
		buf_printf(out, "    \"requests_per_hour\": %llu,\n",
			   (unsigned long long)p->requests_per_hour);
	}
	buf_printf(out, "    \"day_count\": %llu\n  },\n", (unsigned long long)l->day_count);
}

/* Names are printable ASCII without quotes and backslashes. */
static void put_book(struct buf *out, const struct policy *p)
{
	char address[ADDRESS_TEXT_MAX];
	buf_printf(out, "  \"only_listed\": %s,\n  \"destinations\": [",
		   p->only_listed ? "true" : "false");
	for (size_t i = 0; i < p->n_listed; i++) {
		const struct policy_destination *d = &p->listed[i];
		buf_printf(out, "%s\n    {\"name\": \"%s\", \"address\": \"%s\"%s}", i ? "," : "",
			   d->name, address_format(address, &d->to),
			   d->vault ? ", \"vault\": true" : "");
	}
	buf_printf(out, "%s],\n", p->n_listed ? "\n  " : "");
}

static void put_reach(struct buf *out, const char *name, const struct policy_reach *r, bool more)
{
	char transaction[AMOUNT_TEXT_MAX], day[AMOUNT_TEXT_MAX];
	if (r->set) {
		buf_printf(out, "%s\n    \"%s\": {\"transaction\": \"%s\", \"day\": \"%s\"}",
			   more ? "," : "", name, amount_format(transaction, r->transaction),
			   amount_format(day, r->day));
	}
}

static void put_tiers(struct buf *out, const struct policy *p)
{
	bool any = p->unattended.set || p->confirmed.set;
	char key[MINISIGN_KEY_TEXT_MAX];
	buf_text(out, "  \"tiers\": {");
	put_reach(out, "unattended", &p->unattended, false);
	put_reach(out, "confirmed", &p->confirmed, p->unattended.set);
	buf_printf(out, "%s},\n", any ? "\n  " : "");
	if (!p->confirmed.set) {
		return;
	}
	buf_printf(out, "  \"approvals\": {\n    \"needed\": %zu,\n    \"approvers\": [",
		   p->needed);
	for (size_t i = 0; i < p->n_approvers; i++) {
		buf_printf(out, "%s\n      {\"name\": \"%s\", \"key\": \"%s\"}", i ? "," : "",
			   p->approvers[i].name, minisign_key_format(key, &p->approvers[i]));
	}
	buf_printf(out, "%s]\n  },\n", p->n_approvers ? "\n    " : "");
}

enum err policy_format(struct buf *out, const struct policy *p)
{
	size_t before = out->n;
	buf_printf(out, "{\n  \"version\": %d,\n", VERSION);
	put_limits(out, p);
	put_book(out, p);
	put_tiers(out, p);
	buf_printf(out, "  \"clock_jump_hours\": %llu,\n",
		   (unsigned long long)(policy_clock_jump(p) / POLICY_HOUR));
	buf_printf(out, "  \"cool_off_hours\": %llu\n}\n",
		   (unsigned long long)(p->cool_off / POLICY_HOUR));
	if (out->n - before > POLICY_TEXT_MAX) {
		return err_set(ERR_LIMIT, "the policy is longer than %d bytes", POLICY_TEXT_MAX);
	}
	return buf_end(out);
}
