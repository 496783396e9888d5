/*
 * Sizes and weights of today's transactions: rings of 16, CLSAG, one aggregated Bulletproof+, view
 * tags. Sources: monero src/cryptonote_basic/cryptonote_format_utils.cpp (get_transaction_weight),
 * src/wallet/wallet2.cpp (estimate_tx_weight).
 */
#include "common/monero/tx.h"

/* log2 of the outputs, padded to a power of two. */
static unsigned padding_bits(size_t n_out)
{
	unsigned bits = 0;
	while (bits < 63 && UINT64_C(1) << bits < n_out) {
		bits++;
	}
	return bits;
}

/* Elements of a Bulletproof+ for 2^bits outputs: six of its own, L and R for each round. */
static uint64_t proof_size(unsigned bits)
{
	return 32 * (6 + 2 * (6 + (uint64_t)bits));
}

/*
 * An aggregated proof is shorter than the work to verify it: four fifths of what is saved against
 * proofs for two outputs is charged all the same.
 */
static uint64_t clawback(size_t n_out)
{
	unsigned bits = padding_bits(n_out);
	if (bits <= 1) {
		return 0;
	}
	uint64_t saved = (proof_size(1) / 2 << bits) - proof_size(bits);
	return saved * 4 / 5;
}

uint64_t tx_weight(size_t blob_size, size_t n_out)
{
	return blob_size + clawback(n_out);
}

uint64_t tx_weight_estimate(size_t n_in, size_t n_out, size_t extra_size)
{
	uint64_t in = 1 + 6 + 2 * RING_SIZE + 32;    /* an input's prefix, two bytes an offset */
	uint64_t signature = 32 * RING_SIZE + 64;    /* CLSAG */
	uint64_t out = 6 + 32 + 1 + 8 + 32;          /* key, view tag, amount, commitment */
	uint64_t size = 1 + 6 + extra_size + 1 + 4;  /* version, unlock time, type, fee */
	size += proof_size(padding_bits(n_out)) + 3; /* its count and the counts of L and R */
	size += n_in * (in + signature + 32);        /* and a pseudo output */
	size += n_out * out;
	return size + clawback(n_out);
}

uint64_t tx_weight_exact(size_t n_in, size_t offsets_size, size_t n_out, size_t extra_size,
			 uint64_t fee)
{
	uint64_t prefix = 1 + 1 + varint_size(n_in) + n_in * (1 + 1 + 1 + 32) + offsets_size +
			  varint_size(n_out) + n_out * (1 + 1 + 32 + 1) + varint_size(extra_size) +
			  extra_size;
	uint64_t base = 1 + varint_size(fee) + n_out * (8 + 32);
	uint64_t prunable =
	    1 + proof_size(padding_bits(n_out)) + 2 + n_in * (32 * RING_SIZE + 64) + n_in * 32;
	return prefix + base + prunable + clawback(n_out);
}
