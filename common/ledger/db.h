/*
 * All state of both programs: ordered tables of records in one transactional store. Two backends
 * speak this interface: LMDB (db_lmdb.c, the one place of lmdb.h) and the simulation's fake disk.
 * Every record carries a 16-byte BLAKE2b checksum over table, key and value, since LMDB 0.9 has no
 * page checksums: a damaged record is ERR_DB_DAMAGED, never data. Keys are compared as bytes, so
 * numbers in keys are big endian; at most 500 bytes.
 */
#ifndef AIRLOCK_LEDGER_DB_H
#define AIRLOCK_LEDGER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

struct db;
struct db_txn;
struct db_cursor;

/* A backend: raw storage without checksums. `table` is an index into the names given at open. */
struct db_backend {
	void *ctx;
	enum err (*begin)(void *ctx, bool write, void **txn);
	/* Durable (fsynced) when it returns ERR_OK; the transaction is over either way. */
	enum err (*commit)(void *ctx, void *txn);
	void (*abort)(void *ctx, void *txn);
	/* ERR_NOT_FOUND; the value is valid until the next write or the end of the transaction. */
	enum err (*get)(void *ctx, void *txn, unsigned table, struct span key, struct span *value);
	enum err (*put)(void *ctx, void *txn, unsigned table, struct span key, struct span value);
	enum err (*del)(void *ctx, void *txn, unsigned table, struct span key);
	/*
	 * First key >= key (after = false) or > key; or last key <= / < key (backwards). An empty
	 * key stands for the beginning, or for the end when walking backwards. ERR_NOT_FOUND.
	 */
	enum err (*seek)(void *ctx, void *txn, unsigned table, struct span key, bool after,
			 bool backwards, struct span *found_key, struct span *value);
	void (*close)(void *ctx);
	/* NULL, or gives the exclusive lock away and takes it again: db_let_go, db_take_again. */
	void (*let_go)(void *ctx);
	enum err (*take_again)(void *ctx);
	/* May be NULL: a backend that has no files. */
	enum err (*copy)(void *ctx, const char *path);
};

/*
 * Opens (and makes) an LMDB environment in folder `dir` with these tables; map_size is the greatest
 * size it may grow to. Holds an exclusive lock on dir/lock when `exclusive` (ERR_LOCKED).
 */
enum err MUST_CHECK db_open_lmdb(struct db **out, const char *dir, const char *const *tables,
				 unsigned n, size_t map_size, bool exclusive);
/* Wraps a backend given by the caller; closed with the db. */
enum err MUST_CHECK db_open_backend(struct db **out, struct db_backend backend);
void db_close(struct db *db);
/*
 * Writes the state of this moment to a new file (mode 0600), while others read and write; fsynced.
 * As data.mdb in a folder of its own it is a store. ERR_EXISTS, ERR_NO_SPACE, ERR_IO; nothing is
 * left behind then. ERR_STATE for a backend without files.
 */
enum err MUST_CHECK db_copy(struct db *db, const char *path);

/*
 * Gives the exclusive lock to whoever wants it, the store staying open (opening it costs a look at
 * every page), and takes it again: ERR_LOCKED while another process has it. No transaction may be
 * open, and one that begins in between is ERR_LOCKED too.
 */
void db_let_go(struct db *db);
enum err MUST_CHECK db_take_again(struct db *db);

/* One write transaction at a time; read transactions see the state at their beginning. */
enum err MUST_CHECK db_begin(struct db_txn **out, struct db *db, bool write);
/* Frees the transaction whatever it returns. ERR_NO_SPACE, ERR_IO, ERR_DB. */
enum err MUST_CHECK db_commit(struct db_txn *t);
/* Fine on NULL. */
void db_abort(struct db_txn *t);

/* Values found are borrowed until the next write in, or the end of, the transaction. */
enum err MUST_CHECK db_get(struct db_txn *t, unsigned table, struct span key, struct span *value);
enum err MUST_CHECK db_put(struct db_txn *t, unsigned table, struct span key, struct span value);
/* ERR_EXISTS when the key is there. */
enum err MUST_CHECK db_put_new(struct db_txn *t, unsigned table, struct span key,
			       struct span value);
/* ERR_NOT_FOUND when it is not. */
enum err MUST_CHECK db_del(struct db_txn *t, unsigned table, struct span key);

/*
 * Walking: db_first(…, key) gives the first record with key >= the given one (an empty key: the
 * very first), db_next the first with a greater key than *key; db_last and db_prev likewise
 * downwards (an empty key: the very last). ERR_NOT_FOUND at the end. *key and *value are borrowed.
 */
enum err MUST_CHECK db_first(struct db_txn *t, unsigned table, struct span at, struct span *key,
			     struct span *value);
enum err MUST_CHECK db_next(struct db_txn *t, unsigned table, struct span *key, struct span *value);
enum err MUST_CHECK db_last(struct db_txn *t, unsigned table, struct span at, struct span *key,
			    struct span *value);
enum err MUST_CHECK db_prev(struct db_txn *t, unsigned table, struct span *key, struct span *value);

static inline struct span db_span(const void *p, size_t n)
{
	return (struct span){p, n};
}

#endif
