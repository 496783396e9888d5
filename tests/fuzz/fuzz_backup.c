/*
 * Backup files: what stands before the seal is a stranger's word, and so, to the reader of records,
 * is what stands behind it.
 */
#include "common/base/secret.h"
#include "signer/journal/tables.h"
#include "signer/vault/backup.h"
#include "tests/fuzz/fuzz.h"

/* A store that takes everything and keeps nothing. */
static enum err begin(void *ctx, bool write, void **txn)
{
	(void)write;
	*txn = ctx;
	return ERR_OK;
}

static enum err keep(void *ctx, void *txn)
{
	(void)ctx;
	(void)txn;
	return ERR_OK;
}

static void cancel(void *ctx, void *txn)
{
	(void)ctx;
	(void)txn;
}

static enum err get(void *ctx, void *txn, unsigned table, struct span key, struct span *value)
{
	(void)ctx;
	(void)txn;
	(void)key;
	(void)value;
	CHECK(table < TABLE_COUNT);
	return ERR_NOT_FOUND;
}

static enum err put(void *ctx, void *txn, unsigned table, struct span key, struct span value)
{
	(void)ctx;
	(void)txn;
	(void)value;
	CHECK(table < TABLE_COUNT && key.n > 0 && key.n <= 511);
	return ERR_OK;
}

static void finish(void *ctx)
{
	(void)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int self;
	static bool started;
	struct vault *v;
	struct span inner;
	struct buf records;
	struct db *db;
	struct db_txn *t;
	if (!started) {
		CHECK(secret_start() == ERR_OK);
		started = true;
	}
	const struct db_backend nowhere = {.ctx = &self,
					   .begin = begin,
					   .commit = keep,
					   .abort = cancel,
					   .get = get,
					   .put = put,
					   .close = finish};
	struct span file = {data, size};
	err_ignore(backup_open(&v, &inner, &records, file, "file", db_span("x", 1)));
	vault_close(v);
	buf_free(&records);
	CHECK(db_open_backend(&db, nowhere) == ERR_OK);
	CHECK(db_begin(&t, db, true) == ERR_OK);
	err_ignore(backup_fill(t, TABLE_COUNT, file));
	db_abort(t);
	db_close(db);
	return 0;
}
