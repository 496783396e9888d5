/* backup and prune: the store itself. */
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "watcher/cli/cli.h"

/* The copy as a store of its own, everything derived computed again. */
static enum err verify_copy(const char *dir)
{
	struct db *db = NULL;
	struct watcher w = {0};
	struct chain none = {0};
	enum err rc = store_open(&db, dir, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_open(&w, db, none, clock_system(), rng_system());
	}
	if (rc == ERR_OK) {
		rc = watcher_verify(&w, NULL, NULL);
	}
	watcher_close(&w);
	db_close(db);
	return rc;
}

/* Copies into a folder beside the file, looks at it there, and moves it to its name. */
static enum err back_up(struct db *db, const char *file)
{
	char dir[PATH_TEXT_MAX], copy[PATH_TEXT_MAX], lock[PATH_TEXT_MAX], lmdb[PATH_TEXT_MAX];
	if ((size_t)snprintf(dir, sizeof dir, "%s.partial", file) >= sizeof dir) {
		return err_set(ERR_USAGE, "--out is too long");
	}
	if (file_exists(file)) {
		return err_set(ERR_EXISTS, "%s is there already", file);
	}
	enum err rc = path_join(copy, dir, "data.mdb");
	if (rc == ERR_OK) {
		rc = path_join(lock, dir, "lock");
	}
	if (rc == ERR_OK) {
		rc = path_join(lmdb, dir, "lock.mdb");
	}
	if (rc == ERR_OK) {
		rc = dir_make(dir);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	/* What an earlier backup that was killed left there. */
	unlink(copy);
	rc = db_copy(db, copy);
	if (rc == ERR_OK) {
		rc = verify_copy(dir);
	}
	if (rc == ERR_OK) {
		rc = file_rename(copy, file);
	}
	unlink(copy);
	unlink(lock);
	unlink(lmdb);
	rmdir(dir);
	return rc;
}

enum err cmd_backup(const struct options *o)
{
	struct opened p;
	struct out out;
	if (!o->out) {
		return err_set(ERR_USAGE, "backup needs --out FILE");
	}
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = back_up(p.db, o->out);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_text(&out, "file", o->out);
		json_bool(&out, "verified", true);
		json_close(&out, '}');
		say(&out, "%s is a copy of the store, and verified. It holds the view key.",
		    o->out);
		say(&out, "To restore: put it as data.mdb into a new folder, with airlock.conf.");
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

enum err cmd_prune(const struct options *o)
{
	struct opened p;
	struct prune_result r;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		rc = watcher_prune(&p.w, &r);
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "labels", r.labels);
		json_number(&out, "references", r.references);
		json_number(&out, "invoices", r.invoices);
		json_number(&out, "transactions", r.blobs);
		json_number(&out, "requests", r.requests);
		json_close(&out, '}');
		say(&out,
		    "forgotten: %zu labels, %zu references, %zu invoices' ids and labels, %zu raw "
		    "transactions, %zu requests",
		    r.labels, r.references, r.invoices, r.blobs, r.requests);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}
