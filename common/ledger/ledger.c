/*
 * Entries are records of their number (big endian): the entry's chain hash, then its content. The
 * record's own checksum tells damage; the chain tells tampering.
 */
#include "common/ledger/ledger.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

#define HASH_SIZE 32
#define CONTENT_MAX (16u << 20)

void ledger_genesis(struct ledger_head *out, const char *label)
{
	out->number = 0;
	crypto_generichash(out->hash, HASH_SIZE, (const uint8_t *)label, strlen(label) + 1, NULL,
			   0);
}

void ledger_hash(uint8_t out[static 32], const char *label, uint64_t number,
		 const uint8_t previous[static 32], struct span content)
{
	uint8_t n[8];
	store64_be(n, number);
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, HASH_SIZE);
	/* With its terminator, so that no label is the beginning of another's input. */
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label) + 1);
	crypto_generichash_update(&state, n, sizeof n);
	crypto_generichash_update(&state, previous, HASH_SIZE);
	if (content.n) {
		crypto_generichash_update(&state, content.p, content.n);
	}
	crypto_generichash_final(&state, out, HASH_SIZE);
}

/* Splits a record; its number must be the one expected (0: any). */
static enum err entry_of(struct ledger_head *head, struct span *content, struct span key,
			 struct span value)
{
	if (key.n != 8 || value.n < HASH_SIZE || load64_be(key.p) == 0) {
		return err_set(ERR_DB_DAMAGED, "the log holds a record that is no entry");
	}
	head->number = load64_be(key.p);
	memcpy(head->hash, value.p, HASH_SIZE);
	*content = (struct span){value.p + HASH_SIZE, value.n - HASH_SIZE};
	return ERR_OK;
}

static enum err get_entry(struct ledger_head *head, struct span *content, const struct ledger *l,
			  struct db_txn *t, uint64_t number)
{
	uint8_t key[8];
	struct span value;
	store64_be(key, number);
	enum err rc = db_get(t, l->table, db_span(key, sizeof key), &value);
	return rc == ERR_OK ? entry_of(head, content, db_span(key, sizeof key), value) : rc;
}

enum err ledger_head(struct ledger_head *out, const struct ledger *l, struct db_txn *t)
{
	struct span key = {0}, value = {0}, content = {0};
	ledger_genesis(out, l->label);
	enum err rc = db_last(t, l->table, db_span(NULL, 0), &key, &value);
	if (rc == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	return rc == ERR_OK ? entry_of(out, &content, key, value) : rc;
}

enum err ledger_append(struct ledger_head *out, const struct ledger *l, struct db_txn *t,
		       struct span content)
{
	struct ledger_head head;
	struct buf record;
	uint8_t key[8];
	memset(out, 0, sizeof *out);
	buf_init(&record, CONTENT_MAX + HASH_SIZE);
	enum err rc = ledger_head(&head, l, t);
	if (rc != ERR_OK) {
		goto out;
	}
	CHECK(head.number < UINT64_MAX);
	head.number++;
	ledger_hash(head.hash, l->label, head.number, head.hash, content);
	buf_put(&record, head.hash, HASH_SIZE);
	buf_put(&record, content.p, content.n);
	rc = buf_end(&record);
	if (rc != ERR_OK) {
		goto out;
	}
	store64_be(key, head.number);
	rc = db_put_new(t, l->table, db_span(key, sizeof key), buf_span(&record));
	if (rc == ERR_OK) {
		*out = head;
	}
out:
	buf_free(&record);
	return rc;
}

enum err ledger_read(struct span *content, uint8_t hash[static 32], const struct ledger *l,
		     struct db_txn *t, uint64_t number)
{
	struct ledger_head entry, previous;
	struct span before = {0};
	uint8_t expected[HASH_SIZE];
	*content = (struct span){0};
	memset(hash, 0, HASH_SIZE);
	if (number == 0) {
		return ERR_NOT_FOUND;
	}
	ledger_genesis(&previous, l->label);
	enum err rc = number > 1 ? get_entry(&previous, &before, l, t, number - 1) : ERR_OK;
	if (rc != ERR_OK) {
		return rc;
	}
	struct span found = {0};
	rc = get_entry(&entry, &found, l, t, number);
	if (rc != ERR_OK) {
		return rc;
	}
	ledger_hash(expected, l->label, number, previous.hash, found);
	if (memcmp(expected, entry.hash, HASH_SIZE) != 0) {
		return err_set(ERR_DB_DAMAGED, "entry %llu of the log has a wrong hash",
			       (unsigned long long)number);
	}
	*content = found;
	memcpy(hash, entry.hash, HASH_SIZE);
	return ERR_OK;
}

enum err ledger_verify(struct ledger_head *out, const struct ledger *l, struct db_txn *t)
{
	struct ledger_head head, entry;
	struct span key = {0}, value = {0}, content = {0};
	uint8_t expected[HASH_SIZE];
	memset(out, 0, sizeof *out);
	ledger_genesis(&head, l->label);
	enum err rc = db_first(t, l->table, key, &key, &value);
	while (rc == ERR_OK) {
		rc = entry_of(&entry, &content, key, value);
		if (rc != ERR_OK) {
			break;
		}
		unsigned long long next = (unsigned long long)head.number + 1;
		if (entry.number != next) {
			return err_set(ERR_JOURNAL_BROKEN, "entry %llu is missing", next);
		}
		ledger_hash(expected, l->label, entry.number, head.hash, content);
		if (memcmp(expected, entry.hash, HASH_SIZE) != 0) {
			return err_set(ERR_JOURNAL_BROKEN, "entry %llu does not fit the chain",
				       next);
		}
		head = entry;
		rc = db_next(t, l->table, &key, &value);
	}
	if (rc != ERR_NOT_FOUND) {
		return err_wrap(rc, "after entry %llu", (unsigned long long)head.number);
	}
	*out = head;
	return ERR_OK;
}
