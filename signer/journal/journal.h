/*
 * The signer's journal: a ledger whose entries are records, each signed by the signer's identity
 * over its chain hash, so that whoever knows the public identity can verify it all. Appending
 * happens in the caller's transaction, so that entry and state are durable together or not at all.
 */
#ifndef AIRLOCK_SIGNER_JOURNAL_H
#define AIRLOCK_SIGNER_JOURNAL_H

#include "proto/envelope.h"
#include "signer/journal/record.h"
#include "signer/journal/tables.h"

#define JOURNAL_LABEL "airlock-signer-journal"

enum err MUST_CHECK journal_head(struct ledger_head *out, struct db_txn *t);

/*
 * Whether the machine's clock is believed: ERR_CLOCK_BEHIND when it is before the newest entry's
 * time, ERR_CLOCK_JUMP when it is further ahead of it than the bound in force, which only a person
 * can confirm (RECORD_CLOCK). *held is the time to write down until then: the newest entry's. When
 * the clock is believed, *held is `wall`.
 */
enum err MUST_CHECK journal_clock(uint64_t *held, struct db_txn *t, uint64_t wall);

/* How far ahead of the newest entry the clock may be, in seconds: what stands, and the default. */
#define JOURNAL_AHEAD_DEFAULT POLICY_WEEK
enum err MUST_CHECK journal_ahead(uint64_t *out, struct db_txn *t);
enum err MUST_CHECK journal_set_ahead(struct db_txn *t, uint64_t seconds);

/*
 * Appends. Time only goes forward, and not by leaps: the errors of journal_clock, of which a
 * RECORD_CLOCK meets only the first. The record's chain time is raised to the newest one's.
 */
enum err MUST_CHECK journal_append(struct ledger_head *out, struct db_txn *t, struct record *r,
				   const struct identity *identity);

/*
 * Appends an entry of our own from a copy of the journal, signature and all; *r is what it says.
 * ERR_JOURNAL_BROKEN unless it follows our newest, is signed by us, is of a kind we know, and no
 * older than the one before it.
 */
enum err MUST_CHECK journal_append_copied(struct record *r, struct db_txn *t,
					  const struct journal_entry *e,
					  const struct identity_public *identity);

/*
 * Marks the journal as one that came out of a backup. The next entry that is appended is then
 * preceded by one that says so: not before, since the watcher's copy may hold entries that come
 * first.
 */
enum err MUST_CHECK journal_set_restored(struct db_txn *t);
/* Whether it is marked, and has not been added to since. */
enum err MUST_CHECK journal_restored(bool *out, struct db_txn *t);

/* ERR_NOT_FOUND, ERR_DB_DAMAGED, ERR_JOURNAL_BROKEN. hash and signature may be NULL. */
enum err MUST_CHECK journal_read(struct record *out, struct hash *hash, uint8_t *signature,
				 struct db_txn *t, uint64_t number);

/* The newest entry; all zero (number 0) when there is none. */
struct journal_times {
	uint64_t wall, chain;
};
enum err MUST_CHECK journal_times(struct journal_times *out, struct db_txn *t);

/*
 * What an entry says. ERR_JOURNAL_BROKEN for a kind that is not known, or a time before *newest,
 * which moves on to it.
 */
enum err MUST_CHECK journal_says(struct record *out, struct journal_times *newest,
				 const struct journal_entry *e);

/* What was hashed and signed of an entry, borrowed, and its signature. ERR_NOT_FOUND. */
enum err MUST_CHECK journal_entry_at(struct journal_entry *out, struct hash *hash, struct db_txn *t,
				     uint64_t number);

/*
 * ERR_ROLLED_BACK unless `seen`, the head that the watcher echoes, is an entry we have (or the
 * empty journal).
 */
enum err MUST_CHECK journal_has(struct db_txn *t, const struct ledger_head *seen);

/*
 * What left within the last 24 hours, 7 and 30 days, and what was answered within the hour. An
 * entry has left a window only when both clocks have moved past it.
 */
enum err MUST_CHECK journal_spent(struct policy_spent *out, struct db_txn *t, uint64_t wall,
				  uint64_t chain);

/*
 * Sets m's entries (freed by journal_free) to those after number `after`, as many as fit a message,
 * and its heads. Contents are borrowed from the transaction. The signer is the caller's to set.
 */
enum err MUST_CHECK journal_copy(struct journal *m, struct db_txn *t, uint64_t after);

/*
 * Sets r->entries (freed by reply_free) to the entries after number `after`, as many as fit a
 * reply, and r->journal to the newest of them. Their contents are borrowed from the transaction.
 */
enum err MUST_CHECK journal_since(struct reply *r, struct db_txn *t, uint64_t after);

/* Chain and signatures of everything; ERR_JOURNAL_BROKEN names the first entry that is wrong. */
enum err MUST_CHECK journal_verify(struct ledger_head *out, struct db_txn *t,
				   const struct identity_public *identity);

#endif
