/*
 * Backups: the vault file as it is, and beside it all records of the store, sealed under a key that
 * only an open vault gives (XChaCha20-Poly1305, everything before it authenticated). So a backup
 * needs the passphrase of its day, and a vault and a journal that do not belong together cannot be
 * put into one.
 */
#ifndef AIRLOCK_SIGNER_BACKUP_H
#define AIRLOCK_SIGNER_BACKUP_H

#include "common/ledger/db.h"
#include "signer/vault/vault.h"

#define BACKUP_MAX ((size_t)1 << 30)

/* Appends the backup of the store as the transaction sees it. ERR_LIMIT when it is too large. */
enum err MUST_CHECK backup_make(struct buf *out, struct db_txn *t, unsigned tables,
				const struct vault *v, struct span vault_file,
				const struct rng *rng);

/*
 * Opens a backup: *v is its vault, *vault_file points into `file`, `records` gets what backup_fill
 * takes. ERR_MSG_* when it is no whole backup, ERR_PASSPHRASE, ERR_VAULT_DAMAGED. Free `records`
 * and *v whatever is returned.
 */
enum err MUST_CHECK backup_open(struct vault **v, struct span *vault_file, struct buf *records,
				struct span file, const char *path, struct span passphrase);

/* Puts all records into an empty store. ERR_MSG_FORMAT. */
enum err MUST_CHECK backup_fill(struct db_txn *t, unsigned tables, struct span records);

#endif
