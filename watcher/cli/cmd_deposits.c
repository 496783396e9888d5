/* deposits: every output received, waiting ones included. */
#include <inttypes.h>

#include "common/base/hex.h"
#include "watcher/cli/cli.h"

struct listing {
	struct out *out;
	uint64_t height;
};

static bool put_deposit(void *ctx, const struct deposit *d)
{
	struct listing *l = ctx;
	struct out *out = l->out;
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

static enum err fill(const struct watcher *w, const struct options *o, struct out *out)
{
	struct watcher_status s;
	(void)o;
	enum err rc = watcher_status(w, &s);
	struct listing l = {out, s.height};
	return rc == ERR_OK ? watcher_deposits(w, put_deposit, &l) : rc;
}

enum err cmd_deposits(const struct options *o)
{
	return list_all(o, "deposits", fill);
}
