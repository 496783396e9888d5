/*
 * Whether what was signed is what was planned. Every output is accounted for: recipients' by the
 * transaction keys that came with it, our own by the view key.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/monero/tx_key.h"
#include "watcher/requests/requests.h"

static enum err differs(const char *what)
{
	return err_set(ERR_MSG_UNKNOWN, "a signed transaction is not what was planned: %s", what);
}

/* The ring of a blob's input, against one planned. */
static bool same_ring(const struct tx_input *in, const struct plan_input *planned)
{
	struct reader r = reader_of(in->offsets, in->offsets_size);
	uint64_t at = 0;
	if (in->n_offsets != RING_SIZE) {
		return false;
	}
	for (size_t i = 0; i < RING_SIZE; i++) {
		at += read_varint(&r);
		if (at != planned->ring[i].global_index) {
			return false;
		}
	}
	return reader_end(&r) == ERR_OK;
}

static enum err check_inputs(struct key_image images[static TX_INPUTS_MAX], const struct tx *tx,
			     const struct reply_tx *rt, const struct plan *plan)
{
	bool used[TX_INPUTS_MAX] = {0};
	if (tx->n_in != plan->n_in || rt->n_images != plan->n_in) {
		return differs("its number of inputs");
	}
	for (size_t i = 0; i < tx->n_in; i++) {
		size_t k = 0;
		if (memcmp(tx->in[i].image.b, rt->images[i].b, 32) != 0) {
			return differs("its key images");
		}
		while (k < plan->n_in && (used[k] || !same_ring(&tx->in[i], &plan->in[k]))) {
			k++;
		}
		if (k == plan->n_in) {
			return differs("a ring");
		}
		used[k] = true;
		images[k] = tx->in[i].image;
	}
	return ERR_OK;
}

struct book_ctx {
	struct db_txn *t;
	enum err rc;
};

static bool find(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	struct book_ctx *b = ctx;
	enum err rc = subaddress_find(out, b->t, spend);
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		b->rc = rc;
	}
	return rc == ERR_OK;
}

/* Everything in the transaction that the view key finds. */
static enum err sum_ours(struct amount *out, const struct watcher *w, struct db_txn *t,
			 const struct tx *tx)
{
	struct owned_output found[TX_OUTPUTS_MAX];
	struct tx_extra extra;
	struct book_ctx ctx = {t, ERR_OK};
	struct subaddress_book book = {&ctx, find};
	uint8_t derived[32 * (4 + TX_OUTPUTS_MAX)] = {0};
	size_t n = 0;
	tx_extra_parse(&extra, tx->extra);
	*out = amount_of(0);
	if (extra.n_additional > TX_OUTPUTS_MAX) {
		return differs("its additional keys");
	}
	for (size_t k = 0; k < extra.n_public + extra.n_additional; k++) {
		struct public_key R;
		struct derivation d;
		memcpy(R.b,
		       k < extra.n_public ? extra.public_key[k].b
					  : extra.additional + 32 * (k - extra.n_public),
		       32);
		if (derive(&d, &R, &w->account.view.s) == ERR_OK) {
			memcpy(derived + 32 * k, d.b, 32);
		}
		secret_wipe(&d, sizeof d);
	}
	err_clear();
	enum err rc = tx_scan(found, &n, TX_OUTPUTS_MAX, tx, &extra, derived, &w->account, &book);
	rc = rc == ERR_OK ? ctx.rc : rc;
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		if (!amount_add(out, *out, found[i].amount)) {
			rc = differs("amounts to us overflow");
		}
	}
	secret_wipe(found, sizeof found);
	secret_wipe(derived, sizeof derived);
	return rc;
}

static bool is_ours(const struct watcher *w, struct db_txn *t, const struct address *a)
{
	struct subaddress at;
	struct address own;
	if (subaddress_find(&at, t, &a->spend) != ERR_OK) {
		return false;
	}
	address_of(&own, &w->account, at);
	return memcmp(own.view.b, a->view.b, 32) == 0;
}

static bool same_recipient(const struct address *a, const struct address *b)
{
	return memcmp(a->spend.b, b->spend.b, 32) == 0 && memcmp(a->view.b, b->view.b, 32) == 0;
}

/* A recipient's outputs, by the keys the signer gave, hold exactly the sum of its payouts. */
static enum err check_recipient(const struct tx *tx, const struct reply_tx *rt,
				const struct plan *plan, size_t i)
{
	struct amount want = {0}, got;
	for (size_t k = 0; k < plan->n_out; k++) {
		if (!same_recipient(&plan->out[k].to, &plan->out[i].to)) {
			continue;
		}
		if (k < i) {
			return ERR_OK; /* was checked there */
		}
		if (!amount_add(&want, want, plan->out[k].amount)) {
			return differs("amounts overflow");
		}
	}
	enum err rc = tx_key_check(&got, tx, rt->keys, rt->n_keys, &plan->out[i].to);
	if (rc == ERR_OK && amount_cmp(got, want) != 0) {
		rc = differs("what a recipient gets");
	}
	return rc;
}

static enum err check_outputs(const struct watcher *w, struct db_txn *t, const struct tx *tx,
			      const struct reply_tx *rt, const struct plan *plan)
{
	struct amount ours, change;
	if (tx->n_out != plan->n_out + plan->n_change) {
		return differs("its number of outputs");
	}
	enum err rc = plan_change(&change, plan);
	for (size_t i = 0; rc == ERR_OK && i < plan->n_out; i++) {
		if (!is_ours(w, t, &plan->out[i].to)) {
			rc = check_recipient(tx, rt, plan, i);
		} else if (!amount_add(&change, change, plan->out[i].amount)) {
			rc = differs("amounts overflow");
		}
	}
	err_clear();
	if (rc == ERR_OK) {
		rc = sum_ours(&ours, w, t, tx);
	}
	if (rc == ERR_OK && amount_cmp(ours, change) != 0) {
		rc = differs("what comes back to us");
	}
	return rc;
}

enum err reply_tx_check(struct key_image images[static TX_INPUTS_MAX], const struct watcher *w,
			struct db_txn *t, const struct reply_tx *rt, const struct plan *plan)
{
	struct tx tx = {0};
	struct hash id;
	enum err rc = tx_id(&id, rt->blob, rt->blob_size);
	if (rc == ERR_OK && memcmp(id.b, rt->id.b, 32) != 0) {
		rc = differs("its id");
	}
	if (rc == ERR_OK) {
		rc = tx_parse(&tx, rt->blob, rt->blob_size, false);
	}
	if (rc == ERR_OK && (tx.version != 2 || tx.rct != RCT_BULLETPROOF_PLUS ||
			     tx.unlock_time != 0 || tx.fee != plan->fee.atomic)) {
		rc = differs("its version, type, lock or fee");
	}
	if (rc == ERR_OK && plan->n_in > TX_INPUTS_MAX) {
		rc = ERR_LIMIT;
	}
	if (rc == ERR_OK) {
		rc = check_inputs(images, &tx, rt, plan);
	}
	if (rc == ERR_OK) {
		rc = check_outputs(w, t, &tx, rt, plan);
	}
	tx_free(&tx);
	return rc;
}
