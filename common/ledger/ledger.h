/*
 * A hash-chained append-only log in one table of a db: the signer's journal and the watcher's
 * ledger. Entry n is hashed with BLAKE2b-256 over (label, n, previous hash, content); the first
 * previous hash is the log's label hash. Entries are numbered from 1 without gaps and never change.
 */
#ifndef AIRLOCK_LEDGER_LEDGER_H
#define AIRLOCK_LEDGER_LEDGER_H

#include "common/ledger/db.h"

struct ledger_head {
	uint64_t number; /* 0: empty */
	uint8_t hash[32];
};

/* A log kept in `table`; label (static text) separates one kind of log from another. */
struct ledger {
	unsigned table;
	const char *label;
};

/* The hash an entry has, given its number, the hash before it and its content. */
void ledger_hash(uint8_t out[static 32], const char *label, uint64_t number,
		 const uint8_t previous[static 32], struct span content);
/* The head of an empty log. */
void ledger_genesis(struct ledger_head *out, const char *label);

enum err MUST_CHECK ledger_head(struct ledger_head *out, const struct ledger *l, struct db_txn *t);
/* Appends in the caller's transaction, so that state and entry are durable together. */
enum err MUST_CHECK ledger_append(struct ledger_head *out, const struct ledger *l, struct db_txn *t,
				  struct span content);
/* Entry n's content (borrowed) and hash. ERR_NOT_FOUND; ERR_DB_DAMAGED when the hash is wrong. */
enum err MUST_CHECK ledger_read(struct span *content, uint8_t hash[static 32],
				const struct ledger *l, struct db_txn *t, uint64_t number);
/* Walks the whole chain; ERR_JOURNAL_BROKEN naming the first entry that does not fit. */
enum err MUST_CHECK ledger_verify(struct ledger_head *out, const struct ledger *l,
				  struct db_txn *t);

#endif
