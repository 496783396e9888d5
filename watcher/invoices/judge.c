/*
 * What the payments of an invoice come to. Only sums by period count (on time, late, after it was
 * closed), so neither the order of payments nor the moment of looking matters. Every credited unit
 * ends in exactly one place: counted, held, to be refunded, or refunded.
 */
#include "watcher/invoices/invoices.h"

struct sums {
	struct amount on_time, late, after; /* credited */
	struct amount pending;              /* of what would count */
};

static bool sum(struct sums *s, const struct invoice *v, const struct invoice_payment *p)
{
	bool after = v->closed_from && p->height >= v->closed_from;
	bool late = !after && v->late_from && p->height >= v->late_from;
	struct amount *to = after ? &s->after : late ? &s->late : &s->on_time;
	bool counts = after  ? v->rules.after_close == INVOICE_ACCEPT
		      : late ? v->rules.late == INVOICE_ACCEPT
			     : true;
	return amount_add(to, *to, p->credited) &&
	       (!counts || amount_add(&s->pending, s->pending, p->pending));
}

static bool put(struct invoice_outcome *o, enum invoice_rule rule, struct amount a)
{
	struct amount *to = rule == INVOICE_ACCEPT ? &o->counted
			    : rule == INVOICE_HOLD ? &o->held
						   : &o->refund;
	return amount_add(to, *to, a);
}

/* Takes up to `most` off *from; returns what was not taken. */
static struct amount take(struct amount *from, struct amount most)
{
	struct amount left = {0};
	if (amount_sub(&left, most, *from)) {
		*from = amount_of(0);
		return left;
	}
	/* A false result above left it at zero: all of `most` is there to be taken. */
	return amount_sub(from, *from, most) ? amount_of(0) : most;
}

/* Moves what counts above `keep` to where the rule says. */
static bool move(struct invoice_outcome *o, enum invoice_rule rule, struct amount keep)
{
	struct amount rest;
	if (rule == INVOICE_ACCEPT) {
		return true;
	}
	if (!amount_sub(&rest, o->counted, keep)) {
		return false;
	}
	o->counted = keep;
	return put(o, rule, rest);
}

static bool paid(struct invoice_outcome *o, const struct invoice *v)
{
	struct amount over = {0};
	o->state = INVOICE_PAID;
	return !amount_sub(&over, o->counted, v->amount) || amount_cmp(over, v->tolerance) <= 0 ||
	       move(o, v->rules.over, v->amount);
}

static bool ended(struct invoice_outcome *o, const struct invoice *v)
{
	if (!amount_is_zero(o->counted)) {
		o->state = v->rules.under == INVOICE_ACCEPT ? INVOICE_PAID : INVOICE_UNDERPAID;
		return move(o, v->rules.under, amount_of(0));
	}
	o->state = !amount_is_zero(v->refunded) ? INVOICE_REFUNDED
		   : v->closed_from             ? INVOICE_CLOSED
						: INVOICE_EXPIRED;
	return true;
}

static bool judge(struct invoice_outcome *o, const struct invoice *v, const struct sums *s,
		  uint64_t height)
{
	struct amount enough;
	bool good = amount_add(&o->received, s->on_time, s->late) &&
		    amount_add(&o->received, o->received, s->after) &&
		    put(o, INVOICE_ACCEPT, s->on_time) && put(o, v->rules.late, s->late) &&
		    put(o, v->rules.after_close, s->after);
	/* What went back was to be refunded; or else it counts no more. */
	take(&o->counted, take(&o->refund, v->refunded));
	bool over = v->closed_from || (v->late_from && height > v->late_from);
	if (!amount_add(&enough, o->counted, v->tolerance)) {
		enough = amount_of(UINT64_MAX);
	}
	if (!good) {
		return false;
	}
	if (!amount_is_zero(o->counted) && amount_cmp(enough, v->amount) >= 0) {
		return paid(o, v);
	}
	if (over && amount_is_zero(s->pending)) {
		return ended(o, v);
	}
	o->state = amount_is_zero(o->counted) ? INVOICE_OPEN : INVOICE_PARTLY_PAID;
	return true;
}

enum err invoice_judge(struct invoice_outcome *out, const struct invoice *terms,
		       const struct invoice_payment *payments, size_t n, uint64_t height)
{
	struct sums s = {0};
	*out = (struct invoice_outcome){.state = INVOICE_OPEN};
	bool good = true;
	for (size_t i = 0; good && i < n; i++) {
		good = sum(&s, terms, &payments[i]);
	}
	if (!good || !judge(out, terms, &s, height)) {
		*out = (struct invoice_outcome){.state = INVOICE_OPEN};
		return err_set(ERR_DB_DAMAGED, "the payments of invoice %s overflow", terms->id);
	}
	out->pending = s.pending;
	return ERR_OK;
}
