#include "tests/mutation/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

#define FIRST_NUMBER 10
#define FEE UINT64_C(100000000)

static uint64_t wall(void *ctx)
{
	return ((struct target *)ctx)->now;
}

static uint64_t steady(void *ctx)
{
	return ((struct target *)ctx)->now * 1000;
}

static void pair(struct target *t)
{
	struct pairing m = {"a watcher"};
	struct identity_public pinned;
	char name[PROTO_NAME_MAX + 1];
	struct buf body, file;
	struct hash hash;
	buf_init(&body, 1024);
	buf_init(&file, 4096);
	CHECK(pairing_encode(&body, &m) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, MSG_PAIRING, NETWORK_STAGENET, 1, buf_span(&body),
			    &t->watcher, NULL) == ERR_OK);
	CHECK(settings_pair(&pinned, name, &t->env, buf_span(&file)) == ERR_OK);
	buf_free(&body);
	buf_free(&file);
}

static void set_policy(struct target *t)
{
	char text[1024], vault[ADDRESS_TEXT_MAX];
	struct policy *p = calloc(1, sizeof *p);
	uint64_t waits;
	CHECK(p);
	snprintf(
	    text, sizeof text,
	    "{\"version\":1,\"limits\":{\"payout\":\"8\",\"transaction\":\"9\",\"day\":\"17.5\","
	    "\"day_count\":11,\"fee\":\"0.01\",\"fee_per_byte\":\"0.000002\"},"
	    "\"destinations\":[{\"name\":\"cold\",\"address\":\"%s\",\"vault\":true}]}",
	    address_format(vault, &t->vault));
	CHECK(policy_parse(p, (struct span){(const uint8_t *)text, strlen(text)},
			   NETWORK_STAGENET) == ERR_OK);
	CHECK(settings_policy_set(&waits, &t->env, p) == ERR_OK && waits == 0);
	free(p);
}

static void identities(struct target *t)
{
	struct identity *const all[] = {&t->signer, &t->watcher, &t->stranger};
	for (size_t i = 0; i < 3; i++) {
		uint8_t seed[32];
		memset(seed, (int)i + 1, sizeof seed);
		identity_from_seed(all[i], seed);
	}
}

/* Outputs of 10 XMR; those from 30 on are of account 1, the others of account 0. */
static void make_outputs(struct target *t)
{
	for (size_t i = 0; i < OUTPUTS; i++) {
		struct subaddress at = {i >= 30, (uint32_t)(i % 4)};
		test_input_make(&t->outputs[i], &t->ours, at, amount_of(10 * ATOMIC_PER_XMR),
				&t->rng);
	}
	for (uint32_t i = 0; i < SPARES; i++) {
		struct subaddress at = {0, i % 4};
		struct amount amount = amount_of((1 + i) * 2 * ATOMIC_PER_XMR);
		test_input_make(&t->made_up[i], &t->ours, at, amount, &t->rng);
		test_input_make(&t->foreign[i], &t->payee, at, amount, &t->rng);
	}
}

void request_pay(struct request *r, size_t tx, uint8_t id, const struct address *to,
		 struct amount amount)
{
	struct request_tx *t = &r->txs[tx];
	r->payouts = realloc(r->payouts, (r->n_payouts + 1) * sizeof *r->payouts);
	t->payout = realloc(t->payout, (t->plan.n_out + 1) * sizeof *t->payout);
	t->plan.out = realloc(t->plan.out, (t->plan.n_out + 1) * sizeof *t->plan.out);
	CHECK(r->payouts && t->payout && t->plan.out);
	struct request_payout *p = &r->payouts[r->n_payouts];
	memset(p, 0, sizeof *p);
	memset(p->id.b, id, sizeof p->id.b);
	p->to = *to;
	p->amount = amount;
	snprintf(p->reference, sizeof p->reference, "invoice %u", id);
	t->payout[t->plan.n_out] = (uint32_t)r->n_payouts++;
	t->plan.out[t->plan.n_out++] = (struct plan_payout){*to, amount};
}

static void begin(struct target *t, struct request *r, uint64_t number)
{
	memset(r, 0, sizeof *r);
	r->number = number;
	r->time = t->now;
	r->expires = t->now + 3600;
	r->chain_height = 1000;
	r->chain_time = t->now - 60;
}

/* Adds a transaction that spends outputs [first, first + n). */
static void spend(struct target *t, struct request *r, size_t first, size_t n)
{
	r->txs = realloc(r->txs, (r->n_txs + 1) * sizeof *r->txs);
	CHECK(r->txs);
	struct request_tx *tx = &r->txs[r->n_txs++];
	memset(tx, 0, sizeof *tx);
	tx->plan.tx_type = PLAN_TX_CLSAG_BPPLUS;
	tx->plan.in = calloc(n, sizeof *tx->plan.in);
	CHECK(tx->plan.in);
	memcpy(tx->plan.in, &t->outputs[first], n * sizeof *tx->plan.in);
	tx->plan.n_in = n;
	tx->plan.fee = amount_of(FEE);
	tx->plan.n_change = 1;
}

static void pay(struct target *t, struct request *r, uint8_t id, uint32_t minor, uint64_t tenths)
{
	struct address to;
	address_of(&to, &t->payee.account, (struct subaddress){0, minor});
	request_pay(r, r->n_txs - 1, id, &to, amount_of(tenths * (ATOMIC_PER_XMR / 10)));
}

/* Shapes of every kind that the signer signs; ids from 100 on. Outputs from 8 on are unspent. */
static void make_bases(struct target *t)
{
	struct address to;
	for (size_t i = 0; i < BASES; i++) {
		struct request *r = &t->bases[i];
		uint8_t id = (uint8_t)(100 + 10 * i);
		begin(t, r, FIRST_NUMBER + PASTS + 5);
		r->journal = t->heads[t->n_heads - 1];
		spend(t, r, i == 8 ? 30 : 8 + i, i == 1 || i == 8 ? 2 : 1);
		switch (i) {
		case 2: /* two transactions */
			pay(t, r, id, 0, 30);
			spend(t, r, 20, 1);
			pay(t, r, id + 1, 0, 40);
			break;
		case 3: /* a payment id */
			address_of(&to, &t->payee.account, (struct subaddress){0, 0});
			to.kind = ADDRESS_INTEGRATED;
			memset(to.payment_id, 0x5a, sizeof to.payment_id);
			request_pay(r, 0, id, &to, amount_of(ATOMIC_PER_XMR));
			break;
		case 4: /* our own vault: over every limit of amount */
			request_pay(r, 0, id, &t->vault, amount_of(19 * ATOMIC_PER_XMR / 2));
			break;
		case 5: /* one of our own addresses, as a payout */
			address_of(&to, &t->ours.account, (struct subaddress){0, 3});
			request_pay(r, 0, id, &to, amount_of(ATOMIC_PER_XMR));
			break;
		case 6: /* what was signed before, replaced: the same payouts, the same input */
			memcpy(&r->txs[0].plan.in[0], &t->past[1].txs[0].plan.in[0],
			       sizeof r->txs[0].plan.in[0]);
			r->txs[0].plan.fee = amount_of(2 * FEE);
			pay(t, r, 11, 0, 30);
			break;
		case 7: /* two subaddresses: additional keys */
			pay(t, r, id, 1, 10);
			pay(t, r, id + 1, 2, 20);
			break;
		case 8: /* change stays in account 1, in two parts */
			r->txs[0].plan.change_account = 1;
			r->txs[0].plan.n_change = 2;
			pay(t, r, id, 0, 50);
			break;
		case 9: /* up to the limit of a payout */
			pay(t, r, id, 0, 80);
			break;
		case 10: /* many payouts */
			for (uint8_t k = 0; k < 8; k++) {
				pay(t, r, id + k, k % 3, 5 + k);
			}
			break;
		default:
			pay(t, r, id, 0, 20);
			pay(t, r, id + 1, 1, 10);
			break;
		}
	}
}

static enum err agree(void *ctx, const struct assessment *a)
{
	(void)ctx;
	(void)a;
	return ERR_OK;
}

static enum err lend(void *ctx, const struct spend_key **spend_key)
{
	*spend_key = &((struct target *)ctx)->ours.spend;
	return ERR_OK;
}

static void take_back(void *ctx)
{
	(void)ctx;
}

static void know_heads(struct target *t)
{
	struct db_txn *txn;
	struct ledger_head head;
	struct record *r = malloc(sizeof *r);
	CHECK(r && db_begin(&txn, t->db, false) == ERR_OK);
	CHECK(journal_head(&head, txn) == ERR_OK && head.number < HEADS_MAX);
	for (uint64_t i = 1; i <= head.number; i++) {
		struct hash hash;
		CHECK(journal_read(r, &hash, NULL, txn, i) == ERR_OK);
		t->heads[i - 1].number = i;
		memcpy(t->heads[i - 1].hash, hash.b, 32);
	}
	t->n_heads = head.number;
	db_abort(txn);
	free(r);
}

void target_seal(struct target *t, struct buf *file, struct span body, uint64_t sequence)
{
	struct hash hash;
	CHECK(envelope_seal(file, &hash, MSG_REQUEST, NETWORK_STAGENET, sequence, body, &t->watcher,
			    &t->signer.public) == ERR_OK);
}

/* Three transactions before: one alone, and one that was replaced by another. */
static void make_past(struct target *t)
{
	const struct session_hooks hooks = {t, agree, lend, take_back};
	for (size_t i = 0; i < PASTS; i++) {
		struct request *r = &t->past[i];
		struct assessment a;
		struct buf body;
		buf_init(&body, PROTO_MESSAGE_MAX);
		buf_reset(&t->past_file);
		buf_reset(&t->past_reply);
		know_heads(t);
		begin(t, r, FIRST_NUMBER + i);
		r->journal = t->heads[t->n_heads - 1];
		spend(t, r, i == 0 ? 0 : 1, i == 2 ? 2 : 1);
		r->txs[0].plan.fee = amount_of((1 + i) * FEE);
		pay(t, r, i == 0 ? 10 : 11, 0, 30);
		CHECK(request_encode(&body, r) == ERR_OK);
		target_seal(t, &t->past_file, buf_span(&body), r->number);
		CHECK(session_answer(&t->past_reply, &a, &t->env, buf_span(&t->past_file), NULL,
				     &hooks) == ERR_OK);
		t->last_number = r->number;
		assessment_free(&a);
		buf_free(&body);
	}
	know_heads(t);
}

void target_make(struct target *t)
{
	memset(t, 0, sizeof *t);
	t->rng = rng_seeded(&t->stream, 1);
	t->now = UINT64_C(1800000000);
	test_wallet_make(&t->ours, NETWORK_STAGENET, &t->rng);
	test_wallet_make(&t->payee, NETWORK_STAGENET, &t->rng);
	address_of(&t->vault, &t->payee.account, (struct subaddress){7, 7});
	identities(t);
	make_outputs(t);
	t->disk = disk_new();
	CHECK(disk_open(&t->db, t->disk) == ERR_OK);
	t->env = (struct env){t->db, &t->ours.account, &t->signer, {t, wall, steady}, t->rng};
	CHECK(settings_init(&t->env, 0) == ERR_OK);
	pair(t);
	set_policy(t);
	buf_init(&t->past_file, PROTO_MESSAGE_MAX);
	buf_init(&t->past_reply, PROTO_MESSAGE_MAX);
	make_past(t);
	make_bases(t);
	t->start = disk_snapshot(t->disk);
}

void target_reset(struct target *t, uint64_t seed, uint64_t iteration)
{
	disk_restore(t->disk, t->start);
	/* Seeds next to each other, and iterations, give streams that share nothing. */
	t->rng = rng_seeded(&t->stream, seed * UINT64_C(0x9e3779b97f4a7c15) + iteration);
	t->env.rng = t->rng;
}

void target_free(struct target *t)
{
	for (size_t i = 0; i < BASES; i++) {
		request_free(&t->bases[i]);
	}
	for (size_t i = 0; i < PASTS; i++) {
		request_free(&t->past[i]);
	}
	buf_free(&t->past_file);
	buf_free(&t->past_reply);
	db_close(t->db);
	disk_free(t->disk);
	disk_free(t->start);
}

void request_copy(struct request *out, const struct request *r)
{
	struct buf body;
	buf_init(&body, PROTO_MESSAGE_MAX);
	CHECK(request_encode(&body, r) == ERR_OK);
	CHECK(request_decode(out, buf_span(&body)) == ERR_OK);
	buf_free(&body);
}
