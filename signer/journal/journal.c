#include "signer/journal/journal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

#define REPLY_BYTES_MAX (4u << 20)

static const struct ledger ledger = {TABLE_JOURNAL, JOURNAL_LABEL};

enum err journal_head(struct ledger_head *out, struct db_txn *t)
{
	return ledger_head(out, &ledger, t);
}

static void sign_hash(uint8_t signature[static 64], const uint8_t hash[static 32],
		      const struct identity *identity)
{
	uint8_t public[32], secret[64];
	crypto_sign_seed_keypair(public, secret, identity->seed);
	crypto_sign_detached(signature, NULL, hash, 32, secret);
	secret_wipe(secret, sizeof secret);
}

static enum err read_signature(uint8_t signature[static 64], struct db_txn *t, uint64_t number)
{
	uint8_t key[8];
	struct span value;
	store64_be(key, number);
	enum err rc = db_get(t, TABLE_SIGNATURE, db_span(key, sizeof key), &value);
	if (rc != ERR_OK || value.n != 64) {
		return err_set(ERR_DB_DAMAGED, "entry %llu has no signature",
			       (unsigned long long)number);
	}
	memcpy(signature, value.p, 64);
	return ERR_OK;
}

enum err journal_read(struct record *out, struct hash *hash, uint8_t *signature, struct db_txn *t,
		      uint64_t number)
{
	struct span content;
	struct hash found;
	memset(out, 0, sizeof *out);
	enum err rc = ledger_read(&content, found.b, &ledger, t, number);
	if (rc == ERR_OK) {
		rc = record_decode(out, content);
	}
	if (rc == ERR_OK && signature) {
		rc = read_signature(signature, t, number);
	}
	if (rc == ERR_OK && hash) {
		*hash = found;
	}
	return rc;
}

enum err journal_times(struct journal_times *out, struct db_txn *t)
{
	struct ledger_head head;
	struct record *newest = calloc(1, sizeof *newest);
	memset(out, 0, sizeof *out);
	enum err rc = newest ? journal_head(&head, t) : ERR_NO_MEMORY;
	if (rc == ERR_OK && head.number) {
		rc = journal_read(newest, NULL, NULL, t, head.number);
		if (rc == ERR_OK) {
			out->wall = newest->wall;
			out->chain = newest->chain;
		}
	}
	free(newest);
	return rc;
}

enum err journal_append(struct ledger_head *out, struct db_txn *t, const struct record *r,
			const struct identity *identity)
{
	struct journal_times newest;
	struct record *dated = malloc(sizeof *dated);
	struct buf content;
	uint8_t key[8], signature[64];
	memset(out, 0, sizeof *out);
	buf_init(&content, PROTO_ENTRY_MAX);
	enum err rc = dated ? journal_times(&newest, t) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		goto out;
	}
	if (r->wall < newest.wall) {
		rc = err_set(ERR_CLOCK_BEHIND, "set the clock; it is %llu seconds behind",
			     (unsigned long long)(newest.wall - r->wall));
		goto out;
	}
	*dated = *r;
	dated->chain = r->chain > newest.chain ? r->chain : newest.chain;
	rc = record_encode(&content, dated);
	if (rc == ERR_OK) {
		rc = ledger_append(out, &ledger, t, buf_span(&content));
	}
	if (rc == ERR_OK) {
		sign_hash(signature, out->hash, identity);
		store64_be(key, out->number);
		rc = db_put_new(t, TABLE_SIGNATURE, db_span(key, sizeof key),
				db_span(signature, sizeof signature));
	}
out:
	buf_free(&content);
	free(dated);
	return rc;
}

enum err journal_has(struct db_txn *t, const struct ledger_head *seen)
{
	struct ledger_head head, empty;
	struct span content;
	struct hash hash;
	enum err rc = journal_head(&head, t);
	if (rc != ERR_OK) {
		return rc;
	}
	if (seen->number > head.number) {
		return err_set(ERR_ROLLED_BACK, "the watcher has seen entry %llu, ours end at %llu",
			       (unsigned long long)seen->number, (unsigned long long)head.number);
	}
	if (seen->number == 0) {
		ledger_genesis(&empty, JOURNAL_LABEL);
		memcpy(hash.b, empty.hash, sizeof hash.b);
	} else {
		rc = ledger_read(&content, hash.b, &ledger, t, seen->number);
	}
	if (rc == ERR_OK && !secret_equal(hash.b, seen->hash, 32)) {
		rc = err_set(ERR_ROLLED_BACK, "the watcher has seen another entry %llu than ours",
			     (unsigned long long)seen->number);
	}
	return rc;
}

enum err journal_since(struct reply *r, struct db_txn *t, uint64_t after)
{
	struct ledger_head newest;
	size_t bytes = 0;
	enum err rc = journal_head(&newest, t);
	r->journal = newest;
	if (rc != ERR_OK || newest.number <= after) {
		return rc;
	}
	uint64_t most = newest.number - after;
	most = most < PROTO_ENTRIES_MAX ? most : PROTO_ENTRIES_MAX;
	r->entries = calloc(most, sizeof *r->entries);
	if (!r->entries) {
		return ERR_NO_MEMORY;
	}
	while (rc == ERR_OK && r->n_entries < most && bytes < REPLY_BYTES_MAX) {
		struct journal_entry *e = &r->entries[r->n_entries++];
		e->number = after + r->n_entries;
		r->journal.number = e->number;
		rc = ledger_read(&e->content, r->journal.hash, &ledger, t, e->number);
		if (rc == ERR_OK) {
			rc = read_signature(e->signature, t, e->number);
		}
		bytes += e->content.n;
	}
	return rc;
}

enum err journal_verify(struct ledger_head *out, struct db_txn *t,
			const struct identity_public *identity)
{
	struct record *r = malloc(sizeof *r);
	struct hash hash;
	uint8_t signature[64];
	memset(out, 0, sizeof *out);
	enum err rc = r ? ledger_verify(out, &ledger, t) : ERR_NO_MEMORY;
	for (uint64_t n = 1; rc == ERR_OK && n <= out->number; n++) {
		rc = journal_read(r, &hash, signature, t, n);
		if (rc == ERR_OK &&
		    crypto_sign_verify_detached(signature, hash.b, 32, identity->b) != 0) {
			rc = err_set(ERR_JOURNAL_BROKEN, "entry %llu has a wrong signature",
				     (unsigned long long)n);
		}
	}
	free(r);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}
