/* status, balance: what is there. */
#include <inttypes.h>
#include <string.h>

#include "watcher/cli/cli.h"

static void put_balance(struct out *out, const struct balance *b)
{
	char text[AMOUNT_TEXT_MAX];
	json_amount(out, "total", b->total);
	json_amount(out, "unlocked", b->unlocked);
	json_amount(out, "reserved", b->reserved);
	json_number(out, "outputs", b->outputs);
	say(out, "total     %24s XMR", amount_format(text, b->total));
	say(out, "unlocked  %24s XMR", amount_format(text, b->unlocked));
	say(out, "reserved  %24s XMR", amount_format(text, b->reserved));
}

enum err cmd_balance(const struct options *o)
{
	struct opened p;
	struct balance b;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_balance(&p.w, &b);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		put_balance(&out, &b);
		json_close(&out, '}');
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

static void put_payable(struct out *out, const struct payable *p)
{
	static const char *const names[PAYABLES] = {
	    [PAYABLE_NOW] = "now",
	    [PAYABLE_IN_10] = "in_10_blocks",
	    [PAYABLE_IN_60] = "in_60_blocks",
	};
	char now[AMOUNT_TEXT_MAX], ten[AMOUNT_TEXT_MAX], sixty[AMOUNT_TEXT_MAX];
	json_open(out, "payable", '{');
	for (size_t i = 0; i < PAYABLES; i++) {
		json_amount(out, names[i], p->amount[i]);
	}
	json_number(out, "outputs_now", p->outputs[PAYABLE_NOW]);
	json_close(out, '}');
	say(out, "payable   %s XMR now (%zu outputs), %s in 10 blocks, %s in 60",
	    amount_format(now, p->amount[PAYABLE_NOW]), p->outputs[PAYABLE_NOW],
	    amount_format(ten, p->amount[PAYABLE_IN_10]),
	    amount_format(sixty, p->amount[PAYABLE_IN_60]));
}

static void put_health(struct out *out, const struct node_health *h)
{
	char time[TIME_TEXT_MAX];
	json_open(out, "node", '{');
	json_text(out, "state", health_state_name(h->state));
	json_text(out, "reason", h->reason);
	json_number(out, "since", h->since);
	json_number(out, "height", h->height);
	json_number(out, "target_height", h->target);
	json_number(out, "top_time", h->top_time);
	json_number(out, "witnesses", h->witnesses);
	json_number(out, "witnesses_answering", h->answering);
	json_number(out, "witnesses_agreeing", h->agreeing);
	json_close(out, '}');
	say(out, "node      %s%s%s since %s, height %" PRIu64, health_state_name(h->state),
	    h->reason[0] ? ": " : "", h->reason, time_format(time, h->since), h->height);
	if (h->witnesses) {
		say(out, "witnesses %u, of which %u answer and %u agree", h->witnesses,
		    h->answering, h->agreeing);
	}
}

static void put_status(struct out *out, const struct watcher *w, const struct watcher_status *s,
		       const struct balance *b, const struct payable *payable,
		       const struct node_health *h)
{
	char print[FINGERPRINT_TEXT_MAX], time[TIME_TEXT_MAX];
	json_open(out, NULL, '{');
	json_text(out, "network", network_name(w->account.network));
	json_text(out, "identity", identity_fingerprint(print, &w->identity.public));
	say(out, "network   %s, identity %s", network_name(w->account.network), print);
	json_text(out, "signer", identity_fingerprint(print, &w->signer));
	json_number(out, "height", s->height);
	json_bytes(out, "top", s->top.b, 32);
	json_number(out, "top_time", s->top_time);
	say(out, "height    %" PRIu64 ", newest block of %s", s->height,
	    time_format(time, s->top_time));
	put_health(out, h);
	json_number(out, "events", s->events);
	json_number(out, "journal", s->journal.number);
	json_number(out, "halted", s->halted);
	if (s->halted) {
		say(out, "PAYOUTS ARE HALTED: see event %" PRIu64, s->halted);
	}
	json_number(out, "open_requests", s->open_requests);
	json_number(out, "unsent", s->unsent);
	json_number(out, "in_flight", s->in_flight);
	json_open(out, "balance", '{');
	put_balance(out, b);
	json_close(out, '}');
	put_payable(out, payable);
	json_open(out, "payouts", '{');
	for (unsigned i = PAYOUT_QUEUED; i <= PAYOUT_FAILED; i++) {
		json_number(out, payout_state_name((enum payout_state)i), s->payouts[i]);
		if (s->payouts[i]) {
			say(out, "payouts   %" PRIu64 " %s", s->payouts[i],
			    payout_state_name((enum payout_state)i));
		}
	}
	json_close(out, '}');
	say(out, "requests  %zu open; transactions %zu to broadcast, %zu on the way",
	    s->open_requests, s->unsent, s->in_flight);
	json_close(out, '}');
}

enum err cmd_status(const struct options *o)
{
	struct opened p;
	struct watcher_status s;
	struct balance b;
	struct payable payable;
	struct node_health h;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_status(&p.w, &s);
	}
	if (rc == ERR_OK) {
		rc = watcher_health(&p.w, &h);
	}
	if (rc == ERR_OK) {
		rc = watcher_balance(&p.w, &b);
	}
	if (rc == ERR_OK) {
		rc = watcher_payable(&p.w, &payable);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_status(&out, &p.w, &s, &b, &payable, &h);
		rc = out_end(&out);
	}
	if (rc == ERR_OK && s.payouts[PAYOUT_FAILED]) {
		rc = err_set(ERR_OVERTAKEN,
			     "%" PRIu64
			     " payouts were signed and cannot be mined as they are; events say "
			     "what happened, payout retry or payout cancel what comes of it",
			     s.payouts[PAYOUT_FAILED]);
	}
	opened_close(&p);
	return rc;
}
