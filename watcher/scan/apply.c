/*
 * A block into the store. The order within a block is the chain's; an output spent in the block
 * that made it does not exist in Monero (outputs are locked for 10 blocks), so spends look only at
 * what is stored.
 */
#include "watcher/scan/apply.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"

bool stored_book_find(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	struct stored_book *b = ctx;
	enum err rc = subaddress_find(out, b->t, spend);
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		b->rc = rc;
	}
	return rc == ERR_OK;
}

enum err deposit_event(struct event_writer *e, const struct watcher *w, struct db_txn *t,
		       const char *kind, const struct outpoint *at, struct subaddress address,
		       struct amount amount)
{
	char invoice[INVOICE_ID_MAX + 1];
	enum err rc = invoice_of_address(invoice, t, address);
	if (rc != ERR_OK) {
		return rc;
	}
	event_begin(e, kind, watcher_now(w));
	event_hash(e, "txid", &at->tx);
	event_number(e, "output", at->index);
	event_number(e, "account", address.major);
	event_number(e, "index", address.minor);
	event_amount(e, "amount", amount);
	if (invoice[0]) {
		event_text(e, "invoice", invoice);
	}
	return ERR_OK;
}

/*
 * A key image is of a key. The output that stood for it may be gone, or came after the block that
 * spends it, while another one has the key.
 */
static enum err bind_image(struct image_record *r, struct db_txn *t)
{
	struct output_record o;
	enum err rc = output_read(&o, t, &r->at);
	if (rc == ERR_OK && (o.state == DEPOSIT_REVERSED || o.height > r->height)) {
		struct outpoint best;
		bool any;
		rc = duplicates_until(&best, &any, t, &o.one_time, r->height);
		r->at = rc == ERR_OK && any ? best : r->at;
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err mark_spent(const struct watcher *w, struct db_txn *t, const struct key_image *image,
			   const struct hash *by, uint64_t height, bool *ours)
{
	struct image_record r;
	struct output_record o;
	enum err rc = image_read(&r, t, image);
	if (rc == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	if (rc == ERR_OK && r.spent) {
		rc = err_set(ERR_NODE_ANSWER, "a key image of ours is spent twice in the chain");
	}
	if (rc == ERR_OK) {
		rc = sent_conflict(w, t, image, by);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	*ours = true;
	r.spent = true;
	r.height = height;
	r.by = *by;
	struct table_key k = key_height_image(height, image);
	rc = bind_image(&r, t);
	if (rc == ERR_OK) {
		rc = image_write(t, image, &r);
	}
	if (rc == ERR_OK) {
		rc = mark(t, T_SPENT_HEIGHT, key_span(&k));
	}
	if (rc == ERR_OK) {
		rc = output_read(&o, t, &r.at);
	}
	if (rc == ERR_OK) {
		o.spent = true;
		rc = output_write(t, &o);
	}
	if (rc == ERR_OK) {
		rc = duplicates_settle(t, &o.one_time);
	}
	if (rc == ERR_OK) {
		rc = duplicates_burn(w, t, &o, height);
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err output_event(const struct watcher *w, struct db_txn *t,
			     const struct output_record *o, const char *kind)
{
	struct event_writer e;
	enum err rc = deposit_event(&e, w, t, kind, &o->at, o->address, o->amount);
	if (rc != ERR_OK) {
		return rc;
	}
	event_number(&e, "height", o->height);
	if (o->was) {
		event_number(&e, "reversed_credit", o->was);
	}
	return event_end(&e, t, NULL);
}

static enum err put_by_address(struct db_txn *t, const struct output_record *o)
{
	uint8_t amount[8];
	struct table_key k = key_address_height(o->address, o->height);
	uint8_t at[OUTPOINT_SIZE];
	outpoint_key(at, &o->at);
	key_bytes(&k, at, sizeof at);
	store64_le(amount, o->amount.atomic);
	return db_put(t, T_OUT_ADDRESS, key_span(&k), db_span(amount, sizeof amount));
}

enum err output_become(const struct watcher *w, struct db_txn *t, const struct outpoint *at,
		       enum deposit_state state)
{
	struct output_record o;
	bool own = state == DEPOSIT_OWN;
	enum err rc = output_read(&o, t, at);
	if (rc != ERR_OK || o.state == state || o.state == DEPOSIT_REVERSED) {
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	rc = output_reverse(w, t, at);
	if (rc == ERR_OK) {
		rc = output_read(&o, t, at);
	}
	if (rc == ERR_OK) {
		o.state = state;
		rc = output_write(t, &o);
	}
	if (rc == ERR_OK) {
		struct table_key k = key_one_time(&o.one_time, at);
		rc = mark(t, T_OUT_KEY, key_span(&k));
	}
	if (rc == ERR_OK && !own) {
		rc = put_by_address(t, &o);
	}
	if (rc == ERR_OK) {
		rc = output_event(w, t, &o, own ? "output_own" : "deposit_duplicate");
	}
	if (rc == ERR_OK) {
		rc = duplicates_settle(t, &o.one_time);
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

/* Stores an output found in a block, new or come back after a reorganisation. */
static enum err put_output(const struct watcher *w, struct db_txn *t,
			   const struct owned_output *found, const struct chain_tx *ct,
			   const struct tx *tx, uint64_t height, bool own)
{
	struct output_record o, old;
	struct table_key k;
	memset(&o, 0, sizeof o);
	o.at = (struct outpoint){ct->id, (uint32_t)found->index};
	o.one_time = found->one_time;
	o.tx_public = found->tx_public;
	o.commitment = found->commitment;
	o.address = found->at;
	o.amount = found->amount;
	o.mask = found->mask;
	o.global_index = ct->output_indices ? ct->output_indices[found->index]
					    : ct->first_global_index + found->index;
	o.height = height;
	o.unlock_time = tx->unlock_time;
	o.coinbase = ct->coinbase;
	o.state = own ? DEPOSIT_OWN : DEPOSIT_IN_BLOCK;
	enum err rc = output_read(&old, t, &o.at);
	if (rc == ERR_OK && old.state != DEPOSIT_REVERSED) {
		/* Only in the history of mainnet are two coinbases alike; never after 2016. */
		secret_wipe(&o, sizeof o);
		return ERR_OK;
	}
	if (rc == ERR_OK) {
		o.reserved = old.reserved;
		o.was = old.was;
	} else if (rc != ERR_NOT_FOUND) {
		goto out;
	}
	rc = duplicates_worth(&o.worth, t, &o);
	if (rc == ERR_OK && !own && amount_is_zero(o.worth)) {
		o.state = DEPOSIT_DUPLICATE;
	}
	if (rc == ERR_OK) {
		rc = output_write(t, &o);
	}
	if (rc == ERR_OK) {
		k = key_height_outpoint(height, &o.at);
		rc = mark(t, T_OUT_HEIGHT, key_span(&k));
	}
	if (rc == ERR_OK) {
		k = key_one_time(&o.one_time, &o.at);
		rc = mark(t, T_OUT_KEY, key_span(&k));
	}
	if (rc == ERR_OK) {
		rc = own ? ERR_OK : put_by_address(t, &o);
	}
	if (rc == ERR_OK) {
		rc = invoice_touch(t, o.address);
	}
	if (rc == ERR_OK) {
		rc = pool_mined(t, &o.at);
	}
	if (rc == ERR_OK) {
		rc = output_event(w, t, &o, own ? "output_own" : "deposit_in_block");
	}
	if (rc == ERR_OK) {
		rc = duplicates_settle(t, &o.one_time);
	}
	if (rc == ERR_OK) {
		rc = subaddress_used(t, &w->account, o.address);
	}
out:
	secret_wipe(&o, sizeof o);
	secret_wipe(&old, sizeof old);
	return rc;
}

static enum err apply_tx(const struct watcher *w, struct db_txn *t, const struct chain_tx *ct,
			 const struct prepared_tx *pt, const uint8_t *derived, uint64_t height)
{
	enum err rc = ERR_OK;
	bool own = false;
	struct stored_book ctx = {t, ERR_OK};
	struct subaddress_book book = {&ctx, stored_book_find};
	size_t n = 0;
	if (pt->tx.version != 2) {
		return ERR_OK;
	}
	for (size_t i = 0; rc == ERR_OK && i < pt->tx.n_in; i++) {
		if (!pt->tx.in[i].coinbase) {
			rc = mark_spent(w, t, &pt->tx.in[i].image, &ct->id, height, &own);
		}
	}
	if (rc == ERR_OK && own) {
		rc = sent_mined(w, t, &ct->id, height);
	}
	if (rc != ERR_OK || pt->tx.n_out == 0) {
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
		rc = put_output(w, t, &found[i], ct, &pt->tx, height, own);
	}
	secret_wipe(found, pt->tx.n_out * sizeof *found);
	free(found);
	return rc;
}

static enum err tx_spends_late(const struct watcher *w, struct db_txn *t, const struct chain_tx *ct,
			       uint64_t height, uint64_t *n)
{
	struct tx tx = {0};
	bool own = false;
	enum err rc = tx_parse(&tx, ct->blob, ct->size, ct->pruned);
	if (rc != ERR_OK) {
		return err_set(ERR_NODE_ANSWER, "a transaction of block %" PRIu64 " does not parse",
			       height);
	}
	for (size_t i = 0; rc == ERR_OK && i < tx.n_in; i++) {
		struct image_record r;
		rc = tx.in[i].coinbase ? ERR_NOT_FOUND : image_read(&r, t, &tx.in[i].image);
		if (rc == ERR_OK && !r.spent) {
			rc = mark_spent(w, t, &tx.in[i].image, &ct->id, height, &own);
			++*n;
		}
		rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	if (rc == ERR_OK && own) {
		rc = sent_mined(w, t, &ct->id, height);
	}
	for (uint32_t i = 0; rc == ERR_OK && own && i < tx.n_out; i++) {
		rc = output_become(w, t, &(struct outpoint){ct->id, i}, DEPOSIT_OWN);
	}
	tx_free(&tx);
	return rc;
}

enum err block_spends_late(const struct watcher *w, struct db_txn *t, const struct chain_block *b,
			   uint64_t *n)
{
	enum err rc = ERR_OK;
	*n = 0;
	for (size_t i = 0; rc == ERR_OK && i < b->n_txs; i++) {
		rc = tx_spends_late(w, t, &b->txs[i], b->height, n);
	}
	return rc;
}

enum err block_apply(const struct watcher *w, struct db_txn *t, const struct chain_block *b,
		     const struct prepared_block *pb, const uint8_t *derived)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < b->n_txs; i++) {
		rc = apply_tx(w, t, &b->txs[i], &pb->txs[i], derived, b->height);
	}
	if (rc == ERR_OK) {
		rc = block_depths(w, t, b->height);
	}
	if (rc == ERR_OK) {
		struct block_record r = {b->height, b->id, b->time};
		rc = block_put(t, &r);
	}
	if (rc == ERR_OK) {
		rc = invoices_block(t, b->height);
	}
	return rc;
}
