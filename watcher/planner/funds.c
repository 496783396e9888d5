/* What can be spent, and which of it for what: see planner.h. */
#include "watcher/planner/planner.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/balance/spendable.h"

static int by_amount(const void *a, const void *b)
{
	const struct output_record *x = a, *y = b;
	int c = amount_cmp(x->amount, y->amount);
	/* A fixed order among equals, so that the same store gives the same plan. */
	return c ? c : memcmp(&x->at, &y->at, sizeof x->at);
}

static enum err push(struct funds *f, size_t *room, const struct output_record *o)
{
	if (f->n == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct output_record *grown = calloc(more, sizeof *grown);
		if (!grown) {
			return ERR_NO_MEMORY;
		}
		if (f->n) {
			memcpy(grown, f->o, f->n * sizeof *grown);
			secret_wipe(f->o, f->n * sizeof *f->o);
		}
		free(f->o);
		f->o = grown;
		*room = more;
	}
	f->o[f->n++] = *o;
	return ERR_OK;
}

enum err funds_load(struct funds *f, struct db_txn *t)
{
	struct block_record top;
	struct span key, value;
	struct output_record o;
	struct ties ties = {0};
	size_t room = 0;
	*f = (struct funds){0};
	enum err rc = ties_load(&ties, t);
	if (rc == ERR_OK) {
		rc = block_top(&top, t);
	}
	if (rc == ERR_OK) {
		rc = db_first(t, T_UNSPENT, db_span(NULL, 0), &key, &value);
	}
	while (rc == ERR_OK) {
		struct outpoint at;
		if (key.n != OUTPOINT_SIZE) {
			rc = err_set(ERR_DB_DAMAGED, "a record of unspent outputs has a bad key");
			break;
		}
		outpoint_of_key(&at, key.p);
		rc = output_read(&o, t, &at);
		if (rc == ERR_OK && !o.reserved && is_unlocked(&o, top.height + 1, top.time) &&
		    !ties_have(&ties, &at) && !amount_is_zero(o.amount)) {
			rc = push(f, &room, &o);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_UNSPENT, &key, &value);
		}
	}
	rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
	if (rc == ERR_OK) {
		f->taken = calloc(f->n ? f->n : 1, sizeof *f->taken);
		rc = f->taken ? ERR_OK : ERR_NO_MEMORY;
	}
	if (rc == ERR_OK && f->n) {
		qsort(f->o, f->n, sizeof *f->o, by_amount);
	}
	if (rc != ERR_OK) {
		funds_free(f);
	}
	ties_free(&ties);
	secret_wipe(&o, sizeof o);
	return rc;
}

void funds_free(struct funds *f)
{
	if (f->o) {
		secret_wipe(f->o, f->n * sizeof *f->o);
	}
	free(f->o);
	free(f->taken);
	*f = (struct funds){0};
}
