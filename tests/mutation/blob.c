/* A signed transaction as a node checks it: see oracle.h. Parsed here anew, signatures included. */
#include <string.h>

#include "common/base/bytes.h"
#include "common/crypto/keccak.h"
#include "common/monero/ring.h"
#include "common/monero/tx.h"
#include "tests/mutation/oracle.h"

struct signatures {
	struct bpplus proof;
	struct hash proof_hash;
	struct clsag clsag[TX_INPUTS_MAX];
	struct commitment pseudo[TX_INPUTS_MAX];
};

static void take(struct reader *r, void *out, size_t n)
{
	const uint8_t *p = read_span(r, n);
	if (p) {
		memcpy(out, p, n);
	}
}

static bool read_signatures(struct signatures *s, struct reader *r, size_t n_in)
{
	struct buf hashed;
	buf_init(&hashed, 4096);
	bool one = read_varint(r) == 1;
	const uint8_t *fixed = read_span(r, 6 * 32);
	if (!one || !fixed) {
		return false;
	}
	memcpy(s->proof.A.b, fixed, 32);
	memcpy(s->proof.A1.b, fixed + 32, 32);
	memcpy(s->proof.B.b, fixed + 64, 32);
	memcpy(s->proof.r1.b, fixed + 96, 32);
	memcpy(s->proof.s1.b, fixed + 128, 32);
	memcpy(s->proof.d1.b, fixed + 160, 32);
	buf_put(&hashed, fixed, 6 * 32);
	for (int side = 0; side < 2; side++) {
		s->proof.rounds = read_varint(r);
		if (s->proof.rounds > BPPLUS_ROUNDS_MAX) {
			buf_free(&hashed);
			return false;
		}
		struct packed *points = side ? s->proof.R : s->proof.L;
		take(r, points, s->proof.rounds * 32);
		buf_put(&hashed, points, s->proof.rounds * 32);
	}
	keccak256(s->proof_hash.b, hashed.p, hashed.n);
	buf_free(&hashed);
	for (size_t i = 0; i < n_in; i++) {
		take(r, s->clsag[i].s, sizeof s->clsag[i].s);
		take(r, s->clsag[i].c1.b, 32);
		take(r, s->clsag[i].D.b, 32);
	}
	take(r, s->pseudo, n_in * 32);
	return reader_end(r) == ERR_OK;
}

/* Sum of the pseudo outputs = sum of the outputs + fee * H. */
static bool balances(const struct tx *tx, const struct signatures *s)
{
	struct point sum = POINT_IDENTITY, p, fee;
	struct scalar amount = {{0}};
	for (size_t i = 0; i < tx->n_in; i++) {
		if (point_unpack_vartime(&p, s->pseudo[i].b) != ERR_OK) {
			return false;
		}
		point_add(&sum, &sum, &p);
	}
	for (size_t i = 0; i < tx->n_out; i++) {
		if (point_unpack_vartime(&p, tx->out[i].commitment.b) != ERR_OK) {
			return false;
		}
		point_sub(&sum, &sum, &p);
	}
	store64_le(amount.b, tx->fee);
	point_mul_h(&fee, &amount);
	return point_equal(&sum, &fee);
}

/* The plan's input that has this ring. */
static const struct plan_input *planned(const struct tx_input *in, const struct plan *plan)
{
	for (size_t k = 0; k < plan->n_in; k++) {
		struct reader r = reader_of(in->offsets, in->offsets_size);
		uint64_t at = 0;
		bool same = in->n_offsets == RING_SIZE;
		for (size_t i = 0; same && i < RING_SIZE; i++) {
			at += read_varint(&r);
			same = at == plan->in[k].ring[i].global_index;
		}
		if (same && reader_end(&r) == ERR_OK) {
			return &plan->in[k];
		}
	}
	return NULL;
}

static bool signatures_verify(const struct tx *tx, const struct signatures *s,
			      const struct hash *message, const struct plan *plan)
{
	struct commitment V[TX_OUTPUTS_MAX];
	if (tx->n_out > TX_OUTPUTS_MAX) {
		return false;
	}
	for (size_t i = 0; i < tx->n_out; i++) {
		V[i] = tx->out[i].commitment;
	}
	for (size_t i = 0; i < tx->n_in; i++) {
		const struct plan_input *in = planned(&tx->in[i], plan);
		bool rising = i == 0 || memcmp(tx->in[i - 1].image.b, tx->in[i].image.b, 32) > 0;
		if (!in || !rising ||
		    clsag_verify(&s->clsag[i], message, in->ring, &tx->in[i].image,
				 &s->pseudo[i]) != ERR_OK) {
			return false;
		}
	}
	return bpplus_verify(&s->proof, V, tx->n_out) == ERR_OK;
}

bool blob_verifies(const uint8_t *blob, size_t n, const struct plan *plan)
{
	static struct signatures s;
	struct tx tx;
	uint8_t hashes[96];
	struct hash message;
	memset(&s, 0, sizeof s);
	if (tx_parse(&tx, blob, n, false) != ERR_OK) {
		return false;
	}
	struct reader r = reader_of(blob + tx.base_size, n - tx.base_size);
	bool good = tx.version == 2 && tx.rct == RCT_BULLETPROOF_PLUS && tx.unlock_time == 0 &&
		    tx.n_in == plan->n_in && read_signatures(&s, &r, tx.n_in);
	if (good) {
		keccak256(hashes, blob, tx.prefix_size);
		keccak256(hashes + 32, blob + tx.prefix_size, tx.base_size - tx.prefix_size);
		memcpy(hashes + 64, s.proof_hash.b, 32);
		keccak256(message.b, hashes, sizeof hashes);
		good = balances(&tx, &s) && signatures_verify(&tx, &s, &message, plan);
	}
	tx_free(&tx);
	return good;
}
