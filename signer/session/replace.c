/*
 * Which transactions may replace which. Three tables point at each other: a payout names the
 * transactions that pay it, an output the transactions that spend it, and a transaction both.
 */
#include <string.h>

#include "common/base/secret.h"
#include "signer/session/state.h"

#define ID_SIZE 32
#define PAYOUT_ID_SIZE sizeof(struct payout_id)
#define REPEATS_MAX 1024 /* signings of one payout, or of one output */

static enum err unreadable(const char *what)
{
	return err_set(ERR_DB_DAMAGED, "the record of %s cannot be read", what);
}

static bool spends(const struct state_tx *tx, const uint8_t *key)
{
	for (size_t i = 0; i < tx->n_inputs; i++) {
		if (secret_equal(tx->inputs[i].b, key, ID_SIZE)) {
			return true;
		}
	}
	return false;
}

static bool pays(const struct state_tx *tx, const uint8_t *id)
{
	for (size_t i = 0; i < tx->n_payouts; i++) {
		if (secret_equal(tx->payouts[i].b, id, PAYOUT_ID_SIZE)) {
			return true;
		}
	}
	return false;
}

/* What an earlier transaction has in common with this one. */
static enum err compare(bool *input, bool *payout, struct db_txn *t, const uint8_t *id,
			const struct state_tx *tx)
{
	struct span value;
	*input = *payout = false;
	enum err rc = db_get(t, TABLE_TX, db_span(id, ID_SIZE), &value);
	if (rc != ERR_OK) {
		return rc == ERR_NOT_FOUND ? unreadable("a transaction") : rc;
	}
	struct reader r = reader_of(value.p, value.n);
	size_t n_inputs = read_count(&r, ID_SIZE);
	for (size_t i = 0; i < n_inputs; i++) {
		const uint8_t *key = read_span(&r, ID_SIZE);
		*input = *input || (key && spends(tx, key));
	}
	size_t n_payouts = read_count(&r, PAYOUT_ID_SIZE);
	for (size_t i = 0; i < n_payouts; i++) {
		const uint8_t *payout_id = read_span(&r, PAYOUT_ID_SIZE);
		*payout = *payout || (payout_id && pays(tx, payout_id));
	}
	return reader_end(&r) == ERR_OK ? ERR_OK : unreadable("a transaction");
}

/* The ids of transactions that follow a record's first `skip` bytes. ERR_OK with n 0: none. */
static enum err earlier(struct span *ids, struct span *head, struct db_txn *t, unsigned table,
			struct span key, size_t skip)
{
	struct span value;
	*ids = *head = (struct span){0};
	enum err rc = db_get(t, table, key, &value);
	if (rc == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	if (rc == ERR_OK && (value.n < skip || (value.n - skip) % ID_SIZE != 0)) {
		rc = unreadable("what was signed");
	}
	if (rc == ERR_OK) {
		*head = (struct span){value.p, skip};
		*ids = (struct span){value.p + skip, value.n - skip};
	}
	return rc;
}

static enum err check_payout(struct db_txn *t, const struct state_tx *tx, size_t i)
{
	struct span ids, content;
	bool input, payout;
	enum err rc = earlier(&ids, &content, t, TABLE_PAYOUT,
			      db_span(tx->payouts[i].b, PAYOUT_ID_SIZE), ID_SIZE);
	if (rc == ERR_OK && content.n && !secret_equal(content.p, tx->contents[i].b, ID_SIZE)) {
		return err_set(ERR_PAYOUT_CHANGED, "payout %zu of the transaction", i + 1);
	}
	for (size_t at = 0; rc == ERR_OK && at < ids.n; at += ID_SIZE) {
		rc = compare(&input, &payout, t, ids.p + at, tx);
		if (rc == ERR_OK && !input) {
			rc = err_set(ERR_PAYOUT_TWICE, "payout %zu of the transaction", i + 1);
		}
	}
	return rc;
}

static enum err check_input(struct db_txn *t, const struct state_tx *tx, size_t i)
{
	struct span ids, head;
	bool input, payout;
	enum err rc = earlier(&ids, &head, t, TABLE_INPUT, db_span(tx->inputs[i].b, ID_SIZE), 0);
	for (size_t at = 0; rc == ERR_OK && at < ids.n; at += ID_SIZE) {
		rc = compare(&input, &payout, t, ids.p + at, tx);
		if (rc == ERR_OK && !payout) {
			rc = err_set(ERR_INPUT_TWICE, "input %zu was signed away for other payouts",
				     i + 1);
		}
	}
	return rc;
}

enum err state_check_tx(struct db_txn *t, const struct state_tx *tx)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < tx->n_payouts; i++) {
		rc = check_payout(t, tx, i);
	}
	for (size_t i = 0; rc == ERR_OK && i < tx->n_inputs; i++) {
		rc = check_input(t, tx, i);
	}
	return rc;
}

static enum err append_id(struct db_txn *t, unsigned table, struct span key, struct span content,
			  const struct hash *id)
{
	struct span ids, head;
	struct buf value;
	buf_init(&value, ID_SIZE * REPEATS_MAX);
	enum err rc = earlier(&ids, &head, t, table, key, content.n);
	if (rc == ERR_OK) {
		buf_put(&value, content.p, content.n);
		buf_put(&value, ids.p, ids.n);
		buf_put(&value, id->b, ID_SIZE);
		rc = buf_end(&value);
	}
	if (rc == ERR_OK) {
		rc = db_put(t, table, key, buf_span(&value));
	}
	buf_free(&value);
	return rc;
}

enum err state_add_tx(struct db_txn *t, const struct hash *id, const struct state_tx *tx)
{
	struct buf value;
	buf_init(&value, 20 + sizeof tx->inputs + sizeof tx->payouts);
	buf_varint(&value, tx->n_inputs);
	for (size_t i = 0; i < tx->n_inputs; i++) {
		buf_put(&value, tx->inputs[i].b, ID_SIZE);
	}
	buf_varint(&value, tx->n_payouts);
	for (size_t i = 0; i < tx->n_payouts; i++) {
		buf_put(&value, tx->payouts[i].b, PAYOUT_ID_SIZE);
	}
	enum err rc = buf_end(&value);
	if (rc == ERR_OK) {
		rc = db_put_new(t, TABLE_TX, db_span(id->b, ID_SIZE), buf_span(&value));
	}
	buf_free(&value);
	for (size_t i = 0; rc == ERR_OK && i < tx->n_payouts; i++) {
		rc = append_id(t, TABLE_PAYOUT, db_span(tx->payouts[i].b, PAYOUT_ID_SIZE),
			       db_span(tx->contents[i].b, ID_SIZE), id);
	}
	for (size_t i = 0; rc == ERR_OK && i < tx->n_inputs; i++) {
		rc = append_id(t, TABLE_INPUT, db_span(tx->inputs[i].b, ID_SIZE), db_span(NULL, 0),
			       id);
	}
	return rc;
}
