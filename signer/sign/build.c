/*
 * Plan in, transaction out. The order is that of the network's own rules: inputs sorted by key
 * image, outputs derived, prefix and base fixed, range proof made, and only then, over the hash of
 * all that, the ring signatures. What leaves has verified here first.
 */
#include "signer/sign/build.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/crypto/keccak.h"
#include "common/monero/tx.h"
#include "signer/sign/outputs.h"
#include "signer/sign/prove.h"

#define BLOB_MAX 300000

struct opened_input {
	const struct plan_input *in;
	struct key_image image;
	struct scalar key; /* one-time private key: secret */
	struct mask pseudo_mask;
	struct commitment pseudo;
	struct clsag signature;
};

struct building {
	struct opened_input in[TX_INPUTS_MAX];
	size_t n_in;
	struct made_outputs outputs;
	struct output_shape shape;
	struct bpplus proof;
	struct hash message;
};

void signed_tx_free(struct signed_tx *t)
{
	free(t->blob);
	secret_wipe(t, sizeof *t);
}

static bool is_sound(const struct public_key *key)
{
	struct point p;
	return point_unpack_vartime(&p, key->b) == ERR_OK && !point_is_identity(&p) &&
	       point_in_subgroup_vartime(&p);
}

/*
 * Where R = r D of a payee's spend key D, change is derived from it too: a D of small order would
 * give every change output the same one-time key, and the network takes but one of them.
 */
static enum err check_payees(const struct plan *p)
{
	for (size_t i = 0; i < p->n_out; i++) {
		if (!is_sound(&p->out[i].to.spend) || !is_sound(&p->out[i].to.view)) {
			return err_set(ERR_POINT, "the address of payout %zu holds no good key",
				       i + 1);
		}
	}
	return ERR_OK;
}

/*
 * Change goes to the main account, or stays in the one that all inputs are of: in any other nobody
 * would look for it.
 */
static enum err check_change_account(const struct plan *p)
{
	for (size_t i = 0; p->change_account != 0 && i < p->n_in; i++) {
		if (p->in[i].at.major != p->change_account) {
			return err_set(ERR_CHANGE, "to account %u, which input %zu is not of",
				       p->change_account, i + 1);
		}
	}
	return ERR_OK;
}

enum err plan_check(const struct plan *p, const struct account_view *account)
{
	struct made_outputs outputs;
	struct output_shape shape;
	if (p->tx_type != PLAN_TX_CLSAG_BPPLUS) {
		return err_set(ERR_TX_TYPE, "transaction type %u", p->tx_type);
	}
	if (p->n_in < 1 || p->n_in > TX_INPUTS_MAX) {
		return err_set(ERR_TX_SHAPE, "%zu inputs; there may be 1 to %d", p->n_in,
			       TX_INPUTS_MAX);
	}
	enum err rc = outputs_list(&outputs, &shape, p, account);
	outputs_wipe(&outputs);
	if (rc == ERR_OK) {
		rc = check_payees(p);
	}
	if (rc == ERR_OK) {
		rc = check_change_account(p);
	}
	for (size_t i = 0; rc == ERR_OK && i < p->n_in; i++) {
		rc = input_check(&p->in[i], account);
		for (size_t j = 0; rc == ERR_OK && j < i; j++) {
			const struct plan_input *a = &p->in[i], *b = &p->in[j];
			/* One key is one key image, whatever output it stands in. */
			if (memcmp(a->ring[a->real].key.b, b->ring[b->real].key.b, 32) == 0) {
				rc = err_set(ERR_INPUT_TWICE, "the same output as input %zu", j);
			}
		}
		if (rc != ERR_OK) {
			rc = err_wrap(rc, "input %zu", i);
		}
	}
	return rc;
}

static size_t offsets_size(const struct plan_input *in)
{
	size_t size = 0;
	uint64_t previous = 0;
	for (size_t i = 0; i < RING_SIZE; i++) {
		size += varint_size(in->ring[i].global_index - previous);
		previous = in->ring[i].global_index;
	}
	return size;
}

uint64_t plan_weight(const struct plan *p, const struct account_view *account)
{
	struct made_outputs outputs;
	struct output_shape shape;
	size_t offsets = 0;
	if (outputs_list(&outputs, &shape, p, account) != ERR_OK) {
		return 0;
	}
	outputs_wipe(&outputs);
	for (size_t i = 0; i < p->n_in; i++) {
		offsets += offsets_size(&p->in[i]);
	}
	return tx_weight_exact(p->n_in, offsets, shape.n, outputs_extra_size(&shape),
			       p->fee.atomic);
}

static int by_image_descending(const void *a, const void *b)
{
	const struct opened_input *x = a, *y = b;
	return -memcmp(x->image.b, y->image.b, 32);
}

static enum err open_inputs(struct building *b, const struct plan *p,
			    const struct account_view *account, const struct spend_key *spend)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; i < p->n_in; i++) {
		b->in[i].in = &p->in[i];
		rc = input_key_image(&b->in[i].image, &p->in[i], account, spend);
		if (rc != ERR_OK) {
			return err_wrap(rc, "input %zu", i);
		}
	}
	b->n_in = p->n_in;
	/* Before there are private keys in them: qsort may copy what it sorts to memory of its own.
	 */
	qsort(b->in, b->n_in, sizeof b->in[0], by_image_descending);
	for (size_t i = 0; i < b->n_in; i++) {
		if (i > 0 && memcmp(b->in[i].image.b, b->in[i - 1].image.b, 32) == 0) {
			return err_set(ERR_INPUT_TWICE, "two inputs have one key image");
		}
		rc = input_private_key(&b->in[i].key, b->in[i].in, account, spend);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

/* The pseudo outputs' masks add up to the outputs' masks, so that the amounts must add up too. */
static void blind_inputs(struct building *b, const struct rng *rng)
{
	struct scalar left = SC_ZERO;
	for (size_t i = 0; i < b->outputs.n; i++) {
		sc_add(&left, &left, &b->outputs.out[i].mask.s);
	}
	for (size_t i = 0; i < b->n_in; i++) {
		struct opened_input *in = &b->in[i];
		if (i + 1 < b->n_in) {
			sc_nonce(&in->pseudo_mask.s, "airlock pseudo mask", in->key.b, 32,
				 b->outputs.tx_key.b, 32, rng);
			sc_sub(&left, &left, &in->pseudo_mask.s);
		} else {
			in->pseudo_mask.s = left;
		}
		commit(&in->pseudo, &in->pseudo_mask, in->in->amount);
		declassify(&in->pseudo, sizeof in->pseudo); /* part of the transaction */
	}
	secret_wipe(&left, sizeof left);
}

static enum err put_prefix(struct buf *out, const struct building *b)
{
	buf_varint(out, 2);
	buf_varint(out, 0);
	buf_varint(out, b->n_in);
	for (size_t i = 0; i < b->n_in; i++) {
		uint64_t previous = 0;
		buf_u8(out, 0x02);
		buf_varint(out, 0);
		buf_varint(out, RING_SIZE);
		for (size_t j = 0; j < RING_SIZE; j++) {
			uint64_t index = b->in[i].in->ring[j].global_index;
			buf_varint(out, index - previous);
			previous = index;
		}
		buf_put(out, b->in[i].image.b, 32);
	}
	buf_varint(out, b->outputs.n);
	for (size_t i = 0; i < b->outputs.n; i++) {
		buf_varint(out, 0);
		buf_u8(out, 0x03);
		buf_put(out, b->outputs.out[i].key.b, 32);
		buf_u8(out, b->outputs.out[i].view_tag);
	}
	size_t size = outputs_extra_size(&b->shape), before;
	buf_varint(out, size);
	before = out->n;
	enum err rc = outputs_extra(out, &b->outputs, &b->shape);
	if (rc == ERR_OK && out->n - before != size) {
		rc = err_set(ERR_INTERNAL, "tx_extra is not of the size foreseen");
	}
	return rc;
}

static void put_base(struct buf *out, const struct building *b, struct amount fee)
{
	buf_u8(out, RCT_BULLETPROOF_PLUS);
	buf_varint(out, fee.atomic);
	for (size_t i = 0; i < b->outputs.n; i++) {
		buf_put(out, b->outputs.out[i].amount_enc, 8);
	}
	for (size_t i = 0; i < b->outputs.n; i++) {
		buf_put(out, b->outputs.out[i].commitment.b, 32);
	}
}

/* The proof's members; on the wire L and R carry their counts, in the signed hash they do not. */
static void put_proof(struct buf *out, const struct bpplus *proof, bool counts)
{
	buf_put(out, proof->A.b, 32);
	buf_put(out, proof->A1.b, 32);
	buf_put(out, proof->B.b, 32);
	buf_put(out, proof->r1.b, 32);
	buf_put(out, proof->s1.b, 32);
	buf_put(out, proof->d1.b, 32);
	for (int side = 0; side < 2; side++) {
		const struct packed *points = side ? proof->R : proof->L;
		if (counts) {
			buf_varint(out, proof->rounds);
		}
		for (size_t i = 0; i < proof->rounds; i++) {
			buf_put(out, points[i].b, 32);
		}
	}
}

static enum err prove_outputs(struct building *b, const struct rng *rng)
{
	struct amount amounts[TX_OUTPUTS_MAX];
	struct mask masks[TX_OUTPUTS_MAX];
	struct commitment V[TX_OUTPUTS_MAX];
	for (size_t i = 0; i < b->outputs.n; i++) {
		amounts[i] = b->outputs.out[i].amount;
		masks[i] = b->outputs.out[i].mask;
		V[i] = b->outputs.out[i].commitment;
	}
	enum err rc = bpplus_prove(&b->proof, amounts, masks, b->outputs.n, rng);
	if (rc == ERR_OK && bpplus_verify(&b->proof, V, b->outputs.n) != ERR_OK) {
		rc = err_set(ERR_SELF_CHECK, "the range proof: %s", err_detail());
	}
	secret_wipe(amounts, sizeof amounts);
	secret_wipe(masks, sizeof masks);
	return rc;
}

static enum err hash_for_signing(struct building *b, const uint8_t *blob, size_t prefix,
				 size_t base)
{
	struct buf proof;
	uint8_t hashes[96];
	buf_init(&proof, 4096);
	put_proof(&proof, &b->proof, false);
	keccak256(hashes, blob, prefix);
	keccak256(hashes + 32, blob + prefix, base);
	keccak256(hashes + 64, proof.p, proof.n);
	keccak256(b->message.b, hashes, sizeof hashes);
	enum err rc = buf_end(&proof);
	buf_free(&proof);
	return rc;
}

static enum err sign_inputs(struct building *b, const struct rng *rng)
{
	for (size_t i = 0; i < b->n_in; i++) {
		struct opened_input *in = &b->in[i];
		struct scalar z;
		sc_sub(&z, &in->in->mask.s, &in->pseudo_mask.s);
		enum err rc = clsag_sign(&in->signature, &b->message, in->in->ring, in->in->real,
					 &in->key, &z, &in->image, &in->pseudo, rng);
		secret_wipe(&z, sizeof z);
		if (rc != ERR_OK) {
			return err_wrap(rc, "input %zu", i);
		}
		if (clsag_verify(&in->signature, &b->message, in->in->ring, &in->image,
				 &in->pseudo) != ERR_OK) {
			return err_set(ERR_SELF_CHECK, "the signature of input %zu: %s", i,
				       err_detail());
		}
	}
	return ERR_OK;
}

static void put_prunable(struct buf *out, const struct building *b)
{
	buf_varint(out, 1);
	put_proof(out, &b->proof, true);
	for (size_t i = 0; i < b->n_in; i++) {
		const struct clsag *sig = &b->in[i].signature;
		buf_put(out, sig->s, sizeof sig->s);
		buf_put(out, sig->c1.b, 32);
		buf_put(out, sig->D.b, 32);
	}
	for (size_t i = 0; i < b->n_in; i++) {
		buf_put(out, b->in[i].pseudo.b, 32);
	}
}

static enum err hand_over(struct signed_tx *out, struct building *b, struct buf *blob)
{
	enum err rc = tx_id(&out->id, blob->p, blob->n);
	out->blob = malloc(blob->n);
	if (rc != ERR_OK || !out->blob) {
		return rc != ERR_OK ? rc : ERR_NO_MEMORY;
	}
	memcpy(out->blob, blob->p, blob->n);
	out->blob_size = blob->n;
	out->weight = tx_weight(blob->n, b->outputs.n);
	out->keys[out->n_keys++] = b->outputs.tx_key;
	for (size_t i = 0; i < b->outputs.n && b->outputs.has_additional; i++) {
		out->keys[out->n_keys++] = b->outputs.additional[i];
	}
	for (size_t i = 0; i < b->n_in; i++) {
		out->images[out->n_images++] = b->in[i].image;
	}
	return ERR_OK;
}

static void hash_number(struct keccak *k, uint64_t n)
{
	uint8_t b[8];
	store64_le(b, n);
	keccak_update(k, b, sizeof b);
}

static void hash_input(struct keccak *k, const struct plan_input *in)
{
	keccak_update(k, in->tx_public.b, sizeof in->tx_public.b);
	hash_number(k, in->output_index);
	hash_number(k, in->at.major);
	hash_number(k, in->at.minor);
	hash_number(k, in->amount.atomic);
	keccak_update(k, in->mask.s.b, sizeof in->mask.s.b);
	hash_number(k, in->real);
	for (size_t i = 0; i < RING_SIZE; i++) {
		hash_number(k, in->ring[i].global_index);
		keccak_update(k, in->ring[i].key.b, sizeof in->ring[i].key.b);
		keccak_update(k, in->ring[i].commitment.b, sizeof in->ring[i].commitment.b);
	}
}

/* Everything that the transaction will be made of, so that two plans hash alike only if alike. */
static void hash_plan(struct hash *out, const struct plan *p)
{
	struct keccak k;
	keccak_init(&k);
	hash_number(&k, p->tx_type);
	hash_number(&k, p->n_in);
	for (size_t i = 0; i < p->n_in; i++) {
		hash_input(&k, &p->in[i]);
	}
	hash_number(&k, p->n_out);
	for (size_t i = 0; i < p->n_out; i++) {
		const struct address *to = &p->out[i].to;
		hash_number(&k, to->kind);
		keccak_update(&k, to->spend.b, sizeof to->spend.b);
		keccak_update(&k, to->view.b, sizeof to->view.b);
		keccak_update(&k, to->payment_id, sizeof to->payment_id);
		hash_number(&k, p->out[i].amount.atomic);
	}
	hash_number(&k, p->fee.atomic);
	hash_number(&k, p->change_account);
	hash_number(&k, p->n_change);
	keccak_final(&k, out->b);
}

enum err tx_build(struct signed_tx *out, const struct plan *p, const struct account_view *account,
		  const struct spend_key *spend, const struct rng *rng)
{
	struct buf blob;
	struct hash plan;
	memset(out, 0, sizeof *out);
	buf_init(&blob, BLOB_MAX);
	hash_plan(&plan, p);
	/* Holds one-time private keys, so it is guarded memory. */
	struct building *b = secret_alloc(sizeof *b);
	enum err rc = b ? plan_check(p, account) : ERR_NO_MEMORY;
	if (rc != ERR_OK || (rc = open_inputs(b, p, account, spend)) != ERR_OK ||
	    (rc = outputs_list(&b->outputs, &b->shape, p, account)) != ERR_OK ||
	    (rc = outputs_make(&b->outputs, &b->shape, account, spend, sizeof *spend, &plan,
			       rng)) != ERR_OK) {
		goto out;
	}
	blind_inputs(b, rng);
	if ((rc = prove_outputs(b, rng)) != ERR_OK || (rc = put_prefix(&blob, b)) != ERR_OK) {
		goto out;
	}
	size_t prefix = blob.n;
	put_base(&blob, b, p->fee);
	size_t base = blob.n - prefix;
	if ((rc = buf_end(&blob)) != ERR_OK ||
	    (rc = hash_for_signing(b, blob.p, prefix, base)) != ERR_OK ||
	    (rc = sign_inputs(b, rng)) != ERR_OK) {
		goto out;
	}
	put_prunable(&blob, b);
	if ((rc = buf_end(&blob)) == ERR_OK) {
		rc = hand_over(out, b, &blob);
	}
	if (rc == ERR_OK && out->weight != plan_weight(p, account)) {
		rc = err_set(ERR_INTERNAL, "the transaction is not of the weight foreseen");
	}
out:
	secret_free(b);
	buf_free(&blob);
	secret_wipe_stack();
	if (rc != ERR_OK) {
		signed_tx_free(out);
	}
	return rc;
}
