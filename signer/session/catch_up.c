#include "signer/session/catch_up.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "proto/journal.h"
#include "signer/session/entry.h"

static enum err forked(uint64_t number)
{
	return err_set(ERR_JOURNAL_FORK, "entry %llu is not ours; nothing was taken",
		       (unsigned long long)number);
}

/* The copy must carry on from an entry of ours. */
static enum err joins(struct db_txn *t, const struct journal *copy, const struct ledger_head *ours)
{
	if (copy->before.number > ours->number) {
		return err_set(
		    ERR_JOURNAL_BROKEN, "ours end at entry %llu, the copy begins at %llu",
		    (unsigned long long)ours->number, (unsigned long long)copy->before.number + 1);
	}
	enum err rc = journal_has(t, &copy->before);
	return rc == ERR_ROLLED_BACK ? forked(copy->before.number) : rc;
}

static enum err same_as_ours(struct db_txn *t, const struct journal_entry *e)
{
	struct journal_entry ours;
	struct hash hash;
	enum err rc = journal_entry_at(&ours, &hash, t, e->number);
	if (rc == ERR_OK && (ours.content.n != e->content.n ||
			     memcmp(ours.content.p, e->content.p, e->content.n) != 0)) {
		rc = forked(e->number);
	}
	return rc;
}

static enum err take(struct catch_up *out, struct db_txn *t, const struct env *env,
		     const struct journal *copy, struct record *r)
{
	struct ledger_head ours;
	if (!secret_equal(copy->signer.b, env->identity->public.b, sizeof copy->signer.b)) {
		char print[FINGERPRINT_TEXT_MAX];
		return err_set(ERR_MSG_UNKNOWN, "it is the journal of %s",
			       identity_fingerprint(print, &copy->signer));
	}
	enum err rc = journal_head(&ours, t);
	if (rc == ERR_OK) {
		rc = joins(t, copy, &ours);
	}
	for (size_t i = 0; rc == ERR_OK && i < copy->n_entries; i++) {
		const struct journal_entry *e = &copy->entries[i];
		if (e->number <= ours.number) {
			rc = same_as_ours(t, e);
			continue;
		}
		rc = journal_append_copied(r, t, e, &env->identity->public);
		if (rc == ERR_OK) {
			rc = entry_apply(t, r, env);
		}
		out->first = out->taken ? out->first : e->number;
		out->taken++;
	}
	return rc;
}

/* While the clock is too far ahead to be believed, the entry has the time of the one before it. */
static enum err journal_taken(const struct catch_up *c, struct db_txn *t, const struct env *env,
			      struct record *r)
{
	memset(r, 0, sizeof *r);
	r->kind = RECORD_CATCH_UP;
	memcpy(r->hash.b, c->head.hash, sizeof r->hash.b);
	r->number = c->first;
	r->count = c->taken;
	enum err rc = journal_clock(&r->wall, t, clock_wall(&env->clock));
	return rc == ERR_OK || rc == ERR_CLOCK_JUMP ? entry_add(t, env, r) : rc;
}

static enum err take_all(struct catch_up *out, struct db_txn *t, const struct env *env,
			 const struct span *files, size_t n)
{
	struct record *r = calloc(1, sizeof *r);
	enum err rc = r ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		struct journal copy;
		rc = journal_open(&copy, files[i], env->account->network, env->identity);
		if (rc == ERR_OK) {
			rc = take(out, t, env, &copy, r);
			journal_free(&copy);
		}
		if (rc != ERR_OK && n > 1) {
			rc = err_wrap(rc, "file %zu", i + 1);
		}
	}
	if (rc == ERR_OK) {
		rc = journal_head(&out->head, t);
	}
	if (rc == ERR_OK && out->taken) {
		rc = journal_taken(out, t, env, r);
	}
	free(r);
	return rc;
}

enum err session_catch_up(struct catch_up *out, const struct env *env, const struct span *files,
			  size_t n)
{
	struct db_txn *t = NULL;
	memset(out, 0, sizeof *out);
	enum err rc = db_begin(&t, env->db, true);
	if (rc == ERR_OK) {
		rc = take_all(out, t, env, files, n);
	}
	if (rc == ERR_OK && out->taken) {
		rc = db_commit(t);
		t = NULL;
	}
	db_abort(t);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}
