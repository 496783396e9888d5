/* The signer in the simulation: the program's own session, on the simulated disk. */
#include <string.h>

#include "common/base/check.h"
#include "signer/session/session.h"
#include "signer/session/settings.h"
#include "tests/simulation/world.h"

const struct amount COLD_TX_LIMIT = {10 * ATOMIC_PER_XMR};
const struct amount COLD_DAY_LIMIT = {25 * ATOMIC_PER_XMR};

static enum err agree(void *ctx, const struct assessment *a)
{
	(void)ctx;
	(void)a;
	return ERR_OK;
}

static enum err lend(void *ctx, const struct spend_key **spend)
{
	const struct world *w = ctx;
	*spend = &w->origin->spend;
	return ERR_OK;
}

static void take_back(void *ctx)
{
	(void)ctx;
}

static struct env make_env(struct world *w, struct db *db)
{
	return (struct env){db, &w->origin->account, &w->origin->signer_identity, w->clock, w->rng};
}

static uint64_t fixed_wall(void *ctx)
{
	return *(const uint64_t *)ctx;
}

void cold_origin(struct origin *o)
{
	uint64_t now = UINT64_C(1790000000);
	struct rng_seeded stream;
	struct env env = {NULL,
			  &o->account,
			  &o->signer_identity,
			  {&now, fixed_wall, fixed_wall},
			  rng_seeded(&stream, 1)};
	struct identity_public paired;
	char name[PROTO_NAME_MAX + 1];
	struct policy policy = {.limits = {amount_of(8 * ATOMIC_PER_XMR), COLD_TX_LIMIT,
					   COLD_DAY_LIMIT, 100, amount_of(ATOMIC_PER_XMR),
					   amount_of(10000000)},
				.cool_off = 86400};
	uint64_t waits;
	struct buf file, body;
	struct pairing pairing = {.name = "simulated watcher"};
	struct hash hash;
	CHECK(disk_open(&env.db, o->cold) == ERR_OK);
	CHECK(settings_init(&env, 0) == ERR_OK);
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&body, PROTO_MESSAGE_MAX);
	CHECK(pairing_encode(&body, &pairing) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, MSG_PAIRING, NETWORK_MAINNET, 1, buf_span(&body),
			    &o->watcher_identity, NULL) == ERR_OK);
	CHECK(settings_pair(&paired, name, &env, buf_span(&file)) == ERR_OK);
	CHECK(settings_policy_set(&waits, &env, &policy) == ERR_OK && waits == 0);
	struct db_txn *t;
	CHECK(db_begin(&t, env.db, false) == ERR_OK);
	CHECK(journal_head(&o->journal, t) == ERR_OK);
	db_abort(t);
	buf_free(&file);
	buf_free(&body);
	db_close(env.db);
}

/* What a payout of the request is called, by the place it has in one of its transactions. */
static void record_payouts(struct sim_signed *s, const struct request *request, size_t tx)
{
	const struct request_tx *t = &request->txs[tx];
	struct amount leaves = t->plan.fee;
	s->n_payouts = t->plan.n_out;
	for (size_t i = 0; i < t->plan.n_out; i++) {
		const struct request_payout *p = &request->payouts[t->payout[i]];
		s->payouts[i] = p->id;
		CHECK(amount_add(&leaves, leaves, p->amount));
	}
	s->leaves = leaves;
}

static bool known(const struct world *w, const struct hash *id)
{
	for (size_t i = 0; i < w->n_signatures; i++) {
		if (memcmp(w->signatures[i].id.b, id->b, 32) == 0) {
			return true;
		}
	}
	return false;
}

/* Whoever holds the reply holds its signatures, whatever becomes of the programs. */
static void record_signatures(struct world *w, struct span request_file, struct span reply_file,
			      struct ledger_head *answered)
{
	struct envelope env;
	struct buf plain, again;
	struct request request = {0};
	struct reply reply = {0};
	buf_init(&plain, PROTO_MESSAGE_MAX);
	buf_init(&again, PROTO_MESSAGE_MAX);
	CHECK(envelope_open(&env, &plain, request_file, MSG_REQUEST, NETWORK_MAINNET,
			    &w->origin->signer_identity,
			    &w->origin->watcher_identity.public) == ERR_OK);
	CHECK(request_decode(&request, env.body) == ERR_OK);
	CHECK(envelope_open(&env, &again, reply_file, MSG_REPLY, NETWORK_MAINNET,
			    &w->origin->watcher_identity,
			    &w->origin->signer_identity.public) == ERR_OK);
	CHECK(reply_decode(&reply, env.body) == ERR_OK);
	for (size_t i = 0; i < reply.n_txs; i++) {
		const struct reply_tx *t = &reply.txs[i];
		if (t->refused != ERR_OK || known(w, &t->id)) {
			continue;
		}
		CHECK(w->n_signatures < SIGNED_MAX);
		struct sim_signed *s = &w->signatures[w->n_signatures++];
		*s = (struct sim_signed){.id = t->id,
					 .wall = w->now,
					 .chain = fake_chain_time(w->chain),
					 .entry = reply.journal};
		for (; s->n_images < t->n_images && s->n_images < 8; s->n_images++) {
			s->images[s->n_images] = t->images[s->n_images];
		}
		record_payouts(s, &request, i);
		for (size_t k = 0; k < request.txs[i].plan.n_in; k++) {
			struct public_key keys[RING_SIZE];
			for (size_t m = 0; m < RING_SIZE; m++) {
				keys[m] = request.txs[i].plan.in[k].ring[m].key;
			}
			fake_ring_add(&s->rings, keys);
		}
	}
	*answered = reply.journal;
	if (reply.journal.number > w->cold_head.number && cold_has(w, &reply.journal) == ERR_OK) {
		w->cold_head = reply.journal;
	}
	reply_free(&reply);
	request_free(&request);
	buf_free(&plain);
	buf_free(&again);
}

enum err cold_answer(struct world *w, struct span request, struct buf *reply,
		     struct ledger_head *answered)
{
	struct env env = make_env(w, NULL);
	struct session_hooks hooks = {w, agree, lend, take_back};
	struct assessment assessment;
	enum err rc = disk_open(&env.db, w->cold);
	if (rc != ERR_OK) {
		return rc;
	}
	memset(&assessment, 0, sizeof assessment);
	rc = session_answer(reply, &assessment, &env, request, NULL, &hooks);
	assessment_free(&assessment);
	db_close(env.db);
	/* Bytes that were handed out are out, whatever code came with them. */
	if (reply->n) {
		record_signatures(w, request, buf_span(reply), answered);
	}
	return reply->n ? ERR_OK : rc;
}

enum err cold_key_images(struct world *w, struct span asked, struct buf *answer)
{
	struct env env = make_env(w, NULL);
	struct session_hooks hooks = {w, agree, lend, take_back};
	size_t n;
	enum err rc = disk_open(&env.db, w->cold);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = session_key_images(answer, &n, &env, asked, &hooks);
	db_close(env.db);
	return rc;
}

enum err cold_catch_up(struct world *w, struct span copy, struct catch_up *out)
{
	struct env env = make_env(w, NULL);
	enum err rc = disk_open(&env.db, w->cold);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = session_catch_up(out, &env, &copy, 1);
	db_close(env.db);
	return rc;
}

void cold_remembers(struct world *w)
{
	w->cold_head = (struct ledger_head){0};
	for (size_t i = 0; i < w->n_signatures; i++) {
		struct sim_signed *s = &w->signatures[i];
		s->forgotten = cold_has(w, &s->entry) != ERR_OK;
		if (!s->forgotten && s->entry.number > w->cold_head.number) {
			w->cold_head = s->entry;
		}
	}
}

enum err cold_has(struct world *w, const struct ledger_head *head)
{
	struct db *db;
	struct db_txn *t = NULL;
	enum err rc = disk_open(&db, w->cold);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_begin(&t, db, false);
	if (rc == ERR_OK) {
		rc = journal_has(t, head);
	}
	db_abort(t);
	db_close(db);
	return rc;
}

enum err cold_verify(struct world *w)
{
	struct db *db;
	struct db_txn *t = NULL;
	struct ledger_head head;
	enum err rc = disk_open(&db, w->cold);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_begin(&t, db, false);
	if (rc == ERR_OK) {
		rc = journal_verify(&head, t, &w->origin->signer_identity.public);
	}
	db_abort(t);
	db_close(db);
	return rc;
}
