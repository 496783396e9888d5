/* The list of checks, and what they share: see verify.h. */
#include "watcher/verify/verify.h"

#include <inttypes.h>

#include "watcher/requests/requests.h"

enum err verify_wrong(const char *what)
{
	return err_set(ERR_DB_DAMAGED, "%s", what);
}

enum err verify_mark(struct db_txn *t, enum table table, struct table_key key, bool want,
		     const char *what)
{
	struct span value;
	enum err rc = db_get(t, table, key_span(&key), &value);
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		return rc;
	}
	return (rc == ERR_OK) == want
		   ? ERR_OK
		   : err_set(ERR_DB_DAMAGED, "a record and the index of %s disagree", what);
}

enum err verify_each(struct verifying *v, enum table table, verify_one *one, uint64_t *n)
{
	struct span key, value;
	uint64_t seen = 0;
	enum err rc = db_first(v->t, table, db_span(NULL, 0), &key, &value);
	for (; rc == ERR_OK; seen++) {
		rc = one ? one(v, key, value) : ERR_OK;
		if (rc == ERR_OK) {
			rc = db_next(v->t, table, &key, &value);
		}
	}
	if (n) {
		*n = seen;
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err verify_count(struct verifying *v, enum table table, uint64_t want)
{
	uint64_t n;
	enum err rc = verify_each(v, table, NULL, &n);
	return rc == ERR_OK && n != want
		   ? err_set(ERR_DB_DAMAGED, "the index %s has %" PRIu64 " records, not %" PRIu64,
			     WATCHER_TABLES[table], n, want)
		   : rc;
}

static enum err verify_events(struct verifying *v, uint64_t *records)
{
	enum err rc = ledger_verify(&v->events, &WATCHER_EVENTS, v->t);
	*records = v->events.number;
	return rc;
}

static enum err verify_journal(struct verifying *v, uint64_t *records)
{
	enum err rc = journal_check(v->w, v->t);
	return rc == ERR_OK ? verify_each(v, T_JOURNAL, NULL, records) : rc;
}

/* In this order: some use what an earlier one summed up; the last one takes the longest. */
static const struct {
	const char *name;
	verify_check *run;
} CHECKS[] = {
    {"events", verify_events},
    {"journal", verify_journal},
    {"blocks", verify_blocks},
    {"pool", verify_pool},
    {"deposits", verify_deposits},
    {"unspent", verify_unspent},
    {"credits", verify_credits},
    {"spends", verify_spends},
    {"payouts", verify_payouts},
    {"requests", verify_requests},
    {"transactions", verify_transactions},
    {"invoices", verify_invoices},
    {"webhooks", verify_webhooks},
    {"counters", verify_counters},
    {"addresses", verify_addresses},
};

static enum err verify(const struct watcher *w, bool keys, verify_visit *told, void *ctx)
{
	struct verifying v = {.w = w, .keys = keys};
	enum err rc = db_begin(&v.t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < sizeof CHECKS / sizeof CHECKS[0]; i++) {
		uint64_t records = 0;
		rc = CHECKS[i].run(&v, &records);
		if (told) {
			told(ctx, CHECKS[i].name, records, rc == ERR_OK);
		}
		if (rc != ERR_OK) {
			rc = err_wrap(rc, "%s", CHECKS[i].name);
		}
	}
	db_abort(v.t);
	return rc;
}

enum err watcher_verify(const struct watcher *w, verify_visit *told, void *ctx)
{
	return verify(w, true, told, ctx);
}

enum err watcher_verify_books(const struct watcher *w)
{
	return verify(w, false, NULL, NULL);
}
