/*
 * A vault's folder in the making. Store and vault file are prepared in a folder within it and moved
 * to their places at the very end, the vault file last: whatever breaks off before that leaves no
 * vault, and what it leaves is removed by the next attempt.
 */
#ifndef AIRLOCK_SIGNER_FOLDER_H
#define AIRLOCK_SIGNER_FOLDER_H

#include <stdbool.h>

#include "common/base/file.h"

struct vault_folder {
	char dir[PATH_TEXT_MAX];
	char stage[PATH_TEXT_MAX]; /* where data.mdb and vault are to be made */
	int lock;
	bool made; /* the folder itself */
};

/* ERR_EXISTS when there is a vault or a journal, ERR_LOCKED when another process is at it. */
enum err MUST_CHECK folder_begin(struct vault_folder *f, const char *dir);
/* Moves what was made to its place, durably; the store must be closed. */
enum err MUST_CHECK folder_finish(struct vault_folder *f);
/* Removes what was made. After folder_begin, unless folder_finish went well. */
void folder_abandon(struct vault_folder *f);

#endif
