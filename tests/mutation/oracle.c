/* See oracle.h. Sums are of 128 bits, so that nothing here wraps. */
#include "tests/mutation/oracle.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/monero/tx.h"
#include "common/monero/tx_key.h"

__extension__ typedef unsigned __int128 wide;

#define NUMBER_STEP (UINT64_C(1) << 32)

static bool same_key(const struct plan_input *a, const struct plan_input *b)
{
	return memcmp(a->ring[a->real].key.b, b->ring[b->real].key.b, 32) == 0;
}

static bool same_id(const struct request_payout *a, const struct request_payout *b)
{
	return memcmp(a->id.b, b->id.b, sizeof a->id.b) == 0;
}

static bool same_address(const struct address *a, const struct address *b)
{
	return a->network == b->network && a->kind == b->kind &&
	       memcmp(a->spend.b, b->spend.b, 32) == 0 && memcmp(a->view.b, b->view.b, 32) == 0 &&
	       memcmp(a->payment_id, b->payment_id, sizeof a->payment_id) == 0;
}

static const struct request_payout *payout(const struct request *r, size_t tx, size_t k)
{
	return &r->payouts[r->txs[tx].payout[k]];
}

static const struct plan_input *on_chain(const struct target *t, const struct plan_input *in)
{
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (same_key(&t->outputs[i], in)) {
			return &t->outputs[i];
		}
	}
	return NULL;
}

/* Keys, commitments and places as the chain has them: else every node refuses. */
static bool ring_is_on_chain(const struct plan_input *truth, const struct plan_input *in)
{
	return truth && truth->real == in->real &&
	       memcmp(truth->ring, in->ring, sizeof truth->ring) == 0;
}

/* Rule 2, from its definition: P = H_s(8aR, i) G + D, C = mask G + amount H. */
static bool proven_ours(const struct target *t, const struct plan_input *in)
{
	struct derivation d;
	struct public_key D, P;
	struct commitment C;
	subaddress_spend_key(&D, &t->ours.account, in->at);
	if (derive(&d, &in->tx_public, &t->ours.account.view.s) != ERR_OK ||
	    derive_public_key(&P, &d, in->output_index, &D) != ERR_OK) {
		return false;
	}
	commit(&C, &in->mask, in->amount);
	return memcmp(P.b, in->ring[in->real].key.b, 32) == 0 &&
	       memcmp(C.b, in->ring[in->real].commitment.b, 32) == 0;
}

static const char *judge_ring(const struct plan_input *in)
{
	for (size_t i = 0; i < RING_SIZE; i++) {
		struct point p;
		for (size_t j = 0; j < i; j++) {
			if (memcmp(in->ring[i].key.b, in->ring[j].key.b, 32) == 0) {
				return "a ring holds a key twice";
			}
		}
		if (i && in->ring[i].global_index <= in->ring[i - 1].global_index) {
			return "a ring is not in order";
		}
		if (point_unpack_vartime(&p, in->ring[i].key.b) != ERR_OK) {
			return "a ring holds what is no key";
		}
	}
	return NULL;
}

static const char *judge_inputs(bool *is_on_chain, const struct target *t, const struct request *r,
				const bool *allowed, size_t tx)
{
	const struct plan *p = &r->txs[tx].plan;
	*is_on_chain = true;
	if (p->n_in == 0) {
		return "no input";
	}
	for (size_t k = 0; k < p->n_in; k++) {
		const struct plan_input *in = &p->in[k], *truth = on_chain(t, in);
		const char *wrong = judge_ring(in);
		if (wrong) {
			return wrong;
		}
		if (!proven_ours(t, in)) {
			return "an input is not proven ours, or not of its amount";
		}
		*is_on_chain = *is_on_chain && ring_is_on_chain(truth, in);
		if (ring_is_on_chain(truth, in) && truth->amount.atomic != in->amount.atomic) {
			return "an input of the chain with another amount";
		}
		for (size_t i = 0; i <= tx; i++) {
			const struct plan *other = &r->txs[i].plan;
			for (size_t j = 0;
			     (i == tx || allowed[i]) && j < (i == tx ? k : other->n_in); j++) {
				if (same_key(&other->in[j], in)) {
					return "an output is spent twice";
				}
			}
		}
		if (p->change_account && in->at.major != p->change_account) {
			return "change leaves its account";
		}
	}
	return NULL;
}

/* Rule 6 against what was signed before. */
static const char *judge_past(const struct target *t, const struct request *r, size_t tx)
{
	const struct plan *p = &r->txs[tx].plan;
	for (size_t i = 0; i < PASTS; i++) {
		const struct request *past = &t->past[i];
		bool input = false, pays = false;
		for (size_t k = 0; k < p->n_in; k++) {
			for (size_t j = 0; j < past->txs[0].plan.n_in; j++) {
				input = input || same_key(&p->in[k], &past->txs[0].plan.in[j]);
			}
		}
		for (size_t k = 0; k < p->n_out; k++) {
			const struct request_payout *a = payout(r, tx, k), *b = &past->payouts[0];
			if (!same_id(a, b)) {
				continue;
			}
			pays = true;
			if (!same_address(&a->to, &b->to) || a->amount.atomic != b->amount.atomic ||
			    strcmp(a->reference, b->reference) != 0) {
				return "a payout changed under its id";
			}
		}
		if (pays && !input) {
			return "a payout is paid again without a conflict";
		}
		if (input && !pays) {
			return "an input was signed away for something else";
		}
	}
	return NULL;
}

static const char *judge_payouts(const struct request *r, const bool *allowed, size_t tx)
{
	const struct plan *p = &r->txs[tx].plan;
	if (p->n_out == 0 || p->n_change == 0 || p->n_out + p->n_change > TX_OUTPUTS_MAX) {
		return "a number of outputs that no transaction has";
	}
	for (size_t k = 0; k < p->n_out; k++) {
		const struct request_payout *pay = payout(r, tx, k);
		struct point a, b;
		if (pay->to.network != NETWORK_STAGENET || pay->amount.atomic == 0) {
			return "a payout of nothing, or to another network";
		}
		if (point_unpack_vartime(&a, pay->to.spend.b) != ERR_OK ||
		    point_unpack_vartime(&b, pay->to.view.b) != ERR_OK || point_is_identity(&a) ||
		    point_is_identity(&b) || !point_in_subgroup_vartime(&a) ||
		    !point_in_subgroup_vartime(&b)) {
			return "a payee without a key";
		}
		for (size_t i = 0; i <= tx; i++) {
			size_t end = i == tx ? k : r->txs[i].plan.n_out;
			for (size_t j = 0; (i == tx || allowed[i]) && j < end; j++) {
				if (same_id(payout(r, i, j), pay)) {
					return "a payout is paid twice";
				}
			}
		}
	}
	return NULL;
}

static wide leaves(const struct target *t, const struct request *r, size_t tx)
{
	wide sum = r->txs[tx].plan.fee.atomic;
	for (size_t k = 0; k < r->txs[tx].plan.n_out; k++) {
		const struct request_payout *p = payout(r, tx, k);
		sum += same_address(&p->to, &t->vault) ? 0 : p->amount.atomic;
	}
	return sum;
}

static void spent_before(wide *amount, uint64_t *count, const struct target *t)
{
	*amount = 0;
	*count = 0;
	for (size_t i = 0; i < PASTS; i++) {
		*amount += leaves(t, &t->past[i], 0);
		*count += t->past[i].n_payouts;
	}
}

static const char *judge_amounts(const struct target *t, const struct request *r, size_t tx)
{
	const struct plan *p = &r->txs[tx].plan;
	wide in = 0, out = p->fee.atomic;
	for (size_t k = 0; k < p->n_in; k++) {
		in += p->in[k].amount.atomic;
	}
	for (size_t k = 0; k < p->n_out; k++) {
		const struct request_payout *pay = payout(r, tx, k);
		out += pay->amount.atomic;
		if (pay->amount.atomic > LIMIT_PAYOUT && !same_address(&pay->to, &t->vault)) {
			return "a payout over its limit";
		}
	}
	if (in > UINT64_MAX || in < out) {
		return "more goes out than comes in";
	}
	if (leaves(t, r, tx) > LIMIT_TX) {
		return "a transaction over its limit";
	}
	return p->fee.atomic > LIMIT_FEE ? "a fee over its limit" : NULL;
}

static const char *judge_request(const struct target *t, const struct request *r)
{
	struct ledger_head genesis;
	ledger_genesis(&genesis, JOURNAL_LABEL);
	bool known = r->journal.number == 0 && memcmp(r->journal.hash, genesis.hash, 32) == 0;
	for (size_t i = 0; i < t->n_heads; i++) {
		known = known || (t->heads[i].number == r->journal.number &&
				  memcmp(t->heads[i].hash, r->journal.hash, 32) == 0);
	}
	if (!known) {
		return "a head that the journal does not have";
	}
	if (r->number <= t->last_number || r->number - t->last_number > NUMBER_STEP) {
		return "a request number out of turn";
	}
	return r->expires < t->now ? "an expired request" : NULL;
}

const char *oracle_consents(struct oracle_counts *counts, const struct target *t,
			    const struct request *r, const bool *allowed)
{
	const char *wrong = judge_request(t, r);
	wide day;
	uint64_t count;
	spent_before(&day, &count, t);
	for (size_t i = 0; !wrong && i < r->n_txs; i++) {
		bool is_on_chain = false;
		if (!allowed[i]) {
			continue;
		}
		wrong = judge_inputs(&is_on_chain, t, r, allowed, i);
		wrong = wrong ? wrong : judge_payouts(r, allowed, i);
		wrong = wrong ? wrong : judge_past(t, r, i);
		wrong = wrong ? wrong : judge_amounts(t, r, i);
		day += leaves(t, r, i);
		count += r->txs[i].plan.n_out;
		if (!wrong && (day > LIMIT_DAY || count > LIMIT_COUNT)) {
			wrong = "the day's limit is passed";
		}
		counts->valid += is_on_chain;
		counts->off_chain += !is_on_chain;
	}
	return wrong;
}

/* All that the transaction pays to an address whose keys are as good as known: by its tx keys. */
static bool pays(wide *out, const struct tx *tx, const struct reply_tx *t, const struct address *to)
{
	struct amount received;
	*out = 0;
	if (tx_key_check(&received, tx, t->keys, t->n_keys, to) != ERR_OK) {
		return false;
	}
	*out = received.atomic;
	return true;
}

struct book {
	const struct account_view *account;
	const struct plan *plan;
};

/* Our subaddresses as far as a payout or change can name them. */
static bool find(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	const struct book *b = ctx;
	for (uint32_t minor = 0; minor < 4; minor++) {
		const uint32_t majors[] = {0, 1, b->plan->change_account};
		for (size_t i = 0; i < 3; i++) {
			struct public_key mine;
			*out = (struct subaddress){majors[i], minor};
			subaddress_spend_key(&mine, b->account, *out);
			if (memcmp(mine.b, spend->b, 32) == 0) {
				return true;
			}
		}
	}
	return false;
}

static bool comes_back(wide *sum, const struct target *t, const struct tx *tx,
		       const struct plan *plan)
{
	struct owned_output found[TX_OUTPUTS_MAX];
	struct tx_extra extra;
	struct book book = {&t->ours.account, plan};
	const struct subaddress_book lookup = {&book, find};
	uint8_t derived[32 * (4 + TX_OUTPUTS_MAX)] = {0};
	size_t n = 0;
	*sum = 0;
	tx_extra_parse(&extra, tx->extra);
	if (extra.n_public != 1 || extra.n_additional > TX_OUTPUTS_MAX) {
		return false;
	}
	for (size_t i = 0; i < 1 + extra.n_additional; i++) {
		struct public_key R = extra.public_key[0];
		struct derivation d;
		if (i) {
			memcpy(R.b, extra.additional + 32 * (i - 1), 32);
		}
		if (derive(&d, &R, &t->ours.account.view.s) != ERR_OK) {
			return false;
		}
		memcpy(derived + 32 * i, d.b, 32);
	}
	if (tx_scan(found, &n, TX_OUTPUTS_MAX, tx, &extra, derived, &t->ours.account, &lookup) !=
	    ERR_OK) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		*sum += found[i].amount.atomic;
	}
	return true;
}

enum owner { OTHERS, OURS, NOBODYS };

/*
 * Our keys under a kind of address that is not theirs are nobody's: what is paid there is lost,
 * unless the signer knows its own change.
 */
static enum owner owner_of(const struct target *t, const struct plan *plan, const struct address *a)
{
	struct subaddress at;
	struct address own;
	struct book book = {&t->ours.account, plan};
	if (!find(&book, &at, &a->spend)) {
		return OTHERS;
	}
	address_of(&own, &t->ours.account, at);
	if (memcmp(own.view.b, a->view.b, 32) != 0) {
		return OTHERS;
	}
	bool same =
	    own.kind == a->kind || (own.kind == ADDRESS_STANDARD && a->kind == ADDRESS_INTEGRATED);
	return same ? OURS : NOBODYS;
}

/* What each payee was promised is what reaches him; all else comes back; nothing is left over. */
static const char *account_for(const struct target *t, const struct request *r, size_t i,
			       const struct tx *tx, const struct reply_tx *reply)
{
	const struct plan *plan = &r->txs[i].plan;
	wide in = 0, to_others = 0, to_us = 0, lost = 0, back;
	for (size_t k = 0; k < plan->n_in; k++) {
		in += plan->in[k].amount.atomic;
	}
	for (size_t k = 0; k < plan->n_out; k++) {
		const struct request_payout *p = payout(r, i, k);
		wide promised = 0, paid;
		enum owner owner = owner_of(t, plan, &p->to);
		to_us += owner == OURS ? p->amount.atomic : 0;
		lost += owner == NOBODYS ? p->amount.atomic : 0;
		if (owner != OTHERS) {
			continue;
		}
		for (size_t j = 0; j < plan->n_out; j++) {
			const struct address *a = &payout(r, i, j)->to;
			/* A transaction key shows what went to keys, whatever kind of address had
			 * them. */
			bool same = memcmp(a->spend.b, p->to.spend.b, 32) == 0 &&
				    memcmp(a->view.b, p->to.view.b, 32) == 0;
			promised += same ? payout(r, i, j)->amount.atomic : 0;
		}
		if (!pays(&paid, tx, reply, &p->to) || paid != promised) {
			return "a payee does not get what he was promised";
		}
		to_others += p->amount.atomic;
	}
	if (!comes_back(&back, t, tx, plan)) {
		return "the change cannot be found";
	}
	wide out = to_others + back + tx->fee;
	if (back < to_us || out > in || in - out > lost) {
		return "an amount is not accounted for";
	}
	return NULL;
}

static const char *judge_signed(const struct target *t, const struct request *r, size_t i,
				const struct reply_tx *reply)
{
	const struct plan *plan = &r->txs[i].plan;
	struct tx tx;
	const char *wrong = NULL;
	if (tx_parse(&tx, reply->blob, reply->blob_size, false) != ERR_OK) {
		return "what was signed is no transaction";
	}
	uint64_t weight = tx_weight(reply->blob_size, tx.n_out);
	if (!blob_verifies(reply->blob, reply->blob_size, plan)) {
		wrong = "a signature or proof does not verify";
	} else if (tx.fee != plan->fee.atomic || tx.n_out != plan->n_out + plan->n_change) {
		wrong = "another fee or other outputs than asked for";
	} else if (tx.fee > (wide)LIMIT_FEE_PER_BYTE * weight) {
		wrong = "a fee over its limit per byte";
	} else {
		wrong = account_for(t, r, i, &tx, reply);
	}
	tx_free(&tx);
	return wrong;
}

const char *oracle_signed(const struct target *t, const struct request *r, const bool *allowed,
			  const struct reply *reply)
{
	const char *wrong = reply->n_txs == r->n_txs && reply->request_number == r->number
				? NULL
				: "a reply to another request";
	for (size_t i = 0; !wrong && i < r->n_txs; i++) {
		if (allowed[i] != (reply->txs[i].refused == ERR_OK)) {
			wrong = "something else is signed than was allowed";
		} else if (allowed[i]) {
			wrong = judge_signed(t, r, i, &reply->txs[i]);
		}
	}
	return wrong;
}

const char *oracle_accounts(struct target *t, const struct request *r, const bool *is_signed)
{
	struct policy_spent spent;
	struct db_txn *txn;
	wide amount;
	uint64_t count;
	spent_before(&amount, &count, t);
	for (size_t i = 0; r && i < r->n_txs; i++) {
		amount += is_signed[i] ? leaves(t, r, i) : 0;
		count += is_signed[i] ? r->txs[i].plan.n_out : 0;
	}
	CHECK(db_begin(&txn, t->db, false) == ERR_OK);
	CHECK(journal_spent(&spent, txn, t->now, t->now) == ERR_OK);
	db_abort(txn);
	return spent.amount.atomic == amount && spent.count == count
		   ? NULL
		   : "the journal counts otherwise than was signed";
}
