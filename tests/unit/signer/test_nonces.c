/*
 * Rule 8 of the signer: nonces are hedged. With a random source that gives zeros alone, whatever
 * two transactions differ in, they share no secret number that was drawn for them; the same one
 * again is signed by the same bytes. Every draw is seen: the linker leads sc_nonce and sc_random
 * through here.
 */
#include "tests/unit/unit.h"

#include "common/base/secret.h"
#include "signer/sign/build.h"
#include "signer/sign/prove.h"
#include "tests/unit/signer/owned.h"

void __wrap_sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
		     const void *message, size_t message_n, const struct rng *r);
void __real_sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
		     const void *message, size_t message_n, const struct rng *r);
void __wrap_sc_random(struct scalar *out, const struct rng *r);
void __real_sc_random(struct scalar *out, const struct rng *r);

#define DRAWS_MAX 4000

struct draw {
	const char *label;
	struct scalar value;
};

static struct draw draws[DRAWS_MAX];
static size_t n_draws;
static unsigned n_unhedged;
static struct rng_seeded stream;
static struct rng live;
static struct test_wallet wallet, payee;

void __wrap_sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
		     const void *message, size_t message_n, const struct rng *r)
{
	__real_sc_nonce(out, label, secret, secret_n, message, message_n, r);
	assert_true(n_draws < DRAWS_MAX);
	draws[n_draws++] = (struct draw){label, *out};
}

void __wrap_sc_random(struct scalar *out, const struct rng *r)
{
	n_unhedged++;
	__real_sc_random(out, r);
}

static void zero_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 0, n);
}

static const struct rng dead = {NULL, zero_fill};

static void make_plan(struct plan *p)
{
	struct address to;
	address_of(&to, &payee.account, (struct subaddress){0, 0});
	test_plan_make(p, &wallet, 2, amount_of(10000), &to, amount_of(700), amount_of(30), &live);
	for (size_t i = 0; i < p->n_in; i++) {
		/* So that change may stay in the account. */
		test_input_make(&p->in[i], &wallet, (struct subaddress){1, 1}, amount_of(10000),
				&live);
	}
}

static void build(struct signed_tx *out, const struct plan *p, const struct rng *rng)
{
	n_unhedged = 0;
	enum err rc = tx_build(out, p, &wallet.account, &wallet.spend, rng);
	if (rc != ERR_OK) {
		fail_msg("%s: %s", err_name(rc), err_detail());
	}
	assert_int_equal(n_unhedged, 0);
}

static int by_value(const void *a, const void *b)
{
	const struct draw *x = a, *y = b;
	return memcmp(x->value.b, y->value.b, sizeof x->value.b);
}

static void assert_all_differ(void)
{
	qsort(draws, n_draws, sizeof draws[0], by_value);
	for (size_t i = 1; i < n_draws; i++) {
		if (by_value(&draws[i - 1], &draws[i]) == 0) {
			fail_msg("drawn twice: %s and %s", draws[i - 1].label, draws[i].label);
		}
	}
}

static void assert_labels(void)
{
	static const char *const labels[] = {
	    "airlock tx key", "airlock pseudo mask", "airlock clsag nonce",   "airlock bp+ alpha",
	    "airlock bp+ dL", "airlock bp+ dR",      "airlock bp+ r",         "airlock bp+ s",
	    "airlock bp+ d",  "airlock bp+ eta",     "airlock clsag response"};
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		bool found = false;
		for (size_t k = 0; k < n_draws; k++) {
			found = found || strcmp(draws[k].label, labels[i]) == 0;
		}
		if (!found) {
			fail_msg("never drawn: %s", labels[i]);
		}
	}
}

enum change {
	NOTHING,
	FEE,
	AMOUNT,
	PAYEE,
	CHANGE_OUTPUTS,
	CHANGE_ACCOUNT,
	DECOY_KEY,
	DECOY_COMMITMENT,
	DECOY_INDEX,
	OTHER_INPUT,
	FEWER_INPUTS,
	CHANGES
};

static void change_plan(struct plan *p, enum change change)
{
	struct ring_member *decoy = &p->in[0].ring[p->in[0].real ? 0 : RING_SIZE - 1];
	struct scalar s;
	struct public_key key;
	__real_sc_random(&s, &live);
	public_of_scalar(&key, &s);
	switch (change) {
	case NOTHING:
	case CHANGES:
		break;
	case FEE:
		p->fee.atomic++;
		break;
	case AMOUNT:
		p->out[0].amount.atomic++;
		break;
	case PAYEE:
		address_of(&p->out[0].to, &payee.account, (struct subaddress){0, 1});
		break;
	case CHANGE_OUTPUTS:
		p->n_change = 2;
		break;
	case CHANGE_ACCOUNT:
		p->change_account = 1;
		break;
	case DECOY_KEY:
		decoy->key = key;
		break;
	case DECOY_COMMITMENT:
		memcpy(decoy->commitment.b, key.b, 32);
		break;
	case DECOY_INDEX:
		p->in[0].ring[RING_SIZE - 1].global_index++;
		break;
	case OTHER_INPUT:
		test_input_make(&p->in[1], &wallet, (struct subaddress){1, 2}, amount_of(10000),
				&live);
		break;
	case FEWER_INPUTS:
		p->n_in = 1;
		break;
	}
}

static void rule_8_a_dead_random_source_never_repeats_a_nonce(void **state)
{
	(void)state;
	struct plan base;
	make_plan(&base);
	n_draws = 0;
	for (enum change c = NOTHING; c < CHANGES; c++) {
		struct plan p = base;
		struct plan_input in[2] = {base.in[0], base.in[1]};
		struct plan_payout out = base.out[0];
		struct signed_tx tx;
		p.in = in;
		p.out = &out;
		change_plan(&p, c);
		build(&tx, &p, &dead);
		signed_tx_free(&tx);
	}
	assert_labels();
	assert_all_differ();
	plan_free(&base);
}

static void rule_8_only_a_dead_source_signs_the_same_way_twice(void **state)
{
	(void)state;
	struct plan p;
	struct signed_tx tx[4];
	make_plan(&p);
	for (size_t i = 0; i < 4; i++) {
		n_draws = 0;
		build(&tx[i], &p, i < 2 ? &dead : &live);
		assert_all_differ();
	}
	assert_int_equal(tx[0].blob_size, tx[1].blob_size);
	assert_memory_equal(tx[0].blob, tx[1].blob, tx[0].blob_size);
	assert_memory_not_equal(tx[0].blob, tx[2].blob, tx[0].blob_size);
	assert_memory_not_equal(tx[2].blob, tx[3].blob, tx[2].blob_size);
	for (size_t i = 0; i < 4; i++) {
		signed_tx_free(&tx[i]);
	}
	plan_free(&p);
}

/* The proof's message is the image alone, so one output has one proof, and two never share one. */
static void rule_8_proofs_of_key_images_share_no_nonce(void **state)
{
	(void)state;
	struct key_image image[3];
	uint8_t proof[3][64];
	n_draws = 0;
	struct plan_input in;
	struct scalar x = SC_ZERO;
	for (size_t i = 0; i < 3; i++) {
		if (i < 2) {
			test_input_make(&in, &wallet, (struct subaddress){0, 0}, amount_of(5),
					&live);
			assert_int_equal(input_private_key(&x, &in, &wallet.account, &wallet.spend),
					 ERR_OK);
		}
		image_prove(&image[i], proof[i], &in.ring[in.real].key, &x, &dead);
	}
	assert_memory_equal(proof[1], proof[2], 64);
	n_draws = 2;
	assert_all_differ();
}

int main(void)
{
	if (secret_start() != ERR_OK) {
		return 1;
	}
	live = rng_seeded(&stream, 8);
	test_wallet_make(&wallet, NETWORK_STAGENET, &live);
	test_wallet_make(&payee, NETWORK_STAGENET, &live);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rule_8_a_dead_random_source_never_repeats_a_nonce),
	    cmocka_unit_test(rule_8_proofs_of_key_images_share_no_nonce),
	    cmocka_unit_test(rule_8_only_a_dead_source_signs_the_same_way_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
