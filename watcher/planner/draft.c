/*
 * Inputs and fee of one transaction. Inputs are chosen with a fee that its weight cannot exceed;
 * the fee it gets is the official wallet's for the exact weight.
 */
#include "watcher/planner/planner.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"

#define OFFSETS_SIZE_MAX (RING_SIZE * 5) /* varints of global indices below 2^35 */
#define FEE_VARINT_WIDE (UINT64_C(1) << 42)

static bool same_keys(const struct address *a, const struct address *b)
{
	return memcmp(a->spend.b, b->spend.b, 32) == 0 && memcmp(a->view.b, b->view.b, 32) == 0;
}

/*
 * Bytes of tx_extra: public key; one more key an output when there are several recipients with a
 * subaddress among them; a payment id, real or dummy, when there is one recipient.
 */
static size_t extra_size(const struct draft *d, const struct account_view *account)
{
	size_t standard = 0, subaddresses = 0, n_out = d->n_payouts + d->n_change;
	bool integrated = false;
	struct address change;
	address_of(&change, account, (struct subaddress){0, 0});
	for (size_t i = 0; i < d->n_payouts; i++) {
		const struct address *to = &d->payouts[i].to;
		bool known = same_keys(to, &change) && to->kind != ADDRESS_INTEGRATED;
		for (size_t j = 0; j < i && !known; j++) {
			known = same_keys(to, &d->payouts[j].to);
		}
		if (!known) {
			integrated = integrated || to->kind == ADDRESS_INTEGRATED;
			subaddresses += to->kind == ADDRESS_SUBADDRESS;
			standard += to->kind != ADDRESS_SUBADDRESS;
		}
	}
	size_t size = 1 + 32;
	if (subaddresses > 0 && (standard > 0 || subaddresses > 1)) {
		size += 1 + varint_size(n_out) + 32 * n_out;
	}
	if (integrated || (n_out <= 2 && standard + subaddresses <= 1)) {
		size += 1 + 1 + 1 + 8;
	}
	return size;
}

static uint64_t per_byte(const struct draft *d, const struct fee_rate *rate)
{
	return d->slow ? rate->least : rate->per_byte;
}

enum err draft_most_fee(struct amount *fee, const struct draft *d, size_t n_in,
			const struct fee_rate *rate, const struct account_view *account)
{
	uint64_t weight = tx_weight_exact(n_in, n_in * OFFSETS_SIZE_MAX, d->n_payouts + d->n_change,
					  extra_size(d, account), FEE_VARINT_WIDE);
	return fee_of_weight(fee, weight, per_byte(d, rate), rate->mask);
}

/* What the payouts and the greatest fee for n_in inputs come to. */
static enum err needed(struct amount *out, const struct draft *d, size_t n_in,
		       const struct fee_rate *rate, const struct account_view *account)
{
	enum err rc = draft_most_fee(out, d, n_in, rate, account);
	for (size_t i = 0; rc == ERR_OK && i < d->n_payouts; i++) {
		if (!amount_add(out, *out, d->payouts[i].amount)) {
			rc = err_set(ERR_FUNDS, "the payouts add up to more than can exist");
		}
	}
	return rc;
}

enum err draft_inputs(struct amount *out, const struct draft *d)
{
	*out = amount_of(0);
	for (size_t i = 0; i < d->n_in; i++) {
		if (!amount_add(out, *out, d->in[i].amount)) {
			return err_set(ERR_DB_DAMAGED, "inputs overflow");
		}
	}
	return ERR_OK;
}

enum err draft_split(struct draft *d, size_t most, struct amount least, const struct fee_rate *rate,
		     const struct account_view *account)
{
	struct amount have, want, rest;
	enum err rc = draft_inputs(&have, d);
	if (most > TX_OUTPUTS_MAX - d->n_payouts) {
		most = TX_OUTPUTS_MAX - d->n_payouts;
	}
	for (size_t n = most; rc == ERR_OK && n > 1; n--) {
		d->n_change = n;
		rc = needed(&want, d, d->n_in, rate, account);
		if (rc == ERR_OK && amount_sub(&rest, have, want) &&
		    rest.atomic / n >= least.atomic) {
			return ERR_OK;
		}
	}
	d->n_change = 1;
	return rc;
}

/* ERR_FUNDS when the inputs it has do not suffice. */
static enum err suffices(struct amount *have, const struct draft *d, const struct fee_rate *rate,
			 const struct account_view *account)
{
	struct amount want;
	enum err rc = draft_inputs(have, d);
	if (rc != ERR_OK || d->n_in == 0) {
		return rc == ERR_OK ? ERR_FUNDS : rc;
	}
	rc = needed(&want, d, d->n_in, rate, account);
	return rc == ERR_OK && amount_cmp(*have, want) < 0 ? ERR_FUNDS : rc;
}

/* What was signed cannot be given up, and may have been all its inputs hold: see planner.h. */
static enum err fund_slowly(struct draft *d, const struct fee_rate *rate,
			    const struct account_view *account)
{
	struct amount have;
	d->slow = true;
	enum err rc = suffices(&have, d, rate, account);
	d->slow = rc == ERR_OK;
	return rc;
}

enum err draft_fund(struct draft *d, struct funds *f, const struct fee_rate *rate,
		    const struct account_view *account)
{
	struct amount have, want, lacking;
	size_t tied = d->n_in;
	enum err rc;
	d->n_change = 1;
	d->slow = false;
	while ((rc = suffices(&have, d, rate, account)) == ERR_FUNDS) {
		rc = needed(&want, d, d->n_in + 1, rate, account);
		if (rc != ERR_OK) {
			break;
		}
		/* Never false: one input less wants less, and that was not there. */
		CHECK(amount_sub(&lacking, want, have));
		struct fund *next = funds_pick(f, lacking);
		if (!next || d->n_in == TX_INPUTS_MAX) {
			rc = ERR_FUNDS;
			break;
		}
		rc = funds_take(&d->in[d->n_in], f, next);
		if (rc != ERR_OK) {
			break;
		}
		d->n_in++;
	}
	if (rc == ERR_OK) {
		return rc;
	}
	for (; d->n_in > tied; d->n_in--) {
		funds_give_back(f, &d->in[d->n_in - 1]);
	}
	return rc == ERR_FUNDS && tied ? fund_slowly(d, rate, account) : rc;
}

enum err draft_plan(struct draft *d)
{
	struct plan *p = &d->plan;
	*p = (struct plan){
	    .tx_type = PLAN_TX_CLSAG_BPPLUS, .change_account = 0, .n_change = (uint8_t)d->n_change};
	p->in = calloc(d->n_in, sizeof *p->in);
	p->out = calloc(d->n_payouts, sizeof *p->out);
	if (!p->in || !p->out) {
		plan_free(p);
		return ERR_NO_MEMORY;
	}
	p->n_in = d->n_in;
	p->n_out = d->n_payouts;
	for (size_t i = 0; i < d->n_in; i++) {
		const struct output_record *o = &d->in[i];
		struct plan_input *in = &p->in[i];
		in->tx_public = o->tx_public;
		in->output_index = o->at.index;
		in->at = o->address;
		in->amount = o->amount;
		in->mask = o->mask;
	}
	for (size_t i = 0; i < d->n_payouts; i++) {
		p->out[i].to = d->payouts[i].to;
		p->out[i].amount = d->payouts[i].amount;
	}
	return ERR_OK;
}

enum err draft_fee(struct draft *d, const struct fee_rate *rate, const struct account_view *account)
{
	size_t offsets = 0;
	struct amount change;
	for (size_t i = 0; i < d->plan.n_in; i++) {
		uint64_t previous = 0;
		for (size_t k = 0; k < RING_SIZE; k++) {
			uint64_t at = d->plan.in[i].ring[k].global_index;
			offsets += varint_size(at - previous);
			previous = at;
		}
	}
	/* The fee's own length is part of the weight: it can only grow, so this ends. */
	struct amount fee = amount_of(0), last;
	do {
		last = fee;
		uint64_t weight = tx_weight_exact(d->n_in, offsets, d->n_payouts + d->n_change,
						  extra_size(d, account), last.atomic);
		enum err rc = fee_of_weight(&fee, weight, per_byte(d, rate), rate->mask);
		if (rc != ERR_OK) {
			return rc;
		}
	} while (amount_cmp(fee, last) > 0);
	d->plan.fee = fee;
	if (d->all) {
		d->plan.out[0].amount = amount_of(0);
		enum err rc = plan_change(&d->plan.out[0].amount, &d->plan);
		d->payouts[0].amount = d->plan.out[0].amount;
		return rc;
	}
	return plan_change(&change, &d->plan);
}
