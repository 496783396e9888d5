/* reply: each transaction signed, or why not; and what the journal has gained. */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/monero/tx_key.h"
#include "proto/envelope.h"
#include "proto/parts.h"
#include "proto/wire.h"

#define KEYS_MAX (1 + TX_OUTPUTS_MAX)

void reply_free(struct reply *r)
{
	for (size_t i = 0; r->txs && i < r->n_txs; i++) {
		struct reply_tx *t = &r->txs[i];
		if (t->keys) {
			secret_wipe(t->keys, t->n_keys * sizeof *t->keys);
		}
		free(t->keys);
		free(t->images);
		free(t->blob);
	}
	free(r->txs);
	free(r->entries);
	free(r->contents);
	memset(r, 0, sizeof *r);
}

static enum err put_text(struct buf *out, const char *text, size_t room)
{
	size_t n = strnlen(text, room);
	if (n == room || !wire_is_text(text, n)) {
		return err_set(ERR_USAGE, "a reason is at most %zu bytes of UTF-8", room - 1);
	}
	wire_put_text(out, text);
	return ERR_OK;
}

static enum err put_tx(struct buf *out, const struct reply_tx *t)
{
	if (t->refused != ERR_OK) {
		wire_put_list(out, 2);
		wire_put_uint(out, t->refused);
		return put_text(out, t->reason, sizeof t->reason);
	}
	if (t->blob_size == 0 || t->blob_size > PROTO_TX_BLOB_MAX || t->n_keys == 0 ||
	    t->n_keys > KEYS_MAX || t->n_images == 0 || t->n_images > TX_INPUTS_MAX) {
		return err_set(ERR_LIMIT, "a signed transaction does not fit a reply");
	}
	wire_put_list(out, 5);
	wire_put_uint(out, ERR_OK);
	wire_put_bytes(out, t->id.b, 32);
	wire_put_bytes(out, t->blob, t->blob_size);
	wire_put_list(out, 2);
	wire_put_bytes(out, t->keys[0].b, 32);
	wire_put_uint(out, t->n_keys - 1);
	for (size_t i = 1; i < t->n_keys; i++) {
		struct scalar derived;
		tx_additional_key(&derived, &t->keys[0], i - 1);
		if (!sc_equal(&derived, &t->keys[i])) {
			return err_set(ERR_INTERNAL, "an additional key does not follow from r");
		}
	}
	wire_put_list(out, t->n_images);
	for (size_t i = 0; i < t->n_images; i++) {
		wire_put_bytes(out, t->images[i].b, 32);
	}
	return ERR_OK;
}

enum err reply_encode(struct buf *out, const struct reply *m)
{
	if (m->n_txs > REQUEST_TXS_MAX || m->n_entries > PROTO_ENTRIES_MAX ||
	    (m->refused != ERR_OK && m->n_txs > 0)) {
		return err_set(ERR_LIMIT, "%zu transactions and %zu entries do not fit a reply",
			       m->n_txs, m->n_entries);
	}
	wire_put_list(out, 7);
	wire_put_uint(out, m->request_number);
	wire_put_bytes(out, m->request_hash.b, 32);
	wire_put_uint(out, m->refused);
	enum err rc = put_text(out, m->reason, sizeof m->reason);
	wire_put_list(out, m->n_txs);
	for (size_t i = 0; rc == ERR_OK && i < m->n_txs; i++) {
		rc = put_tx(out, &m->txs[i]);
	}
	if (rc == ERR_OK) {
		rc = put_entries(out, m->entries, m->n_entries);
	}
	put_head(out, &m->journal);
	return rc == ERR_OK ? buf_end(out) : rc;
}

static enum err get_refusal(struct wire_list *in)
{
	uint64_t code = wire_uint(in, UINT16_MAX);
	if (!err_known(code)) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT,
				     "a refusal for a reason this program does not know"));
		return ERR_OK;
	}
	return (enum err)code;
}

static void get_tx(struct wire_list *list, struct reply_tx *t)
{
	struct wire *w = list->wire;
	struct wire_list fields = wire_list(list, 2, 5);
	t->refused = get_refusal(&fields);
	wire_expect(&fields, t->refused == ERR_OK ? 5 : 2);
	if (t->refused != ERR_OK) {
		wire_text(&fields, t->reason, sizeof t->reason);
		return;
	}
	wire_fixed(&fields, t->id.b, 32);
	struct span blob = wire_bytes(&fields, PROTO_TX_BLOB_MAX);
	t->blob = parts_alloc(w, blob.n, 1);
	t->blob_size = t->blob ? blob.n : 0;
	if (t->blob_size > 0) {
		memcpy(t->blob, blob.p, blob.n);
	} else {
		err_ignore(wire_fail(w, ERR_MSG_FORMAT, "a signed transaction is empty"));
	}
	struct wire_list keys = wire_list(&fields, 2, 2);
	struct scalar r;
	wire_fixed(&keys, r.b, 32);
	size_t n_keys = 1 + (size_t)wire_uint(&keys, KEYS_MAX - 1);
	t->keys = parts_alloc(w, n_keys, sizeof *t->keys);
	t->n_keys = t->keys ? n_keys : 0;
	for (size_t i = 0; i < t->n_keys; i++) {
		if (i == 0) {
			t->keys[0] = r;
		} else {
			tx_additional_key(&t->keys[i], &r, i - 1);
		}
	}
	secret_wipe(&r, sizeof r);
	struct wire_list images = wire_list(&fields, 1, TX_INPUTS_MAX);
	t->images = parts_alloc(w, images.n, sizeof *t->images);
	t->n_images = t->images ? images.n : 0;
	for (size_t i = 0; i < t->n_images; i++) {
		wire_fixed(&images, t->images[i].b, 32);
	}
}

static void get_txs(struct wire_list *in, struct reply *r)
{
	struct wire_list list = wire_list(in, 0, r->refused == ERR_OK ? REQUEST_TXS_MAX : 0);
	r->txs = parts_alloc(in->wire, list.n, sizeof *r->txs);
	r->n_txs = r->txs ? list.n : 0;
	for (size_t i = 0; i < r->n_txs && wire_end(in->wire) == ERR_OK; i++) {
		get_tx(&list, &r->txs[i]);
	}
}

enum err reply_decode(struct reply *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	wire_expect(&in, 7);
	out->request_number = wire_uint(&in, UINT64_MAX);
	wire_fixed(&in, out->request_hash.b, 32);
	out->refused = get_refusal(&in);
	wire_text(&in, out->reason, sizeof out->reason);
	get_txs(&in, out);
	get_entries(&in, PROTO_ENTRIES_MAX, body.n, &out->entries, &out->n_entries, &out->contents);
	get_head(&in, &out->journal);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, reply_encode(&again, out));
	}
	if (rc != ERR_OK) {
		reply_free(out);
	}
	return rc;
}
