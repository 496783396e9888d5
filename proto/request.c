/*
 * request: what to pay, and from what. On the wire a payout stands once and transactions name it by
 * its index, so that what is reviewed is what is paid; every payout is paid by exactly one output.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "proto/envelope.h"
#include "proto/parts.h"
#include "proto/wire.h"

#define MEMBER_SIZE 64 /* key, commitment */

void request_free(struct request *r)
{
	for (size_t i = 0; r->txs && i < r->n_txs; i++) {
		plan_free(&r->txs[i].plan);
		free(r->txs[i].payout);
	}
	if (r->payouts) {
		secret_wipe(r->payouts, r->n_payouts * sizeof *r->payouts);
	}
	free(r->payouts);
	free(r->txs);
	memset(r, 0, sizeof *r);
}

static enum err put_payout(struct buf *out, const struct request_payout *p)
{
	size_t n = strnlen(p->reference, sizeof p->reference);
	if (n > PROTO_REFERENCE_MAX || !wire_is_text(p->reference, n)) {
		return err_set(ERR_USAGE, "a reference is at most %d bytes of UTF-8",
			       PROTO_REFERENCE_MAX);
	}
	wire_put_list(out, 4);
	wire_put_bytes(out, p->id.b, sizeof p->id.b);
	put_address(out, &p->to);
	wire_put_uint(out, p->amount.atomic);
	wire_put_text(out, p->reference);
	return ERR_OK;
}

static void put_input(struct buf *out, const struct plan_input *in)
{
	uint8_t members[RING_SIZE * MEMBER_SIZE];
	wire_put_list(out, 9);
	wire_put_bytes(out, in->tx_public.b, 32);
	wire_put_uint(out, in->output_index);
	wire_put_uint(out, in->at.major);
	wire_put_uint(out, in->at.minor);
	wire_put_uint(out, in->amount.atomic);
	wire_put_bytes(out, in->mask.s.b, 32);
	wire_put_uint(out, in->real);
	wire_put_list(out, RING_SIZE);
	uint64_t previous = 0;
	for (size_t i = 0; i < RING_SIZE; i++) {
		const struct ring_member *m = &in->ring[i];
		wire_put_uint(out, m->global_index - previous);
		previous = m->global_index;
		memcpy(members + i * MEMBER_SIZE, m->key.b, 32);
		memcpy(members + i * MEMBER_SIZE + 32, m->commitment.b, 32);
	}
	wire_put_bytes(out, members, sizeof members);
}

static enum err put_tx(struct buf *out, const struct request *r, const struct request_tx *t)
{
	const struct plan *p = &t->plan;
	if (p->n_in == 0 || p->n_in > TX_INPUTS_MAX || p->n_out + p->n_change > TX_OUTPUTS_MAX ||
	    p->n_out > TX_OUTPUTS_MAX) {
		return err_set(ERR_LIMIT, "%zu inputs and %zu payouts do not fit a transaction",
			       p->n_in, p->n_out);
	}
	wire_put_list(out, 6);
	wire_put_uint(out, p->tx_type);
	wire_put_list(out, p->n_in);
	for (size_t i = 0; i < p->n_in; i++) {
		put_input(out, &p->in[i]);
	}
	wire_put_list(out, p->n_out);
	for (size_t i = 0; i < p->n_out; i++) {
		CHECK(t->payout[i] < r->n_payouts);
		const struct request_payout *paid = &r->payouts[t->payout[i]];
		CHECK(address_equal(&paid->to, &p->out[i].to) &&
		      amount_cmp(paid->amount, p->out[i].amount) == 0);
		wire_put_uint(out, t->payout[i]);
	}
	wire_put_uint(out, p->fee.atomic);
	wire_put_uint(out, p->change_account);
	wire_put_uint(out, p->n_change);
	return ERR_OK;
}

enum err request_encode(struct buf *out, const struct request *m)
{
	enum err rc = ERR_OK;
	if (m->n_txs > REQUEST_TXS_MAX || m->n_payouts > REQUEST_PAYOUTS_MAX) {
		return err_set(ERR_LIMIT, "%zu transactions do not fit a request", m->n_txs);
	}
	wire_put_list(out, 9);
	wire_put_uint(out, m->number);
	wire_put_uint(out, m->time);
	wire_put_uint(out, m->expires);
	wire_put_uint(out, m->chain_height);
	wire_put_uint(out, m->chain_time);
	wire_put_bytes(out, m->chain_top.b, 32);
	put_head(out, &m->journal);
	wire_put_list(out, m->n_payouts);
	for (size_t i = 0; rc == ERR_OK && i < m->n_payouts; i++) {
		rc = put_payout(out, &m->payouts[i]);
	}
	wire_put_list(out, m->n_txs);
	for (size_t i = 0; rc == ERR_OK && i < m->n_txs; i++) {
		rc = put_tx(out, m, &m->txs[i]);
	}
	return rc == ERR_OK ? buf_end(out) : rc;
}

static void get_payouts(struct wire_list *in, struct request *r)
{
	struct wire_list list = wire_list(in, 0, REQUEST_PAYOUTS_MAX);
	r->payouts = parts_alloc(in->wire, list.n, sizeof *r->payouts);
	r->n_payouts = r->payouts ? list.n : 0;
	for (size_t i = 0; i < r->n_payouts; i++) {
		struct request_payout *p = &r->payouts[i];
		struct wire_list fields = wire_list(&list, 4, 4);
		wire_fixed(&fields, p->id.b, sizeof p->id.b);
		get_address(&fields, &p->to);
		p->amount = amount_of(wire_uint(&fields, UINT64_MAX));
		wire_text(&fields, p->reference, sizeof p->reference);
	}
}

static void get_ring(struct wire_list *fields, struct plan_input *in)
{
	uint8_t members[RING_SIZE * MEMBER_SIZE];
	struct wire_list deltas = wire_list(fields, RING_SIZE, RING_SIZE);
	wire_fixed(fields, members, sizeof members);
	uint64_t at = 0;
	for (size_t i = 0; i < RING_SIZE; i++) {
		uint64_t delta = wire_uint(&deltas, UINT64_MAX - at);
		if (i > 0 && delta == 0) {
			err_ignore(wire_fail(fields->wire, ERR_MSG_FORMAT,
					     "a ring holds an output twice"));
		}
		at += delta;
		in->ring[i].global_index = at;
		memcpy(in->ring[i].key.b, members + i * MEMBER_SIZE, 32);
		memcpy(in->ring[i].commitment.b, members + i * MEMBER_SIZE + 32, 32);
	}
}

static void get_inputs(struct wire_list *fields, struct plan *p)
{
	struct wire_list list = wire_list(fields, 1, TX_INPUTS_MAX);
	p->in = parts_alloc(fields->wire, list.n, sizeof *p->in);
	p->n_in = p->in ? list.n : 0;
	for (size_t i = 0; i < p->n_in; i++) {
		struct plan_input *in = &p->in[i];
		struct wire_list input = wire_list(&list, 9, 9);
		wire_fixed(&input, in->tx_public.b, 32);
		in->output_index = wire_uint(&input, UINT64_MAX);
		in->at.major = (uint32_t)wire_uint(&input, UINT32_MAX);
		in->at.minor = (uint32_t)wire_uint(&input, UINT32_MAX);
		in->amount = amount_of(wire_uint(&input, UINT64_MAX));
		wire_fixed(&input, in->mask.s.b, 32);
		in->real = (uint8_t)wire_uint(&input, RING_SIZE - 1);
		get_ring(&input, in);
	}
}

/* `paid` counts, for each payout, the outputs that pay it. */
static void get_tx(struct wire_list *list, struct request *r, struct request_tx *t, uint8_t *paid)
{
	struct plan *p = &t->plan;
	struct wire *w = list->wire;
	struct wire_list fields = wire_list(list, 6, 6);
	p->tx_type = (uint32_t)wire_uint(&fields, UINT32_MAX);
	if (wire_end(w) == ERR_OK && p->tx_type != PLAN_TX_CLSAG_BPPLUS) {
		err_ignore(wire_fail(w, ERR_MSG_VERSION,
				     "a kind of transaction this program does not know"));
	}
	get_inputs(&fields, p);
	struct wire_list payouts = wire_list(&fields, 0, TX_OUTPUTS_MAX);
	p->out = parts_alloc(w, payouts.n, sizeof *p->out);
	t->payout = parts_alloc(w, payouts.n, sizeof *t->payout);
	p->n_out = p->out && t->payout ? payouts.n : 0;
	for (size_t i = 0; i < p->n_out; i++) {
		uint64_t index = wire_uint(&payouts, UINT32_MAX);
		if (index >= r->n_payouts || paid[index]) {
			err_ignore(wire_fail(w, ERR_MSG_FORMAT,
					     "an output pays no payout, or one already paid"));
			return;
		}
		paid[index] = 1;
		t->payout[i] = (uint32_t)index;
		p->out[i].to = r->payouts[index].to;
		p->out[i].amount = r->payouts[index].amount;
	}
	p->fee = amount_of(wire_uint(&fields, UINT64_MAX));
	p->change_account = (uint32_t)wire_uint(&fields, UINT32_MAX);
	p->n_change = (uint8_t)wire_uint(&fields, TX_OUTPUTS_MAX - p->n_out);
}

static void get_txs(struct wire_list *in, struct request *r)
{
	uint8_t paid[REQUEST_PAYOUTS_MAX] = {0};
	struct wire_list list = wire_list(in, 1, REQUEST_TXS_MAX);
	r->txs = parts_alloc(in->wire, list.n, sizeof *r->txs);
	r->n_txs = r->txs ? list.n : 0;
	for (size_t i = 0; i < r->n_txs && wire_end(in->wire) == ERR_OK; i++) {
		get_tx(&list, r, &r->txs[i], paid);
	}
	if (memchr(paid, 0, r->n_payouts)) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "a payout is not paid"));
	}
}

enum err request_decode(struct request *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	wire_expect(&in, 9);
	out->number = wire_uint(&in, UINT64_MAX);
	out->time = wire_uint(&in, UINT64_MAX);
	out->expires = wire_uint(&in, UINT64_MAX);
	out->chain_height = wire_uint(&in, UINT64_MAX);
	out->chain_time = wire_uint(&in, UINT64_MAX);
	wire_fixed(&in, out->chain_top.b, 32);
	get_head(&in, &out->journal);
	get_payouts(&in, out);
	get_txs(&in, out);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, request_encode(&again, out));
	}
	if (rc != ERR_OK) {
		request_free(out);
	}
	return rc;
}
