#include "signer/review/policy_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "signer/policy/minisign.h"
#include "signer/review/json.h"

#define SENTENCES_MAX (20 + POLICY_LISTED_MAX + POLICY_APPROVERS_MAX)
#define SUBJECT_WIDTH 46
#define ADDRESS_LINE 64 /* digits of an address on one line */

struct sentence {
	char subject[64];
	char value[160]; /* amounts and counts are aligned by blanks before them */
};

struct sentences {
	size_t n;
	struct sentence list[SENTENCES_MAX];
};

PRINTF_LIKE(3, 4)
static void say(struct sentences *s, const char *subject, const char *fmt, ...)
{
	va_list ap;
	CHECK(s->n < SENTENCES_MAX);
	struct sentence *one = &s->list[s->n++];
	snprintf(one->subject, sizeof one->subject, "%s", subject);
	va_start(ap, fmt);
	vsnprintf(one->value, sizeof one->value, fmt, ap);
	va_end(ap);
}

static void say_amount(struct sentences *s, const char *subject, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	say(s, subject, "%21s XMR", amount_format(text, a));
}

static void say_cap(struct sentences *s, const char *subject, const struct policy_cap *cap)
{
	if (cap->set) {
		say_amount(s, subject, cap->most);
	} else {
		say(s, subject, "%8s", "no limit");
	}
}

static void say_count(struct sentences *s, const char *subject, uint64_t n)
{
	say(s, subject, "%8llu", (unsigned long long)n);
}

static void say_limits(struct sentences *s, const struct policy *p)
{
	const struct policy_limits *l = &p->limits;
	say_amount(s, "a payout may be at most", l->payout);
	say_amount(s, "a transaction, fee included, at most", l->transaction);
	say_amount(s, "24 hours together, fees included, at most", l->day);
	say_count(s, "payouts within 24 hours at most", l->day_count);
	say_cap(s, "7 days together at most", &p->week);
	say_cap(s, "30 days together at most", &p->month);
	say_amount(s, "the fee of a transaction at most", l->fee);
	say_amount(s, "and for each byte of its weight at most", l->fee_per_byte);
	if (p->requests_per_hour) {
		say_count(s, "requests answered within an hour at most", p->requests_per_hour);
	} else {
		say(s, "requests answered within an hour at most", "%8s", "no limit");
	}
}

static void say_tiers(struct sentences *s, const struct policy *p)
{
	if (p->unattended.set) {
		say_amount(s, "without a person a transaction of at most",
			   p->unattended.transaction);
		say_amount(s, "without a person within 24 hours at most", p->unattended.day);
	} else {
		say(s, "without a person a transaction of at most", "%8s", "none");
	}
	if (!p->confirmed.set) {
		say(s, "with one confirmation a transaction of at most", "%8s", "any");
		return;
	}
	say_amount(s, "with one confirmation a transaction of at most", p->confirmed.transaction);
	say_amount(s, "without approvals within 24 hours at most", p->confirmed.day);
	say(s, "beyond that, besides, approvals are needed", "%6zu of %zu", p->needed,
	    p->n_approvers);
}

static void say_names(struct sentences *s, const struct policy *p)
{
	char subject[64], address[ADDRESS_TEXT_MAX], key[MINISIGN_KEY_TEXT_MAX];
	say(s, "destinations that are not listed are", "%8s",
	    p->only_listed ? "refused" : "allowed");
	for (size_t i = 0; i < p->n_listed; i++) {
		const struct policy_destination *d = &p->listed[i];
		snprintf(subject, sizeof subject, "destination %s", d->name);
		say(s, subject, "%s%s", address_format(address, &d->to),
		    d->vault ? ", a vault: no limit of amount" : "");
	}
	for (size_t i = 0; i < p->n_approvers; i++) {
		snprintf(subject, sizeof subject, "approver %s", p->approvers[i].name);
		say(s, subject, "%s", minisign_key_format(key, &p->approvers[i]));
	}
}

/* NULL when memory ran out; free it. */
static struct sentences *sentences_of(const struct policy *p)
{
	struct sentences *s = calloc(1, sizeof *s);
	if (s) {
		say_limits(s, p);
		say_tiers(s, p);
		say(s, "a change that allows more waits", "%8llu hours",
		    (unsigned long long)(p->cool_off / POLICY_HOUR));
		say(s, "a leap of the clock to confirm", "%8llu hours",
		    (unsigned long long)(policy_clock_jump(p) / POLICY_HOUR));
		say_names(s, p);
	}
	return s;
}

/* On one line, or a long one below, broken so that it stays within 80 columns. */
static void put(struct buf *out, int indent, const char *subject, const char *value)
{
	size_t n = strlen(value);
	if (n <= 27) {
		buf_printf(out, "%*s%-*s %s\n", indent, "", SUBJECT_WIDTH, subject, value);
		return;
	}
	buf_printf(out, "%*s%s\n", indent, "", subject);
	for (size_t at = 0; at < n; at += ADDRESS_LINE) {
		buf_printf(out, "%*s    %.*s\n", indent, "", ADDRESS_LINE, value + at);
	}
}

void review_policy(struct buf *out, const struct policy *p, int indent)
{
	struct sentences *s = sentences_of(p);
	for (size_t i = 0; s && i < s->n; i++) {
		put(out, indent, s->list[i].subject, s->list[i].value);
	}
	out->failed = out->failed || !s;
	free(s);
}

static const char *value_of(const struct sentences *s, const char *subject)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->list[i].subject, subject) == 0) {
			return s->list[i].value;
		}
	}
	return NULL;
}

typedef void emit(struct buf *out, size_t n, const char *what, const char *now, const char *then);

/* Calls `each` for what differs, in now's order and then what is new. */
static size_t differ(struct buf *out, const struct policy *now, const struct policy *then,
		     emit *each)
{
	struct sentences *a = sentences_of(now), *b = sentences_of(then);
	size_t n = 0;
	for (size_t i = 0; a && b && i < a->n; i++) {
		const struct sentence *s = &a->list[i];
		const char *other = value_of(b, s->subject);
		if (!other || strcmp(other, s->value) != 0) {
			each(out, n++, s->subject, s->value, other);
		}
	}
	for (size_t i = 0; a && b && i < b->n; i++) {
		const struct sentence *s = &b->list[i];
		if (!value_of(a, s->subject)) {
			each(out, n++, s->subject, NULL, s->value);
		}
	}
	out->failed = out->failed || !a || !b;
	free(a);
	free(b);
	return n;
}

static void emit_text(struct buf *out, size_t n, const char *what, const char *now,
		      const char *then)
{
	(void)n;
	buf_printf(out, "  %s\n", what);
	put(out, 4, "now", now ? now : "       -");
	put(out, 4, "then", then ? then : "       -");
}

size_t review_policy_diff(struct buf *out, const struct policy *now, const struct policy *then)
{
	return differ(out, now, then, emit_text);
}

/* Without the blanks that align it. */
static void json_value(struct buf *out, const char *name, const char *value)
{
	buf_text(out, name);
	if (value) {
		json_text(out, value + strspn(value, " "));
	} else {
		buf_text(out, "null");
	}
}

static void emit_json(struct buf *out, size_t n, const char *what, const char *now,
		      const char *then)
{
	buf_printf(out, "%s{\"what\":", n ? "," : "");
	json_text(out, what);
	json_value(out, ",\"now\":", now);
	json_value(out, ",\"then\":", then);
	buf_text(out, "}");
}

void review_policy_diff_json(struct buf *out, const struct policy *now, const struct policy *then)
{
	buf_text(out, "[");
	(void)differ(out, now, then, emit_json);
	buf_text(out, "]");
}
