/*
 * Our copy of the signer's journal. It is what a signer whose disk was rolled back is caught by, so
 * nothing enters it that does not carry on from its newest entry.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/journal.h"
#include "watcher/requests/requests.h"

#define HEAD_SIZE 40
#define ENTRY_HEAD (32 + 64) /* hash, signature; then the content */

static enum err get_head(struct ledger_head *out, struct db_txn *t, const char *key)
{
	uint8_t b[HEAD_SIZE];
	enum err rc = meta_get(t, key, b, sizeof b);
	out->number = load64_le(b);
	memcpy(out->hash, b + 8, 32);
	return rc;
}

enum err journal_seen(struct ledger_head *out, struct db_txn *t)
{
	return get_head(out, t, META_JOURNAL);
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
	enum err rc = journal_follow(head, e, &w->signer);
	return rc == ERR_OK ? put_entry(t, head->hash, e) : rc;
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

/* A record of our copy as what it holds. */
static enum err entry_of(struct journal_entry *e, uint8_t hash[static 32], struct span key,
			 struct span value)
{
	if (key.n != 8 || value.n < ENTRY_HEAD) {
		return err_set(ERR_DB_DAMAGED, "our copy of the journal holds what is no entry");
	}
	e->number = load64_be(key.p);
	memcpy(hash, value.p, 32);
	memcpy(e->signature, value.p + 32, sizeof e->signature);
	e->content = (struct span){value.p + ENTRY_HEAD, value.n - ENTRY_HEAD};
	return ERR_OK;
}

enum err journal_check(const struct watcher *w, struct db_txn *t)
{
	struct span key, value;
	struct ledger_head head, seen;
	struct journal_entry e;
	uint8_t hash[32];
	enum err rc = get_head(&head, t, META_JOURNAL_START);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_JOURNAL, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = entry_of(&e, hash, key, value);
		if (rc == ERR_OK) {
			rc = journal_follow(&head, &e, &w->signer);
		}
		if (rc == ERR_OK && memcmp(hash, head.hash, sizeof hash) != 0) {
			rc = broken(e.number, "does not follow from the one before it");
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_JOURNAL, &key, &value);
		}
	}
	if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	rc = journal_seen(&seen, t);
	if (rc == ERR_OK && (head.number != seen.number || memcmp(head.hash, seen.hash, 32) != 0)) {
		rc = broken(seen.number, "is the head we remember, but our copy ends elsewhere");
	}
	return rc;
}

/* The head at `number`, which our copy has. */
static enum err head_at(struct ledger_head *out, struct db_txn *t, uint64_t number)
{
	struct span value;
	struct journal_entry e;
	struct table_key k = key_height(number);
	enum err rc = db_get(t, T_JOURNAL, key_span(&k), &value);
	if (rc == ERR_NOT_FOUND) {
		return err_set(rc, "our copy has no entry %" PRIu64, number);
	}
	if (rc == ERR_OK) {
		rc = entry_of(&e, out->hash, key_span(&k), value);
	}
	out->number = number;
	return rc;
}

/* Contents are borrowed from the transaction. */
static enum err gather(struct journal *m, struct db_txn *t)
{
	struct span key, value;
	size_t bytes = 0;
	struct table_key k = key_height(m->before.number + 1);
	m->entries = calloc(PROTO_COPY_ENTRIES_MAX, sizeof *m->entries);
	if (!m->entries) {
		return ERR_NO_MEMORY;
	}
	m->head = m->before;
	enum err rc = db_first(t, T_JOURNAL, key_span(&k), &key, &value);
	while (rc == ERR_OK && m->n_entries < PROTO_COPY_ENTRIES_MAX &&
	       bytes < PROTO_COPY_BYTES_MAX) {
		struct journal_entry *e = &m->entries[m->n_entries++];
		rc = entry_of(e, m->head.hash, key, value);
		m->head.number = e->number;
		bytes += value.n;
		if (rc == ERR_OK) {
			rc = db_next(t, T_JOURNAL, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err seal_copy(struct buf *file, const struct watcher *w, const struct journal *m,
			  bool open)
{
	struct buf body;
	struct hash hash;
	buf_init(&body, PROTO_MESSAGE_MAX);
	enum err rc = journal_encode(&body, m);
	if (rc == ERR_OK) {
		rc = envelope_seal(file, &hash, MSG_JOURNAL, w->account.network, m->head.number,
				   buf_span(&body), &w->identity, open ? NULL : &w->signer);
	}
	buf_free(&body);
	return rc;
}

enum err watcher_export_journal(const struct watcher *w, uint64_t after, bool open,
				struct buf *file, struct journal_export *out)
{
	struct db_txn *t = NULL;
	struct journal m = {.signer = w->signer};
	struct ledger_head seen = {0};
	*out = (struct journal_export){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc == ERR_OK) {
		rc = get_head(&m.before, t, META_JOURNAL_START);
	}
	if (rc == ERR_OK && after > m.before.number) {
		rc = head_at(&m.before, t, after);
	}
	if (rc == ERR_OK) {
		rc = journal_seen(&seen, t);
	}
	if (rc == ERR_OK) {
		rc = gather(&m, t);
	}
	if (rc == ERR_OK) {
		rc = seal_copy(file, w, &m, open);
	}
	if (rc == ERR_OK) {
		*out = (struct journal_export){m.before.number + 1, m.head.number, seen.number};
	}
	db_abort(t);
	journal_free(&m);
	return rc;
}
