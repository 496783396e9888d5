/*
 * Bulletproofs+ proving (Chung et al. 2020/735; monero bulletproofs_plus.cc). The generators are
 * folded every third round, which is cheaper than each round: in between, the challenges that are
 * still to be folded in stand as factors of the scalars.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/monero/bpplus.h"
#include "signer/sign/prove.h"

#define FOLDED_TERMS 8 /* of three rounds */

struct prover {
	struct scalar a[BPPLUS_TERMS_MAX], b[BPPLUS_TERMS_MAX];
	struct scalar y[BPPLUS_TERMS_MAX + 2], y_inverse[BPPLUS_TERMS_MAX];
	struct scalar fold_G[BPPLUS_TERMS_MAX], fold_H[BPPLUS_TERMS_MAX];
	struct scalar d[BPPLUS_TERMS_MAX];
	struct scalar alpha, transcript;
	struct scalar sum[BPPLUS_TERMS_MAX];
	struct point point[BPPLUS_TERMS_MAX];
	/* The generators as far as they are folded, and how many; fold_G and fold_H what is not. */
	struct point G[BPPLUS_TERMS_MAX], H[BPPLUS_TERMS_MAX];
	size_t terms;
	uint8_t secret[TX_OUTPUTS_MAX * (32 + 8)];
	size_t secret_n;
	const struct rng *rng;
};

static void nonce(struct scalar *out, const struct prover *p, const char *label)
{
	sc_nonce(out, label, p->secret, p->secret_n, p->transcript.b, 32, p->rng);
}

/* V, the bits of the amounts, and A with its blinding alpha. */
static void commit_to_bits(struct prover *p, struct bpplus *out, const struct amount *amounts,
			   const struct mask *masks, size_t n, size_t terms)
{
	struct packed V[TX_OUTPUTS_MAX];
	struct point a, b;
	struct scalar t;
	for (size_t i = 0; i < n; i++) {
		sc_mul(&t, &masks[i].s, &SC_INV_EIGHT);
		point_mul_base(&a, &t);
		t = sc_of_u64(amounts[i].atomic);
		sc_mul(&t, &t, &SC_INV_EIGHT);
		point_mul_h(&b, &t);
		point_add(&a, &a, &b);
		point_pack(V[i].b, &a);
		declassify(&V[i], sizeof V[i]); /* the output's commitment, divided by 8 */
		memcpy(p->secret + 40 * i, masks[i].s.b, 32);
		memcpy(p->secret + 40 * i + 32, &amounts[i].atomic, 8);
	}
	p->secret_n = 40 * n;
	bpplus_transcript_start(&p->transcript, V, n);
	struct point A = POINT_IDENTITY, minus_H;
	for (size_t i = 0; i < terms; i++) {
		uint64_t v = i / 64 < n ? amounts[i / 64].atomic : 0;
		uint8_t bit = (uint8_t)(v >> (i % 64) & 1);
		/* a is the bit, b is the bit less one: A takes G for ones and -H for zeros. */
		p->a[i] = sc_of_u64(bit);
		sc_sub(&p->b[i], &p->a[i], &SC_ONE);
		point_neg(&minus_H, &p->H[i]);
		point_select(&minus_H, &p->G[i], bit);
		point_add(&A, &A, &minus_H);
	}
	nonce(&p->alpha, p, "airlock bp+ alpha");
	point_mul_base(&a, &p->alpha);
	point_add(&A, &A, &a);
	point_mul(&A, &SC_INV_EIGHT, &A);
	point_pack(out->A.b, &A);
	declassify(&out->A, sizeof out->A); /* part of the proof */
	secret_wipe(&t, sizeof t);
}

/* From the bits to the vectors of the weighted inner product argument. */
static enum err start_argument(struct prover *p, const struct bpplus *out, const struct mask *masks,
			       size_t n, size_t m)
{
	struct scalar y, z, z2, power = SC_ONE, t, yinv;
	size_t terms = m * BPPLUS_BITS;
	bpplus_transcript_one(&p->transcript, &out->A);
	y = p->transcript;
	sc_hash(&p->transcript, p->transcript.b, 32);
	z = p->transcript;
	if (sc_is_zero(&y) || sc_is_zero(&z)) {
		return err_set(ERR_INTERNAL, "a challenge came out zero");
	}
	sc_mul(&z2, &z, &z);
	bpplus_windows(p->d, &z2, m);
	bpplus_powers(p->y, &y, terms + 2);
	sc_invert(&yinv, &y);
	bpplus_powers(p->y_inverse, &yinv, terms);
	for (size_t i = 0; i < terms; i++) {
		sc_sub(&p->a[i], &p->a[i], &z);
		sc_add(&p->b[i], &p->b[i], &z);
		sc_muladd(&p->b[i], &p->d[i], &p->y[terms - i], &p->b[i]);
		p->fold_G[i] = SC_ONE;
		p->fold_H[i] = SC_ONE;
	}
	for (size_t j = 0; j < n; j++) {
		sc_mul(&power, &power, &z2);
		sc_mul(&t, &p->y[terms + 1], &power);
		sc_muladd(&p->alpha, &t, &masks[j].s, &p->alpha);
	}
	secret_wipe(&t, sizeof t);
	return ERR_OK;
}

/* sum a[i] * b[i] * y^(i+1) * factor */
static void weighted_product(struct scalar *out, const struct prover *p, const struct scalar *a,
			     const struct scalar *b, size_t n, const struct scalar *factor)
{
	struct scalar t;
	*out = SC_ZERO;
	for (size_t i = 0; i < n; i++) {
		sc_mul(&t, &a[i], &b[i]);
		sc_muladd(out, &t, &p->y[i + 1], out);
	}
	sc_mul(out, out, factor);
	secret_wipe(&t, sizeof t);
}

/*
 * L (high false) or R (high true) of a round whose halves have n terms: a's half times y_factor
 * goes to the other half of G, b's other half to this half of H, all divided by 8.
 */
static enum err cross_term(struct packed *out, struct prover *p, size_t n, bool high,
			   const struct scalar *y_factor, const struct scalar *c,
			   const struct scalar *d)
{
	struct scalar eighth_y, t;
	struct point r, blind;
	size_t terms = p->terms;
	sc_mul(&eighth_y, y_factor, &SC_INV_EIGHT);
	for (size_t j = 0; j < terms; j++) {
		size_t at = j % (2 * n);
		bool of_G = (at >= n) != high;
		size_t other = at >= n ? at - n : at + n;
		if (of_G) {
			sc_mul(&t, &p->a[other], &eighth_y);
			sc_mul(&p->sum[j], &t, &p->fold_G[j]);
			p->point[j] = p->G[j];
		} else {
			sc_mul(&t, &p->b[other], &SC_INV_EIGHT);
			sc_mul(&p->sum[j], &t, &p->fold_H[j]);
			p->point[j] = p->H[j];
		}
	}
	/* prove.h says what may be seen here, and by whom. */
	declassify(p->sum, terms * sizeof p->sum[0]);
	enum err rc = point_msm_vartime(&r, p->sum, p->point, terms);
	sc_mul(&t, c, &SC_INV_EIGHT);
	point_mul_h(&blind, &t);
	point_add(&r, &r, &blind);
	sc_mul(&t, d, &SC_INV_EIGHT);
	point_mul_base(&blind, &t);
	point_add(&r, &r, &blind);
	point_pack(out->b, &r);
	declassify(out, sizeof *out); /* part of the proof */
	secret_wipe(&t, sizeof t);
	return rc;
}

/* The challenges of a generator's place depend on its block of n alone. */
static void fold_generators(struct prover *p, size_t n)
{
	struct scalar of_G[FOLDED_TERMS], of_H[FOLDED_TERMS];
	for (size_t i = 0; i < FOLDED_TERMS; i++) {
		of_G[i] = p->fold_G[n * i];
		of_H[i] = p->fold_H[n * i];
	}
	point_fold_vartime(p->G, of_G, FOLDED_TERMS, p->G, n);
	point_fold_vartime(p->H, of_H, FOLDED_TERMS, p->H, n);
	p->terms = n;
	for (size_t i = 0; i < n; i++) {
		p->fold_G[i] = SC_ONE;
		p->fold_H[i] = SC_ONE;
	}
}

static enum err one_round(struct prover *p, struct bpplus *out, size_t round, size_t n)
{
	enum err rc;
	struct scalar cL, cR, dL, dR, e, einv, low, t;
	weighted_product(&cL, p, p->a, p->b + n, n, &SC_ONE);
	weighted_product(&cR, p, p->a + n, p->b, n, &p->y[n]);
	nonce(&dL, p, "airlock bp+ dL");
	nonce(&dR, p, "airlock bp+ dR");
	rc = cross_term(&out->L[round], p, n, false, &p->y_inverse[n], &cL, &dL);
	if (rc == ERR_OK) {
		rc = cross_term(&out->R[round], p, n, true, &p->y[n], &cR, &dR);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	bpplus_transcript_two(&p->transcript, &out->L[round], &out->R[round]);
	e = p->transcript;
	if (sc_is_zero(&e)) {
		rc = err_set(ERR_INTERNAL, "a challenge came out zero");
		goto out;
	}
	sc_invert(&einv, &e);
	/* G' = G_low / e + G_high e y^-n; H' = H_low e + H_high / e */
	sc_mul(&t, &p->y_inverse[n], &e);
	for (size_t j = 0; j < p->terms; j++) {
		bool high = j % (2 * n) >= n;
		sc_mul(&p->fold_G[j], &p->fold_G[j], high ? &t : &einv);
		sc_mul(&p->fold_H[j], &p->fold_H[j], high ? &einv : &e);
	}
	if (p->terms == FOLDED_TERMS * n) {
		fold_generators(p, n);
	}
	/* a' = a_low e + a_high y^n / e; b' = b_low / e + b_high e */
	sc_mul(&t, &einv, &p->y[n]);
	for (size_t i = 0; i < n; i++) {
		sc_mul(&low, &p->a[i], &e);
		sc_muladd(&p->a[i], &p->a[n + i], &t, &low);
		sc_mul(&low, &p->b[i], &einv);
		sc_muladd(&p->b[i], &p->b[n + i], &e, &low);
	}
	sc_mul(&e, &e, &e);
	sc_mul(&einv, &einv, &einv);
	sc_muladd(&p->alpha, &dL, &e, &p->alpha);
	sc_muladd(&p->alpha, &dR, &einv, &p->alpha);
out:
	secret_wipe(&dL, sizeof dL);
	secret_wipe(&dR, sizeof dR);
	secret_wipe(&cL, sizeof cL);
	secret_wipe(&cR, sizeof cR);
	secret_wipe(&low, sizeof low);
	return rc;
}

static enum err last_round(struct prover *p, struct bpplus *out)
{
	enum err rc;
	struct scalar r, s, d, eta, t, u, e, ry;
	struct point P, Q;
	nonce(&r, p, "airlock bp+ r");
	nonce(&s, p, "airlock bp+ s");
	nonce(&d, p, "airlock bp+ d");
	nonce(&eta, p, "airlock bp+ eta");
	/* A1 = (r G' + s H' + d G + (r y b + s y a) H) / 8 */
	sc_mul(&t, &r, &SC_INV_EIGHT);
	sc_mul(&u, &s, &SC_INV_EIGHT);
	struct point folded[2];
	if ((rc = point_msm_vartime(&folded[0], p->fold_G, p->G, p->terms)) != ERR_OK ||
	    (rc = point_msm_vartime(&folded[1], p->fold_H, p->H, p->terms)) != ERR_OK) {
		goto out;
	}
	point_mul(&folded[0], &t, &folded[0]);
	point_mul(&folded[1], &u, &folded[1]);
	point_add(&P, &folded[0], &folded[1]);
	sc_mul(&t, &d, &SC_INV_EIGHT);
	point_mul_base(&Q, &t);
	point_add(&P, &P, &Q);
	sc_mul(&ry, &r, &p->y[1]);
	sc_mul(&t, &ry, &p->b[0]);
	sc_mul(&u, &s, &p->y[1]);
	sc_muladd(&t, &u, &p->a[0], &t);
	sc_mul(&t, &t, &SC_INV_EIGHT);
	point_mul_h(&Q, &t);
	point_add(&P, &P, &Q);
	point_pack(out->A1.b, &P);
	declassify(&out->A1, sizeof out->A1); /* part of the proof */
	/* B = (eta G + r y s H) / 8 */
	sc_mul(&t, &eta, &SC_INV_EIGHT);
	point_mul_base(&P, &t);
	sc_mul(&t, &ry, &s);
	sc_mul(&t, &t, &SC_INV_EIGHT);
	point_mul_h(&Q, &t);
	point_add(&P, &P, &Q);
	point_pack(out->B.b, &P);
	declassify(&out->B, sizeof out->B); /* part of the proof */

	bpplus_transcript_two(&p->transcript, &out->A1, &out->B);
	e = p->transcript;
	if (sc_is_zero(&e)) {
		rc = err_set(ERR_INTERNAL, "a challenge came out zero");
		goto out;
	}
	sc_muladd(&out->r1, &p->a[0], &e, &r);
	sc_muladd(&out->s1, &p->b[0], &e, &s);
	sc_muladd(&out->d1, &d, &e, &eta);
	sc_mul(&e, &e, &e);
	sc_muladd(&out->d1, &p->alpha, &e, &out->d1);
	/* Parts of the proof. */
	declassify(&out->r1, sizeof out->r1);
	declassify(&out->s1, sizeof out->s1);
	declassify(&out->d1, sizeof out->d1);
out:
	secret_wipe(&r, sizeof r);
	secret_wipe(&s, sizeof s);
	secret_wipe(&d, sizeof d);
	secret_wipe(&eta, sizeof eta);
	secret_wipe(&t, sizeof t);
	secret_wipe(&u, sizeof u);
	secret_wipe(&ry, sizeof ry);
	return rc;
}

enum err bpplus_prove(struct bpplus *out, const struct amount *amounts, const struct mask *masks,
		      size_t n, const struct rng *rng)
{
	memset(out, 0, sizeof *out);
	if (n < 1 || n > TX_OUTPUTS_MAX) {
		return err_set(ERR_TX_SHAPE, "no range proof for %zu outputs", n);
	}
	struct prover *p = calloc(1, sizeof *p);
	if (!p) {
		return ERR_NO_MEMORY;
	}
	p->rng = rng;
	size_t m = (size_t)1 << bpplus_log(n), terms = m * BPPLUS_BITS;
	out->rounds = 6 + bpplus_log(n);
	p->terms = terms;
	memcpy(p->G, bpplus_G(terms), terms * sizeof *p->G);
	memcpy(p->H, bpplus_H(terms), terms * sizeof *p->H);
	commit_to_bits(p, out, amounts, masks, n, terms);
	enum err rc = start_argument(p, out, masks, n, m);
	size_t half = terms / 2;
	for (size_t round = 0; rc == ERR_OK && round < out->rounds; round++, half /= 2) {
		rc = one_round(p, out, round, half);
	}
	if (rc == ERR_OK) {
		rc = last_round(p, out);
	}
	secret_wipe(p, sizeof *p);
	free(p);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}
