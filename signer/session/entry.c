#include "signer/session/entry.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/crypto/keccak.h"

static enum err parse(struct policy *out, const struct record *r, enum network network)
{
	return policy_parse(out, db_span(r->text, strlen(r->text)), network);
}

static enum err submitted(struct db_txn *t, const struct record *r, enum network network)
{
	struct state_pending *p = calloc(1, sizeof *p);
	enum err rc = p ? parse(&p->policy, r, network) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		uint64_t waits = r->number > r->wall ? r->number - r->wall : 0;
		/* The chain time we know may be of long ago, or none: the clock says how far it is
		 * now. */
		uint64_t chain = r->wall > BLOCK_TIME_AHEAD ? r->wall - BLOCK_TIME_AHEAD : 0;
		p->wall = r->number;
		p->chain = (r->chain > chain ? r->chain : chain) + waits;
		rc = state_set_pending(t, p);
	}
	free(p);
	return rc;
}

/* Whether the policy that waits is the one of this entry. */
static enum err is_pending(bool *same, struct db_txn *t, const struct record *r,
			   enum network network)
{
	struct state_pending *p = calloc(1, sizeof *p);
	struct buf text;
	struct hash hash;
	*same = false;
	buf_init(&text, RECORD_TEXT_MAX);
	enum err rc = p ? state_pending(p, t, network) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = policy_format(&text, &p->policy);
	}
	if (rc == ERR_OK) {
		keccak256(hash.b, text.p, text.n);
		*same = secret_equal(hash.b, r->hash.b, sizeof hash.b);
	}
	buf_free(&text);
	free(p);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err effective(struct db_txn *t, const struct record *r, enum network network)
{
	bool ripe;
	struct policy *p = calloc(1, sizeof *p);
	enum err rc = p ? parse(p, r, network) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = is_pending(&ripe, t, r, network);
	}
	if (rc == ERR_OK && ripe) {
		rc = state_set_pending(t, NULL);
	}
	if (rc == ERR_OK) {
		rc = state_set_policy(t, p);
	}
	if (rc == ERR_OK) {
		rc = journal_set_ahead(t, policy_clock_jump(p));
	}
	free(p);
	return rc;
}

static enum err paired(struct db_txn *t, const struct record *r)
{
	struct identity_public watcher;
	memcpy(watcher.b, r->id.b, sizeof watcher.b);
	return state_set_watcher(t, &watcher, r->text);
}

static enum err answered(struct db_txn *t, const struct record *r)
{
	struct identity_public watcher;
	enum err rc = state_watcher(&watcher, NULL, t);
	if (rc == ERR_OK) {
		rc = state_set_request_number(t, &watcher, r->number);
	}
	/* Until the reply's bytes are known. */
	return rc == ERR_OK ? state_set_reply_lost(t, &r->hash) : rc;
}

static enum err signed_away(struct db_txn *t, const struct record *r)
{
	struct state_tx *tx = calloc(1, sizeof *tx);
	if (!tx) {
		return ERR_NO_MEMORY;
	}
	tx->n_inputs = r->n_inputs;
	memcpy(tx->inputs, r->inputs, r->n_inputs * sizeof tx->inputs[0]);
	tx->n_payouts = r->n_payouts;
	for (size_t i = 0; i < r->n_payouts; i++) {
		tx->payouts[i] = r->payouts[i].id;
		tx->contents[i] = r->payouts[i].content;
	}
	enum err rc = state_add_tx(t, &r->id, tx);
	free(tx);
	return rc;
}

enum err entry_apply(struct db_txn *t, const struct record *r, const struct env *env)
{
	switch (r->kind) {
	case RECORD_PAIRING:
		return paired(t, r);
	case RECORD_POLICY_SUBMITTED:
		return submitted(t, r, env->account->network);
	case RECORD_POLICY_EFFECTIVE:
		return effective(t, r, env->account->network);
	case RECORD_REQUEST:
		return answered(t, r);
	case RECORD_SIGNED:
		return signed_away(t, r);
	case RECORD_INIT:
	case RECORD_REFUSED:
	case RECORD_REQUEST_REFUSED:
	case RECORD_KEY_IMAGES:
	case RECORD_PASSPHRASE:
	case RECORD_APPROVAL:
	case RECORD_CLOCK:
	case RECORD_CATCH_UP:
	case RECORD_BACKUP:
	case RECORD_RESTORED:
		break;
	}
	return ERR_OK;
}

enum err entry_add(struct db_txn *t, const struct env *env, struct record *r)
{
	struct ledger_head head;
	enum err rc = journal_append(&head, t, r, env->identity);
	return rc == ERR_OK ? entry_apply(t, r, env) : rc;
}
