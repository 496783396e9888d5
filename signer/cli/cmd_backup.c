/* backup and restore: the whole signer in one sealed file, and back. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "signer/cli/cli.h"
#include "signer/cli/secret_input.h"
#include "signer/session/settings.h"
#include "signer/vault/backup.h"
#include "signer/vault/folder.h"

static enum err make(struct buf *out, const struct opened *p, const char *vault_path)
{
	struct buf vault_file;
	struct db_txn *t = NULL;
	struct rng rng = rng_system();
	buf_init(&vault_file, VAULT_FILE_SIZE + 1);
	enum err rc = file_read(&vault_file, vault_path, VAULT_FILE_SIZE);
	if (rc == ERR_OK) {
		rc = db_begin(&t, p->db, false);
	}
	if (rc == ERR_OK) {
		rc = backup_make(out, t, TABLE_COUNT, p->vault, buf_span(&vault_file), &rng);
	}
	db_abort(t);
	buf_free(&vault_file);
	return rc;
}

enum err cmd_backup(const struct options *o)
{
	struct opened p = {0};
	char path[PATH_TEXT_MAX];
	struct buf file, said;
	struct record *r = calloc(1, sizeof *r);
	buf_init(&file, BACKUP_MAX);
	buf_init(&said, 1024);
	enum err rc = r ? option_out(o) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = path_join(path, o->vault, "vault");
	}
	/* First, so that the backup itself tells that it was made. */
	if (rc == ERR_OK) {
		r->kind = RECORD_BACKUP;
		rc = settings_journal(&p.env, r);
	}
	if (rc == ERR_OK) {
		rc = make(&file, &p, path);
	}
	if (rc == ERR_OK) {
		rc = file_write(o->out, file.p, file.n);
	}
	if (rc == ERR_OK && strcmp(o->out, "-") != 0) {
		buf_printf(&said,
			   o->json ? "{\"bytes\":%zu}\n"
				   : "%zu bytes; they need the passphrase of today\n",
			   file.n);
		rc = cli_print(&said);
	}
	free(r);
	buf_free(&file);
	buf_free(&said);
	opened_close(&p);
	return rc;
}

/* What a person needs to know before trusting it. */
struct restored {
	struct ledger_head head;
	struct journal_times newest;
	struct vault *vault;
};

/* All records, and only if they are the unbroken journal of the very vault. */
static enum err fill(struct restored *out, struct db *db, struct span records)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, db, true);
	if (rc == ERR_OK) {
		rc = backup_fill(t, TABLE_COUNT, records);
	}
	if (rc == ERR_OK) {
		rc = journal_verify(&out->head, t, &vault_identity(out->vault)->public);
	}
	if (rc == ERR_OK && out->head.number == 0) {
		rc = err_set(ERR_MSG_FORMAT, "the backup has no journal");
	}
	if (rc == ERR_OK) {
		rc = journal_times(&out->newest, t);
	}
	if (rc == ERR_OK) {
		rc = journal_set_restored(t);
	}
	if (rc == ERR_OK) {
		rc = db_commit(t);
		t = NULL;
	}
	db_abort(t);
	return rc;
}

static enum err write_parts(struct restored *out, const struct vault_folder *folder,
			    struct span vault_file, struct span records)
{
	static const char *const tables[] = SIGNER_TABLE_NAMES;
	char path[PATH_TEXT_MAX];
	struct db *db = NULL;
	enum err rc = path_join(path, folder->stage, "vault");
	if (rc == ERR_OK) {
		rc = db_open_lmdb(&db, folder->stage, tables, TABLE_COUNT, SIGNER_MAP_SIZE, true);
	}
	if (rc == ERR_OK) {
		rc = fill(out, db, records);
	}
	if (db) {
		db_close(db);
	}
	return rc == ERR_OK ? file_write_new(path, vault_file.p, vault_file.n) : rc;
}

static enum err say(const struct options *o, const struct restored *r)
{
	char time[TIME_TEXT_MAX];
	struct buf out;
	buf_init(&out, 4096);
	if (o->json) {
		buf_printf(&out, "{\"entries\":%llu,\"newest\":%llu}\n",
			   (unsigned long long)r->head.number, (unsigned long long)r->newest.wall);
	} else {
		buf_printf(
		    &out,
		    "vault restored in %s\n"
		    "its journal ends with entry %llu of %s\n"
		    "What was signed later is not known here, and does not count for the limits.\n"
		    "Before anything else: `journal export` on the watcher, `catch-up` here.\n",
		    o->vault, (unsigned long long)r->head.number,
		    time_format(time, r->newest.wall));
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

static enum err restore(struct restored *r, const struct options *o, struct span vault_file,
			struct span records)
{
	struct vault_folder folder;
	enum err rc = folder_begin(&folder, o->vault);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = write_parts(r, &folder, vault_file, records);
	if (rc == ERR_OK) {
		rc = folder_finish(&folder);
	}
	if (rc != ERR_OK) {
		folder_abandon(&folder);
	}
	return rc;
}

enum err cmd_restore(const struct options *o)
{
	struct buf file, records = {0};
	struct span vault_file = {0};
	struct restored r = {0};
	char *passphrase = NULL;
	const char *path;
	buf_init(&file, BACKUP_MAX);
	enum err rc = o->vault ? option_file(&path, o, "the backup file")
			       : err_set(ERR_USAGE, "--vault DIR is needed");
	if (rc == ERR_OK) {
		rc = file_read(&file, path, BACKUP_MAX);
	}
	if (rc == ERR_OK) {
		rc =
		    secret_line(&passphrase, o->passphrase_fd, "Passphrase of the backup: ", false);
	}
	if (rc == ERR_OK) {
		rc = backup_open(&r.vault, &vault_file, &records, buf_span(&file), path,
				 db_span(passphrase, strlen(passphrase)));
	}
	if (rc == ERR_OK) {
		rc = restore(&r, o, vault_file, buf_span(&records));
	}
	if (rc == ERR_OK) {
		rc = say(o, &r);
	}
	secret_free(passphrase);
	vault_close(r.vault);
	buf_free(&records);
	buf_free(&file);
	return rc;
}
