/* import: the signer's reply, or key images. broadcast: what it signed. */
#include <inttypes.h>
#include <string.h>

#include "common/base/hex.h"
#include "watcher/cli/cli.h"

struct listing {
	struct out out;
	const struct watcher *w;
	uint64_t request;
	uint32_t place;
	enum err rc;
};

static bool put_sent(void *ctx, const struct sent_tx *t)
{
	struct listing *l = ctx;
	char hex[65], fee[AMOUNT_TEXT_MAX];
	if (t->request != l->request || t->place != l->place) {
		return true;
	}
	hex_encode(hex, t->id.b, 32);
	json_open(&l->out, NULL, '{');
	json_text(&l->out, "txid", hex);
	json_amount(&l->out, "fee", t->fee);
	json_text(&l->out, "state", sent_state_name(t->state));
	say(&l->out, "transaction %s  fee %s XMR", hex, amount_format(fee, t->fee));
	json_open(&l->out, "payouts", '[');
	for (size_t i = 0; i < t->n_payouts && l->rc == ERR_OK; i++) {
		struct payout p;
		l->rc = watcher_get_payout_by_number(l->w, t->payouts[i], &p);
		json_text(&l->out, NULL, p.id);
		say(&l->out, "  pays %s", p.id);
	}
	json_close(&l->out, ']');
	/* The proof of payment: for whoever asks, so not for people's screens. */
	json_open(&l->out, "keys", '[');
	for (size_t i = 0; i < t->n_keys; i++) {
		json_bytes(&l->out, NULL, t->keys[i].b, 32);
	}
	json_close(&l->out, ']');
	json_close(&l->out, '}');
	return false;
}

/* In the request's order, which is not that of the store; refused ones leave gaps. */
static enum err put_all(struct listing *l, const struct watcher *w, const struct import_result *r)
{
	size_t n = r->again ? REQUEST_TXS_MAX : r->n_signed + r->n_refused;
	enum err rc = ERR_OK;
	for (l->place = 0; rc == ERR_OK && l->rc == ERR_OK && l->place < n; l->place++) {
		rc = watcher_sent(w, put_sent, l);
	}
	return rc == ERR_OK ? l->rc : rc;
}

static enum err print(const struct options *o, const struct watcher *w,
		      const struct import_result *r)
{
	struct listing l = {.w = w, .request = r->request};
	out_begin(&l.out, o->json);
	json_open(&l.out, NULL, '{');
	json_number(&l.out, "request", r->request);
	json_bool(&l.out, "again", r->again);
	json_number(&l.out, "signed", r->n_signed);
	json_number(&l.out, "refused", r->n_refused);
	json_number(&l.out, "journal_entries", r->n_entries);
	if (r->refused != ERR_OK) {
		json_text(&l.out, "reason", err_name(r->refused));
	}
	json_text(&l.out, "words", r->reason);
	if (r->again) {
		say(&l.out, "the reply to request %" PRIu64 " was imported before", r->request);
	} else {
		say(&l.out, "request %" PRIu64 ": %zu transactions signed, %zu refused%s%s",
		    r->request, r->n_signed, r->n_refused, r->reason[0] ? ": " : "", r->reason);
	}
	json_open(&l.out, "transactions", '[');
	enum err rc = put_all(&l, w, r);
	json_close(&l.out, ']');
	json_close(&l.out, '}');
	if (rc != ERR_OK) {
		buf_free(&l.out.b);
		return rc;
	}
	return out_end(&l.out);
}

static enum err import_images(const struct options *o, struct watcher *w, struct span file)
{
	struct out out;
	size_t n;
	enum err rc = watcher_import_images(w, file, &n);
	if (rc != ERR_OK) {
		return rc;
	}
	out_begin(&out, o->json);
	json_open(&out, NULL, '{');
	json_number(&out, "key_images", n);
	json_close(&out, '}');
	say(&out, "%zu new key images; the next sync finds what they spent", n);
	return out_end(&out);
}

enum err cmd_import(const struct options *o)
{
	struct opened p;
	struct import_result r;
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX);
	/* First: scanning takes a person's time, and the store is for all. */
	enum err rc = message_read(&file, o, o->args[0], PROTO_MESSAGE_MAX);
	if (rc != ERR_OK) {
		buf_free(&file);
		return rc;
	}
	rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_import_reply(&p.w, buf_span(&file), &r);
	}
	if (rc == ERR_MSG_TYPE) {
		err_clear();
		rc = import_images(o, &p.w, buf_span(&file));
	} else if (rc == ERR_OK) {
		rc = print(o, &p.w, &r);
	}
	opened_close(&p);
	buf_free(&file);
	return rc;
}

enum err cmd_broadcast(const struct options *o)
{
	struct opened p;
	struct broadcast_result r = {0};
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_broadcast(&p.w, &r);
	}
	if (rc == ERR_OK || rc == ERR_NODE_REJECTED || rc == ERR_OVERTAKEN) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "submitted", r.submitted);
		json_number(&out, "waiting", r.waiting);
		json_number(&out, "in_block", r.in_block);
		json_number(&out, "rejected", r.rejected);
		json_close(&out, '}');
		say(&out, "%zu submitted, %zu in the node's pool, %zu in a block, %zu rejected",
		    r.submitted, r.waiting, r.in_block, r.rejected);
		enum err printed = out_end(&out);
		rc = rc == ERR_OK ? printed : rc;
	}
	opened_close(&p);
	return rc;
}
