/*
 * How deep a deposit must be. The rule is a function of the chain alone: the amount that counts is
 * the largest of the deposit itself, all that its transaction pays us, and all that its address
 * received in the `depth_above` blocks that end with its own. One payer cannot get a large payment
 * credited at the depth of a small one by cutting it into outputs, transactions or blocks: what
 * stands at less than full depth for one address adds up to no more than the table allows for that
 * depth. Blocks that come later do not count, so a stranger cannot delay an earlier deposit.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/scan/apply.h"

struct pending {
	struct outpoint at;
	struct subaddress address;
	struct amount amount, of_tx;
};

struct pending_list {
	size_t n, room;
	struct pending *p;
};

uint32_t credit_depth(const struct watcher_config *c, struct amount a)
{
	for (size_t i = 0; i < c->n_steps; i++) {
		if (amount_cmp(a, c->step[i].up_to) <= 0) {
			return c->step[i].depth;
		}
	}
	return c->depth_above;
}

/* Sums that do not fit are as large as can be. */
static struct amount plus(struct amount a, struct amount b)
{
	struct amount sum;
	return amount_add(&sum, a, b) ? sum : amount_of(UINT64_MAX);
}

static struct amount larger(struct amount a, struct amount b)
{
	return amount_cmp(a, b) > 0 ? a : b;
}

static enum err keep(struct pending_list *l, const struct output_record *o)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct pending *more = realloc(l->p, room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		l->p = more;
		l->room = room;
	}
	l->p[l->n++] = (struct pending){o->at, o->address, o->amount, o->amount};
	return ERR_OK;
}

/* The deposits of a block, in the order of their transactions' ids. */
static enum err list_block(struct pending_list *l, struct db_txn *t, uint64_t height)
{
	struct span key, value;
	struct output_record o;
	struct table_key at = key_height(height);
	enum err rc = db_first(t, T_OUT_HEIGHT, key_span(&at), &key, &value);
	while (rc == ERR_OK) {
		struct outpoint point;
		if (key.n != 8 + OUTPOINT_SIZE) {
			rc = err_set(ERR_DB_DAMAGED, "an index by height has a bad key");
			break;
		}
		if (load64_be(key.p) != height) {
			break;
		}
		outpoint_of_key(&point, key.p + 8);
		rc = output_read(&o, t, &point);
		if (rc == ERR_OK && o.state == DEPOSIT_IN_BLOCK) {
			rc = keep(l, &o);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_OUT_HEIGHT, &key, &value);
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static void sum_transactions(struct pending_list *l)
{
	for (size_t i = 0, end; i < l->n; i = end) {
		struct amount sum = {0};
		for (end = i; end < l->n && memcmp(l->p[end].at.tx.b, l->p[i].at.tx.b, 32) == 0;
		     end++) {
			sum = plus(sum, l->p[end].amount);
		}
		for (size_t k = i; k < end; k++) {
			l->p[k].of_tx = sum;
		}
	}
}

static int by_address(const void *a, const void *b)
{
	const struct pending *p = a, *q = b;
	if (p->address.major != q->address.major) {
		return p->address.major < q->address.major ? -1 : 1;
	}
	return p->address.minor < q->address.minor ? -1 : p->address.minor > q->address.minor;
}

static enum err sum_address(struct amount *out, struct db_txn *t, struct subaddress address,
			    uint64_t from, uint64_t to)
{
	struct span key, value;
	struct table_key at = key_address_height(address, from);
	struct table_key last = key_address_height(address, to);
	*out = amount_of(0);
	enum err rc = db_first(t, T_OUT_ADDRESS, key_span(&at), &key, &value);
	while (rc == ERR_OK) {
		if (key.n != 16 + OUTPOINT_SIZE || value.n != 8) {
			return err_set(ERR_DB_DAMAGED, "an index by address has a bad record");
		}
		if (memcmp(key.p, last.b, last.n) > 0) {
			break;
		}
		*out = plus(*out, amount_of(load64_le(value.p)));
		rc = db_next(t, T_OUT_ADDRESS, &key, &value);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err set_due(const struct watcher *w, struct db_txn *t, const struct pending *p,
			struct amount of_address)
{
	struct output_record o;
	enum err rc = output_read(&o, t, &p->at);
	if (rc == ERR_OK) {
		o.judged = larger(larger(p->amount, p->of_tx), of_address);
		o.due = o.height + credit_depth(&w->config, o.judged);
		struct table_key k = key_height_outpoint(o.due, &o.at);
		rc = mark(t, T_DUE, key_span(&k));
	}
	if (rc == ERR_OK) {
		rc = output_write(t, &o);
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

enum err block_depths(const struct watcher *w, struct db_txn *t, uint64_t height)
{
	struct pending_list l = {0};
	struct amount sum = {0};
	uint64_t window = w->config.depth_above;
	enum err rc = list_block(&l, t, height);
	sum_transactions(&l);
	if (l.n) {
		qsort(l.p, l.n, sizeof *l.p, by_address);
	}
	for (size_t i = 0; rc == ERR_OK && i < l.n; i++) {
		if (i == 0 || by_address(&l.p[i - 1], &l.p[i]) != 0) {
			rc = sum_address(&sum, t, l.p[i].address,
					 height < window ? 0 : height - window + 1, height);
		}
		if (rc == ERR_OK) {
			rc = set_due(w, t, &l.p[i], sum);
		}
	}
	free(l.p);
	return rc;
}
