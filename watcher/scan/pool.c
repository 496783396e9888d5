/*
 * Deposits that wait in the node's pool: seen, shown, never credited. Only what waits now is kept,
 * so the store does not grow with what comes and goes. What does not parse is passed over: the pool
 * is no chain, and a node may know transactions that we do not.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/scan/apply.h"

#define WAITING_MAX 100000 /* deposits; a node's pool holds far fewer */

/* The pool as one block, so that it is scanned as blocks are; pointers are borrowed from it. */
struct pool_batch {
	struct chain_block block;
	struct chain_batch batch;
};

static bool parses(const struct chain_pool_tx *p)
{
	struct tx tx;
	if (tx_parse(&tx, p->blob, p->size, p->pruned) != ERR_OK) {
		return false;
	}
	bool good = tx.n_in > 0 && !tx.in[0].coinbase;
	tx_free(&tx);
	return good;
}

static enum err batch_of(struct pool_batch *b, const struct chain_pool_tx *pool, size_t n)
{
	*b = (struct pool_batch){.batch = {.n = 1}};
	b->block.txs = calloc(n ? n : 1, sizeof *b->block.txs);
	if (!b->block.txs) {
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < n; i++) {
		if (parses(&pool[i])) {
			b->block.txs[b->block.n_txs++] = (struct chain_tx){
			    .id = pool[i].id,
			    .blob = pool[i].blob,
			    .size = pool[i].size,
			    .pruned = pool[i].pruned,
			};
		}
	}
	b->batch.blocks = &b->block;
	return ERR_OK;
}

struct waiting_list {
	size_t n, room;
	struct pool_record *p;
};

static enum err keep(struct waiting_list *l, const struct pool_record *p)
{
	if (l->n == WAITING_MAX) {
		return err_set(ERR_NODE_ANSWER, "the pool is said to hold more than %d deposits",
			       WAITING_MAX);
	}
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct pool_record *more = realloc(l->p, room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		l->p = more;
		l->room = room;
	}
	l->p[l->n++] = *p;
	return ERR_OK;
}

/* Change and payouts to ourselves are no deposits. */
static enum err spends_ours(bool *out, struct db_txn *t, const struct tx *tx)
{
	enum err rc = ERR_NOT_FOUND;
	struct image_record image;
	for (size_t i = 0; rc == ERR_NOT_FOUND && i < tx->n_in; i++) {
		rc = image_read(&image, t, &tx->in[i].image);
	}
	*out = rc == ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err scan_tx(struct waiting_list *l, const struct watcher *w, struct db_txn *t,
			const struct hash *id, const struct prepared_tx *pt, const uint8_t *derived)
{
	struct stored_book ctx = {t, ERR_OK};
	struct subaddress_book book = {&ctx, stored_book_find};
	size_t n = 0;
	bool own;
	if (pt->tx.version != 2 || pt->tx.n_out == 0) {
		return ERR_OK;
	}
	enum err rc = spends_ours(&own, t, &pt->tx);
	if (rc != ERR_OK || own) {
		return rc;
	}
	struct owned_output *found = calloc(pt->tx.n_out, sizeof *found);
	if (!found) {
		return ERR_NO_MEMORY;
	}
	rc = tx_scan(found, &n, pt->tx.n_out, &pt->tx, &pt->extra,
		     derived ? derived + 32 * pt->derived : NULL, &w->account, &book);
	if (rc == ERR_OK) {
		rc = ctx.rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		struct pool_record p = {{*id, (uint32_t)found[i].index},
					found[i].at,
					found[i].amount,
					pt->tx.unlock_time};
		rc = keep(l, &p);
	}
	secret_wipe(found, pt->tx.n_out * sizeof *found);
	free(found);
	return rc;
}

/* Whether it stands in a block of ours; the node's pool and our blocks are of two moments. */
static enum err is_mined(bool *out, struct db_txn *t, const struct outpoint *at)
{
	struct output_record o;
	enum err rc = output_read(&o, t, at);
	*out = rc == ERR_OK && o.state != DEPOSIT_REVERSED;
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err scan_pool(struct waiting_list *l, const struct watcher *w, struct db_txn *t,
			  const struct pool_batch *b, const struct prepared *p)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < b->block.n_txs; i++) {
		rc = scan_tx(l, w, t, &b->block.txs[i].id, &p->blocks[0].txs[i], p->derived);
	}
	return rc;
}

static enum err drop_mined(struct waiting_list *l, struct db_txn *t)
{
	enum err rc = ERR_OK;
	size_t kept = 0;
	for (size_t i = 0; rc == ERR_OK && i < l->n; i++) {
		bool mined;
		rc = is_mined(&mined, t, &l->p[i].at);
		if (rc == ERR_OK && !mined) {
			l->p[kept++] = l->p[i];
		}
	}
	l->n = kept;
	return rc;
}

static int by_outpoint(const void *a, const void *b)
{
	const struct pool_record *p = a, *q = b;
	int c = memcmp(p->at.tx.b, q->at.tx.b, 32);
	return c ? c : p->at.index < q->at.index ? -1 : p->at.index > q->at.index;
}

static void sort(struct waiting_list *l)
{
	size_t kept = 0;
	if (l->n) {
		qsort(l->p, l->n, sizeof *l->p, by_outpoint);
	}
	for (size_t i = 0; i < l->n; i++) {
		/* A node may name one twice. */
		if (kept == 0 || by_outpoint(&l->p[kept - 1], &l->p[i]) != 0) {
			l->p[kept++] = l->p[i];
		}
	}
	l->n = kept;
}

static enum err pool_event(const struct watcher *w, struct db_txn *t, const char *kind,
			   const struct pool_record *p)
{
	struct event_writer e;
	enum err rc = deposit_event(&e, w, t, kind, &p->at, p->address, p->amount);
	return rc == ERR_OK ? event_end(&e, t, NULL) : rc;
}

/* What was recorded and waits no longer. */
static enum err find_gone(struct waiting_list *gone, struct db_txn *t, const struct waiting_list *l)
{
	struct span key, value;
	enum err rc = db_first(t, T_POOL, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct pool_record p;
		rc = pool_decode(&p, key, value);
		if (rc == ERR_OK &&
		    (l->n == 0 || !bsearch(&p, l->p, l->n, sizeof *l->p, by_outpoint))) {
			rc = keep(gone, &p);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_POOL, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err find_new(struct waiting_list *new, struct db_txn *t, const struct waiting_list *l)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < l->n; i++) {
		struct span value;
		struct table_key k = key_of_outpoint(&l->p[i].at);
		rc = db_get(t, T_POOL, key_span(&k), &value);
		rc = rc == ERR_NOT_FOUND ? keep(new, &l->p[i]) : rc;
	}
	return rc;
}

static enum err record(const struct watcher *w, struct db_txn *t, const struct waiting_list *gone,
		       const struct waiting_list *new)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < gone->n; i++) {
		struct table_key k = key_of_outpoint(&gone->p[i].at);
		rc = unmark(t, T_POOL, key_span(&k));
		if (rc == ERR_OK) {
			rc = pool_event(w, t, "deposit_gone", &gone->p[i]);
		}
	}
	for (size_t i = 0; rc == ERR_OK && i < new->n; i++) {
		rc = pool_write(t, &new->p[i]);
		if (rc == ERR_OK) {
			rc = pool_event(w, t, "deposit_seen", &new->p[i]);
		}
	}
	return rc;
}

/* Whether an input of it is spent by the chain. */
static enum err is_spent(bool *out, const struct watcher *w, const struct tx *tx)
{
	struct key_image *images = calloc(tx->n_in, sizeof *images);
	uint8_t *spent = calloc(tx->n_in, 1);
	enum err rc = images && spent ? ERR_OK : ERR_NO_MEMORY;
	*out = false;
	for (size_t i = 0; rc == ERR_OK && i < tx->n_in; i++) {
		images[i] = tx->in[i].image;
	}
	if (rc == ERR_OK) {
		rc = w->chain.spent(w->chain.ctx, spent, images, tx->n_in);
	}
	for (size_t i = 0; rc == ERR_OK && i < tx->n_in; i++) {
		*out = *out || spent[i] == 1;
	}
	free(images);
	free(spent);
	return rc;
}

/*
 * A node keeps in its pool what a reorganisation took out of a block even when the new chain spends
 * the same inputs: that will never be mined, and waits no longer.
 */
static enum err drop_spent(struct waiting_list *l, const struct watcher *w,
			   const struct pool_batch *b, const struct prepared *p)
{
	enum err rc = ERR_OK;
	size_t kept = 0;
	for (size_t i = 0; rc == ERR_OK && i < l->n; i++) {
		size_t place = 0;
		bool spent = false;
		while (memcmp(b->block.txs[place].id.b, l->p[i].at.tx.b, 32) != 0) {
			place++;
		}
		rc = is_spent(&spent, w, &p->blocks[0].txs[place].tx);
		if (rc == ERR_OK && !spent) {
			l->p[kept++] = l->p[i];
		}
	}
	l->n = kept;
	return rc;
}

static enum err compare(struct watcher *w, const struct pool_batch *b, const struct prepared *p)
{
	struct waiting_list now = {0}, gone = {0}, new = {0};
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = scan_pool(&now, w, t, b, p);
		db_abort(t);
	}
	sort(&now);
	if (rc == ERR_OK) {
		rc = drop_spent(&now, w, b, p);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, false);
	}
	if (rc == ERR_OK) {
		rc = drop_mined(&now, t);
		if (rc == ERR_OK) {
			rc = find_gone(&gone, t, &now);
		}
		if (rc == ERR_OK) {
			rc = find_new(&new, t, &now);
		}
		db_abort(t);
	}
	if (rc == ERR_OK && (gone.n || new.n)) {
		rc = db_begin(&t, w->db, true);
		if (rc == ERR_OK) {
			rc = txn_end(t, record(w, t, &gone, &new));
		}
	}
	free(now.p);
	free(gone.p);
	free(new.p);
	return rc;
}

enum err pool_look(struct watcher *w)
{
	struct chain_pool_tx *pool = NULL;
	struct pool_batch b = {0};
	struct prepared p = {0};
	size_t n = 0;
	enum err rc = w->chain.pool(w->chain.ctx, &pool, &n);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = batch_of(&b, pool, n);
	if (rc == ERR_OK) {
		rc = scan_prepare(&p, &b.batch, 0, &w->account.view);
	}
	if (rc == ERR_OK) {
		rc = compare(w, &b, &p);
	}
	prepared_free(&p);
	free(b.block.txs);
	chain_pool_free(pool, n);
	return rc;
}

enum err pool_mined(struct db_txn *t, const struct outpoint *at)
{
	struct table_key k = key_of_outpoint(at);
	return unmark_any(t, T_POOL, key_span(&k));
}
