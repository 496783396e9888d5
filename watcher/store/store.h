/*
 * What the core does with its tables in more than one place: meta values, marks in index tables,
 * events, the chain of remembered blocks.
 */
#ifndef AIRLOCK_WATCHER_STORE_STORE_H
#define AIRLOCK_WATCHER_STORE_STORE_H

#include "watcher/store/record.h"

/* Meta values by name. */
#define META_ACCOUNT "account"   /* account, identities, name, birthday: written once */
#define META_COUNTERS "counters" /* payouts, requests */
#define META_ANCHOR "anchor"     /* height of the first block ever remembered */
#define META_GENESIS "genesis"
#define META_JOURNAL "journal" /* the newest journal head seen */
#define META_RINGS "rings"     /* there when rings of signed transactions must be looked at */
#define META_LATE "late"       /* there when key images may have been spent unseen: scan/late.c */
#define META_HALT "halt"       /* number of the event that halted payouts; absent: none */
#define META_JOURNAL_START "journal-start" /* the kit's head: what our copy carries on from */
#define META_PRUNED "pruned"               /* time of the last pruning */
#define META_TALLY "tally"                 /* records by state */

enum err MUST_CHECK meta_put(struct db_txn *t, const char *name, struct span value);
/* Exactly n bytes; ERR_NOT_FOUND. */
enum err MUST_CHECK meta_get(struct db_txn *t, const char *name, void *out, size_t n);

/* ERR_CANCELLED when w->stopped says so. */
enum err MUST_CHECK may_go_on(const struct watcher *w);

/* The next number of a kind, from 1. */
enum counter { COUNT_PAYOUTS, COUNT_REQUESTS, COUNT_INVOICES, COUNTERS };
enum err MUST_CHECK counter_next(struct db_txn *t, enum counter which, uint64_t *out);
/* The next number is above this one. */
enum err MUST_CHECK counter_raise(struct db_txn *t, enum counter which, uint64_t above);
/* The number that was given out last, 0 none. */
enum err MUST_CHECK counter_get(struct db_txn *t, enum counter which, uint64_t *out);

/* Records by their state; what is written moves them (from 0: a new one). */
struct tally {
	uint64_t deposits[DEPOSIT_STATES], payouts[PAYOUT_STATES];
};
enum err MUST_CHECK tally_read(struct tally *out, struct db_txn *t);
enum err MUST_CHECK tally_deposit(struct db_txn *t, enum deposit_state from, enum deposit_state to);
enum err MUST_CHECK tally_payout(struct db_txn *t, enum payout_state from, enum payout_state to);

/* Whether a caller's id is 1 to `most` of the characters that ids are made of. */
bool id_is_good(const char *id, size_t most);
/* Keccak-256 of the label with its zero, and the id. */
void id_hash(uint8_t out[static 32], const char *label, const char *id);

/* Records that are their key alone. */
enum err MUST_CHECK mark(struct db_txn *t, enum table table, struct span key);
enum err MUST_CHECK unmark(struct db_txn *t, enum table table, struct span key);
/* unmark, where the mark may be gone already. */
enum err MUST_CHECK unmark_any(struct db_txn *t, enum table table, struct span key);

/* Keys of the index tables. */
struct table_key key_height(uint64_t height);
struct table_key key_of_outpoint(const struct outpoint *at);
struct table_key key_height_outpoint(uint64_t height, const struct outpoint *at);
struct table_key key_height_image(uint64_t height, const struct key_image *image);
/* A payout's place in the queue: those of high priority first. */
struct table_key key_queue(const struct payout *p);
/* Deposits of one address by height. */
struct table_key key_address_height(struct subaddress at, uint64_t height);
struct table_key key_one_time(const struct public_key *one_time, const struct outpoint *at);

/* ---- blocks ---- */

struct block_record {
	uint64_t height;
	struct hash id;
	uint64_t time;
};
enum err MUST_CHECK block_put(struct db_txn *t, const struct block_record *b);
enum err MUST_CHECK block_get(struct block_record *b, struct db_txn *t, uint64_t height);
/* ERR_NOT_FOUND while there is none. */
enum err MUST_CHECK block_top(struct block_record *b, struct db_txn *t);
/*
 * ERR_LOCKED when `top`, read before the node was waited for, is no longer the newest: another
 * process had the store meanwhile, and what was found out is about another chain.
 */
enum err MUST_CHECK block_still_top(struct db_txn *t, const struct block_record *top);
enum err MUST_CHECK block_oldest(struct block_record *b, struct db_txn *t);

/* ---- addresses ---- */

/* Gives out the next address of e->at.major under e->label, with its event; sets e->at.minor. */
enum err MUST_CHECK address_make(const struct watcher *w, struct db_txn *t,
				 struct address_entry *e);

/* ---- events ---- */

extern const struct ledger WATCHER_EVENTS;

/* An event under way: event_begin, members, event_end. Texts must need no escape in JSON. */
struct event_writer {
	struct buf b;
};
void event_begin(struct event_writer *e, const char *kind, uint64_t time);
void event_text(struct event_writer *e, const char *name, const char *text);
void event_number(struct event_writer *e, const char *name, uint64_t v);
void event_hash(struct event_writer *e, const char *name, const struct hash *h);
void event_amount(struct event_writer *e, const char *name, struct amount a);
/* Appends to the ledger and releases the writer; *number may be NULL. */
enum err MUST_CHECK event_end(struct event_writer *e, struct db_txn *t, uint64_t *number);

/* ---- addresses that were given out ---- */

enum err MUST_CHECK address_write(struct db_txn *t, const struct address_entry *e);
/* All but the address itself. */
enum err MUST_CHECK address_decode(struct address_entry *e, struct span key, struct span value);

/* ---- subaddresses ---- */

/* Of a spend key; ERR_NOT_FOUND. */
enum err MUST_CHECK subaddress_find(struct subaddress *out, struct db_txn *t,
				    const struct public_key *spend);
/* Was paid to: it is not given out any more, and the lookahead moves on. */
enum err MUST_CHECK subaddress_used(struct db_txn *t, const struct account_view *account,
				    struct subaddress at);
/* Makes sure that every index the lookahead wants beyond `at` can be found. */
enum err MUST_CHECK subaddress_cover(struct db_txn *t, const struct account_view *account,
				     struct subaddress at);

/* What an event in one transaction needs. */
static inline uint64_t watcher_now(const struct watcher *w)
{
	return clock_wall(&w->clock);
}

/* Ends a transaction begun with db_begin: commits when rc is ERR_OK, else aborts and returns rc. */
enum err MUST_CHECK txn_end(struct db_txn *t, enum err rc);

#endif
