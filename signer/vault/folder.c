#include "signer/vault/folder.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const parts[] = {"data.mdb", "vault"}; /* in the order they are moved */
static const char *const leftovers[] = {"vault", "data.mdb", "lock.mdb", "lock"};

static bool stands(const char *dir, const char *name)
{
	char path[PATH_TEXT_MAX];
	return path_join(path, dir, name) == ERR_OK && file_exists(path);
}

static void drop(const char *dir, const char *name)
{
	char path[PATH_TEXT_MAX];
	if (path_join(path, dir, name) == ERR_OK) {
		unlink(path);
	}
}

static void drop_stage(const struct vault_folder *f)
{
	for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++) {
		drop(f->stage, leftovers[i]);
	}
	rmdir(f->stage);
}

static enum err check_free(const char *dir)
{
	if (stands(dir, "vault")) {
		return err_set(ERR_EXISTS, "%s holds a vault", dir);
	}
	if (stands(dir, "data.mdb")) {
		return err_set(ERR_EXISTS,
			       "%s holds a journal (data.mdb) without its vault; find the vault "
			       "file, or move the journal away",
			       dir);
	}
	return ERR_OK;
}

enum err folder_begin(struct vault_folder *f, const char *dir)
{
	char path[PATH_TEXT_MAX];
	memset(f, 0, sizeof *f);
	f->lock = -1;
	enum err rc = path_join(path, dir, "lock");
	if (rc == ERR_OK) {
		rc = path_join(f->stage, dir, "new");
	}
	if (rc == ERR_OK) {
		snprintf(f->dir, sizeof f->dir, "%s", dir);
		f->made = !file_exists(dir);
		rc = dir_make(dir);
	}
	/* The check comes before the lock, which would be one more file in a foreign folder. */
	if (rc == ERR_OK) {
		rc = check_free(dir);
	}
	if (rc == ERR_OK) {
		rc = lock_take(&f->lock, path);
	}
	if (rc == ERR_OK) {
		rc = check_free(dir);
	}
	if (rc == ERR_OK) {
		drop_stage(f);
		rc = dir_make(f->stage);
	}
	if (rc != ERR_OK) {
		lock_release(f->lock);
		f->lock = -1;
		if (f->made) {
			rmdir(dir);
		}
	}
	return rc;
}

enum err folder_finish(struct vault_folder *f)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < sizeof parts / sizeof parts[0]; i++) {
		rc = path_join(from, f->stage, parts[i]);
		if (rc == ERR_OK) {
			rc = path_join(to, f->dir, parts[i]);
		}
		if (rc == ERR_OK) {
			rc = file_rename(from, to);
		}
	}
	if (rc == ERR_OK) {
		drop_stage(f);
		lock_release(f->lock);
		f->lock = -1;
	}
	return rc;
}

void folder_abandon(struct vault_folder *f)
{
	if (f->lock < 0) {
		return;
	}
	drop_stage(f);
	/* The journal may have been moved, the vault not; without it the journal is of no use. */
	if (!stands(f->dir, "vault")) {
		drop(f->dir, "data.mdb");
	}
	drop(f->dir, "lock");
	lock_release(f->lock);
	f->lock = -1;
	if (f->made) {
		rmdir(f->dir);
	}
}
