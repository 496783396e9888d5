/* request build, list, show, cancel; sweep. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "watcher/cli/cli.h"

#define TITLE_MAX 80

static void put_info(struct out *out, const struct request_info *r)
{
	char code[CONFIRM_CODE_MAX], amount[AMOUNT_TEXT_MAX], fee[AMOUNT_TEXT_MAX];
	char expires[TIME_TEXT_MAX];
	json_number(out, "number", r->number);
	json_text(out, "code", confirmation_code(code, &r->hash));
	json_bytes(out, "hash", r->hash.b, 32);
	json_text(out, "state", request_state_name(r->state));
	json_number(out, "time", r->time);
	json_number(out, "expires", r->expires);
	json_number(out, "payouts", r->n_payouts);
	json_number(out, "transactions", r->n_txs);
	json_number(out, "inputs", r->n_inputs);
	json_amount(out, "amount", r->amount);
	json_amount(out, "fee", r->fee);
	say(out, "request %" PRIu64 "  code %s  %s", r->number, code, request_state_name(r->state));
	say(out, "  %zu payouts of %s XMR, fee %s XMR", r->n_payouts,
	    amount_format(amount, r->amount), amount_format(fee, r->fee));
	say(out, "  %zu transactions from %zu inputs, to be signed until %s", r->n_txs, r->n_inputs,
	    time_format(expires, r->expires));
}

/* What the screen names it: the number, and the code to compare. */
static char *request_title(char out[static TITLE_MAX], uint64_t number, const struct hash *hash)
{
	char code[CONFIRM_CODE_MAX];
	snprintf(out, TITLE_MAX, "request %" PRIu64 "  code %s", number,
		 confirmation_code(code, hash));
	return out;
}

typedef enum err planning(struct watcher *w, const struct options *o, struct buf *file,
			  struct request_info *out);

static enum err plan_payouts(struct watcher *w, const struct options *o, struct buf *file,
			     struct request_info *out)
{
	(void)o;
	return watcher_build_request(w, file, out);
}

static enum err plan_sweep(struct watcher *w, const struct options *o, struct buf *file,
			   struct request_info *out)
{
	struct amount most = {0};
	uint64_t outputs = 0;
	enum err rc = o->amount ? amount_parse(&most, o->amount) : ERR_OK;
	if (rc == ERR_OK && o->outputs) {
		rc = option_number(&outputs, o->outputs, 1000000, "--outputs");
	}
	if (rc == ERR_OK && ((o->amount && amount_is_zero(most)) || (o->outputs && outputs == 0))) {
		rc = err_set(ERR_USAGE, "nothing is to be swept");
	}
	return rc == ERR_OK ? watcher_sweep(w, most, (size_t)outputs, file, out) : rc;
}

static enum err build(const struct options *o, planning *plan)
{
	struct opened p;
	struct request_info info;
	struct sync_result synced;
	struct buf file;
	struct out out;
	enum fee_level level = FEE_NORMAL;
	uint64_t after = 0;
	char title[TITLE_MAX];
	enum err rc = message_wanted(o);
	if (rc == ERR_OK && o->fee) {
		rc = fee_level_parse(&level, o->fee);
	}
	if (rc == ERR_OK && o->after) {
		rc = option_number(&after, o->after, UINT32_MAX - 1, "--after");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&file, PROTO_MESSAGE_MAX);
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		if (o->fee) {
			p.w.config.fee_level = level;
		}
		p.w.config.requests_after = after;
		rc = watcher_sync(&p.w, &synced);
	}
	if (rc == ERR_OK) {
		rc = plan(&p.w, o, &file, &info);
	}
	if (rc == ERR_OK) {
		rc = message_write(o, &file);
		if (rc != ERR_OK) {
			/* Nobody can have seen it: give the inputs back. */
			err_ignore(watcher_cancel_request(&p.w, info.number, true));
			rc = err_wrap(rc, "the request was taken back");
		}
	}
	if (rc == ERR_OK && (!o->out || strcmp(o->out, "-") != 0)) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		put_info(&out, &info);
		json_number(&out, "left", info.left);
		if (o->out) {
			json_text(&out, "file", o->out);
		}
		json_close(&out, '}');
		if (info.left) {
			say(&out, "  %zu payouts stay queued for lack of unlocked funds",
			    info.left);
		}
		say(&out, "%s%s, %zu bytes", o->out ? "written to " : "in codes",
		    o->out ? o->out : "", file.n);
		rc = out_end(&out);
	}
	opened_close(&p);
	if (rc == ERR_OK) {
		rc = message_show(o, request_title(title, info.number, &info.hash), &file);
	}
	buf_free(&file);
	return rc;
}

enum err cmd_request_build(const struct options *o)
{
	return build(o, plan_payouts);
}

enum err cmd_sweep(const struct options *o)
{
	return build(o, plan_sweep);
}

static bool each(void *ctx, const struct request_info *r)
{
	json_open(ctx, NULL, '{');
	put_info(ctx, r);
	json_close(ctx, '}');
	return true;
}

static enum err fill(const struct watcher *w, const struct options *o, struct out *out)
{
	(void)o;
	return watcher_requests(w, each, out);
}

enum err cmd_request_list(const struct options *o)
{
	return list_all(o, "requests", fill);
}

static void put_tx(struct out *out, const struct request *r, size_t i)
{
	const struct request_tx *t = &r->txs[i];
	char amount[AMOUNT_TEXT_MAX], address[ADDRESS_TEXT_MAX];
	json_open(out, NULL, '{');
	json_amount(out, "fee", t->plan.fee);
	json_number(out, "inputs", t->plan.n_in);
	say(out, "transaction %zu: %zu inputs, fee %s XMR", i + 1, t->plan.n_in,
	    amount_format(amount, t->plan.fee));
	json_open(out, "payouts", '[');
	for (size_t k = 0; k < t->plan.n_out; k++) {
		const struct request_payout *p = &r->payouts[t->payout[k]];
		char reference[4 * PROTO_REFERENCE_MAX + 1];
		json_open(out, NULL, '{');
		json_text(out, "address", address_format(address, &p->to));
		json_amount(out, "amount", p->amount);
		json_text(out, "reference", p->reference);
		json_close(out, '}');
		say(out, "  %24s XMR to %s  %s", amount_format(amount, p->amount), address,
		    text_safe(reference, sizeof reference, p->reference, strlen(p->reference)));
	}
	json_close(out, ']');
	json_close(out, '}');
}

struct wanted {
	uint64_t number;
	char *title;
};

static bool find_title(void *ctx, const struct request_info *r)
{
	const struct wanted *w = ctx;
	if (r->number == w->number) {
		request_title(w->title, r->number, &r->hash);
	}
	return r->number != w->number;
}

enum err cmd_request_show(const struct options *o)
{
	struct opened p;
	struct request r = {0};
	struct buf file;
	struct out out;
	uint64_t number;
	char title[TITLE_MAX] = "";
	enum err rc = option_number(&number, o->args[0], UINT32_MAX, "a request");
	if (rc == ERR_OK) {
		rc = light_check(&o->light);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&file, PROTO_MESSAGE_MAX);
	rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_get_request(&p.w, number, &r);
	}
	if (rc == ERR_OK && (o->out || light_wanted(&o->light))) {
		rc = watcher_reseal_request(&p.w, number, &file);
		if (rc == ERR_OK) {
			rc = message_write(o, &file);
		}
		if (rc == ERR_OK) {
			struct wanted wanted = {number, title};
			rc = watcher_requests(&p.w, find_title, &wanted);
		}
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "number", r.number);
		json_number(&out, "expires", r.expires);
		json_number(&out, "chain_height", r.chain_height);
		json_open(&out, "transactions", '[');
		for (size_t i = 0; i < r.n_txs; i++) {
			put_tx(&out, &r, i);
		}
		json_close(&out, ']');
		json_close(&out, '}');
		rc = out_end(&out);
	}
	request_free(&r);
	opened_close(&p);
	if (rc == ERR_OK) {
		rc = message_show(o, title, &file);
	}
	buf_free(&file);
	return rc;
}

enum err cmd_request_cancel(const struct options *o)
{
	struct opened p;
	struct out out;
	uint64_t number;
	enum err rc = option_number(&number, o->args[0], UINT32_MAX, "a request");
	if (rc != ERR_OK) {
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_cancel_request(&p.w, number, o->never_left);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "number", number);
		json_text(&out, "state", request_state_name(REQUEST_CANCELLED));
		json_close(&out, '}');
		say(&out, "request %" PRIu64 " is cancelled; its payouts are queued again", number);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}
