/*
 * The prunable part of a transaction, walked and not kept: the sizes follow from the type, the
 * inputs, the outputs and the size of the first ring; only Bulletproofs count their own rounds.
 */
#include "common/monero/tx_read.h"

#define SIGNATURE 64
/* A Borromean range signature: two times 64 scalars and one, 64 commitments. */
#define RANGE_SIGNATURE (32 * (64 + 64 + 1 + 64))
/* Rounds of a proof for 1 to 16 amounts of 64 bits. */
#define ROUNDS_LEAST 6
#define ROUNDS_MOST 10

/* n elements of `size` bytes; both are bounded by what was read before, n * size may still wrap. */
static void skip(struct reader *r, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes)) {
		reader_fail(r, ERR_PARSE_END);
	}
	read_span(r, r->failed == ERR_OK ? bytes : 0);
}

static size_t read_rounds(struct reader *r)
{
	size_t rounds = read_count(r, 32);
	if (rounds < ROUNDS_LEAST || rounds > ROUNDS_MOST) {
		reader_fail(r, ERR_PARSE_VALUE);
		return ROUNDS_LEAST;
	}
	skip(r, rounds, 32);
	return rounds;
}

/* One proof with `before` elements in front of L and R and `after` behind; returns its amounts. */
static size_t read_proof(struct reader *r, size_t before, size_t after)
{
	skip(r, before, 32);
	size_t left = read_rounds(r);
	size_t right = read_rounds(r);
	if (left != right) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
	skip(r, after, 32);
	return (size_t)1 << (left - ROUNDS_LEAST);
}

static void read_proofs(struct reader *r, const struct tx *tx)
{
	bool plus = tx->rct == RCT_BULLETPROOF_PLUS;
	/* The first Bulletproof type wrote its count in four bytes. */
	uint64_t n = tx->rct == RCT_BULLETPROOF ? read_u32le(r) : read_varint(r);
	if (n > tx->n_out) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
	size_t amounts = 0;
	for (uint64_t i = 0; i < n && r->failed == ERR_OK; i++) {
		amounts += plus ? read_proof(r, 6, 0) : read_proof(r, 6, 3);
	}
	if (amounts < tx->n_out) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
}

static void read_ring_signatures(struct reader *r, const struct tx *tx)
{
	size_t ring = tx->in[0].n_offsets;
	switch (tx->rct) {
	case RCT_NULL:
		break;
	case RCT_FULL: /* one MLSAG over all inputs */
		for (size_t i = 0; i < ring && r->failed == ERR_OK; i++) {
			skip(r, tx->n_in + 1, 32);
		}
		skip(r, 1, 32);
		break;
	case RCT_SIMPLE:
	case RCT_BULLETPROOF:
	case RCT_BULLETPROOF2: /* an MLSAG of two rows for each input */
		for (size_t i = 0; i < tx->n_in && r->failed == ERR_OK; i++) {
			skip(r, 2 * ring + 1, 32);
		}
		break;
	case RCT_CLSAG:
	case RCT_BULLETPROOF_PLUS:
		for (size_t i = 0; i < tx->n_in && r->failed == ERR_OK; i++) {
			skip(r, ring + 2, 32);
		}
		break;
	}
}

static void read_version_1(struct reader *r, const struct tx *tx)
{
	for (size_t i = 0; i < tx->n_in && r->failed == ERR_OK; i++) {
		skip(r, tx->in[i].n_offsets, SIGNATURE);
	}
}

void tx_read_prunable(struct reader *r, const struct tx *tx)
{
	if (tx->version == 1) {
		read_version_1(r, tx);
		return;
	}
	if (tx->rct == RCT_NULL) {
		return;
	}
	if (tx->rct >= RCT_BULLETPROOF) {
		read_proofs(r, tx);
	} else {
		skip(r, tx->n_out, RANGE_SIGNATURE);
	}
	read_ring_signatures(r, tx);
	if (tx->rct >= RCT_BULLETPROOF) {
		skip(r, tx->n_in, 32); /* pseudo outputs */
	}
}
