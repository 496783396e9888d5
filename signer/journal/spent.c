/* What the journal says was spent: the rolling windows of the policy's limits. */
#include <stdlib.h>
#include <string.h>

#include "signer/journal/journal.h"

/* Outside the window only when both clocks have moved past it. */
static bool is_past(const struct record *r, uint64_t wall, uint64_t chain, uint64_t window)
{
	bool by_wall = wall >= r->wall && wall - r->wall >= window;
	bool by_chain = chain >= r->chain && chain - r->chain >= window;
	return by_wall && by_chain;
}

static bool count_day(struct policy_spent *out, const struct record *r)
{
	bool fits = amount_add(&out->amount, out->amount, r->counted) &&
		    !__builtin_add_overflow(out->count, r->count, &out->count);
	if (fits && r->consent < TIER_CONFIRMED) {
		fits = amount_add(&out->unattended, out->unattended, r->counted);
	}
	if (fits && r->consent < TIER_APPROVED) {
		fits = amount_add(&out->unapproved, out->unapproved, r->counted);
	}
	return fits;
}

static bool count_signed(struct policy_spent *out, const struct record *r, uint64_t wall,
			 uint64_t chain)
{
	bool fits = amount_add(&out->month, out->month, r->counted);
	if (fits && !is_past(r, wall, chain, POLICY_WEEK)) {
		fits = amount_add(&out->week, out->week, r->counted);
	}
	if (fits && !is_past(r, wall, chain, POLICY_DAY)) {
		fits = count_day(out, r);
	}
	return fits;
}

enum err journal_spent(struct policy_spent *out, struct db_txn *t, uint64_t wall, uint64_t chain)
{
	struct ledger_head head;
	struct record *r = malloc(sizeof *r);
	memset(out, 0, sizeof *out);
	enum err rc = r ? journal_head(&head, t) : ERR_NO_MEMORY;
	/* Both times only rise along the journal, so the first entry that is past ends the walk. */
	for (uint64_t n = rc == ERR_OK ? head.number : 0; n > 0; n--) {
		rc = journal_read(r, NULL, NULL, t, n);
		if (rc != ERR_OK || is_past(r, wall, chain, POLICY_MONTH)) {
			break;
		}
		if (r->kind == RECORD_REQUEST && !is_past(r, wall, chain, POLICY_HOUR)) {
			out->requests++;
		}
		if (r->kind == RECORD_SIGNED && !count_signed(out, r, wall, chain)) {
			rc = err_set(ERR_LIMIT_DAY, "what was spent overflows");
			break;
		}
	}
	free(r);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}
