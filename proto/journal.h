/*
 * Verifying a copy of the signer's journal with nothing but the signer's public identity: what the
 * watcher does with every reply, the signer when it catches up, and an auditor with a file.
 */
#ifndef AIRLOCK_PROTO_JOURNAL_H
#define AIRLOCK_PROTO_JOURNAL_H

#include "proto/envelope.h"

/*
 * Moves *head on to an entry that carries on from it: the next number, signed by `signer` over its
 * place in the chain. ERR_JOURNAL_BROKEN naming the entry; *head stays.
 */
enum err MUST_CHECK journal_follow(struct ledger_head *head, const struct journal_entry *e,
				   const struct identity_public *signer);

/*
 * All of a copy: from `before` (which, at number 0, is the empty journal's) to its head, signed by
 * the signer it names. ERR_JOURNAL_BROKEN naming the first entry that is wrong.
 */
enum err MUST_CHECK journal_walk(const struct journal *m);

/*
 * A copy in the bytes of a message file, open or sealed to `self` (NULL when there is no key),
 * whoever sent it, and walked; of any network when that is NETWORK_COUNT. journal_free *out.
 */
enum err MUST_CHECK journal_open(struct journal *out, struct span file, enum network network,
				 const struct identity *self);

/* Whether text, a fingerprint or 64 hex digits, means this identity. */
bool identity_is(const struct identity_public *id, const char *text);

#endif
