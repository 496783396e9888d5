/* See samples.h. Where a codec knows several forms, every sample or its neighbour has each. */
#include "common/monero/tx_key.h"
#include "tests/unit/proto/samples.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

static void *make(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	CHECK(p);
	return p;
}

/* Of any length, so that every size of head is met. */
static uint64_t number(const struct rng *rng)
{
	uint64_t v;
	rng_fill(rng, &v, sizeof v);
	return v >> rng_below(rng, 64);
}

static void head(struct ledger_head *out, const struct rng *rng)
{
	out->number = number(rng);
	rng_fill(rng, out->hash, sizeof out->hash);
}

void sample_kit(struct kit *out, const struct rng *rng)
{
	memset(out, 0, sizeof *out);
	out->network = (enum network)rng_below(rng, NETWORK_COUNT);
	memset(out->name, 'n', (size_t)rng_below(rng, PROTO_NAME_MAX + 1));
	rng_fill(rng, out->spend.b, 32);
	rng_fill(rng, out->view.s.b, 32);
	out->birthday_height = number(rng);
	head(&out->journal, rng);
}

static void payout(struct request_payout *out, const struct rng *rng, size_t i)
{
	static const char *const references[] = {"", "invoice 1", "Z\xc3\xbcrich \xe2\x82\xac",
						 "\x1b[31m"};
	rng_fill(rng, out->id.b, sizeof out->id.b);
	out->to.network = (enum network)rng_below(rng, NETWORK_COUNT);
	out->to.kind = (enum address_kind)(i % 3);
	rng_fill(rng, out->to.spend.b, 32);
	rng_fill(rng, out->to.view.b, 32);
	if (out->to.kind == ADDRESS_INTEGRATED) {
		rng_fill(rng, out->to.payment_id, sizeof out->to.payment_id);
	}
	out->amount = amount_of(number(rng));
	strcpy(out->reference, references[i % 4]);
}

static void input(struct plan_input *out, const struct rng *rng)
{
	uint64_t at = rng_below(rng, 1000000);
	rng_fill(rng, out->tx_public.b, 32);
	out->output_index = number(rng);
	out->at.major = (uint32_t)number(rng);
	out->at.minor = (uint32_t)number(rng);
	out->amount = amount_of(number(rng));
	rng_fill(rng, out->mask.s.b, 32);
	out->real = (uint8_t)rng_below(rng, RING_SIZE);
	for (size_t i = 0; i < RING_SIZE; i++) {
		out->ring[i].global_index = at;
		at += 1 + rng_below(rng, 10000000);
		rng_fill(rng, out->ring[i].key.b, 32);
		rng_fill(rng, out->ring[i].commitment.b, 32);
	}
}

void sample_request(struct request *out, const struct rng *rng, size_t n_in, size_t n_payouts)
{
	memset(out, 0, sizeof *out);
	out->number = number(rng);
	out->time = number(rng);
	out->expires = number(rng);
	out->chain_height = number(rng);
	out->chain_time = number(rng);
	rng_fill(rng, out->chain_top.b, 32);
	head(&out->journal, rng);
	out->n_payouts = n_payouts;
	out->payouts = make(n_payouts, sizeof *out->payouts);
	for (size_t i = 0; i < n_payouts; i++) {
		payout(&out->payouts[i], rng, i);
	}
	out->n_txs = n_payouts / 15 + (n_payouts % 15 || n_payouts == 0);
	out->txs = make(out->n_txs, sizeof *out->txs);
	for (size_t i = 0, next = 0; i < out->n_txs; i++) {
		struct plan *p = &out->txs[i].plan;
		p->tx_type = PLAN_TX_CLSAG_BPPLUS;
		p->n_in = n_in;
		p->in = make(n_in, sizeof *p->in);
		for (size_t k = 0; k < n_in; k++) {
			input(&p->in[k], rng);
		}
		p->n_out = n_payouts - next < 15 ? n_payouts - next : 15;
		p->out = make(p->n_out, sizeof *p->out);
		out->txs[i].payout = make(p->n_out, sizeof *out->txs[i].payout);
		for (size_t k = 0; k < p->n_out; k++, next++) {
			/* Against the order, since nothing says that it must be kept. */
			size_t paid = n_payouts - 1 - next;
			out->txs[i].payout[k] = (uint32_t)paid;
			p->out[k].to = out->payouts[paid].to;
			p->out[k].amount = out->payouts[paid].amount;
		}
		p->fee = amount_of(number(rng));
		p->change_account = (uint32_t)number(rng);
		p->n_change = (uint8_t)(1 + rng_below(rng, TX_OUTPUTS_MAX - p->n_out));
	}
}

static void signed_tx(struct reply_tx *out, const struct rng *rng)
{
	rng_fill(rng, out->id.b, 32);
	out->blob_size = 1 + (size_t)rng_below(rng, 3000);
	out->blob = make(out->blob_size, 1);
	rng_fill(rng, out->blob, out->blob_size);
	out->n_keys = 1 + (size_t)rng_below(rng, 17);
	out->keys = make(out->n_keys, sizeof *out->keys);
	sc_random(&out->keys[0], rng);
	for (size_t i = 1; i < out->n_keys; i++) {
		tx_additional_key(&out->keys[i], &out->keys[0], i - 1);
	}
	out->n_images = 1 + (size_t)rng_below(rng, TX_INPUTS_MAX);
	out->images = make(out->n_images, sizeof *out->images);
	rng_fill(rng, out->images, out->n_images * sizeof *out->images);
}

static struct journal_entry *entries(const struct rng *rng, size_t n)
{
	static const uint8_t contents[] = "content of an entry";
	struct journal_entry *made = make(n, sizeof *made);
	for (size_t i = 0; i < n; i++) {
		made[i].number = 7 + i;
		made[i].content = (struct span){contents, i % 3 * 7};
		rng_fill(rng, made[i].signature, 64);
	}
	return made;
}

void sample_journal(struct journal *out, const struct rng *rng, size_t n)
{
	memset(out, 0, sizeof *out);
	rng_fill(rng, out->signer.b, 32);
	head(&out->before, rng);
	out->n_entries = n;
	out->entries = entries(rng, n);
	head(&out->head, rng);
}

void sample_reply(struct reply *out, const struct rng *rng, size_t n_txs, bool refuse)
{
	memset(out, 0, sizeof *out);
	out->request_number = number(rng);
	rng_fill(rng, out->request_hash.b, 32);
	out->refused = n_txs == 0 ? ERR_LIMIT_DAY : ERR_OK;
	strcpy(out->reason, n_txs == 0 ? "over by 1.5 XMR" : "");
	out->n_txs = n_txs;
	out->txs = make(n_txs, sizeof *out->txs);
	for (size_t i = 0; i < n_txs; i++) {
		if (refuse && i + 1 == n_txs) {
			out->txs[i].refused = ERR_LIMIT_TX;
			strcpy(out->txs[i].reason, "over the limit");
		} else {
			signed_tx(&out->txs[i], rng);
		}
	}
	out->n_entries = 3;
	out->entries = entries(rng, out->n_entries);
	head(&out->journal, rng);
}

void sample_outputs(struct outputs *out, const struct rng *rng, size_t n)
{
	out->n = n;
	out->claims = make(n, sizeof *out->claims);
	for (size_t i = 0; i < n; i++) {
		rng_fill(rng, out->claims[i].one_time.b, 32);
		rng_fill(rng, out->claims[i].tx_public.b, 32);
		out->claims[i].output_index = number(rng);
		out->claims[i].at.major = (uint32_t)number(rng);
		out->claims[i].at.minor = (uint32_t)number(rng);
	}
}

void sample_key_images(struct key_images *out, const struct rng *rng, size_t n)
{
	out->n = n;
	out->images = make(n, sizeof *out->images);
	for (size_t i = 0; i < n; i++) {
		rng_fill(rng, out->images[i].one_time.b, 32);
		rng_fill(rng, out->images[i].image.b, 32);
		rng_fill(rng, out->images[i].signature, 64);
	}
}
