/*
 * How many deposits and payouts there are in each state, kept with each record that is written, so
 * that nobody has to walk a million of them to know: see store.h.
 */
#include <string.h>

#include "watcher/store/store.h"

#define NUMBERS (DEPOSIT_STATES + PAYOUT_STATES)

enum err tally_read(struct tally *out, struct db_txn *t)
{
	uint8_t b[8 * NUMBERS];
	enum err rc = meta_get(t, META_TALLY, b, sizeof b);
	for (size_t i = 0; i < DEPOSIT_STATES; i++) {
		out->deposits[i] = load64_le(b + 8 * i);
	}
	for (size_t i = 0; i < PAYOUT_STATES; i++) {
		out->payouts[i] = load64_le(b + 8 * (DEPOSIT_STATES + i));
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err tally_write(struct db_txn *t, const struct tally *n)
{
	uint8_t b[8 * NUMBERS];
	for (size_t i = 0; i < DEPOSIT_STATES; i++) {
		store64_le(b + 8 * i, n->deposits[i]);
	}
	for (size_t i = 0; i < PAYOUT_STATES; i++) {
		store64_le(b + 8 * (DEPOSIT_STATES + i), n->payouts[i]);
	}
	return meta_put(t, META_TALLY, db_span(b, sizeof b));
}

static bool move(uint64_t *counts, unsigned from, unsigned to)
{
	if (from && counts[from] == 0) {
		return false;
	}
	counts[from] -= from != 0;
	counts[to]++;
	return true;
}

static enum err moved(struct db_txn *t, const struct tally *n, bool good)
{
	return good ? tally_write(t, n)
		    : err_set(ERR_DB_DAMAGED, "more records change their state than were counted");
}

enum err tally_deposit(struct db_txn *t, enum deposit_state from, enum deposit_state to)
{
	struct tally n;
	enum err rc = from == to ? ERR_OK : tally_read(&n, t);
	return rc != ERR_OK || from == to ? rc : moved(t, &n, move(n.deposits, from, to));
}

enum err tally_payout(struct db_txn *t, enum payout_state from, enum payout_state to)
{
	struct tally n;
	enum err rc = from == to ? ERR_OK : tally_read(&n, t);
	return rc != ERR_OK || from == to ? rc : moved(t, &n, move(n.payouts, from, to));
}
