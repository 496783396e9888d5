/* Records with checksums over any backend: what both the LMDB store and the fake disk have in
 * common. */
#include "common/ledger/db.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

#define LABEL "airlock record 1" /* the BLAKE2b key, at least 16 bytes */
#define CHECKSUM_SIZE 16
#define KEY_MAX 500
#define RECORD_MAX (64u << 20)

struct db {
	struct db_backend backend;
	bool let_go;
};

struct db_txn {
	struct db *db;
	void *raw;
	bool write;
	struct buf scratch; /* checksum and value side by side, for one put */
};

/* Table and key are hashed too, so that a record found in another's place is noticed. */
static void checksum(uint8_t out[static CHECKSUM_SIZE], unsigned table, struct span key,
		     struct span value)
{
	uint8_t head[8];
	store32_be(head, table);
	store32_be(head + 4, (uint32_t)key.n);
	crypto_generichash_state state;
	crypto_generichash_init(&state, (const uint8_t *)LABEL, sizeof LABEL, CHECKSUM_SIZE);
	crypto_generichash_update(&state, head, sizeof head);
	crypto_generichash_update(&state, key.p, key.n);
	if (value.n) {
		crypto_generichash_update(&state, value.p, value.n);
	}
	crypto_generichash_final(&state, out, CHECKSUM_SIZE);
}

/* Takes the checksum off a raw value, or says that the record is damaged. */
static enum err unwrap(unsigned table, struct span key, struct span raw, struct span *value)
{
	*value = (struct span){0};
	uint8_t sum[CHECKSUM_SIZE];
	if (raw.n < CHECKSUM_SIZE || key.n == 0 || key.n > KEY_MAX) {
		return err_set(ERR_DB_DAMAGED, "a record of table %u has an impossible size",
			       table);
	}
	struct span payload = {raw.p + CHECKSUM_SIZE, raw.n - CHECKSUM_SIZE};
	checksum(sum, table, key, payload);
	if (memcmp(sum, raw.p, CHECKSUM_SIZE) != 0) {
		return err_set(ERR_DB_DAMAGED, "a record of table %u does not match its checksum",
			       table);
	}
	*value = payload;
	return ERR_OK;
}

enum err db_open_backend(struct db **out, struct db_backend backend)
{
	*out = calloc(1, sizeof **out);
	if (!*out) {
		return ERR_NO_MEMORY;
	}
	(*out)->backend = backend;
	return ERR_OK;
}

void db_close(struct db *db)
{
	if (db) {
		db->backend.close(db->backend.ctx);
		free(db);
	}
}

void db_let_go(struct db *db)
{
	if (db->backend.let_go) {
		db->backend.let_go(db->backend.ctx);
	}
	db->let_go = true;
}

enum err db_take_again(struct db *db)
{
	enum err rc = db->backend.take_again ? db->backend.take_again(db->backend.ctx) : ERR_OK;
	db->let_go = rc != ERR_OK;
	return rc;
}

enum err db_copy(struct db *db, const char *path)
{
	if (!db->backend.copy) {
		return err_set(ERR_STATE, "this store is not made of files");
	}
	return db->backend.copy(db->backend.ctx, path);
}

enum err db_begin(struct db_txn **out, struct db *db, bool write)
{
	*out = NULL;
	if (db->let_go) {
		return err_set(ERR_LOCKED, "the store was let go");
	}
	struct db_txn *t = calloc(1, sizeof *t);
	if (!t) {
		return ERR_NO_MEMORY;
	}
	t->db = db;
	t->write = write;
	buf_init(&t->scratch, RECORD_MAX);
	enum err rc = db->backend.begin(db->backend.ctx, write, &t->raw);
	if (rc != ERR_OK) {
		free(t);
		return rc;
	}
	*out = t;
	return ERR_OK;
}

static void txn_free(struct db_txn *t)
{
	buf_free(&t->scratch);
	free(t);
}

enum err db_commit(struct db_txn *t)
{
	enum err rc = t->db->backend.commit(t->db->backend.ctx, t->raw);
	txn_free(t);
	return rc;
}

void db_abort(struct db_txn *t)
{
	if (t) {
		t->db->backend.abort(t->db->backend.ctx, t->raw);
		txn_free(t);
	}
}

enum err db_get(struct db_txn *t, unsigned table, struct span key, struct span *value)
{
	struct span raw = {0};
	*value = raw;
	CHECK(key.n > 0 && key.n <= KEY_MAX);
	enum err rc = t->db->backend.get(t->db->backend.ctx, t->raw, table, key, &raw);
	return rc == ERR_OK ? unwrap(table, key, raw, value) : rc;
}

enum err db_put(struct db_txn *t, unsigned table, struct span key, struct span value)
{
	CHECK(t->write && key.n > 0 && key.n <= KEY_MAX);
	uint8_t sum[CHECKSUM_SIZE];
	checksum(sum, table, key, value);
	/* The value may be borrowed from the store, which the write may move: hence the copy. */
	buf_reset(&t->scratch);
	buf_put(&t->scratch, sum, sizeof sum);
	buf_put(&t->scratch, value.p, value.n);
	enum err rc = buf_end(&t->scratch);
	if (rc != ERR_OK) {
		return err_set(rc, "a record of %zu bytes is too large", value.n);
	}
	return t->db->backend.put(t->db->backend.ctx, t->raw, table, key, buf_span(&t->scratch));
}

enum err db_put_new(struct db_txn *t, unsigned table, struct span key, struct span value)
{
	struct span there;
	enum err rc = db_get(t, table, key, &there);
	if (rc == ERR_OK) {
		return err_set(ERR_EXISTS, "table %u has a record with this key", table);
	}
	return rc == ERR_NOT_FOUND ? db_put(t, table, key, value) : rc;
}

enum err db_del(struct db_txn *t, unsigned table, struct span key)
{
	CHECK(t->write && key.n > 0 && key.n <= KEY_MAX);
	return t->db->backend.del(t->db->backend.ctx, t->raw, table, key);
}

static enum err walk(struct db_txn *t, unsigned table, struct span at, bool after, bool backwards,
		     struct span *key, struct span *value)
{
	struct span found = {0}, raw = {0};
	*value = raw;
	enum err rc = t->db->backend.seek(t->db->backend.ctx, t->raw, table, at, after, backwards,
					  &found, &raw);
	if (rc == ERR_OK) {
		rc = unwrap(table, found, raw, value);
	}
	*key = rc == ERR_OK ? found : (struct span){0};
	return rc;
}

enum err db_first(struct db_txn *t, unsigned table, struct span at, struct span *key,
		  struct span *value)
{
	return walk(t, table, at, false, false, key, value);
}

enum err db_next(struct db_txn *t, unsigned table, struct span *key, struct span *value)
{
	return walk(t, table, *key, true, false, key, value);
}

enum err db_last(struct db_txn *t, unsigned table, struct span at, struct span *key,
		 struct span *value)
{
	return walk(t, table, at, false, true, key, value);
}

enum err db_prev(struct db_txn *t, unsigned table, struct span *key, struct span *value)
{
	return walk(t, table, *key, true, true, key, value);
}
