/*
 * Catching up: a signer whose disk was rolled back takes the entries it lost from a copy of its own
 * journal, which the watcher keeps. Nobody else could have signed them, so whoever brings the copy
 * is not asked for. The state follows from the entries; only the replies' bytes are gone.
 */
#ifndef AIRLOCK_SIGNER_CATCH_UP_H
#define AIRLOCK_SIGNER_CATCH_UP_H

#include "signer/session/env.h"

struct catch_up {
	uint64_t first, taken;   /* entries that were new to us */
	struct ledger_head head; /* up to where */
};

/*
 * Takes message files of type journal, each carrying on from the one before. All of it or nothing,
 * journaled when something was taken. ERR_JOURNAL_BROKEN for what is forged or has gaps,
 * ERR_JOURNAL_FORK for a copy that is not of our past, ERR_MSG_UNKNOWN for another signer's,
 * ERR_CLOCK_BEHIND when the clock is behind what was taken.
 */
enum err MUST_CHECK session_catch_up(struct catch_up *out, const struct env *env,
				     const struct span *files, size_t n);

#endif
