/*
 * The journal as lines of JSON, for people and their tools: what each entry says in words, and the
 * bytes that were hashed and signed. Reading one back decodes the bytes and prints the line again:
 * only the very same line is accepted, so nothing in it can say other than what was signed.
 */
#ifndef AIRLOCK_SIGNER_LINES_H
#define AIRLOCK_SIGNER_LINES_H

#include "signer/journal/journal.h"

/* The members every form of an entry begins with, without the closing bracket. */
void journal_line_start(struct buf *out, uint64_t number, const struct record *r,
			const struct hash *hash);

/* One line, newline included. */
enum err MUST_CHECK journal_line(struct buf *out, const struct journal_entry *e,
				 const struct record *r, const struct hash *hash);

/*
 * The whole text: from entry 1, which names the signer, to the last line. ERR_JOURNAL_BROKEN naming
 * the first entry that is wrong.
 */
enum err MUST_CHECK journal_lines_verify(struct ledger_head *out, struct identity_public *signer,
					 struct span text);

#endif
