#include "signer/journal/journal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "proto/journal.h"

#define REPLY_BYTES_MAX (4u << 20)
#define ENTRY_BYTES 80 /* of an entry in a message, besides its content */
#define KEY_AHEAD "clock-ahead"

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

enum err journal_ahead(uint64_t *out, struct db_txn *t)
{
	struct span value;
	*out = JOURNAL_AHEAD_DEFAULT;
	enum err rc = db_get(t, TABLE_META, db_span(KEY_AHEAD, strlen(KEY_AHEAD)), &value);
	if (rc == ERR_OK && value.n == 8) {
		*out = load64_be(value.p);
	} else if (rc == ERR_OK) {
		rc = err_set(ERR_DB_DAMAGED, "the clock's bound cannot be read");
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err journal_set_ahead(struct db_txn *t, uint64_t seconds)
{
	uint8_t value[8];
	store64_be(value, seconds);
	return db_put(t, TABLE_META, db_span(KEY_AHEAD, strlen(KEY_AHEAD)),
		      db_span(value, sizeof value));
}

enum err journal_clock(uint64_t *held, struct db_txn *t, uint64_t wall)
{
	struct journal_times newest;
	uint64_t ahead;
	char last[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	*held = wall;
	enum err rc = journal_times(&newest, t);
	if (rc == ERR_OK) {
		rc = journal_ahead(&ahead, t);
	}
	/* A journal's first entry has nothing to be compared with. */
	if (rc != ERR_OK || newest.wall == 0) {
		return rc;
	}
	if (wall < newest.wall) {
		*held = newest.wall;
		return err_set(ERR_CLOCK_BEHIND, "by %llu seconds; set the clock",
			       (unsigned long long)(newest.wall - wall));
	}
	if (wall - newest.wall > ahead) {
		*held = newest.wall;
		return err_set(ERR_CLOCK_JUMP,
			       "it says %s, the newest entry %s; set it, or if it is right, use "
			       "`clock confirm`",
			       time_format(now, wall), time_format(last, newest.wall));
	}
	return ERR_OK;
}

static enum err put_signature(struct db_txn *t, uint64_t number, const uint8_t signature[static 64])
{
	uint8_t key[8];
	store64_be(key, number);
	return db_put_new(t, TABLE_SIGNATURE, db_span(key, sizeof key), db_span(signature, 64));
}

#define RESTORED_KEY "restored"

static struct span restored_key(void)
{
	return db_span(RESTORED_KEY, sizeof RESTORED_KEY - 1);
}

enum err journal_set_restored(struct db_txn *t)
{
	uint8_t entries[8];
	struct ledger_head head;
	enum err rc = journal_head(&head, t);
	store64_le(entries, head.number);
	return rc == ERR_OK
		   ? db_put(t, TABLE_META, restored_key(), db_span(entries, sizeof entries))
		   : rc;
}

enum err journal_restored(bool *out, struct db_txn *t)
{
	struct span value;
	enum err rc = db_get(t, TABLE_META, restored_key(), &value);
	*out = rc == ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* The mark, as an entry. */
static enum err append_restored(struct db_txn *t, uint64_t wall, const struct identity *identity)
{
	struct span value;
	struct ledger_head head;
	enum err rc = db_get(t, TABLE_META, restored_key(), &value);
	if (rc != ERR_OK) {
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	if (value.n != 8) {
		return err_set(ERR_DB_DAMAGED, "the mark of a restored journal");
	}
	struct record *r = calloc(1, sizeof *r);
	if (!r) {
		return ERR_NO_MEMORY;
	}
	r->kind = RECORD_RESTORED;
	r->wall = wall;
	r->number = load64_le(value.p);
	rc = db_del(t, TABLE_META, restored_key());
	if (rc == ERR_OK) {
		rc = journal_append(&head, t, r, identity);
	}
	free(r);
	return rc;
}

enum err journal_append(struct ledger_head *out, struct db_txn *t, struct record *r,
			const struct identity *identity)
{
	struct journal_times newest;
	struct buf content;
	uint64_t held;
	uint8_t signature[64];
	memset(out, 0, sizeof *out);
	buf_init(&content, PROTO_ENTRY_MAX);
	enum err rc = journal_clock(&held, t, r->wall);
	if (rc == ERR_CLOCK_JUMP && r->kind == RECORD_CLOCK) {
		rc = ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = append_restored(t, held, identity);
	}
	if (rc == ERR_OK) {
		rc = journal_times(&newest, t);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	r->chain = r->chain > newest.chain ? r->chain : newest.chain;
	rc = record_encode(&content, r);
	if (rc == ERR_OK) {
		rc = ledger_append(out, &ledger, t, buf_span(&content));
	}
	if (rc == ERR_OK) {
		sign_hash(signature, out->hash, identity);
		rc = put_signature(t, out->number, signature);
	}
out:
	buf_free(&content);
	return rc;
}

enum err journal_says(struct record *r, struct journal_times *newest, const struct journal_entry *e)
{
	enum err rc = record_decode(r, e->content);
	if (rc == ERR_OK && (r->wall < newest->wall || r->chain < newest->chain)) {
		rc = err_set(ERR_JOURNAL_BROKEN, "its time is before that of the one before it");
	}
	*newest = (struct journal_times){r->wall, r->chain};
	return rc == ERR_OK ? rc : err_wrap(rc, "entry %llu", (unsigned long long)e->number);
}

enum err journal_append_copied(struct record *r, struct db_txn *t, const struct journal_entry *e,
			       const struct identity_public *identity)
{
	struct ledger_head head;
	struct journal_times newest;
	enum err rc = journal_head(&head, t);
	if (rc == ERR_OK) {
		rc = journal_times(&newest, t);
	}
	if (rc == ERR_OK) {
		rc = journal_follow(&head, e, identity);
	}
	if (rc == ERR_OK) {
		rc = journal_says(r, &newest, e);
	}
	if (rc == ERR_OK) {
		rc = ledger_append(&head, &ledger, t, e->content);
	}
	return rc == ERR_OK ? put_signature(t, head.number, e->signature) : rc;
}

enum err journal_entry_at(struct journal_entry *out, struct hash *hash, struct db_txn *t,
			  uint64_t number)
{
	memset(out, 0, sizeof *out);
	out->number = number;
	enum err rc = ledger_read(&out->content, hash->b, &ledger, t, number);
	return rc == ERR_OK ? read_signature(out->signature, t, number) : rc;
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

/* Entries from head->number + 1 on, at most `most` of them; *head moves on to the last. */
static enum err gather(struct journal_entry **entries, size_t *n, struct ledger_head *head,
		       struct db_txn *t, uint64_t most, size_t bytes_max)
{
	struct ledger_head newest;
	struct hash hash;
	size_t bytes = 0;
	enum err rc = journal_head(&newest, t);
	if (rc != ERR_OK || newest.number <= head->number) {
		return rc;
	}
	uint64_t left = newest.number - head->number;
	most = left < most ? left : most;
	*entries = calloc(most, sizeof **entries);
	if (!*entries) {
		return ERR_NO_MEMORY;
	}
	while (rc == ERR_OK && *n < most && bytes < bytes_max) {
		struct journal_entry *e = &(*entries)[*n];
		rc = journal_entry_at(e, &hash, t, head->number + 1);
		if (rc == ERR_OK) {
			head->number++;
			memcpy(head->hash, hash.b, sizeof hash.b);
			bytes += e->content.n + ENTRY_BYTES;
			++*n;
		}
	}
	return rc;
}

enum err journal_since(struct reply *r, struct db_txn *t, uint64_t after)
{
	struct ledger_head newest;
	enum err rc = journal_head(&newest, t);
	r->journal = newest;
	if (rc != ERR_OK || newest.number <= after) {
		return rc;
	}
	r->journal.number = after;
	return gather(&r->entries, &r->n_entries, &r->journal, t, PROTO_ENTRIES_MAX,
		      REPLY_BYTES_MAX);
}

enum err journal_copy(struct journal *m, struct db_txn *t, uint64_t after)
{
	struct journal_entry e;
	struct hash hash;
	memset(m, 0, sizeof *m);
	ledger_genesis(&m->before, JOURNAL_LABEL);
	enum err rc = after ? journal_entry_at(&e, &hash, t, after) : ERR_OK;
	if (rc != ERR_OK) {
		return rc == ERR_NOT_FOUND
			   ? err_set(rc, "there is no entry %llu yet", (unsigned long long)after)
			   : rc;
	}
	if (after) {
		m->before.number = after;
		memcpy(m->before.hash, hash.b, sizeof hash.b);
	}
	m->head = m->before;
	return gather(&m->entries, &m->n_entries, &m->head, t, PROTO_COPY_ENTRIES_MAX,
		      PROTO_COPY_BYTES_MAX);
}

enum err journal_verify(struct ledger_head *out, struct db_txn *t,
			const struct identity_public *identity)
{
	struct record *r = malloc(sizeof *r);
	struct ledger_head head;
	struct journal_times newest = {0};
	struct journal_entry e;
	struct hash hash;
	memset(out, 0, sizeof *out);
	ledger_genesis(&head, JOURNAL_LABEL);
	enum err rc = r ? ledger_verify(out, &ledger, t) : ERR_NO_MEMORY;
	for (uint64_t n = 1; rc == ERR_OK && n <= out->number; n++) {
		rc = journal_entry_at(&e, &hash, t, n);
		if (rc == ERR_OK) {
			rc = journal_follow(&head, &e, identity);
		}
		if (rc == ERR_OK) {
			rc = journal_says(r, &newest, &e);
		}
	}
	free(r);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}
