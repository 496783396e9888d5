/*
 * Which addresses are ours. Like the official wallet, addresses beyond those given out are watched
 * too (50 accounts of 200 each), so that a restored watcher finds what was paid to them; each hit
 * moves the lookahead on.
 */
#include <string.h>

#include "common/base/check.h"
#include "watcher/store/store.h"

#define LOOKAHEAD_MAJOR 50
#define LOOKAHEAD_MINOR 200

enum err subaddress_find(struct subaddress *out, struct db_txn *t, const struct public_key *spend)
{
	struct span value;
	*out = (struct subaddress){0};
	enum err rc = db_get(t, T_SUBADDRESS, db_span(spend->b, 32), &value);
	if (rc != ERR_OK) {
		return rc;
	}
	if (value.n != 8) {
		return err_set(ERR_DB_DAMAGED, "a record of subaddresses does not read back");
	}
	*out = (struct subaddress){load32_be(value.p), load32_be(value.p + 4)};
	return ERR_OK;
}

/* Covers an account's indices below `end`. */
static enum err cover_account(struct db_txn *t, const struct account_view *account, uint32_t major,
			      uint32_t end)
{
	struct public_key spend[LOOKAHEAD_MINOR];
	struct account_record a;
	enum err rc = account_read(&a, t, major);
	if (rc != ERR_OK || a.covered >= end) {
		return rc;
	}
	while (rc == ERR_OK && a.covered < end) {
		uint32_t n = end - a.covered < LOOKAHEAD_MINOR ? end - a.covered : LOOKAHEAD_MINOR;
		subaddress_spend_keys(spend, account, (struct subaddress){major, a.covered}, n);
		for (uint32_t i = 0; rc == ERR_OK && i < n; i++) {
			uint8_t value[8];
			store32_be(value, major);
			store32_be(value + 4, a.covered++);
			rc = db_put(t, T_SUBADDRESS, db_span(spend[i].b, 32),
				    db_span(value, sizeof value));
		}
	}
	return rc == ERR_OK ? account_write(t, major, &a) : rc;
}

enum err subaddress_cover(struct db_txn *t, const struct account_view *account,
			  struct subaddress at)
{
	CHECK(at.major <= UINT32_MAX - LOOKAHEAD_MAJOR && at.minor <= UINT32_MAX - LOOKAHEAD_MINOR);
	enum err rc = cover_account(t, account, at.major, at.minor + LOOKAHEAD_MINOR);
	struct account_record a;
	/* Accounts are covered without gaps, so the walk down stops at the first that is. */
	for (uint32_t major = at.major + LOOKAHEAD_MAJOR - 1; rc == ERR_OK; major--) {
		rc = account_read(&a, t, major);
		if (rc != ERR_OK || (a.covered >= LOOKAHEAD_MINOR && major != at.major)) {
			break;
		}
		rc = cover_account(t, account, major, LOOKAHEAD_MINOR);
		if (major == 0) {
			break;
		}
	}
	return rc;
}

enum err subaddress_used(struct db_txn *t, const struct account_view *account, struct subaddress at)
{
	struct account_record a;
	enum err rc = account_read(&a, t, at.major);
	if (rc == ERR_OK && a.next <= at.minor) {
		a.next = at.minor + 1;
		rc = account_write(t, at.major, &a);
	}
	return rc == ERR_OK ? subaddress_cover(t, account, at) : rc;
}
