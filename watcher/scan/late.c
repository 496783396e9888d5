/*
 * Spends that are older than what we know of them. A key image comes with the reply that signed it,
 * and by then the block that spends it may be in the store, where nothing told that it was ours. So
 * the node is asked about key images that are new; where it says that one is spent, the blocks
 * since are looked through again, for key images alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

#define ASKED_AT_ONCE 500

/* How far a look has come. */
struct look {
	uint64_t next;      /* height of the block to look at; 0: the node was not asked yet */
	uint64_t left;      /* spends to be found */
	uint64_t round;     /* how often key images came: what is newer begins anew */
	struct hash before; /* id of the block before that one */
};
#define LOOK_SIZE (8 + 8 + 8 + 32)

static enum err look_write(struct db_txn *t, const struct look *l)
{
	uint8_t b[LOOK_SIZE];
	store64_le(b, l->next);
	store64_le(b + 8, l->left);
	store64_le(b + 16, l->round);
	memcpy(b + 24, l->before.b, 32);
	return meta_put(t, META_LATE, db_span(b, sizeof b));
}

static enum err look_read(struct look *l, bool *any, struct db_txn *t)
{
	uint8_t b[LOOK_SIZE];
	*l = (struct look){0};
	enum err rc = meta_get(t, META_LATE, b, sizeof b);
	*any = rc == ERR_OK;
	if (*any) {
		l->next = load64_le(b);
		l->left = load64_le(b + 8);
		l->round = load64_le(b + 16);
		memcpy(l->before.b, b + 24, 32);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err late_suspect(struct db_txn *t)
{
	struct look l;
	bool any;
	enum err rc = look_read(&l, &any, t);
	return rc == ERR_OK ? look_write(t, &(struct look){.round = l.round + 1}) : rc;
}

enum err late_anew(struct db_txn *t)
{
	struct look l;
	bool any;
	enum err rc = look_read(&l, &any, t);
	return rc == ERR_OK && any ? look_write(t, &(struct look){.round = l.round + 1}) : rc;
}

/* How far it came; over when nothing is left. More key images may have come while it went on. */
static enum err look_keep(struct look *l, uint64_t top, struct db_txn *t)
{
	struct look now;
	bool any;
	enum err rc = look_read(&now, &any, t);
	if (rc != ERR_OK || !any || now.round != l->round) {
		return rc;
	}
	return l->left && l->next <= top ? look_write(t, l)
					 : db_del(t, T_META, db_span(META_LATE, strlen(META_LATE)));
}

/* A key image of an output that nobody is known to have spent. */
struct unspent {
	struct key_image image;
	uint64_t since;        /* the first block that can spend it */
	struct hash signed_by; /* zero if nothing of ours */
};
struct unspent_list {
	size_t n, room;
	struct unspent *u; /* free() */
};

static enum err list_unspent(void *ctx, struct db_txn *t, const struct key_image *image,
			     const struct image_record *r)
{
	struct unspent_list *l = ctx;
	struct output_record o;
	if (r->spent) {
		return ERR_OK;
	}
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		struct unspent *more = realloc(l->u, l->room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		l->u = more;
	}
	uint64_t oldest = 0;
	bool any = false;
	enum err rc = output_read(&o, t, &r->at);
	if (rc == ERR_OK) {
		rc = duplicates_oldest(&oldest, &any, t, &o.one_time);
	}
	if (rc == ERR_OK && any) {
		l->u[l->n++] = (struct unspent){*image, oldest + 1, r->signed_by};
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

/* Where the node has transactions of ours, a look need not begin before them. */
static enum err narrow(struct unspent_list *l, const struct sent_list *sent,
		       const struct watcher *w, uint64_t top)
{
	struct chain_tx_place *places = calloc(sent->n + 1, sizeof *places);
	enum err rc = places ? ERR_OK : ERR_NO_MEMORY;
	if (rc == ERR_OK && sent->n) {
		rc = w->chain.place(w->chain.ctx, places, sent->id, sent->n);
	}
	for (size_t i = 0; rc == ERR_OK && i < sent->n; i++) {
		uint64_t height = places[i].height;
		for (size_t k = 0; places[i].place == TX_IN_BLOCK && k < l->n; k++) {
			struct unspent *u = &l->u[k];
			if (height > u->since && height <= top &&
			    memcmp(u->signed_by.b, sent->id[i].b, 32) == 0) {
				u->since = height;
			}
		}
	}
	free(places);
	return rc;
}

/* Asks the node which are spent; a look begins at the first block that may spend one of them. */
static enum err ask(struct look *look, const struct unspent_list *l, const struct watcher *w,
		    uint64_t top)
{
	struct key_image images[ASKED_AT_ONCE];
	uint8_t spent[ASKED_AT_ONCE];
	*look = (struct look){.round = look->round};
	for (size_t from = 0; from < l->n; from += ASKED_AT_ONCE) {
		size_t n = l->n - from < ASKED_AT_ONCE ? l->n - from : ASKED_AT_ONCE;
		for (size_t i = 0; i < n; i++) {
			images[i] = l->u[from + i].image;
		}
		enum err rc = w->chain.spent(w->chain.ctx, spent, images, n);
		if (rc != ERR_OK) {
			return rc;
		}
		for (size_t i = 0; i < n; i++) {
			uint64_t since = l->u[from + i].since;
			if (spent[i] == 1 && since <= top) {
				look->next =
				    look->left++ == 0 || since < look->next ? since : look->next;
			}
		}
	}
	return look->left ? w->chain.block_id(w->chain.ctx, &look->before, look->next - 1) : ERR_OK;
}

static enum err begin(const struct watcher *w, struct look *look, uint64_t top)
{
	struct unspent_list l = {0};
	struct sent_list sent = {0};
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = images_each(t, list_unspent, &l);
	if (rc == ERR_OK) {
		rc = sent_waiting(&sent, t, true);
	}
	db_abort(t);
	if (rc == ERR_OK) {
		rc = narrow(&l, &sent, w, top);
	}
	if (rc == ERR_OK) {
		rc = ask(look, &l, w, top);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, true);
	}
	if (rc == ERR_OK) {
		rc = txn_end(t, look_keep(look, top, t));
	}
	free(l.u);
	free(sent.id);
	return rc;
}

/* A block that we remember is the one we have; one that follows, follows. */
static enum err is_ours(const struct chain_block *b, const struct look *look, struct db_txn *t)
{
	struct block_record ours;
	enum err rc = block_get(&ours, t, b->height);
	bool other = rc == ERR_OK && memcmp(ours.id.b, b->id.b, 32) != 0;
	bool apart = b->height == look->next && memcmp(b->previous.b, look->before.b, 32) != 0;
	if (other || apart) {
		return err_set(ERR_NODE_ANSWER, "block %" PRIu64 " is not of our chain", b->height);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err look_through(struct look *look, const struct watcher *w, struct db_txn *t,
			     const struct chain_batch *batch, uint64_t top)
{
	enum err rc = ERR_OK;
	uint64_t from = look->next;
	for (size_t i = 0; rc == ERR_OK && i < batch->n && look->left; i++) {
		const struct chain_block *b = &batch->blocks[i];
		uint64_t found = 0;
		if (b->height < look->next || b->height > top) {
			continue;
		}
		rc = is_ours(b, look, t);
		if (rc == ERR_OK) {
			rc = block_spends_late(w, t, b, &found);
		}
		look->left -= found < look->left ? found : look->left;
		look->next = b->height + 1;
		look->before = b->id;
	}
	if (rc == ERR_OK && look->next == from) {
		rc = err_set(ERR_NODE_ANSWER, "no block %" PRIu64 " follows the one before", from);
	}
	return rc;
}

static enum err go_on(struct watcher *w, struct look *look, const struct block_record *top)
{
	struct hash known[2] = {look->before};
	struct chain_batch batch = {0};
	struct db_txn *t = NULL;
	enum err rc = w->chain.block_id(w->chain.ctx, &known[1], 0);
	if (rc == ERR_OK) {
		rc = w->chain.blocks(w->chain.ctx, &batch, known, look->next > 1 ? 2 : 1);
	}
	if (rc == ERR_OK) {
		rc = batch_check_links(&batch);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, true);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	rc = block_still_top(t, top);
	if (rc == ERR_OK) {
		rc = look_through(look, w, t, &batch, top->height);
	}
	if (rc == ERR_OK) {
		rc = look_keep(look, top->height, t);
	}
	if (rc == ERR_OK) {
		rc = sent_confirm(w, t, top->height + 1);
	}
	rc = txn_end(t, rc == ERR_OK ? invoices_settle(w, t) : rc);
out:
	chain_batch_free(&batch);
	return rc;
}

enum err late_look(struct watcher *w, bool *more)
{
	struct look look;
	struct block_record top;
	struct db_txn *t = NULL;
	*more = false;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = look_read(&look, more, t);
	if (rc == ERR_OK && *more) {
		rc = block_top(&top, t);
	}
	db_abort(t);
	if (rc != ERR_OK || !*more) {
		return rc;
	}
	rc = look.next == 0 || look.next > top.height ? begin(w, &look, top.height)
						      : go_on(w, &look, &top);
	*more = rc == ERR_OK && look.left && look.next <= top.height;
	return rc;
}
