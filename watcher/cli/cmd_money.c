/* status, balance, deposits: what is there. */
#include <inttypes.h>
#include <string.h>

#include "common/base/hex.h"
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

struct count {
	size_t of[PAYOUT_FAILED + 1];
};

static bool count_payout(void *ctx, const struct payout *p)
{
	struct count *c = ctx;
	c->of[p->state]++;
	return true;
}

static void put_status(struct out *out, const struct watcher *w, const struct watcher_status *s,
		       const struct balance *b, const struct count *c)
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
	json_number(out, "events", s->events);
	json_number(out, "journal", s->journal.number);
	json_number(out, "open_requests", s->open_requests);
	json_number(out, "unsent", s->unsent);
	json_number(out, "in_flight", s->in_flight);
	json_open(out, "balance", '{');
	put_balance(out, b);
	json_close(out, '}');
	json_open(out, "payouts", '{');
	for (unsigned i = PAYOUT_QUEUED; i <= PAYOUT_FAILED; i++) {
		json_number(out, payout_state_name((enum payout_state)i), c->of[i]);
		if (c->of[i]) {
			say(out, "payouts   %zu %s", c->of[i],
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
	struct count c = {0};
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_status(&p.w, &s);
	}
	if (rc == ERR_OK) {
		rc = watcher_balance(&p.w, &b);
	}
	if (rc == ERR_OK) {
		rc = watcher_payouts(&p.w, count_payout, &c);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		put_status(&out, &p.w, &s, &b, &c);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

struct listing {
	struct out out;
	uint64_t height;
};

static bool put_deposit(void *ctx, const struct deposit *d)
{
	struct listing *l = ctx;
	struct out *out = &l->out;
	char text[AMOUNT_TEXT_MAX], hex[65];
	uint64_t depth =
	    d->state != DEPOSIT_REVERSED && l->height > d->height ? l->height - d->height : 0;
	hex_encode(hex, d->at.tx.b, 32);
	json_open(out, NULL, '{');
	json_text(out, "txid", hex);
	json_number(out, "output", d->at.index);
	json_number(out, "account", d->address.major);
	json_number(out, "index", d->address.minor);
	json_amount(out, "amount", d->amount);
	json_text(out, "state", deposit_state_name(d->state));
	json_number(out, "height", d->height);
	json_number(out, "depth", depth);
	json_number(out, "unlock_height", d->unlock_height);
	json_number(out, "unlock_time", d->unlock_time);
	json_bool(out, "coinbase", d->coinbase);
	json_bool(out, "spent", d->spent);
	json_number(out, "reserved_by", d->reserved);
	if (d->credit) {
		json_number(out, "credit", d->credit);
		json_amount(out, "credited", d->credited);
	}
	json_close(out, '}');
	say(out, "%.16s..:%-3u %3u/%-5u %24s XMR  %-9s depth %" PRIu64 "%s", hex, d->at.index,
	    d->address.major, d->address.minor, amount_format(text, d->amount),
	    deposit_state_name(d->state), depth, d->spent ? ", spent" : "");
	return true;
}

enum err cmd_deposits(const struct options *o)
{
	struct opened p;
	struct watcher_status s;
	struct listing l = {0};
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_status(&p.w, &s);
	}
	if (rc == ERR_OK) {
		l.height = s.height;
		out_begin(&l.out, o->json);
		json_open(&l.out, NULL, '{');
		json_open(&l.out, "deposits", '[');
		rc = watcher_deposits(&p.w, put_deposit, &l);
		json_close(&l.out, ']');
		json_close(&l.out, '}');
		if (rc == ERR_OK) {
			rc = out_end(&l.out);
		} else {
			buf_free(&l.out.b);
		}
	}
	opened_close(&p);
	return rc;
}
