/*
 * Everything derived, computed again from what it is derived from, and compared: both ways, so that
 * neither a record without its mark nor a mark without its record passes. The list of checks is in
 * verify.c.
 */
#ifndef AIRLOCK_WATCHER_VERIFY_H
#define AIRLOCK_WATCHER_VERIFY_H

#include "watcher/store/store.h"

struct verifying {
	const struct watcher *w;
	struct db_txn *t;
	bool keys;                 /* spend keys of addresses are derived again */
	struct ledger_head events; /* the newest, once the ledger's chain was walked */
	/* Of the outputs; `credited` wraps like the ledger's sum, which it is compared with. */
	uint64_t credited;
	uint64_t in_blocks, by_address, due, spent;
	uint64_t images_spent;
	struct tally tally; /* of deposits and payouts as they are */
	uint64_t invoices_end, invoices_late;
	uint64_t height;  /* blocks, from the first */
	uint64_t covered; /* subaddresses that are looked for */
};

/* One check of all records of its kind, which it counts. ERR_DB_DAMAGED, ERR_JOURNAL_BROKEN. */
typedef enum err verify_check(struct verifying *v, uint64_t *records);
verify_check verify_deposits, verify_unspent, verify_credits, verify_spends;
verify_check verify_payouts, verify_requests, verify_transactions;
verify_check verify_blocks, verify_pool, verify_addresses, verify_counters;
verify_check verify_invoices, verify_webhooks;

/* Calls `one` (may be NULL) with each record of a table; counts them (n may be NULL). */
typedef enum err verify_one(struct verifying *v, struct span key, struct span value);
enum err MUST_CHECK verify_each(struct verifying *v, enum table table, verify_one *one,
				uint64_t *n);

/* ERR_DB_DAMAGED in these words. */
enum err verify_wrong(const char *what);
/* A mark is there, or is not. */
enum err MUST_CHECK verify_mark(struct db_txn *t, enum table table, struct table_key key, bool want,
				const char *what);
/* A table has so many records. */
enum err MUST_CHECK verify_count(struct verifying *v, enum table table, uint64_t want);

#endif
