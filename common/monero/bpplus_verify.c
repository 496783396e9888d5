/*
 * Bulletproofs+ verification as one sum that must be the identity (section 6.1 of the paper).
 * Everything here is public.
 */
#include <stdlib.h>
#include <string.h>

#include "common/monero/bpplus.h"

struct challenges {
	struct scalar y, z, e;
	struct scalar round[BPPLUS_ROUNDS_MAX];
	struct scalar inverse[BPPLUS_ROUNDS_MAX + 1]; /* of the rounds', then of y */
};

/* 8 * a point that is stored divided by 8. */
static enum err unpack8(struct point *out, const struct packed *in)
{
	enum err rc = point_unpack_vartime(out, in->b);
	if (rc == ERR_OK) {
		point_mul8(out, out);
	}
	return rc;
}

static enum err find_challenges(struct challenges *c, const struct bpplus *proof,
				const struct packed *V, size_t n)
{
	struct scalar t;
	bpplus_transcript_start(&t, V, n);
	bpplus_transcript_one(&t, &proof->A);
	c->y = t;
	sc_hash(&t, t.b, 32);
	c->z = t;
	bool zero = sc_is_zero(&c->y) || sc_is_zero(&c->z);
	for (size_t j = 0; j < proof->rounds; j++) {
		bpplus_transcript_two(&t, &proof->L[j], &proof->R[j]);
		c->round[j] = t;
		c->inverse[j] = t;
		zero = zero || sc_is_zero(&t);
	}
	bpplus_transcript_two(&t, &proof->A1, &proof->B);
	c->e = t;
	if (zero || sc_is_zero(&c->e)) {
		return err_set(ERR_PROOF, "a range proof's challenge is zero");
	}
	c->inverse[proof->rounds] = c->y;
	sc_invert_batch_vartime(c->inverse, proof->rounds + 1);
	return ERR_OK;
}

/* Products of each round's challenge or its inverse, by the bits of the index. */
static void challenge_products(struct scalar *out, const struct challenges *c, size_t rounds)
{
	out[0] = c->inverse[0];
	out[1] = c->round[0];
	for (size_t j = 1; j < rounds; j++) {
		for (size_t s = (size_t)2 << j; s > 0; s -= 2) {
			struct scalar half = out[(s - 1) / 2];
			sc_mul(&out[s - 1], &half, &c->round[j]);
			sc_mul(&out[s - 2], &half, &c->inverse[j]);
		}
	}
}

/* H: r1*y*s1 + e^2 * (y^(mn+1) * z * sum(d) + (z^2 - z) * sum(y)) */
static void scalar_of_H(struct scalar *out, const struct bpplus *proof, const struct challenges *c,
			const struct scalar *e2, const struct scalar *z2, const struct scalar *d,
			const struct scalar *y_mn1, size_t terms)
{
	struct scalar sum_d = SC_ZERO, sum_y = SC_ZERO, power = c->y, a, b;
	for (size_t i = 0; i < terms; i++) {
		sc_add(&sum_d, &sum_d, &d[i]);
		sc_add(&sum_y, &sum_y, &power);
		sc_mul(&power, &power, &c->y);
	}
	sc_sub(&a, z2, &c->z);
	sc_mul(&a, &a, &sum_y);
	sc_mul(&b, y_mn1, &c->z);
	sc_muladd(&a, &b, &sum_d, &a);
	sc_mul(&a, &a, e2);
	sc_mul(&b, &proof->r1, &c->y);
	sc_muladd(out, &b, &proof->s1, &a);
}

static void scalars_of_generators(struct scalar *s, const struct bpplus *proof,
				  const struct challenges *c, const struct scalar *e2,
				  const struct scalar *y_mn, const struct scalar *d,
				  const struct scalar *products, size_t terms)
{
	struct scalar e_r1, e_s1, e2_z, minus_e2_z, minus_e2_y;
	sc_mul(&e_r1, &c->e, &proof->r1);
	sc_mul(&e_s1, &c->e, &proof->s1);
	sc_mul(&e2_z, e2, &c->z);
	sc_neg(&minus_e2_z, &e2_z);
	sc_mul(&minus_e2_y, e2, y_mn);
	sc_neg(&minus_e2_y, &minus_e2_y);
	for (size_t i = 0; i < terms; i++) {
		sc_muladd(&s[i], &e_r1, &products[i], &e2_z);
		struct scalar *h = &s[terms + i];
		sc_muladd(h, &e_s1, &products[terms - 1 - i], &minus_e2_z);
		sc_muladd(h, &minus_e2_y, &d[i], h);
		sc_mul(&e_r1, &e_r1, &c->inverse[proof->rounds]);
		sc_mul(&minus_e2_y, &minus_e2_y, &c->inverse[proof->rounds]);
	}
}

enum err bpplus_verify(const struct bpplus *proof, const struct commitment *V, size_t n)
{
	if (n < 1 || n > TX_OUTPUTS_MAX || proof->rounds != 6 + bpplus_log(n)) {
		return err_set(ERR_PROOF, "a range proof of the wrong size for %zu outputs", n);
	}
	if (!sc_is_canonical(proof->r1.b) || !sc_is_canonical(proof->s1.b) ||
	    !sc_is_canonical(proof->d1.b)) {
		return err_set(ERR_SCALAR, "a range proof holds a scalar that is not reduced");
	}
	size_t m = (size_t)1 << bpplus_log(n), terms = m * BPPLUS_BITS;
	size_t total = 2 * terms + n + 5 + 2 * proof->rounds;
	enum err rc = ERR_NO_MEMORY;
	struct scalar *s = calloc(total + 2 * terms, sizeof *s);
	struct point *p = calloc(total, sizeof *p);
	if (!s || !p) {
		goto out;
	}
	struct scalar *d = s + total, *products = d + terms;
	struct packed V8[TX_OUTPUTS_MAX];
	struct challenges c;
	size_t at = 2 * terms;
	for (size_t i = 0; i < n; i++) {
		struct point eighth;
		if ((rc = point_unpack_vartime(&eighth, V[i].b)) != ERR_OK) {
			goto out;
		}
		point_double_mul_base_vartime(&eighth, &SC_INV_EIGHT, &eighth, &SC_ZERO);
		point_pack(V8[i].b, &eighth);
		point_mul8(&p[at + i], &eighth);
	}
	if ((rc = find_challenges(&c, proof, V8, n)) != ERR_OK) {
		goto out;
	}
	struct scalar e2, z2, y_mn = c.y, y_mn1, t;
	sc_mul(&e2, &c.e, &c.e);
	sc_mul(&z2, &c.z, &c.z);
	for (size_t i = terms; i > 1; i /= 2) {
		sc_mul(&y_mn, &y_mn, &y_mn);
	}
	sc_mul(&y_mn1, &y_mn, &c.y);
	bpplus_windows(d, &z2, m);
	challenge_products(products, &c, proof->rounds);
	scalars_of_generators(s, proof, &c, &e2, &y_mn, d, products, terms);
	memcpy(p, bpplus_G(terms), terms * sizeof *p);
	memcpy(p + terms, bpplus_H(terms), terms * sizeof *p);

	/* V_j: -e^2 * z^(2j+2) * y^(mn+1) */
	sc_mul(&t, &e2, &y_mn1);
	sc_neg(&t, &t);
	for (size_t j = 0; j < n; j++) {
		sc_mul(&t, &t, &z2);
		s[at++] = t;
	}
	/* B: -1, A1: -e, A: -e^2, G: d1, H */
	struct scalar minus_e2;
	sc_neg(&minus_e2, &e2);
	sc_neg(&s[at], &SC_ONE);
	sc_neg(&s[at + 1], &c.e);
	s[at + 2] = minus_e2;
	s[at + 3] = proof->d1;
	scalar_of_H(&s[at + 4], proof, &c, &e2, &z2, d, &y_mn1, terms);
	if ((rc = unpack8(&p[at], &proof->B)) != ERR_OK ||
	    (rc = unpack8(&p[at + 1], &proof->A1)) != ERR_OK ||
	    (rc = unpack8(&p[at + 2], &proof->A)) != ERR_OK) {
		goto out;
	}
	p[at + 3] = POINT_G;
	p[at + 4] = POINT_H;
	at += 5;
	/* L_j: -e^2 * challenge^2, R_j: -e^2 * challenge^-2 */
	for (size_t j = 0; j < proof->rounds; j++, at += 2) {
		sc_mul(&s[at], &c.round[j], &c.round[j]);
		sc_mul(&s[at], &s[at], &minus_e2);
		sc_mul(&s[at + 1], &c.inverse[j], &c.inverse[j]);
		sc_mul(&s[at + 1], &s[at + 1], &minus_e2);
		if ((rc = unpack8(&p[at], &proof->L[j])) != ERR_OK ||
		    (rc = unpack8(&p[at + 1], &proof->R[j])) != ERR_OK) {
			goto out;
		}
	}
	struct point sum;
	if ((rc = point_msm_vartime(&sum, s, p, total)) == ERR_OK && !point_is_identity(&sum)) {
		rc = err_set(ERR_PROOF, "a range proof does not verify");
	}
out:
	free(s);
	free(p);
	return rc;
}
