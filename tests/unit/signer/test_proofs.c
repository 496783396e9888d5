/* Bulletproofs+ and CLSAG: what is proven verifies, and nothing that was changed does. */
#include "tests/unit/unit.h"

#include "common/monero/clsag.h"
#include "signer/sign/prove.h"
#include "tests/unit/signer/owned.h"

static struct rng_seeded stream;
static struct rng rng;

static void make_outputs(struct amount *amounts, struct mask *masks, struct commitment *V, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		amounts[i] = amount_of(i == 0 ? UINT64_MAX : i == 1 ? 0 : rng_below(&rng, 1 << 30));
		sc_random(&masks[i].s, &rng);
		commit(&V[i], &masks[i], amounts[i]);
	}
}

static void range_proofs_of_all_sizes(void **state)
{
	(void)state;
	for (size_t n = 1; n <= TX_OUTPUTS_MAX; n++) {
		struct amount amounts[TX_OUTPUTS_MAX];
		struct mask masks[TX_OUTPUTS_MAX];
		struct commitment V[TX_OUTPUTS_MAX];
		struct bpplus proof;
		make_outputs(amounts, masks, V, n);
		assert_int_equal(bpplus_prove(&proof, amounts, masks, n, &rng), ERR_OK);
		assert_int_equal(bpplus_verify(&proof, V, n), ERR_OK);
		struct commitment other = V[n - 1];
		V[n - 1] = V[0];
		if (n > 1) {
			assert_int_not_equal(bpplus_verify(&proof, V, n), ERR_OK);
		}
		V[n - 1] = other;
		assert_int_not_equal(bpplus_verify(&proof, V, n == 1 ? 2 : n - 1), ERR_OK);
	}
}

static void every_member_of_a_range_proof_counts(void **state)
{
	(void)state;
	struct amount amounts[2];
	struct mask masks[2];
	struct commitment V[2];
	struct bpplus proof;
	make_outputs(amounts, masks, V, 2);
	assert_int_equal(bpplus_prove(&proof, amounts, masks, 2, &rng), ERR_OK);
	uint8_t *members[] = {proof.A.b,  proof.A1.b,   proof.B.b,    proof.r1.b,   proof.s1.b,
			      proof.d1.b, proof.L[0].b, proof.L[6].b, proof.R[0].b, proof.R[6].b};
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		members[i][1] ^= 4;
		assert_int_not_equal(bpplus_verify(&proof, V, 2), ERR_OK);
		members[i][1] ^= 4;
	}
	assert_int_equal(bpplus_verify(&proof, V, 2), ERR_OK);
	amounts[0] = amount_of(5);
	commit(&V[0], &masks[0], amounts[0]);
	assert_int_equal(bpplus_verify(&proof, V, 2), ERR_PROOF);
}

struct signing {
	struct test_wallet wallet;
	struct plan_input in;
	struct scalar x, z;
	struct key_image image;
	struct mask pseudo_mask;
	struct commitment pseudo;
	struct hash message;
	struct clsag sig;
};

static void make_signing(struct signing *s)
{
	test_wallet_make(&s->wallet, NETWORK_STAGENET, &rng);
	test_input_make(&s->in, &s->wallet, (struct subaddress){1, 2}, amount_of(77), &rng);
	assert_int_equal(input_check(&s->in, &s->wallet.account), ERR_OK);
	assert_int_equal(input_private_key(&s->x, &s->in, &s->wallet.account, &s->wallet.spend),
			 ERR_OK);
	assert_int_equal(input_key_image(&s->image, &s->in, &s->wallet.account, &s->wallet.spend),
			 ERR_OK);
	sc_random(&s->pseudo_mask.s, &rng);
	commit(&s->pseudo, &s->pseudo_mask, s->in.amount);
	sc_sub(&s->z, &s->in.mask.s, &s->pseudo_mask.s);
	rng_fill(&rng, s->message.b, 32);
	assert_int_equal(clsag_sign(&s->sig, &s->message, s->in.ring, s->in.real, &s->x, &s->z,
				    &s->image, &s->pseudo, &rng),
			 ERR_OK);
}

static enum err verify(const struct signing *s)
{
	return clsag_verify(&s->sig, &s->message, s->in.ring, &s->image, &s->pseudo);
}

static void ring_signatures_verify(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct signing s;
		make_signing(&s);
		assert_int_equal(verify(&s), ERR_OK);
	}
}

static void every_part_of_a_ring_signature_counts(void **state)
{
	(void)state;
	struct signing s;
	make_signing(&s);
	uint8_t *parts[] = {s.sig.s[0].b, s.sig.s[15].b,      s.sig.c1.b,
			    s.sig.D.b,    s.message.b,        s.image.b,
			    s.pseudo.b,   s.in.ring[3].key.b, s.in.ring[9].commitment.b};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		parts[i][2] ^= 8;
		assert_int_not_equal(verify(&s), ERR_OK);
		parts[i][2] ^= 8;
	}
	assert_int_equal(verify(&s), ERR_OK);
	memset(s.image.b, 0, 32);
	s.image.b[0] = 1;
	assert_int_equal(verify(&s), ERR_PROOF);
}

static void zero_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 0, n);
}

/* a = s + c (mu_P x + mu_C z), with c walked around the ring to the real member. */
static struct scalar nonce_of(const struct signing *s, const struct clsag *sig,
			      const struct hash *message)
{
	struct scalar mu_P, mu_C, c = sig->c1, a;
	struct point I, D, W, pseudo;
	struct clsag_hash h;
	assert_int_equal(point_unpack_vartime(&I, s->image.b), ERR_OK);
	assert_int_equal(point_unpack_vartime(&D, sig->D.b), ERR_OK);
	assert_int_equal(point_unpack_vartime(&pseudo, s->pseudo.b), ERR_OK);
	point_mul8(&D, &D);
	clsag_aggregate(&mu_P, &mu_C, s->in.ring, &s->image, &sig->D, &s->pseudo);
	point_double_mul_vartime(&W, &mu_P, &I, &mu_C, &D);
	clsag_round_start(&h, s->in.ring, &s->pseudo, message);
	for (size_t i = 0; i < s->in.real; i++) {
		assert_int_equal(clsag_step_vartime(&c, &h, &s->in.ring[i], &sig->s[i], &mu_P,
						    &mu_C, &W, &pseudo),
				 ERR_OK);
	}
	sc_mul(&a, &mu_P, &s->x);
	sc_muladd(&a, &mu_C, &s->z, &a);
	sc_muladd(&a, &a, &c, &sig->s[s->in.real]);
	return a;
}

static void a_dead_random_source_never_repeats_a_nonce(void **state)
{
	(void)state;
	struct rng dead = {NULL, zero_fill};
	struct signing s;
	make_signing(&s);
	struct clsag first, second;
	struct hash before = s.message;
	assert_int_equal(clsag_sign(&first, &s.message, s.in.ring, s.in.real, &s.x, &s.z, &s.image,
				    &s.pseudo, &dead),
			 ERR_OK);
	s.message.b[0] ^= 1;
	assert_int_equal(clsag_sign(&second, &s.message, s.in.ring, s.in.real, &s.x, &s.z, &s.image,
				    &s.pseudo, &dead),
			 ERR_OK);
	struct scalar a = nonce_of(&s, &first, &before), b = nonce_of(&s, &second, &s.message);
	assert_memory_not_equal(a.b, b.b, 32);
	assert_int_equal(clsag_verify(&second, &s.message, s.in.ring, &s.image, &s.pseudo), ERR_OK);
}

int main(void)
{
	rng = rng_seeded(&stream, 7);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(range_proofs_of_all_sizes),
	    cmocka_unit_test(every_member_of_a_range_proof_counts),
	    cmocka_unit_test(ring_signatures_verify),
	    cmocka_unit_test(every_part_of_a_ring_signature_counts),
	    cmocka_unit_test(a_dead_random_source_never_repeats_a_nonce),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
