/*
 * Our copy of the signer's journal. It is what a signer whose disk was rolled back is caught by, so
 * nothing enters it that does not carry on from its newest entry.
 */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "watcher/requests/requests.h"

#define HEAD_SIZE 40
#define ENTRY_HEAD (32 + 64) /* hash, signature; then the content */

enum err journal_seen(struct ledger_head *out, struct db_txn *t)
{
	uint8_t b[HEAD_SIZE];
	enum err rc = meta_get(t, META_JOURNAL, b, sizeof b);
	out->number = load64_le(b);
	memcpy(out->hash, b + 8, 32);
	return rc;
}

static enum err put_head(struct db_txn *t, const struct ledger_head *head)
{
	uint8_t b[HEAD_SIZE];
	store64_le(b, head->number);
	memcpy(b + 8, head->hash, 32);
	return meta_put(t, META_JOURNAL, db_span(b, sizeof b));
}

static enum err broken(uint64_t number, const char *why)
{
	return err_set(ERR_JOURNAL_BROKEN, "journal entry %" PRIu64 " %s", number, why);
}

static enum err put_entry(struct db_txn *t, const uint8_t hash[static 32],
			  const struct journal_entry *e)
{
	struct buf b;
	struct table_key k = key_height(e->number);
	buf_init(&b, ENTRY_HEAD + PROTO_ENTRY_MAX);
	buf_put(&b, hash, 32);
	buf_put(&b, e->signature, 64);
	buf_put(&b, e->content.p, e->content.n);
	enum err rc = buf_end(&b);
	if (rc == ERR_OK) {
		rc = db_put_new(t, T_JOURNAL, key_span(&k), buf_span(&b));
	}
	buf_free(&b);
	return rc;
}

/* One that we have: the same content and signature, or the signer tells two stories. */
static enum err same_entry(struct db_txn *t, const struct journal_entry *e)
{
	struct span value;
	struct table_key k = key_height(e->number);
	enum err rc = db_get(t, T_JOURNAL, key_span(&k), &value);
	if (rc == ERR_NOT_FOUND) {
		return ERR_OK; /* from before the kit was made */
	}
	if (rc == ERR_OK && (value.n != ENTRY_HEAD + e->content.n ||
			     memcmp(value.p + ENTRY_HEAD, e->content.p, e->content.n) != 0)) {
		rc = broken(e->number, "is not the one we were given before");
	}
	return rc;
}

static enum err next_entry(const struct watcher *w, struct db_txn *t, struct ledger_head *head,
			   const struct journal_entry *e)
{
	uint8_t hash[32];
	if (e->number != head->number + 1) {
		return broken(e->number, "does not follow our newest");
	}
	ledger_hash(hash, JOURNAL_LABEL, e->number, head->hash, e->content);
	if (crypto_sign_verify_detached(e->signature, hash, sizeof hash, w->signer.b) != 0) {
		return broken(e->number, "is not signed as the one that follows ours");
	}
	head->number = e->number;
	memcpy(head->hash, hash, 32);
	return put_entry(t, hash, e);
}

enum err journal_take(const struct watcher *w, struct db_txn *t, const struct reply *r,
		      uint64_t *added)
{
	struct ledger_head head;
	*added = 0;
	enum err rc = journal_seen(&head, t);
	for (size_t i = 0; rc == ERR_OK && i < r->n_entries; i++) {
		if (r->entries[i].number <= head.number) {
			rc = same_entry(t, &r->entries[i]);
		} else {
			rc = next_entry(w, t, &head, &r->entries[i]);
			++*added;
		}
	}
	if (rc == ERR_OK && r->journal.number >= head.number &&
	    (r->journal.number > head.number || memcmp(r->journal.hash, head.hash, 32) != 0)) {
		rc =
		    broken(r->journal.number, "is the reply's head, but its entries end elsewhere");
	}
	return rc == ERR_OK ? put_head(t, &head) : rc;
}

enum err journal_check(const struct watcher *w, struct db_txn *t)
{
	struct span key, value;
	struct ledger_head head;
	uint8_t hash[32];
	uint64_t number = 0;
	enum err rc = db_first(t, T_JOURNAL, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		if (key.n != 8 || value.n < ENTRY_HEAD ||
		    (number && load64_be(key.p) != number + 1)) {
			return broken(number + 1, "is missing from our copy");
		}
		/* The entry before our first is known by the kit's head alone, which the first's
		 * signature covers. */
		uint64_t n = load64_be(key.p);
		if (number) {
			uint8_t again[32];
			ledger_hash(again, JOURNAL_LABEL, n, hash,
				    (struct span){value.p + ENTRY_HEAD, value.n - ENTRY_HEAD});
			if (memcmp(again, value.p, 32) != 0) {
				return broken(n, "does not follow from the one before it");
			}
		}
		number = n;
		memcpy(hash, value.p, 32);
		if (crypto_sign_verify_detached(value.p + 32, hash, 32, w->signer.b) != 0) {
			return broken(n, "has a wrong signature");
		}
		rc = db_next(t, T_JOURNAL, &key, &value);
	}
	if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	rc = journal_seen(&head, t);
	if (rc == ERR_OK && number && (head.number != number || memcmp(head.hash, hash, 32) != 0)) {
		rc = broken(head.number, "is the head we remember, but our copy ends elsewhere");
	}
	return rc;
}
