/* Our verification against a transaction of the official wallet, and against changes to it. */
#include "tests/unit/monero/vector.h"

#include "common/crypto/keccak.h"
#include "common/monero/ring.h"
#include "common/monero/tx.h"
#include "tests/unit/signer/official.h"

struct official {
	uint8_t *blob;
	struct tx tx;
	struct bpplus proof;
	struct clsag sig[OFFICIAL_INPUTS];
	struct commitment V[TX_OUTPUTS_MAX], pseudo[OFFICIAL_INPUTS];
	struct ring_member ring[OFFICIAL_INPUTS][RING_SIZE];
	struct hash message;
};

/* Here L and R lie one after the other, as they are hashed. */
static void read_proof(struct reader *r, struct bpplus *proof, uint8_t digest[static 32])
{
	uint8_t data[32 * (6 + 2 * BPPLUS_ROUNDS_MAX)];
	assert_true(read_varint(r) == 1);
	read_bytes(r, data, 6 * 32);
	memcpy(proof->A.b, data, 32);
	memcpy(proof->A1.b, data + 32, 32);
	memcpy(proof->B.b, data + 64, 32);
	memcpy(proof->r1.b, data + 96, 32);
	memcpy(proof->s1.b, data + 128, 32);
	memcpy(proof->d1.b, data + 160, 32);
	proof->rounds = read_varint(r);
	assert_in_range(proof->rounds, 6, BPPLUS_ROUNDS_MAX);
	read_bytes(r, proof->L, 32 * proof->rounds);
	assert_true(read_varint(r) == proof->rounds);
	read_bytes(r, proof->R, 32 * proof->rounds);
	memcpy(data + 192, proof->L, 32 * proof->rounds);
	memcpy(data + 192 + 32 * proof->rounds, proof->R, 32 * proof->rounds);
	keccak256(digest, data, 192 + 64 * proof->rounds);
}

static void open_official(struct official *o)
{
	size_t n;
	uint8_t hashes[96];
	o->blob = vector_bytes(OFFICIAL_BLOB, &n);
	assert_int_equal(tx_parse(&o->tx, o->blob, n, false), ERR_OK);
	assert_int_equal(o->tx.n_in, OFFICIAL_INPUTS);
	keccak256(hashes, o->blob, o->tx.prefix_size);
	keccak256(hashes + 32, o->blob + o->tx.prefix_size, o->tx.base_size - o->tx.prefix_size);
	struct reader r = reader_of(o->blob + o->tx.base_size, n - o->tx.base_size);
	read_proof(&r, &o->proof, hashes + 64);
	keccak256(o->message.b, hashes, sizeof hashes);
	for (size_t i = 0; i < OFFICIAL_INPUTS; i++) {
		read_bytes(&r, o->sig[i].s, sizeof o->sig[i].s);
		read_bytes(&r, o->sig[i].c1.b, 32);
		read_bytes(&r, o->sig[i].D.b, 32);
		for (size_t j = 0; j < RING_SIZE; j++) {
			struct ring_member *m = &o->ring[i][j];
			assert_int_equal(hex_decode(m->key.b, 32, OFFICIAL_RINGS[i][j][0]), ERR_OK);
			assert_int_equal(hex_decode(m->commitment.b, 32, OFFICIAL_RINGS[i][j][1]),
					 ERR_OK);
		}
	}
	for (size_t i = 0; i < OFFICIAL_INPUTS; i++) {
		read_bytes(&r, o->pseudo[i].b, 32);
	}
	assert_int_equal(reader_end(&r), ERR_OK);
	for (size_t i = 0; i < o->tx.n_out; i++) {
		o->V[i] = o->tx.out[i].commitment;
	}
}

static void close_official(struct official *o)
{
	tx_free(&o->tx);
	free(o->blob);
}

static void official_range_proof_verifies(void **state)
{
	(void)state;
	struct official o;
	open_official(&o);
	assert_int_equal(bpplus_verify(&o.proof, o.V, o.tx.n_out), ERR_OK);
	uint8_t *parts[] = {o.proof.A.b,  o.proof.A1.b, o.proof.B.b,    o.proof.r1.b,
			    o.proof.s1.b, o.proof.d1.b, o.proof.L[3].b, o.proof.R[5].b};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		parts[i][0] ^= 1;
		assert_int_not_equal(bpplus_verify(&o.proof, o.V, o.tx.n_out), ERR_OK);
		parts[i][0] ^= 1;
	}
	close_official(&o);
}

static void official_ring_signatures_verify(void **state)
{
	(void)state;
	struct official o;
	open_official(&o);
	for (size_t i = 0; i < OFFICIAL_INPUTS; i++) {
		const struct key_image *image = &o.tx.in[i].image;
		for (size_t j = 0; j <= RING_SIZE; j++) {
			/* One response after the other changed, at last none. */
			struct clsag sig = o.sig[i];
			if (j < RING_SIZE) {
				sig.s[j].b[0] ^= 1;
			}
			assert_int_equal(
			    clsag_verify(&sig, &o.message, o.ring[i], image, &o.pseudo[i]),
			    j < RING_SIZE ? ERR_PROOF : ERR_OK);
		}
	}
	close_official(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_range_proof_verifies),
	    cmocka_unit_test(official_ring_signatures_verify),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
