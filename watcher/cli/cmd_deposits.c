/* deposits: every output received, waiting ones included. */
#include <inttypes.h>

#include "common/base/hex.h"
#include "watcher/cli/cli.h"

struct listing {
	struct out out;
	uint64_t height;
};

static bool put_deposit(void *ctx, const struct deposit *d)
{
	struct listing *l = ctx;
	struct out *out = &l->out;
	char text[AMOUNT_TEXT_MAX], hex[65];
	bool in_block = d->state != DEPOSIT_REVERSED && d->state != DEPOSIT_SEEN;
	uint64_t depth = in_block && l->height > d->height ? l->height - d->height : 0;
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
	json_number(out, "credit_height", d->due);
	json_number(out, "unlock_height", d->unlock_height);
	json_number(out, "unlock_time", d->unlock_time);
	json_bool(out, "coinbase", d->coinbase);
	json_bool(out, "spent", d->spent);
	json_number(out, "reserved_by", d->reserved);
	if (d->credit) {
		json_number(out, "credit", d->credit);
		json_amount(out, "credited", d->credited);
	}
	if (d->was) {
		json_number(out, "reversed_credit", d->was);
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
