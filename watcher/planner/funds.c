/* What can be spent: see planner.h. Light entries: a treasury may hold a million outputs. */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/balance/spendable.h"
#include "watcher/planner/planner.h"

static int by_amount(const void *a, const void *b)
{
	const struct fund *x = a, *y = b;
	int c = amount_cmp(x->amount, y->amount);
	/* A fixed order among equals, so that the same store gives the same plan. */
	return c ? c : memcmp(&x->at, &y->at, sizeof x->at);
}

static enum err push(struct funds *f, size_t *room, const struct output_record *o)
{
	if (f->n == *room) {
		*room = *room ? 2 * *room : 64;
		struct fund *more = realloc(f->o, *room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		f->o = more;
	}
	f->o[f->n++] = (struct fund){o->at, o->amount, false};
	return ERR_OK;
}

enum err funds_load(struct funds *f, struct db_txn *t)
{
	struct block_record top;
	struct span key, value;
	struct output_record o;
	struct ties ties = {0};
	size_t room = 0;
	*f = (struct funds){.t = t};
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
		/* Change of nothing is an output too. */
		bool good = rc == ERR_OK && !o.reserved && !amount_is_zero(o.amount) &&
			    !ties_have(&ties, &at);
		f->kept += good;
		if (good && is_unlocked(&o, top.height + 1, top.time)) {
			rc = push(f, &room, &o);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_UNSPENT, &key, &value);
		}
	}
	rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
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

struct fund *funds_pick(struct funds *f, struct amount least)
{
	size_t low = 0, high = f->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (amount_cmp(f->o[middle].amount, least) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (size_t i = low; i < f->n; i++) {
		if (!f->o[i].taken) {
			return &f->o[i];
		}
	}
	for (size_t i = low; i > 0; i--) {
		if (!f->o[i - 1].taken) {
			return &f->o[i - 1];
		}
	}
	return NULL;
}

enum err funds_take(struct output_record *out, const struct funds *f, struct fund *from)
{
	enum err rc = output_read(out, f->t, &from->at);
	from->taken = rc == ERR_OK;
	return rc;
}

void funds_give_back(struct funds *f, const struct output_record *o)
{
	for (size_t i = 0; i < f->n; i++) {
		if (memcmp(&f->o[i].at, &o->at, sizeof o->at) == 0) {
			f->o[i].taken = false;
			return;
		}
	}
}

void funds_free(struct funds *f)
{
	if (f->o) {
		secret_wipe(f->o, f->n * sizeof *f->o);
	}
	free(f->o);
	*f = (struct funds){0};
}
