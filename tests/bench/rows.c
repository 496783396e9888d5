/* The rows of tools/bench: scanning, proving, signing. */
#include "tests/bench/rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "signer/sign/prove.h"
#include "tests/unit/signer/owned.h"

#define SCAN_KEYS 512

static struct rng_seeded stream;
static struct rng rng;

static void *zeroed(size_t n)
{
	void *p = calloc(1, n);
	CHECK(p);
	rng = rng_seeded(&stream, 1);
	return p;
}

/* ---- scanning: one derivation per transaction public key ---- */

struct scan {
	struct scalar view;
	struct public_key keys[SCAN_KEYS];
	struct derivation out[SCAN_KEYS];
};

static void *scan_prepare(void)
{
	struct scan *s = zeroed(sizeof *s);
	sc_random(&s->view, &rng);
	for (size_t i = 0; i < SCAN_KEYS; i++) {
		struct scalar r;
		sc_random(&r, &rng);
		public_of_scalar(&s->keys[i], &r);
	}
	return s;
}

static size_t scan_run(void *ctx)
{
	struct scan *s = ctx;
	derive_batch(s->out, s->keys, SCAN_KEYS, &s->view);
	return SCAN_KEYS;
}

/* ---- range proofs ---- */

struct proving {
	size_t n;
	struct amount amounts[TX_OUTPUTS_MAX];
	struct mask masks[TX_OUTPUTS_MAX];
	struct commitment V[TX_OUTPUTS_MAX];
	struct bpplus proof;
};

static void *proving_prepare(size_t n)
{
	struct proving *p = zeroed(sizeof *p);
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		p->amounts[i] = amount_of(749327532984);
		sc_random(&p->masks[i].s, &rng);
		commit(&p->V[i], &p->masks[i], p->amounts[i]);
	}
	CHECK(bpplus_prove(&p->proof, p->amounts, p->masks, n, &rng) == ERR_OK);
	return p;
}

static void *proving_prepare_2(void)
{
	return proving_prepare(2);
}

static void *proving_prepare_16(void)
{
	return proving_prepare(16);
}

static size_t prove_run(void *ctx)
{
	struct proving *p = ctx;
	CHECK(bpplus_prove(&p->proof, p->amounts, p->masks, p->n, &rng) == ERR_OK);
	return 1;
}

static size_t verify_run(void *ctx)
{
	struct proving *p = ctx;
	CHECK(bpplus_verify(&p->proof, p->V, p->n) == ERR_OK);
	return 1;
}

/* ---- ring signatures ---- */

struct ring_signing {
	struct test_wallet wallet;
	struct plan_input in;
	struct scalar x, z;
	struct key_image image;
	struct commitment pseudo;
	struct hash message;
	struct clsag sig;
};

static size_t sign_run(void *ctx)
{
	struct ring_signing *s = ctx;
	CHECK(clsag_sign(&s->sig, &s->message, s->in.ring, s->in.real, &s->x, &s->z, &s->image,
			 &s->pseudo, &rng) == ERR_OK);
	return 1;
}

static void *ring_prepare(void)
{
	struct ring_signing *s = zeroed(sizeof *s);
	struct mask pseudo_mask;
	test_wallet_make(&s->wallet, NETWORK_MAINNET, &rng);
	test_input_make(&s->in, &s->wallet, (struct subaddress){0, 0}, amount_of(5), &rng);
	CHECK(input_private_key(&s->x, &s->in, &s->wallet.account, &s->wallet.spend) == ERR_OK);
	CHECK(input_key_image(&s->image, &s->in, &s->wallet.account, &s->wallet.spend) == ERR_OK);
	sc_random(&pseudo_mask.s, &rng);
	commit(&s->pseudo, &pseudo_mask, s->in.amount);
	sc_sub(&s->z, &s->in.mask.s, &pseudo_mask.s);
	sign_run(s);
	return s;
}

static size_t ring_verify_run(void *ctx)
{
	struct ring_signing *s = ctx;
	CHECK(clsag_verify(&s->sig, &s->message, s->in.ring, &s->image, &s->pseudo) == ERR_OK);
	return 1;
}

/* ---- whole transactions, self-verification included ---- */

struct building_row {
	struct test_wallet ours, theirs;
	struct plan plan;
};

static void *build_prepare(size_t n_out)
{
	struct building_row *b = zeroed(sizeof *b);
	struct address to;
	test_wallet_make(&b->ours, NETWORK_MAINNET, &rng);
	test_wallet_make(&b->theirs, NETWORK_MAINNET, &rng);
	address_of(&to, &b->theirs.account, (struct subaddress){0, 0});
	test_plan_make(&b->plan, &b->ours, 2, amount_of(ATOMIC_PER_XMR), &to, amount_of(1000),
		       amount_of(5000), &rng);
	b->plan.out = realloc(b->plan.out, n_out * sizeof *b->plan.out);
	CHECK(b->plan.out);
	b->plan.n_out = n_out;
	for (size_t i = 0; i < n_out; i++) {
		b->plan.out[i] = (struct plan_payout){to, amount_of(1000 + i)};
	}
	return b;
}

static void *build_prepare_2(void)
{
	return build_prepare(1);
}

static void *build_prepare_16(void)
{
	return build_prepare(15);
}

static size_t build_run(void *ctx)
{
	struct building_row *b = ctx;
	struct signed_tx t;
	CHECK(tx_build(&t, &b->plan, &b->ours.account, &b->ours.spend, &rng) == ERR_OK);
	signed_tx_free(&t);
	return 1;
}

static void build_release(void *ctx)
{
	struct building_row *b = ctx;
	plan_free(&b->plan);
	free(b);
}

const struct bench_row bench_rows[] = {
    {"scan", scan_prepare, scan_run, free},
    {"bpplus_prove_2", proving_prepare_2, prove_run, free},
    {"bpplus_prove_16", proving_prepare_16, prove_run, free},
    {"bpplus_verify_2", proving_prepare_2, verify_run, free},
    {"bpplus_verify_16", proving_prepare_16, verify_run, free},
    {"clsag_sign", ring_prepare, sign_run, free},
    {"clsag_verify", ring_prepare, ring_verify_run, free},
    {"build_2in_2out", build_prepare_2, build_run, build_release},
    {"build_2in_16out", build_prepare_16, build_run, build_release},
};
const size_t bench_n_rows = sizeof bench_rows / sizeof bench_rows[0];
