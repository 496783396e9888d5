/*
 * The state follows from the journal, and from nothing else: what an entry changes in it stands in
 * one place, which a new entry and one that is caught up with both pass through. So the state after
 * catching up is the one that was lost, all but the replies' bytes.
 */
#ifndef AIRLOCK_SIGNER_ENTRY_H
#define AIRLOCK_SIGNER_ENTRY_H

#include "signer/session/env.h"

/* Appends the record and applies it, in the caller's transaction. The errors of journal_append. */
enum err MUST_CHECK entry_add(struct db_txn *t, const struct env *env, struct record *r);

/* What the entry changes. r->chain is as it stands in the journal. */
enum err MUST_CHECK entry_apply(struct db_txn *t, const struct record *r, const struct env *env);

#endif
