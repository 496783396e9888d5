/*
 * Following the node. Its answer is believed as far as it fits: heights rise by one, each block
 * names the one before it, the first follows one that is remembered. Everything of a batch, with
 * what it replaces, is one transaction.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/health/health.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

#define KNOWN_MAX 64

enum err node_check(const struct watcher *w, struct chain_info *info)
{
	enum err rc = w->chain.info(w->chain.ctx, info);
	if (rc != ERR_OK) {
		return rc;
	}
	if (info->network != w->account.network) {
		return err_set(ERR_NODE_NETWORK, "the node is of %s, this watcher of %s",
			       network_name(info->network), network_name(w->account.network));
	}
	if (info->hard_fork > HARD_FORK_KNOWN) {
		return err_set(ERR_NODE_FORK, "the node is on hard fork %u; %u is the newest known",
			       info->hard_fork, HARD_FORK_KNOWN);
	}
	if (info->height == 0) {
		return err_set(ERR_NODE_ANSWER, "the node has no block at all");
	}
	return ERR_OK;
}

/* The first block remembered is the one before the birthday: nothing of ours is in it. */
static enum err make_anchor(struct watcher *w, const struct chain_info *info)
{
	struct db_txn *t = NULL;
	struct block_record b;
	struct hash genesis;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = block_top(&b, t);
	db_abort(t);
	if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	b = (struct block_record){.height = w->birthday ? w->birthday - 1 : 0};
	if (b.height >= info->height) {
		b.height = info->height - 1;
	}
	rc = w->chain.block_id(w->chain.ctx, &genesis, 0);
	if (rc == ERR_OK) {
		rc = w->chain.block_id(w->chain.ctx, &b.id, b.height);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	uint8_t height[8];
	store64_le(height, b.height);
	/* Another process may have made one while the node was waited for. */
	struct block_record made;
	rc = block_top(&made, t);
	if (rc != ERR_NOT_FOUND) {
		db_abort(t);
		return rc;
	}
	rc = block_put(t, &b);
	if (rc == ERR_OK) {
		rc = meta_put(t, META_ANCHOR, db_span(height, sizeof height));
	}
	if (rc == ERR_OK) {
		rc = meta_put(t, META_GENESIS, db_span(genesis.b, 32));
	}
	return txn_end(t, rc);
}

/* Ids to tell the node where we are: the newest ten, then ever wider apart, the oldest, genesis. */
static enum err list_known(struct hash known[static KNOWN_MAX], size_t *n, struct db_txn *t,
			   const struct block_record *top)
{
	struct block_record oldest, b;
	uint64_t step = 1;
	*n = 0;
	enum err rc = block_oldest(&oldest, t);
	for (uint64_t h = top->height; rc == ERR_OK && *n < KNOWN_MAX - 2; h -= step) {
		rc = block_get(&b, t, h);
		known[(*n)++] = b.id;
		if (*n >= 10) {
			step *= 2;
		}
		if (h == oldest.height) {
			break;
		}
		if (h - oldest.height < step) {
			step = h - oldest.height;
		}
	}
	if (rc == ERR_OK) {
		struct hash genesis;
		rc = meta_get(t, META_GENESIS, genesis.b, 32);
		if (memcmp(genesis.b, known[*n - 1].b, 32) != 0) {
			known[(*n)++] = genesis;
		}
	}
	return rc;
}

enum err batch_check_links(const struct chain_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct chain_block *b = &batch->blocks[i];
		bool fits = b->height == batch->start_height + i && b->n_txs > 0 &&
			    (i == 0 || memcmp(b->previous.b, b[-1].id.b, 32) == 0);
		if (!fits) {
			return err_set(ERR_NODE_ANSWER,
				       "block %" PRIu64 " does not follow the one before it",
				       batch->start_height + i);
		}
		if (b->major_version > HARD_FORK_KNOWN) {
			return err_set(ERR_NODE_FORK, "block %" PRIu64 " is of hard fork %u",
				       b->height, b->major_version);
		}
	}
	return ERR_OK;
}

struct join {
	size_t first;    /* first block of the batch that is new to us */
	uint64_t keep;   /* newest height of ours that stays */
	bool everything; /* nothing of ours stays */
};

/* Where the batch meets what we have. */
static enum err find_join(struct join *j, struct db_txn *t, const struct chain_batch *batch)
{
	struct block_record b, oldest;
	enum err rc = block_oldest(&oldest, t);
	*j = (struct join){0};
	while (rc == ERR_OK && j->first < batch->n) {
		const struct chain_block *c = &batch->blocks[j->first];
		rc = block_get(&b, t, c->height);
		if (rc != ERR_OK || memcmp(b.id.b, c->id.b, 32) != 0) {
			break;
		}
		j->first++;
	}
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		return rc;
	}
	if (j->first == batch->n) {
		return ERR_OK;
	}
	const struct chain_block *c = &batch->blocks[j->first];
	j->keep = c->height - 1;
	if (c->height > 0) {
		rc = block_get(&b, t, c->height - 1);
		if (rc == ERR_OK) {
			if (memcmp(b.id.b, c->previous.b, 32) != 0) {
				return err_set(ERR_NODE_ANSWER,
					       "block %" PRIu64 " does not follow any of ours",
					       c->height);
			}
			return ERR_OK;
		}
		if (rc != ERR_NOT_FOUND) {
			return rc;
		}
	}
	/* Below all that is remembered: only where nothing was forgotten may we start over. */
	uint8_t anchor[8];
	rc = meta_get(t, META_ANCHOR, anchor, sizeof anchor);
	if (rc == ERR_OK && (c->height > oldest.height || load64_le(anchor) != oldest.height)) {
		return err_set(ERR_NODE_REORG,
			       "the node's chain leaves ours below block %" PRIu64
			       ", the oldest remembered",
			       oldest.height);
	}
	j->everything = true;
	return rc;
}

static enum err forget_old(struct db_txn *t, uint64_t top)
{
	struct block_record b;
	enum err rc;
	while ((rc = block_oldest(&b, t)) == ERR_OK && b.height + BLOCKS_REMEMBERED < top) {
		struct table_key k = key_height(b.height);
		rc = unmark(t, T_BLOCKS, key_span(&k));
		if (rc != ERR_OK) {
			break;
		}
	}
	return rc;
}

static enum err apply_batch(struct watcher *w, const struct chain_batch *batch,
			    const struct join *j, const struct node_health *h,
			    struct sync_result *out)
{
	struct prepared p = {0};
	struct db_txn *t = NULL;
	uint64_t top = batch->blocks[batch->n - 1].height;
	enum err rc = scan_prepare(&p, batch, j->first, &w->account.view);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		goto out;
	}
	rc = blocks_drop(w, t, j->keep, j->everything, &out->dropped);
	if (rc == ERR_OK && j->everything) {
		uint8_t height[8];
		store64_le(height, batch->blocks[j->first].height);
		rc = meta_put(t, META_ANCHOR, db_span(height, sizeof height));
	}
	for (size_t i = 0; rc == ERR_OK && i < p.n; i++) {
		rc = block_apply(w, t, &batch->blocks[j->first + i], &p.blocks[i], p.derived);
	}
	/* Which of these blocks the witnesses have is asked once they are ours: see settle. */
	uint64_t credit = w->n_witnesses ? 0 : health_credit_height(h, top + 1);
	if (rc == ERR_OK && credit) {
		rc = deposits_credit(w, t, credit);
	}
	if (rc == ERR_OK) {
		rc = invoices_settle(w, t);
	}
	if (rc == ERR_OK) {
		rc = sent_confirm(w, t, top + 1);
	}
	if (rc == ERR_OK) {
		rc = forget_old(t, top);
	}
	rc = txn_end(t, rc);
	if (rc == ERR_OK) {
		out->added = p.n;
		out->height = top + 1;
	} else {
		out->dropped = 0;
	}
out:
	prepared_free(&p);
	return rc;
}

/*
 * The next batch and where it joins. The ids we send lie ever wider apart, so after a deep
 * reorganisation a whole batch may hold nothing but what we have: then on from its end.
 */
static enum err fetch(struct watcher *w, struct chain_batch *batch, struct join *j,
		      struct hash *known, size_t n, const struct block_record *top,
		      uint64_t node_height)
{
	uint64_t reached = 0;
	for (;;) {
		struct db_txn *t = NULL;
		enum err rc = w->chain.blocks(w->chain.ctx, batch, known, n);
		if (rc == ERR_OK) {
			rc = batch_check_links(batch);
		}
		if (rc == ERR_OK) {
			rc = db_begin(&t, w->db, false);
		}
		if (rc != ERR_OK) {
			return rc;
		}
		rc = block_still_top(t, top);
		if (rc == ERR_OK) {
			rc = find_join(j, t, batch);
		}
		db_abort(t);
		if (rc != ERR_OK || batch->n == 0 || j->first < batch->n) {
			return rc;
		}
		const struct chain_block *last = &batch->blocks[batch->n - 1];
		if (last->height >= top->height || last->height + 1 >= node_height ||
		    last->height <= reached) {
			return ERR_OK;
		}
		reached = last->height;
		known[0] = last->id;
		known[1] = known[n - 1];
		n = 2;
		chain_batch_free(batch);
		*batch = (struct chain_batch){0};
	}
}

/*
 * A node that has become ready may make deposits due without a new block. `top` is the one that the
 * witnesses were heard about.
 */
static enum err credit_only(struct watcher *w, uint64_t height, const struct block_record *top)
{
	struct db_txn *t = NULL;
	struct span key, value;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_DUE, db_span(NULL, 0), &key, &value);
	bool due = rc == ERR_OK && key.n >= 8 && load64_be(key.p) <= height;
	db_abort(t);
	if (rc != ERR_OK || !due) {
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	rc = db_begin(&t, w->db, true);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = block_still_top(t, top);
	if (rc == ERR_OK) {
		rc = deposits_credit(w, t, height);
	}
	return txn_end(t, rc == ERR_OK ? invoices_settle(w, t) : rc);
}

/* The witnesses have something to say about blocks that are new to us. */
static enum err settle(struct watcher *w, const struct chain_info *info, struct node_health *h,
		       uint64_t height)
{
	struct block_record top;
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = block_top(&top, t);
	db_abort(t);
	if (rc == ERR_OK && w->n_witnesses) {
		rc = health_settle(w, info, h);
	}
	uint64_t credit = health_credit_height(h, height);
	return rc == ERR_OK && credit ? credit_only(w, credit, &top) : rc;
}

static enum err step(struct watcher *w, struct sync_result *out)
{
	struct chain_info info = {0};
	struct chain_batch batch = {0};
	struct node_health h = {0};
	struct hash known[KNOWN_MAX];
	struct block_record top;
	struct join j = {0};
	struct db_txn *t = NULL;
	size_t n = 0;
	enum err rc = node_check(w, &info);
	if (rc == ERR_OK) {
		rc = make_anchor(w, &info);
	}
	if (rc == ERR_OK) {
		rc = health_settle(w, &info, &h);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, false);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	rc = block_top(&top, t);
	if (rc == ERR_OK) {
		rc = list_known(known, &n, t, &top);
	}
	db_abort(t);
	if (rc == ERR_OK) {
		rc = fetch(w, &batch, &j, known, n, &top, info.height);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	out->height = top.height + 1;
	out->node_height = info.height;
	/* While still far behind the node, "deep" would be judged by too low a top: no harm. */
	if (j.first < batch.n) {
		rc = apply_batch(w, &batch, &j, &h, out);
	}
	out->done = out->added == 0 || out->height >= info.height;
	if (rc == ERR_OK && out->done && info.height >= out->height) {
		rc = settle(w, &info, &h, out->height);
	}
	out->node_ready = h.state == HEALTH_HEALTHY;
	/* A node that is behind lacks outputs that are only not there yet. */
	if (rc == ERR_OK && out->done && out->height == info.height) {
		bool more;
		rc = late_look(w, &more);
		out->done = !more;
		if (rc == ERR_OK && !more) {
			rc = rings_check(w);
		}
	}
	if (rc == ERR_OK && out->done && out->height >= info.height) {
		rc = pool_look(w);
	}
out:
	chain_batch_free(&batch);
	return rc;
}

enum err watcher_sync_step(struct watcher *w, struct sync_result *out)
{
	*out = (struct sync_result){0};
	enum err rc = step(w, out);
	if (rc != ERR_OK) {
		*out = (struct sync_result){0};
		rc = health_failed(w, rc);
	}
	return rc;
}

enum err watcher_sync(struct watcher *w, struct sync_result *out)
{
	size_t added = 0, dropped = 0;
	enum err rc;
	do {
		rc = watcher_sync_step(w, out);
		added += out->added;
		dropped += out->dropped;
	} while (rc == ERR_OK && !out->done);
	out->added = added;
	out->dropped = dropped;
	return rc;
}
