#include "tests/unit/unit.h"

#include <unistd.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "tests/unit/signer/gap.h"

static const char *const tables[] = SIGNER_TABLE_NAMES;

static uint64_t wall(void *ctx)
{
	return ((struct gap *)ctx)->now;
}

static uint64_t steady(void *ctx)
{
	return ((struct gap *)ctx)->now * 1000;
}

void gap_open_store(struct gap *g)
{
	assert_int_equal(db_open_lmdb(&g->db, g->dir, tables, TABLE_COUNT, 1 << 26, true), ERR_OK);
	g->env = (struct env){g->db, &g->wallet.account, &g->signer, {g, wall, steady}, g->rng};
}

void gap_pair(struct gap *g)
{
	struct pairing m = {"watcher"};
	struct buf body, file;
	struct hash hash;
	struct identity_public pinned;
	char name[PROTO_NAME_MAX + 1];
	buf_init(&body, 1024);
	buf_init(&file, 4096);
	assert_int_equal(pairing_encode(&body, &m), ERR_OK);
	assert_int_equal(envelope_seal(&file, &hash, MSG_PAIRING, NETWORK_STAGENET, 1,
				       buf_span(&body), &g->watcher, NULL),
			 ERR_OK);
	assert_int_equal(settings_pair(&pinned, name, &g->env, buf_span(&file)), ERR_OK);
	assert_memory_equal(pinned.b, g->watcher.public.b, 32);
	assert_string_equal(name, "watcher");
	buf_free(&body);
	buf_free(&file);
}

void gap_open(struct gap *g)
{
	uint8_t seed[32];
	memset(g, 0, sizeof *g);
	assert_int_equal(secret_start(), ERR_OK);
	snprintf(g->dir, sizeof g->dir, "/tmp/airlock-signer-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	g->rng = rng_seeded(&g->stream, 7);
	g->now = 1800000000;
	g->chain_time = g->now - 60;
	g->consent = true;
	test_wallet_make(&g->wallet, NETWORK_STAGENET, &g->rng);
	test_wallet_make(&g->payee, NETWORK_STAGENET, &g->rng);
	memset(seed, 1, sizeof seed);
	identity_from_seed(&g->signer, seed);
	memset(seed, 2, sizeof seed);
	identity_from_seed(&g->watcher, seed);
	gap_open_store(g);
	assert_int_equal(settings_init(&g->env, 0), ERR_OK);
	gap_pair(g);
	struct db_txn *t;
	assert_int_equal(db_begin(&t, g->db, false), ERR_OK);
	assert_int_equal(journal_head(&g->head, t), ERR_OK);
	db_abort(t);
}

void gap_reopen(struct gap *g)
{
	db_close(g->db);
	gap_open_store(g);
}

void gap_close(struct gap *g)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
	char path[PATH_TEXT_MAX];
	assert_int_equal(g->n_unlocked, 0);
	db_close(g->db);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(path_join(path, g->dir, files[i]), ERR_OK);
		unlink(path);
	}
	assert_int_equal(rmdir(g->dir), 0);
}

void gap_policy(struct gap *g, double payout, double transaction, double day, uint64_t count)
{
	uint64_t waits;
	struct policy p = {0};
	p.limits = (struct policy_limits){XMR(payout), XMR(transaction), XMR(day),
					  count,       XMR(1),           amount_of(UINT32_MAX)};
	p.cool_off = POLICY_COOL_OFF_DEFAULT;
	assert_int_equal(settings_policy_set(&waits, &g->env, &p), ERR_OK);
}

void gap_request(struct gap *g, struct request *r)
{
	memset(r, 0, sizeof *r);
	r->number = ++g->number;
	r->time = g->now;
	r->expires = g->now + HOUR;
	r->chain_height = 1000;
	r->chain_time = g->chain_time;
	r->journal = g->head;
	r->payouts = calloc(8, sizeof *r->payouts);
	r->txs = calloc(8, sizeof *r->txs);
	assert_true(r->payouts && r->txs);
}

struct request_tx *gap_add(struct gap *g, struct request *r, size_t n_in, uint8_t id,
			   struct amount amount)
{
	struct request_tx *t = &r->txs[r->n_txs++];
	struct request_payout *p = &r->payouts[r->n_payouts];
	memset(p->id.b, id, sizeof p->id.b);
	address_of(&p->to, &g->payee.account, (struct subaddress){0, 0});
	p->amount = amount;
	snprintf(p->reference, sizeof p->reference, "invoice %u", id);
	test_plan_make(&t->plan, &g->wallet, n_in, XMR(10), &p->to, amount, XMR(0.0001), &g->rng);
	t->payout = calloc(1, sizeof *t->payout);
	assert_non_null(t->payout);
	t->payout[0] = (uint32_t)r->n_payouts++;
	return t;
}

void gap_seal(struct gap *g, struct buf *file, const struct request *r,
	      const struct identity *sender)
{
	struct buf body;
	struct hash hash;
	buf_init(&body, PROTO_MESSAGE_MAX);
	assert_int_equal(request_encode(&body, r), ERR_OK);
	assert_int_equal(envelope_seal(file, &hash, MSG_REQUEST, NETWORK_STAGENET, r->number,
				       buf_span(&body), sender, &g->signer.public),
			 ERR_OK);
	buf_free(&body);
}

static enum err confirm(void *ctx, const struct assessment *a)
{
	struct gap *g = ctx;
	assert_true(a->n_allowed > 0);
	g->n_confirms++;
	return g->consent ? ERR_OK : ERR_NOT_CONFIRMED;
}

static enum err unlock(void *ctx, const struct spend_key **spend)
{
	struct gap *g = ctx;
	g->n_unlocked++;
	*spend = &g->wallet.spend;
	return ERR_OK;
}

static void lock(void *ctx)
{
	((struct gap *)ctx)->n_unlocked--;
}

static void open_reply(struct gap *g, struct reply *out, const struct buf *file)
{
	struct envelope e;
	struct buf plain = {0};
	assert_int_equal(envelope_open(&e, &plain, buf_span(file), MSG_REPLY, NETWORK_STAGENET,
				       &g->watcher, &g->signer.public),
			 ERR_OK);
	assert_int_equal(reply_decode(out, e.body), ERR_OK);
	buf_free(&plain);
}

enum err gap_answer_file(struct gap *g, struct buf *reply, struct reply *out,
			 const struct buf *file)
{
	struct assessment a;
	const struct session_hooks hooks = {g, g->nobody ? NULL : confirm, unlock, lock};
	memset(out, 0, sizeof *out);
	enum err rc = session_answer(reply, &a, &g->env, buf_span(file), g->approvals, &hooks);
	if (reply->n) {
		open_reply(g, out, reply);
	}
	assert_int_equal(g->n_unlocked, 0);
	assessment_free(&a);
	return rc;
}

enum err gap_answer(struct gap *g, struct request *r, struct reply *out)
{
	struct buf file, reply;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&reply, PROTO_MESSAGE_MAX);
	gap_seal(g, &file, r, &g->watcher);
	enum err rc = gap_answer_file(g, &reply, out, &file);
	if (reply.n) {
		g->head = out->journal;
	}
	buf_free(&file);
	buf_free(&reply);
	request_free(r);
	return rc;
}

size_t gap_entries(struct gap *g, enum record_kind kind)
{
	struct db_txn *t;
	struct ledger_head head;
	struct record *r = malloc(sizeof *r);
	size_t n = 0;
	assert_int_equal(db_begin(&t, g->db, false), ERR_OK);
	assert_int_equal(journal_head(&head, t), ERR_OK);
	for (uint64_t i = 1; i <= head.number; i++) {
		assert_int_equal(journal_read(r, NULL, NULL, t, i), ERR_OK);
		n += r->kind == kind;
	}
	db_abort(t);
	free(r);
	return n;
}
