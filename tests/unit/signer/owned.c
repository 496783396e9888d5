#include "tests/unit/signer/owned.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

void test_wallet_make(struct test_wallet *w, enum network network, const struct rng *rng)
{
	struct view_key view;
	struct public_key spend_public;
	sc_random(&w->spend.s, rng);
	sc_random(&view.s, rng);
	public_of_scalar(&spend_public, &w->spend.s);
	CHECK(account_view_init(&w->account, network, &view, &spend_public) == ERR_OK);
}

void test_input_make(struct plan_input *in, const struct test_wallet *w, struct subaddress at,
		     struct amount amount, const struct rng *rng)
{
	struct scalar r;
	struct derivation d;
	struct public_key spend;
	memset(in, 0, sizeof *in);
	sc_random(&r, rng);
	subaddress_spend_key(&spend, &w->account, at);
	if (at.major == 0 && at.minor == 0) {
		public_of_scalar(&in->tx_public, &r);
	} else {
		struct point D;
		CHECK(point_unpack_vartime(&D, spend.b) == ERR_OK);
		point_mul(&D, &r, &D);
		point_pack(in->tx_public.b, &D);
	}
	in->output_index = rng_below(rng, 3);
	in->at = at;
	in->amount = amount;
	in->real = (uint8_t)rng_below(rng, RING_SIZE);
	CHECK(derive(&d, &in->tx_public, &w->account.view.s) == ERR_OK);
	derive_mask(&in->mask, &d, in->output_index);
	uint64_t index = rng_below(rng, 1000);
	for (size_t i = 0; i < RING_SIZE; i++) {
		struct ring_member *m = &in->ring[i];
		struct scalar s;
		index += 1 + rng_below(rng, 300);
		m->global_index = index;
		sc_random(&s, rng);
		public_of_scalar(&m->key, &s);
		sc_random(&s, rng);
		struct public_key c;
		public_of_scalar(&c, &s);
		memcpy(m->commitment.b, c.b, 32);
	}
	CHECK(derive_public_key(&in->ring[in->real].key, &d, in->output_index, &spend) == ERR_OK);
	commit(&in->ring[in->real].commitment, &in->mask, amount);
}

void test_plan_make(struct plan *p, const struct test_wallet *w, size_t n_in, struct amount each,
		    const struct address *to, struct amount amount, struct amount fee,
		    const struct rng *rng)
{
	memset(p, 0, sizeof *p);
	p->tx_type = PLAN_TX_CLSAG_BPPLUS;
	p->n_in = n_in;
	p->in = calloc(n_in, sizeof *p->in);
	p->n_out = 1;
	p->out = calloc(1, sizeof *p->out);
	CHECK(p->in && p->out);
	for (size_t i = 0; i < n_in; i++) {
		struct subaddress at = {(uint32_t)rng_below(rng, 2), (uint32_t)rng_below(rng, 3)};
		test_input_make(&p->in[i], w, at, each, rng);
	}
	p->out[0] = (struct plan_payout){*to, amount};
	p->fee = fee;
	p->n_change = 1;
}
