/* The plain books: remembered blocks, what waits in the pool, addresses, the counters of numbers.
 */
#include <inttypes.h>
#include <string.h>

#include "watcher/scan/halt.h"
#include "watcher/verify/verify.h"

#define SPEND_KEYS 256 /* derived together */

static enum err verify_block(struct verifying *v, struct span key, struct span value)
{
	if (key.n != 8 || value.n != 40) {
		return verify_wrong("a record of blocks does not read back");
	}
	uint64_t height = load64_be(key.p);
	if (v->height && height != v->height) {
		return err_set(ERR_DB_DAMAGED, "block %" PRIu64 " is missing", v->height);
	}
	v->height = height + 1;
	return ERR_OK;
}

enum err verify_blocks(struct verifying *v, uint64_t *records)
{
	v->height = 0;
	return verify_each(v, T_BLOCKS, verify_block, records);
}

static enum err verify_waiting(struct verifying *v, struct span key, struct span value)
{
	struct pool_record p;
	struct account_record a;
	enum err rc = pool_decode(&p, key, value);
	if (rc == ERR_OK) {
		rc = account_read(&a, v->t, p.address.major);
	}
	return rc == ERR_OK && p.address.minor >= a.covered
		   ? verify_wrong("what waits in the pool is paid to an address that is not ours")
		   : rc;
}

enum err verify_pool(struct verifying *v, uint64_t *records)
{
	return verify_each(v, T_POOL, verify_waiting, records);
}

static enum err verify_subaddress(struct verifying *v, struct span key, struct span value)
{
	struct account_record a;
	if (key.n != 32 || value.n != 8) {
		return verify_wrong("a record of subaddresses does not read back");
	}
	enum err rc = account_read(&a, v->t, load32_be(value.p));
	return rc == ERR_OK && load32_be(value.p + 4) >= a.covered
		   ? verify_wrong("an address is looked for that its account does not count")
		   : rc;
}

/* The spend keys that payments are recognised by, from the view key and the indices: each is there,
 * and their count leaves no room for another. */
static enum err verify_spend_keys(struct verifying *v, uint32_t major, uint32_t covered)
{
	struct public_key spend[SPEND_KEYS];
	enum err rc = ERR_OK;
	for (uint32_t minor = 0; rc == ERR_OK && minor < covered;) {
		uint32_t n = covered - minor < SPEND_KEYS ? covered - minor : SPEND_KEYS;
		subaddress_spend_keys(spend, &v->w->account, (struct subaddress){major, minor}, n);
		for (uint32_t i = 0; rc == ERR_OK && i < n; i++, minor++) {
			struct subaddress at;
			rc = subaddress_find(&at, v->t, &spend[i]);
			if (rc == ERR_NOT_FOUND ||
			    (rc == ERR_OK && (at.major != major || at.minor != minor))) {
				rc = err_set(ERR_DB_DAMAGED,
					     "the spend key of address %u/%u is another", major,
					     minor);
			}
		}
	}
	return rc;
}

static enum err verify_account(struct verifying *v, struct span key, struct span value)
{
	struct account_record a;
	(void)value;
	if (key.n != 4) {
		return verify_wrong("a record of accounts has a bad key");
	}
	uint32_t major = load32_be(key.p);
	enum err rc = account_read(&a, v->t, major);
	if (rc == ERR_OK && a.next > a.covered) {
		rc = verify_wrong("an address was given out that is not looked for");
	}
	v->covered += a.covered;
	return rc == ERR_OK && v->keys ? verify_spend_keys(v, major, a.covered) : rc;
}

static enum err verify_given_out(struct verifying *v, struct span key, struct span value)
{
	struct address_entry e;
	struct account_record a;
	enum err rc = address_decode(&e, key, value);
	if (rc == ERR_OK) {
		rc = account_read(&a, v->t, e.at.major);
	}
	return rc == ERR_OK && e.at.minor >= a.next
		   ? verify_wrong("an address that was given out could be given out again")
		   : rc;
}

enum err verify_addresses(struct verifying *v, uint64_t *records)
{
	v->covered = 0;
	enum err rc = verify_each(v, T_SUBADDRESS, verify_subaddress, records);
	if (rc == ERR_OK) {
		rc = verify_each(v, T_ACCOUNTS, verify_account, NULL);
	}
	if (rc == ERR_OK) {
		rc = verify_count(v, T_SUBADDRESS, v->covered);
	}
	return rc == ERR_OK ? verify_each(v, T_ADDRESSES, verify_given_out, NULL) : rc;
}

static bool same_tally(const struct tally *a, const struct tally *b)
{
	bool same = true;
	for (size_t i = 0; i < DEPOSIT_STATES; i++) {
		same = same && a->deposits[i] == b->deposits[i];
	}
	for (size_t i = 0; i < PAYOUT_STATES; i++) {
		same = same && a->payouts[i] == b->payouts[i];
	}
	return same;
}

/* The newest number of each kind was given out by its counter; the tally is that of the records. */
enum err verify_counters(struct verifying *v, uint64_t *records)
{
	static const struct {
		enum table table;
		enum counter counter;
	} kinds[] = {
	    {T_PAYOUTS, COUNT_PAYOUTS}, {T_REQUESTS, COUNT_REQUESTS}, {T_INVOICES, COUNT_INVOICES}};
	uint64_t halt;
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
		struct span key, value;
		uint64_t at;
		rc = counter_get(v->t, kinds[i].counter, &at);
		if (rc == ERR_OK) {
			rc = db_last(v->t, kinds[i].table, db_span(NULL, 0), &key, &value);
		}
		if (rc == ERR_OK && (key.n != 8 || load64_be(key.p) > at)) {
			rc = err_set(ERR_DB_DAMAGED, "a number of %s could be given out again",
				     WATCHER_TABLES[kinds[i].table]);
		}
		rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	if (rc == ERR_OK) {
		rc = payouts_halted(&halt, v->t);
	}
	if (rc == ERR_OK && halt > v->events.number) {
		rc = verify_wrong("payouts are halted by an event that is not there");
	}
	struct tally kept = {0};
	if (rc == ERR_OK) {
		rc = tally_read(&kept, v->t);
	}
	if (rc == ERR_OK && !same_tally(&kept, &v->tally)) {
		rc = verify_wrong("the tally of states is not what the records come to");
	}
	*records = COUNTERS + DEPOSIT_STATES + PAYOUT_STATES;
	return rc;
}
