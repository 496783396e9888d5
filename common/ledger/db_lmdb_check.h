/*
 * A look at an LMDB 0.9 file before LMDB maps it: LMDB believes page numbers, offsets and sizes
 * that it finds, and a damaged file can make it read outside its map. Called by db_lmdb.c alone.
 */
#ifndef AIRLOCK_LEDGER_DB_LMDB_CHECK_H
#define AIRLOCK_LEDGER_DB_LMDB_CHECK_H

#include "common/base/err.h"

/*
 * Walks the meta pages and both roots' trees of the newest one. A file that is absent or empty is
 * fine: it is about to be made. ERR_DB_DAMAGED naming the page, ERR_IO.
 */
enum err MUST_CHECK db_lmdb_check(const char *path);

#endif
