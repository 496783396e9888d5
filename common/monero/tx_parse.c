/*
 * Prefix and RingCT base of a transaction, version 1 and 2. What consensus never let into a chain
 * (no inputs, coinbase among other inputs, clear amounts beside commitments) is refused here, so
 * that nothing after the parser meets it.
 */
#include <stdlib.h>

#include "common/monero/tx_read.h"

#define IN_COINBASE 0xff
#define IN_KEY 0x02
#define OUT_KEY 0x02
#define OUT_TAGGED_KEY 0x03

/* The fewest bytes that an input and an output take. */
#define INPUT_LEAST 2
#define OUTPUT_LEAST 34

static void read_input(struct reader *r, struct tx_input *in)
{
	uint8_t tag = read_u8(r);
	if (tag == IN_COINBASE) {
		in->coinbase = true;
		in->height = read_varint(r);
		return;
	}
	if (tag != IN_KEY) {
		/* Script inputs are in the format but never were in a chain. */
		reader_fail(r, ERR_TX_TYPE);
		return;
	}
	in->amount = read_varint(r);
	in->n_offsets = read_count(r, 1);
	if (in->n_offsets == 0) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
	in->offsets = r->p;
	for (size_t i = 0; i < in->n_offsets && r->failed == ERR_OK; i++) {
		read_varint(r);
	}
	in->offsets_size = (size_t)(r->p - in->offsets);
	read_bytes(r, in->image.b, sizeof in->image.b);
}

static void read_output(struct reader *r, struct tx_output *out)
{
	out->amount = read_varint(r);
	uint8_t tag = read_u8(r);
	if (tag != OUT_KEY && tag != OUT_TAGGED_KEY) {
		reader_fail(r, ERR_TX_TYPE);
		return;
	}
	read_bytes(r, out->key.b, sizeof out->key.b);
	if (tag == OUT_TAGGED_KEY) {
		out->has_view_tag = true;
		out->view_tag = read_u8(r);
	}
}

/* n zeroed elements, or NULL with r failed; n may be 0. */
static void *elements(struct reader *r, size_t n, size_t size, enum err *e)
{
	if (n == 0 || r->failed != ERR_OK) {
		return NULL;
	}
	void *p = calloc(n, size);
	if (!p) {
		*e = ERR_NO_MEMORY;
		reader_fail(r, ERR_PARSE_END);
	}
	return p;
}

static void read_prefix(struct reader *r, struct tx *tx, enum err *e)
{
	tx->version = read_varint(r);
	if (r->failed == ERR_OK && tx->version != 1 && tx->version != 2) {
		reader_fail(r, ERR_TX_TYPE);
	}
	tx->unlock_time = read_varint(r);
	tx->n_in = read_count(r, INPUT_LEAST);
	tx->in = elements(r, tx->n_in, sizeof *tx->in, e);
	if (tx->n_in == 0) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
	for (size_t i = 0; i < tx->n_in && r->failed == ERR_OK; i++) {
		read_input(r, &tx->in[i]);
		if (tx->in[i].coinbase && tx->n_in != 1) {
			reader_fail(r, ERR_PARSE_VALUE);
		}
	}
	tx->n_out = read_count(r, OUTPUT_LEAST);
	tx->out = elements(r, tx->n_out, sizeof *tx->out, e);
	for (size_t i = 0; i < tx->n_out && r->failed == ERR_OK; i++) {
		read_output(r, &tx->out[i]);
	}
	tx->extra.n = read_count(r, 1);
	tx->extra.p = read_span(r, tx->extra.n);
}

static void read_ringct_outputs(struct reader *r, struct tx *tx)
{
	for (size_t i = 0; i < tx->n_out; i++) {
		if (tx->rct >= RCT_BULLETPROOF2) {
			read_bytes(r, tx->out[i].amount_enc, 8);
		} else {
			read_bytes(r, tx->out[i].mask_enc, 32);
			read_bytes(r, tx->out[i].amount_enc, 32);
		}
	}
	for (size_t i = 0; i < tx->n_out; i++) {
		read_bytes(r, tx->out[i].commitment.b, 32);
		if (tx->out[i].amount != 0) {
			reader_fail(r, ERR_PARSE_VALUE);
		}
	}
}

static void read_base(struct reader *r, struct tx *tx)
{
	uint8_t type = read_u8(r);
	if (type > RCT_BULLETPROOF_PLUS) {
		reader_fail(r, ERR_TX_TYPE);
		return;
	}
	tx->rct = (enum rct_type)type;
	if (tx->in[0].coinbase != (tx->rct == RCT_NULL)) {
		reader_fail(r, ERR_PARSE_VALUE);
		return;
	}
	if (tx->rct == RCT_NULL) {
		return;
	}
	tx->fee = read_varint(r);
	if (tx->rct == RCT_SIMPLE) {
		read_span(r, 32 * tx->n_in); /* pseudo outputs */
	}
	read_ringct_outputs(r, tx);
}

enum err tx_read(struct tx *out, struct reader *r, bool pruned)
{
	enum err e = ERR_OK;
	size_t whole = r->left;
	*out = (struct tx){.pruned = pruned};
	read_prefix(r, out, &e);
	out->prefix_size = whole - r->left;
	if (out->version == 2 && r->failed == ERR_OK) {
		read_base(r, out);
	}
	out->base_size = whole - r->left;
	if (!pruned && r->failed == ERR_OK) {
		tx_read_prunable(r, out);
	}
	out->total_size = whole - r->left;
	if (e == ERR_OK) {
		e = r->failed;
	}
	if (e != ERR_OK) {
		tx_free(out);
	}
	return e;
}

enum err tx_parse(struct tx *out, const void *p, size_t n, bool pruned)
{
	struct reader r = reader_of(p, n);
	enum err e = tx_read(out, &r, pruned);
	if (e == ERR_OK && (e = reader_end(&r)) != ERR_OK) {
		tx_free(out);
	}
	return e;
}

void tx_free(struct tx *tx)
{
	free(tx->in);
	free(tx->out);
	*tx = (struct tx){0};
}
