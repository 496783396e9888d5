/* Changes of meaning: see mutate.h. Each makes one lie as cleverly as it can be made. */
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "tests/mutation/mutate.h"

static uint64_t below(const struct target *t, uint64_t n)
{
	return rng_below(&t->rng, n);
}

static struct request_tx *any_tx(struct request *r, const struct target *t)
{
	return &r->txs[below(t, r->n_txs)];
}

static struct plan_input *any_input(struct request *r, const struct target *t)
{
	struct plan *p = &any_tx(r, t)->plan;
	return &p->in[below(t, p->n_in)];
}

static struct request_payout *any_payout(struct request *r, const struct target *t)
{
	return r->n_payouts ? &r->payouts[below(t, r->n_payouts)] : NULL;
}

/* Transactions repeat what payouts say; the message has room for it once. */
static void follow(struct request *r)
{
	for (size_t i = 0; i < r->n_txs; i++) {
		struct request_tx *tx = &r->txs[i];
		for (size_t k = 0; k < tx->plan.n_out; k++) {
			tx->plan.out[k].to = r->payouts[tx->payout[k]].to;
			tx->plan.out[k].amount = r->payouts[tx->payout[k]].amount;
		}
	}
}

/* Values at which something ends. */
static uint64_t edge(const struct target *t, uint64_t near)
{
	static const uint64_t edges[] = {0,
					 1,
					 ATOMIC_PER_XMR,
					 LIMIT_PAYOUT,
					 LIMIT_TX,
					 LIMIT_DAY,
					 LIMIT_FEE,
					 UINT64_C(10) * ATOMIC_PER_XMR,
					 UINT64_C(1) << 32,
					 UINT64_C(1) << 63,
					 UINT64_MAX};
	uint64_t value = edges[below(t, sizeof edges / sizeof edges[0])];
	switch (below(t, 5)) {
	case 0:
		return value;
	case 1:
		return value + below(t, 3) - 1;
	case 2:
		return near + below(t, 3) - 1;
	case 3:
		return near ^ (UINT64_C(1) << below(t, 64));
	default:
		return below(t, UINT64_C(12) * ATOMIC_PER_XMR);
	}
}

static bool input_amount(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t);
	in->amount.atomic = edge(t, in->amount.atomic);
	return true;
}

/* A commitment made to fit the lie: the chain has another, so only the signer can be fooled. */
static bool input_amount_with_commitment(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t);
	in->amount.atomic = edge(t, in->amount.atomic);
	commit(&in->ring[in->real].commitment, &in->mask, in->amount);
	return true;
}

static bool input_mask(struct request *r, struct target *t)
{
	/* The group's order, little endian: the same mask in a second form. */
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
					  0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
					  0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	struct plan_input *in = any_input(r, t);
	unsigned carry = 0;
	if (below(t, 2)) {
		sc_random(&in->mask.s, &t->rng);
		return true;
	}
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)in->mask.s.b[i] + order[i];
		in->mask.s.b[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return true;
}

/* Somebody else's output, or one of ours that was never on any chain. */
static bool input_from_elsewhere(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t);
	const struct plan_input *from = below(t, 2) ? t->made_up : t->foreign;
	*in = from[below(t, SPARES)];
	return true;
}

/* A second input that spends what another one spends, perhaps with other decoys. */
static bool input_twice(struct request *r, struct target *t)
{
	struct plan_input *from = any_input(r, t), *to = NULL;
	struct request_tx *tx = any_tx(r, t);
	struct plan_input copy = *from;
	if (below(t, 2)) {
		to = &tx->plan.in[below(t, tx->plan.n_in)];
	} else {
		tx->plan.in = realloc(tx->plan.in, (tx->plan.n_in + 1) * sizeof *tx->plan.in);
		CHECK(tx->plan.in);
		to = &tx->plan.in[tx->plan.n_in++];
	}
	if (below(t, 2)) {
		struct ring_member real = copy.ring[copy.real];
		const struct plan_input *other = &t->foreign[below(t, SPARES)];
		memcpy(copy.ring, other->ring, sizeof copy.ring);
		copy.real = other->real;
		copy.ring[copy.real].key = real.key;
		copy.ring[copy.real].commitment = real.commitment;
	}
	*to = copy;
	return true;
}

static bool input_signed_before(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t);
	*in = t->past[below(t, PASTS)].txs[0].plan.in[0];
	return true;
}

/* Another output of ours: nothing wrong with it. */
static bool input_other(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t);
	*in = t->outputs[below(t, OUTPUTS)];
	return true;
}

static bool input_dropped(struct request *r, struct target *t)
{
	struct plan *p = &any_tx(r, t)->plan;
	if (p->n_in < 2) {
		return false;
	}
	p->in[below(t, p->n_in)] = p->in[p->n_in - 1];
	p->n_in--;
	return true;
}

static bool input_derivation(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t), *other = any_input(r, t);
	switch (below(t, 5)) {
	case 0:
		in->tx_public = other->tx_public;
		break;
	case 1:
		in->output_index = below(t, 2) ? below(t, 4) : edge(t, in->output_index);
		break;
	case 2:
		in->at.major = (uint32_t)edge(t, in->at.major);
		break;
	case 3:
		in->at.minor = (uint32_t)edge(t, in->at.minor);
		break;
	default:
		/* The identity: every secret shared by it is the same. */
		memset(in->tx_public.b, 0, 32);
		in->tx_public.b[0] = 1;
		break;
	}
	return true;
}

static void swap_members(struct plan_input *in, size_t i, size_t j)
{
	struct ring_member m = in->ring[i];
	in->ring[i].key = in->ring[j].key;
	in->ring[i].commitment = in->ring[j].commitment;
	in->ring[j].key = m.key;
	in->ring[j].commitment = m.commitment;
}

static bool ring(struct request *r, struct target *t)
{
	struct plan_input *in = any_input(r, t);
	size_t i = below(t, RING_SIZE), j = below(t, RING_SIZE);
	switch (below(t, 7)) {
	case 0:
		in->real = (uint8_t)i;
		break;
	case 1: /* the real one moves, and is still named */
		swap_members(in, in->real, i);
		in->real = (uint8_t)i;
		break;
	case 2:
		swap_members(in, i, j);
		break;
	case 3: /* a member twice, perhaps the real one */
		in->ring[i].key = in->ring[j].key;
		in->ring[i].commitment = in->ring[j].commitment;
		break;
	case 4:
		rng_fill(&t->rng, in->ring[i].key.b, 32);
		break;
	case 5:
		rng_fill(&t->rng, in->ring[i].commitment.b, 32);
		break;
	default: /* no decoy: every index next to the one before */
		for (size_t k = 1; k < RING_SIZE; k++) {
			in->ring[k].global_index = in->ring[k - 1].global_index + 1;
		}
		break;
	}
	return true;
}

static bool payout_amount(struct request *r, struct target *t)
{
	struct request_payout *p = any_payout(r, t);
	if (p) {
		p->amount.atomic = edge(t, p->amount.atomic);
	}
	return p != NULL;
}

/* What goes to the payee and what goes to the fee, the sum kept. */
static bool payout_and_fee(struct request *r, struct target *t)
{
	struct request_tx *tx = any_tx(r, t);
	if (tx->plan.n_out == 0) {
		return false;
	}
	struct amount *to = &r->payouts[tx->payout[below(t, tx->plan.n_out)]].amount;
	uint64_t shift = edge(t, tx->plan.fee.atomic);
	to->atomic -= shift;
	tx->plan.fee.atomic += shift;
	return true;
}

static bool payout_address(struct request *r, struct target *t)
{
	struct request_payout *p = any_payout(r, t);
	if (!p) {
		return false;
	}
	switch (below(t, 9)) {
	case 0:
		address_of(&p->to, &t->payee.account, (struct subaddress){9, 9});
		break;
	case 1:
		address_of(&p->to, &t->ours.account, (struct subaddress){0, (uint32_t)below(t, 3)});
		break;
	case 2:
		p->to = t->vault;
		break;
	case 3: /* almost the vault */
		p->to = t->vault;
		p->to.kind = (enum address_kind)below(t, 3);
		break;
	case 4:
		p->to.kind = ADDRESS_INTEGRATED;
		rng_fill(&t->rng, p->to.payment_id, sizeof p->to.payment_id);
		break;
	case 5:
		p->to.network = (enum network)below(t, NETWORK_COUNT);
		break;
	case 6: /* no key, or one of small order */
		memset(below(t, 2) ? p->to.spend.b : p->to.view.b, 0, 32);
		p->to.view.b[0] |= (uint8_t)below(t, 2);
		break;
	case 7:
		rng_fill(&t->rng, below(t, 2) ? p->to.spend.b : p->to.view.b, 32);
		break;
	default:
		p->to.view = t->ours.account.view_public;
		break;
	}
	if (p->to.kind != ADDRESS_INTEGRATED) {
		memset(p->to.payment_id, 0, sizeof p->to.payment_id);
	}
	return true;
}

static bool payout_id(struct request *r, struct target *t)
{
	struct request_payout *p = any_payout(r, t);
	if (!p) {
		return false;
	}
	if (below(t, 2)) {
		p->id = t->past[below(t, PASTS)].payouts[0].id;
	} else {
		p->id = any_payout(r, t)->id;
	}
	return true;
}

/* All of a payout that was signed before; sometimes with what it was paid from. */
static bool payout_signed_before(struct request *r, struct target *t)
{
	const struct request *past = &t->past[below(t, PASTS)];
	struct request_tx *tx = any_tx(r, t);
	if (tx->plan.n_out == 0) {
		return false;
	}
	r->payouts[tx->payout[below(t, tx->plan.n_out)]] = past->payouts[0];
	if (below(t, 2)) {
		tx->plan.in[below(t, tx->plan.n_in)] = past->txs[0].plan.in[0];
	}
	return true;
}

static bool payout_text(struct request *r, struct target *t)
{
	static const char *const texts[] = {"",
					    "\x1b[2J\x1b[1;1H",
					    "\xe2\x80\xae"
					    "RMX 1",
					    "\r\n  fee 0",
					    "\xc2\x9b"
					    "31m",
					    "a\tb\x7f",
					    "\xef\xbb\xbf",
					    "\xe2\x81\xa6\xe2\x81\xa9",
					    "%s%n%1000000d"};
	struct request_payout *p = any_payout(r, t);
	if (p) {
		memset(p->reference, 0, sizeof p->reference);
		const char *text = texts[below(t, sizeof texts / sizeof texts[0])];
		memcpy(p->reference, text, strlen(text));
	}
	return p != NULL;
}

static bool fee(struct request *r, struct target *t)
{
	struct plan *p = &any_tx(r, t)->plan;
	struct amount change;
	switch (below(t, 4)) {
	case 0:
		p->fee.atomic = edge(t, p->fee.atomic);
		break;
	case 1: /* all that is left */
		if (plan_change(&change, p) == ERR_OK) {
			p->fee.atomic += change.atomic;
		}
		break;
	case 2:
		p->fee.atomic = LIMIT_FEE / 8 * (1 + below(t, 9));
		break;
	default:
		p->fee.atomic = LIMIT_FEE_PER_BYTE * (1400 + below(t, 400));
		break;
	}
	return true;
}

static bool change(struct request *r, struct target *t)
{
	struct plan *p = &any_tx(r, t)->plan;
	if (below(t, 2)) {
		p->change_account =
		    below(t, 2) ? (uint32_t)below(t, 3) : (uint32_t)edge(t, p->change_account);
	} else {
		p->n_change = (uint8_t)below(t, TX_OUTPUTS_MAX + 1 - p->n_out);
	}
	return true;
}

static bool transactions(struct request *r, struct target *t)
{
	size_t i = below(t, r->n_txs), j = below(t, r->n_txs);
	if (r->n_txs < 2) {
		return false;
	}
	struct request_tx moved = r->txs[i];
	r->txs[i] = r->txs[j];
	r->txs[j] = moved;
	if (below(t, 2)) { /* both spend from the first one's inputs */
		r->txs[1].plan.in[0] = r->txs[0].plan.in[0];
	}
	return true;
}

/* A payout more: in the same transaction, under an id of its own or one that is there already. */
static bool payout_more(struct request *r, struct target *t)
{
	const struct request_payout *like = any_payout(r, t);
	size_t tx = below(t, r->n_txs);
	if (!like || r->txs[tx].plan.n_out + r->txs[tx].plan.n_change >= TX_OUTPUTS_MAX) {
		return false;
	}
	struct request_payout copy = *like;
	request_pay(r, tx, (uint8_t)below(t, 256), &copy.to, copy.amount);
	if (below(t, 2)) {
		r->payouts[r->n_payouts - 1].id = copy.id;
	}
	return true;
}

static bool number(struct request *r, struct target *t)
{
	const uint64_t numbers[] = {0,
				    1,
				    t->last_number,
				    t->last_number - 1,
				    t->last_number + 1,
				    UINT64_MAX,
				    UINT64_MAX - 1,
				    t->last_number + (UINT64_C(1) << 32),
				    t->last_number + (UINT64_C(1) << 32) + 1};
	r->number = numbers[below(t, sizeof numbers / sizeof numbers[0])];
	return true;
}

static bool times(struct request *r, struct target *t)
{
	const uint64_t values[] = {0,          t->now - 1, t->now, t->now + 1,
				   t->now * 2, UINT64_MAX, 1,      t->now - 90000};
	uint64_t *const fields[] = {&r->time, &r->expires, &r->chain_height, &r->chain_time};
	uint64_t *field = fields[below(t, 4)];
	*field = values[below(t, sizeof values / sizeof values[0])];
	return true;
}

static bool head(struct request *r, struct target *t)
{
	r->journal = t->heads[below(t, t->n_heads)];
	switch (below(t, 5)) {
	case 0:
		r->journal.number++;
		break;
	case 1:
		flip_bit(r->journal.hash, 32, &t->rng);
		break;
	case 2:
		r->journal.number = edge(t, r->journal.number);
		break;
	case 3: /* as if nothing had ever been seen */
		memset(&r->journal, 0, sizeof r->journal);
		break;
	default:
		break;
	}
	return true;
}

static const struct {
	const char *name;
	bool (*change)(struct request *r, struct target *t);
} KINDS[THIEF_KINDS] = {
    {"input amount", input_amount},
    {"input amount and commitment", input_amount_with_commitment},
    {"input mask", input_mask},
    {"input from elsewhere", input_from_elsewhere},
    {"input twice", input_twice},
    {"input signed before", input_signed_before},
    {"another input", input_other},
    {"input dropped", input_dropped},
    {"input's derivation", input_derivation},
    {"ring", ring},
    {"payout amount", payout_amount},
    {"payout against fee", payout_and_fee},
    {"payout address", payout_address},
    {"payout id", payout_id},
    {"payout signed before", payout_signed_before},
    {"payout text", payout_text},
    {"payout more", payout_more},
    {"fee", fee},
    {"change", change},
    {"transactions", transactions},
    {"number", number},
    {"times and head", NULL},
};

bool thief_change(struct request *r, struct target *t, unsigned kind)
{
	CHECK(kind < THIEF_KINDS);
	bool done =
	    KINDS[kind].change ? KINDS[kind].change(r, t) : (below(t, 2) ? times : head)(r, t);
	follow(r);
	return done;
}

const char *thief_kind_name(unsigned kind)
{
	return KINDS[kind].name;
}
