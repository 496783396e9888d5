/* Outputs as the official wallet makes them: see outputs.h. */
#include "signer/sign/outputs.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/monero/tx_key.h"

#define EXTRA_PUBLIC_KEY 0x01
#define EXTRA_NONCE 0x02
#define EXTRA_ADDITIONAL_KEYS 0x04
#define NONCE_ENCRYPTED_PAYMENT_ID 0x01

static bool same_keys(const struct address *a, const struct address *b)
{
	return memcmp(a->spend.b, b->spend.b, 32) == 0 && memcmp(a->view.b, b->view.b, 32) == 0;
}

/*
 * Whether an earlier output that is not change pays the same address, payment id included: one
 * wallet under two ids is two payees, since a transaction can tell the wallet of one id alone.
 */
static bool seen_before(const struct made_outputs *o, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (!o->out[j].change && address_equal(&o->out[j].to, &o->out[i].to)) {
			return true;
		}
	}
	return false;
}

static enum err classify(struct output_shape *shape, const struct made_outputs *o)
{
	size_t standard = 0, subaddresses = 0;
	bool integrated = false;
	for (size_t i = 0; i < o->n; i++) {
		const struct made_output *out = &o->out[i];
		if (out->change || seen_before(o, i)) {
			continue;
		}
		integrated = integrated || out->to.kind == ADDRESS_INTEGRATED;
		if (out->to.kind == ADDRESS_SUBADDRESS) {
			subaddresses++;
		} else {
			standard++;
		}
	}
	if (integrated && standard + subaddresses > 1) {
		return err_set(ERR_TX_SHAPE,
			       "a payout to an integrated address needs a transaction "
			       "of its own");
	}
	shape->n = o->n;
	shape->additional = subaddresses > 0 && (standard > 0 || subaddresses > 1);
	shape->single_sub = standard == 0 && subaddresses == 1;
	shape->payment_id = integrated || (o->n <= 2 && standard + subaddresses <= 1);
	return ERR_OK;
}

enum err outputs_list(struct made_outputs *o, struct output_shape *shape, const struct plan *p,
		      const struct account_view *account)
{
	memset(o, 0, sizeof *o);
	memset(shape, 0, sizeof *shape);
	if (p->n_out < 1 || p->n_change < 1 || p->n_out > TX_OUTPUTS_MAX ||
	    p->n_out + p->n_change > TX_OUTPUTS_MAX) {
		return err_set(ERR_TX_SHAPE,
			       "%zu payouts and %u change outputs; there may be 1 to %d "
			       "together, at least one of each",
			       p->n_out, p->n_change, TX_OUTPUTS_MAX);
	}
	struct amount change, part, rest;
	enum err rc = plan_change(&change, p);
	if (rc != ERR_OK) {
		return rc;
	}
	struct address own;
	address_of(&own, account, (struct subaddress){p->change_account, 0});
	for (size_t i = 0; i < p->n_out; i++) {
		struct made_output *out = &o->out[o->n++];
		out->to = p->out[i].to;
		out->amount = p->out[i].amount;
		out->change = same_keys(&out->to, &own) && out->to.kind != ADDRESS_INTEGRATED;
		if (out->to.network != account->network) {
			return err_set(ERR_ADDR_NETWORK, "payout %zu goes to another network", i);
		}
		if (amount_is_zero(out->amount)) {
			return err_set(ERR_BALANCE, "payout %zu is of zero", i);
		}
	}
	part = amount_of(change.atomic / p->n_change);
	rest = amount_of(change.atomic - part.atomic * (p->n_change - 1u));
	for (size_t i = 0; i < p->n_change; i++) {
		struct made_output *out = &o->out[o->n++];
		out->to = own;
		out->amount = i + 1 < p->n_change ? part : rest;
		out->change = true;
	}
	return classify(shape, o);
}

static void shuffle(struct made_outputs *o, const struct rng *rng)
{
	for (size_t i = o->n; i > 1; i--) {
		size_t j = (size_t)rng_below(rng, i);
		struct made_output t = o->out[i - 1];
		o->out[i - 1] = o->out[j];
		o->out[j] = t;
	}
}

static enum err multiply(struct public_key *out, const struct scalar *s,
			 const struct public_key *key)
{
	struct point p;
	enum err rc = point_unpack_vartime(&p, key->b);
	if (rc == ERR_OK) {
		point_mul(&p, s, &p);
		point_pack(out->b, &p);
	}
	return rc;
}

/* Who the transaction is for: the only payee, or ourselves when there is none. */
static const struct address *only_payee(const struct made_outputs *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (!o->out[i].change) {
			return &o->out[i].to;
		}
	}
	return &o->out[0].to;
}

static enum err make_one(struct made_outputs *o, size_t i, const struct account_view *account)
{
	struct made_output *out = &o->out[i];
	bool subaddress = out->to.kind == ADDRESS_SUBADDRESS;
	struct derivation d;
	enum err rc = ERR_OK;
	if (o->has_additional && subaddress) {
		rc = multiply(&out->additional, &o->additional[i], &out->to.spend);
	} else if (o->has_additional) {
		public_of_scalar(&out->additional, &o->additional[i]);
	}
	if (rc == ERR_OK) {
		bool own_key = subaddress && o->has_additional;
		rc = out->change
			 ? derive(&d, &o->tx_public, &account->view.s)
			 : derive(&d, &out->to.view, own_key ? &o->additional[i] : &o->tx_key);
	}
	if (rc == ERR_OK) {
		rc = derive_public_key(&out->key, &d, i, &out->to.spend);
	}
	if (rc == ERR_OK) {
		uint8_t clear[8];
		out->view_tag = derive_view_tag(&d, i);
		derive_mask(&out->mask, &d, i);
		commit(&out->commitment, &out->mask, out->amount);
		store64_le(clear, out->amount.atomic);
		amount_crypt(out->amount_enc, clear, &d, i);
		/* What the transaction shows of an output. */
		declassify(&out->key, sizeof out->key);
		declassify(&out->view_tag, sizeof out->view_tag);
		declassify(&out->commitment, sizeof out->commitment);
		declassify(out->amount_enc, sizeof out->amount_enc);
		declassify(&out->additional, sizeof out->additional);
	}
	secret_wipe(&d, sizeof d);
	return rc;
}

enum err outputs_make(struct made_outputs *o, const struct output_shape *shape,
		      const struct account_view *account, const void *secret, size_t secret_n,
		      const struct hash *plan, const struct rng *rng)
{
	enum err rc = ERR_OK;
	shuffle(o, rng);
	sc_nonce(&o->tx_key, "airlock tx key", secret, secret_n, plan->b, sizeof plan->b, rng);
	o->has_additional = shape->additional;
	for (size_t i = 0; i < o->n && shape->additional; i++) {
		tx_additional_key(&o->additional[i], &o->tx_key, i);
	}
	if (shape->single_sub) {
		rc = multiply(&o->tx_public, &o->tx_key, &only_payee(o)->spend);
	} else {
		public_of_scalar(&o->tx_public, &o->tx_key);
	}
	declassify(&o->tx_public, sizeof o->tx_public); /* in tx_extra */
	for (size_t i = 0; rc == ERR_OK && i < o->n; i++) {
		rc = make_one(o, i, account);
		if (rc != ERR_OK) {
			rc = err_wrap(rc, "output %zu", i);
		}
	}
	return rc;
}

size_t outputs_extra_size(const struct output_shape *shape)
{
	return 33 + (shape->additional ? 1 + varint_size(shape->n) + 32 * shape->n : 0) +
	       (shape->payment_id ? 11 : 0);
}

enum err outputs_extra(struct buf *extra, const struct made_outputs *o,
		       const struct output_shape *shape)
{
	buf_u8(extra, EXTRA_PUBLIC_KEY);
	buf_put(extra, o->tx_public.b, 32);
	if (shape->additional) {
		buf_u8(extra, EXTRA_ADDITIONAL_KEYS);
		buf_varint(extra, o->n);
		for (size_t i = 0; i < o->n; i++) {
			buf_put(extra, o->out[i].additional.b, 32);
		}
	}
	if (shape->payment_id) {
		const struct address *payee = only_payee(o);
		struct derivation d;
		uint8_t id[8];
		enum err rc = derive(&d, &payee->view, &o->tx_key);
		if (rc != ERR_OK) {
			return rc;
		}
		payment_id_crypt(id, payee->payment_id, &d);
		declassify(id, sizeof id); /* in tx_extra */
		secret_wipe(&d, sizeof d);
		buf_u8(extra, EXTRA_NONCE);
		buf_varint(extra, 9);
		buf_u8(extra, NONCE_ENCRYPTED_PAYMENT_ID);
		buf_put(extra, id, 8);
	}
	return buf_end(extra);
}

void outputs_wipe(struct made_outputs *o)
{
	secret_wipe(o, sizeof *o);
}
