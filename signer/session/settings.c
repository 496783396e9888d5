#include "signer/session/settings.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto/keccak.h"
#include "signer/session/entry.h"

uint64_t env_chain_time(const struct journal_times *newest, uint64_t wall, uint64_t claimed)
{
	uint64_t most = wall + BLOCK_TIME_AHEAD;
	uint64_t chain = claimed < most ? claimed : most;
	return chain > newest->chain ? chain : newest->chain;
}

static struct record *record_new(const struct env *env, enum record_kind kind)
{
	struct record *r = calloc(1, sizeof *r);
	if (r) {
		r->kind = kind;
		r->wall = clock_wall(&env->clock);
	}
	return r;
}

enum err settings_journal(const struct env *env, struct record *r)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, env->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	r->wall = clock_wall(&env->clock);
	rc = entry_add(t, env, r);
	if (rc != ERR_OK) {
		db_abort(t);
		return rc;
	}
	return db_commit(t);
}

enum err settings_init(const struct env *env, uint64_t birthday)
{
	struct db_txn *t = NULL;
	struct ledger_head head;
	struct record *r = record_new(env, RECORD_INIT);
	enum err rc = r ? db_begin(&t, env->db, true) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		goto out;
	}
	rc = journal_head(&head, t);
	if (rc == ERR_OK && head.number) {
		rc = err_set(ERR_EXISTS, "the folder has the journal of another vault");
	}
	if (rc != ERR_OK) {
		goto out;
	}
	memcpy(r->id.b, env->identity->public.b, 32);
	r->number = birthday;
	rc = entry_add(t, env, r);
	if (rc == ERR_OK) {
		rc = db_commit(t);
		t = NULL;
	}
out:
	db_abort(t);
	free(r);
	return rc;
}

enum err settings_pair(struct identity_public *watcher, char name[PROTO_NAME_MAX + 1],
		       const struct env *env, struct span file)
{
	struct envelope e;
	struct pairing p;
	struct buf plain = {0};
	struct db_txn *t = NULL;
	struct record *r = record_new(env, RECORD_PAIRING);
	enum err rc = r ? envelope_open(&e, &plain, file, MSG_PAIRING, env->account->network,
					env->identity, NULL)
			: ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		goto out;
	}
	if ((rc = pairing_decode(&p, e.body)) != ERR_OK) {
		goto out;
	}
	*watcher = e.sender;
	memcpy(name, p.name, sizeof p.name);
	memcpy(r->id.b, e.sender.b, 32);
	memcpy(r->text, p.name, sizeof p.name);
	if ((rc = db_begin(&t, env->db, true)) != ERR_OK) {
		goto out;
	}
	rc = entry_add(t, env, r);
	if (rc == ERR_OK) {
		rc = db_commit(t);
		t = NULL;
	}
out:
	db_abort(t);
	buf_free(&plain);
	free(r);
	return rc;
}

static enum err journal_policy(struct db_txn *t, const struct env *env, struct record *r,
			       enum record_kind kind, const struct policy *p, uint64_t effective)
{
	struct buf text;
	buf_init(&text, RECORD_TEXT_MAX);
	enum err rc = policy_format(&text, p);
	if (rc == ERR_OK) {
		r->kind = kind;
		r->number = effective;
		memcpy(r->text, text.p, text.n);
		r->text[text.n] = '\0';
		keccak256(r->hash.b, text.p, text.n);
		rc = entry_add(t, env, r);
	}
	buf_free(&text);
	return rc;
}

/* The stricter of old and new at once; the whole of the new when the cool-off is over. */
static enum err submit(struct db_txn *t, const struct env *env, struct record *r,
		       const struct policy *old, const struct policy *p, uint64_t *waits_until)
{
	struct policy *now = calloc(1, sizeof *now);
	if (!now) {
		return ERR_NO_MEMORY;
	}
	policy_stricter(now, old, p);
	*waits_until = r->wall + old->cool_off;
	enum err rc = journal_policy(t, env, r, RECORD_POLICY_SUBMITTED, p, *waits_until);
	if (rc == ERR_OK && policy_loosens(now, old)) {
		rc = journal_policy(t, env, r, RECORD_POLICY_EFFECTIVE, now, 0);
	}
	free(now);
	return rc;
}

enum err settings_policy_set(uint64_t *waits_until, const struct env *env, const struct policy *p)
{
	struct db_txn *t = NULL;
	struct policy *old = calloc(1, sizeof *old);
	struct record *r = record_new(env, RECORD_POLICY_SUBMITTED);
	*waits_until = 0;
	enum err rc = old && r ? db_begin(&t, env->db, true) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		goto out;
	}
	rc = state_policy(old, t, env->account->network);
	if (rc == ERR_OK && policy_loosens(old, p)) {
		rc = submit(t, env, r, old, p, waits_until);
	} else if (rc == ERR_OK || rc == ERR_NO_POLICY) {
		rc = journal_policy(t, env, r, RECORD_POLICY_SUBMITTED, p, r->wall);
		if (rc == ERR_OK) {
			rc = journal_policy(t, env, r, RECORD_POLICY_EFFECTIVE, p, 0);
		}
	}
	if (rc == ERR_OK) {
		rc = db_commit(t);
		t = NULL;
	}
out:
	db_abort(t);
	free(old);
	free(r);
	return rc;
}

enum err settings_policy_ripen(const struct env *env, uint64_t claimed)
{
	struct db_txn *t = NULL;
	struct journal_times newest;
	struct state_pending *pending = calloc(1, sizeof *pending);
	struct record *r = record_new(env, RECORD_POLICY_EFFECTIVE);
	enum err rc = pending && r ? db_begin(&t, env->db, true) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = state_pending(pending, t, env->account->network);
	}
	if (rc == ERR_OK) {
		rc = journal_times(&newest, t);
	}
	if (rc == ERR_NOT_FOUND) {
		rc = ERR_OK;
		goto out;
	}
	if (rc != ERR_OK) {
		goto out;
	}
	r->chain = env_chain_time(&newest, r->wall, claimed);
	if (r->wall >= pending->wall && r->chain >= pending->chain) {
		rc = journal_policy(t, env, r, RECORD_POLICY_EFFECTIVE, &pending->policy, 0);
		if (rc == ERR_OK) {
			rc = db_commit(t);
			t = NULL;
		}
	}
out:
	db_abort(t);
	free(pending);
	free(r);
	return rc;
}

enum err settings_clock(const struct env *env)
{
	struct db_txn *t = NULL;
	struct journal_times newest;
	struct record *r = record_new(env, RECORD_CLOCK);
	enum err rc = r ? db_begin(&t, env->db, true) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = journal_times(&newest, t);
	}
	if (rc == ERR_OK) {
		r->number = newest.wall;
		rc = entry_add(t, env, r);
	}
	if (rc == ERR_OK) {
		rc = db_commit(t);
		t = NULL;
	}
	db_abort(t);
	free(r);
	return rc;
}
