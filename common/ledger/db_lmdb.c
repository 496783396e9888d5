/*
 * The LMDB backend: one environment, a named table for each of ours, readers not tied to threads,
 * every commit fsynced. The map has its greatest size from the start (address space, not memory or
 * disk), so that it never has to grow under a transaction. The file is checked (db_lmdb_check.h)
 * before LMDB, which trusts what it finds, may look at it.
 */
#include "common/ledger/db.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/ledger/db_lmdb_check.h"

#define DISK_FULL_BYTES 65536 /* less than this left makes a short write a full disk */

struct lmdb {
	MDB_env *env;
	int lock; /* -1: none */
	unsigned n;
	MDB_dbi *table;
	char dir[PATH_TEXT_MAX];
};

/* An LMDB failure as one of ours. LMDB reports a short write as EIO, whatever its cause. */
static enum err translate(const struct lmdb *l, int code, const char *what)
{
	if (code == MDB_NOTFOUND) {
		return ERR_NOT_FOUND;
	}
	enum err e = ERR_DB;
	struct statvfs fs;
	if (code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT || code == EFBIG) {
		e = ERR_NO_SPACE;
	} else if (code == EIO) {
		bool full = statvfs(l->dir, &fs) == 0 &&
			    (uint64_t)fs.f_bavail * fs.f_frsize < DISK_FULL_BYTES;
		e = full ? ERR_NO_SPACE : ERR_IO;
	} else if (code == ENOMEM) {
		e = ERR_NO_MEMORY;
	} else if (code == EACCES || code == EPERM || code == EROFS || code == ENOENT) {
		e = ERR_IO;
	} else if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID ||
		   code == MDB_PANIC || code == MDB_VERSION_MISMATCH || code == MDB_INCOMPATIBLE ||
		   code == MDB_CURSOR_FULL) {
		e = ERR_DB_DAMAGED;
	}
	return err_set(e, "%s %s: %s", what, l->dir, mdb_strerror(code));
}

static MDB_val val_of(struct span s)
{
	/* LMDB's type has no const; neither keys nor values given to it are written to. */
	union {
		const uint8_t *in;
		void *out;
	} p = {.in = s.p};
	return (MDB_val){.mv_size = s.n, .mv_data = p.out};
}

static struct span span_of(MDB_val v)
{
	return (struct span){v.mv_data, v.mv_size};
}

static enum err raw_begin(void *ctx, bool write, void **txn)
{
	struct lmdb *l = ctx;
	MDB_txn *t = NULL;
	*txn = NULL;
	int code = mdb_txn_begin(l->env, NULL, write ? 0 : MDB_RDONLY, &t);
	if (code) {
		return translate(l, code, "cannot begin a transaction in");
	}
	*txn = t;
	return ERR_OK;
}

static enum err raw_commit(void *ctx, void *txn)
{
	int code = mdb_txn_commit(txn);
	return code ? translate(ctx, code, "cannot write to") : ERR_OK;
}

static void raw_abort(void *ctx, void *txn)
{
	(void)ctx;
	mdb_txn_abort(txn);
}

static enum err raw_get(void *ctx, void *txn, unsigned table, struct span key, struct span *value)
{
	struct lmdb *l = ctx;
	CHECK(table < l->n);
	MDB_val k = val_of(key), v = {0};
	int code = mdb_get(txn, l->table[table], &k, &v);
	if (code) {
		return translate(l, code, "cannot read from");
	}
	*value = span_of(v);
	return ERR_OK;
}

static enum err raw_put(void *ctx, void *txn, unsigned table, struct span key, struct span value)
{
	struct lmdb *l = ctx;
	CHECK(table < l->n && key.n <= 511);
	/* The key may point into a page that this write moves. */
	uint8_t copy[511];
	memcpy(copy, key.p, key.n);
	MDB_val k = {.mv_size = key.n, .mv_data = copy}, v = val_of(value);
	int code = mdb_put(txn, l->table[table], &k, &v, 0);
	return code ? translate(l, code, "cannot write to") : ERR_OK;
}

static enum err raw_del(void *ctx, void *txn, unsigned table, struct span key)
{
	struct lmdb *l = ctx;
	CHECK(table < l->n && key.n <= 511);
	uint8_t copy[511];
	memcpy(copy, key.p, key.n);
	MDB_val k = {.mv_size = key.n, .mv_data = copy};
	int code = mdb_del(txn, l->table[table], &k, NULL);
	return code ? translate(l, code, "cannot delete from") : ERR_OK;
}

static int seek_forwards(MDB_cursor *c, struct span key, bool after, MDB_val *k, MDB_val *v)
{
	if (key.n == 0) {
		return mdb_cursor_get(c, k, v, MDB_FIRST);
	}
	*k = val_of(key);
	int code = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	if (code == 0 && after && k->mv_size == key.n && memcmp(k->mv_data, key.p, key.n) == 0) {
		code = mdb_cursor_get(c, k, v, MDB_NEXT);
	}
	return code;
}

static int seek_backwards(MDB_cursor *c, struct span key, bool after, MDB_val *k, MDB_val *v)
{
	if (key.n == 0) {
		return mdb_cursor_get(c, k, v, MDB_LAST);
	}
	*k = val_of(key);
	int code = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	if (code == MDB_NOTFOUND) {
		return mdb_cursor_get(c, k, v, MDB_LAST);
	}
	bool same = code == 0 && k->mv_size == key.n && memcmp(k->mv_data, key.p, key.n) == 0;
	if (code == 0 && (after || !same)) {
		code = mdb_cursor_get(c, k, v, MDB_PREV);
	}
	return code;
}

static enum err raw_seek(void *ctx, void *txn, unsigned table, struct span key, bool after,
			 bool backwards, struct span *found_key, struct span *value)
{
	struct lmdb *l = ctx;
	CHECK(table < l->n && key.n <= 511);
	MDB_cursor *c = NULL;
	MDB_val k = {0}, v = {0};
	int code = mdb_cursor_open(txn, l->table[table], &c);
	if (code == 0) {
		code = backwards ? seek_backwards(c, key, after, &k, &v)
				 : seek_forwards(c, key, after, &k, &v);
		mdb_cursor_close(c);
	}
	if (code) {
		return translate(l, code, "cannot read from");
	}
	*found_key = span_of(k);
	*value = span_of(v);
	return ERR_OK;
}

static enum err raw_copy(void *ctx, const char *path)
{
	struct lmdb *l = ctx;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		return errno == EEXIST ? err_set(ERR_EXISTS, "%s is there already", path)
				       : err_errno(errno, "cannot make", path);
	}
	enum err rc = ERR_OK;
	int code = mdb_env_copyfd2(l->env, fd, MDB_CP_COMPACT);
	if (code) {
		rc = translate(l, code, "cannot copy");
	} else if (fsync(fd) != 0) {
		rc = err_errno(errno, "cannot write", path);
	}
	if (close(fd) != 0 && rc == ERR_OK) {
		rc = err_errno(errno, "cannot write", path);
	}
	if (rc != ERR_OK) {
		unlink(path);
	}
	return rc;
}

static void raw_close(void *ctx)
{
	struct lmdb *l = ctx;
	if (l->env) {
		mdb_env_close(l->env);
	}
	lock_release(l->lock);
	free(l->table);
	free(l);
}

static void raw_let_go(void *ctx)
{
	struct lmdb *l = ctx;
	lock_release(l->lock);
	l->lock = -1;
}

/* A reader that was killed would keep every page alive that is freed from then on. */
static int forget_dead_readers(MDB_env *env)
{
	int dead;
	return mdb_reader_check(env, &dead);
}

static enum err raw_take_again(void *ctx)
{
	struct lmdb *l = ctx;
	char lock[PATH_TEXT_MAX];
	enum err rc = path_join(lock, l->dir, "lock");
	if (rc == ERR_OK) {
		rc = lock_take(&l->lock, lock);
	}
	int code = rc == ERR_OK ? forget_dead_readers(l->env) : 0;
	return code ? translate(l, code, "cannot look at the readers of") : rc;
}

/* Opens every table; in a reading transaction unless `create`, so that a look never waits. */
static int open_tables(struct lmdb *l, const char *const *names, bool create)
{
	MDB_txn *t = NULL;
	int code = mdb_txn_begin(l->env, NULL, create ? 0 : MDB_RDONLY, &t);
	for (unsigned i = 0; code == 0 && i < l->n; i++) {
		code = mdb_dbi_open(t, names[i], create ? MDB_CREATE : 0, &l->table[i]);
	}
	if (code == 0) {
		return mdb_txn_commit(t);
	}
	if (t) {
		mdb_txn_abort(t);
	}
	return code;
}

static enum err open_env(struct lmdb *l, const char *const *names, size_t map_size)
{
	int code = mdb_env_create(&l->env);
	if (code == 0) {
		code = mdb_env_set_maxdbs(l->env, l->n);
	}
	if (code == 0) {
		code = mdb_env_set_mapsize(l->env, map_size);
	}
	if (code == 0) {
		code = mdb_env_open(l->env, l->dir, MDB_NOTLS, 0600);
	}
	if (code == 0) {
		code = forget_dead_readers(l->env);
	}
	if (code == 0) {
		code = open_tables(l, names, false);
		if (code == MDB_NOTFOUND) {
			code = open_tables(l, names, true);
		}
	}
	return code ? translate(l, code, "cannot open the store in") : ERR_OK;
}

/*
 * Without the lock another process may be writing under our eyes, so what looks damaged then is
 * looked at again with the lock; whoever holds it has checked the file itself.
 */
static enum err check_file(const char *data, const char *lock, bool locked)
{
	enum err rc = db_lmdb_check(data);
	if (rc != ERR_DB_DAMAGED || locked) {
		return rc;
	}
	int fd = -1;
	rc = lock_take(&fd, lock);
	if (rc == ERR_LOCKED) {
		err_clear();
		return ERR_OK;
	}
	if (rc == ERR_OK) {
		rc = db_lmdb_check(data);
	}
	lock_release(fd);
	return rc;
}

enum err db_open_lmdb(struct db **out, const char *dir, const char *const *tables, unsigned n,
		      size_t map_size, bool exclusive)
{
	*out = NULL;
	char lock[PATH_TEXT_MAX], data[PATH_TEXT_MAX];
	struct lmdb *l = calloc(1, sizeof *l);
	if (!l) {
		return ERR_NO_MEMORY;
	}
	l->lock = -1;
	l->n = n;
	enum err rc = ERR_NO_MEMORY;
	l->table = calloc(n, sizeof *l->table);
	if (!l->table) {
		goto out;
	}
	rc = path_join(lock, dir, "lock");
	if (rc == ERR_OK) {
		rc = path_join(data, dir, "data.mdb");
	}
	if (rc != ERR_OK) {
		goto out;
	}
	snprintf(l->dir, sizeof l->dir, "%s", dir);
	if (exclusive) {
		rc = lock_take(&l->lock, lock);
		if (rc != ERR_OK) {
			goto out;
		}
	}
	rc = check_file(data, lock, exclusive);
	if (rc == ERR_OK) {
		rc = open_env(l, tables, map_size);
	}
	if (rc == ERR_OK) {
		struct db_backend backend = {
		    .ctx = l,
		    .begin = raw_begin,
		    .commit = raw_commit,
		    .abort = raw_abort,
		    .get = raw_get,
		    .put = raw_put,
		    .del = raw_del,
		    .seek = raw_seek,
		    .close = raw_close,
		    .let_go = exclusive ? raw_let_go : NULL,
		    .take_again = exclusive ? raw_take_again : NULL,
		    .copy = raw_copy,
		};
		rc = db_open_backend(out, backend);
	}
out:
	if (rc != ERR_OK) {
		raw_close(l);
	}
	return rc;
}
