/* The files of the two folders of signer/serve/serve.h. */
#ifndef AIRLOCK_SIGNER_INBOX_H
#define AIRLOCK_SIGNER_INBOX_H

#include "common/base/bytes.h"
#include "common/base/file.h"

#define INBOX_NAME_MAX 200   /* room for what is appended */
#define INBOX_FILES_MAX 4096 /* in one look */
#define INBOX_REPLY ".reply"
#define INBOX_DONE ".done"
#define INBOX_FAILED ".failed"
#define INBOX_REASON ".reason"

struct inbox_file {
	char name[INBOX_NAME_MAX + 1];
	uint64_t changed;  /* seconds since 1970 */
	uint64_t sequence; /* the caller's, to sort by */
};

/*
 * Ordinary files that are waiting: not hidden, not on their way (.tmp, .part), not done with. Names
 * that leave no room for an ending are passed over.
 */
enum err MUST_CHECK inbox_list(struct inbox_file *out, size_t *n, const char *folder);
/* By sequence, then by name. */
void inbox_sort(struct inbox_file *files, size_t n);

/*
 * Places `bytes` as NAME.reply, or NAME.2.reply and so on where another stands; the same bytes are
 * placed once. *placed is the file's name.
 */
enum err MUST_CHECK inbox_place(char placed[static PATH_TEXT_MAX], const char *outbox,
				const char *name, struct span bytes);

/* Renames to NAME.done or NAME.failed (with a number where that is taken), after the reason, if one
 * is given, stands beside it. */
enum err MUST_CHECK inbox_finish(const char *inbox, const char *name, const char *ending,
				 const struct buf *reason);

#endif
