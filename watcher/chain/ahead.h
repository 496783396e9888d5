/*
 * The next blocks, fetched and decoded by a thread over a connection of its own while the caller
 * works on the last ones: one batch at the most. It is a guess, and nothing is believed because it
 * came early: whoever takes it checks it as any answer. What does not fit is as if it had never
 * been asked, and what failed is no more than a first try: the call asks, and fails, as it does
 * without.
 */
#ifndef AIRLOCK_WATCHER_AHEAD_H
#define AIRLOCK_WATCHER_AHEAD_H

#include "watcher/chain/chain.h"

struct ahead;

/* NULL: no memory. Does nothing until it has a chain. */
struct ahead *ahead_new(void);
/* Ends what is under way; fine on NULL. The chain stays the caller's. */
void ahead_free(struct ahead *a);

/* The callbacks (see rpc.h) of the chain that is given, with the ahead as their ctx. */
bool ahead_stopped(void *ctx);
void ahead_moved(void *ctx);
/* From here on the thread alone calls it; `blocks` is what it calls. */
void ahead_give(struct ahead *a, const struct chain *chain);

/* Begins to fetch what follows `newest`. What was fetched before and not taken is gone. */
void ahead_start(struct ahead *a, const struct hash *newest, const struct hash *genesis);

/*
 * True when what was fetched answers the question for what follows `newest`: it does follow that
 * block, and it is not at odds with the top that the node has told since (`seen`). Waits for it
 * while it is under way, until stopped(ctx), with moved(ctx) for bytes that come. Whatever it says,
 * nothing is under way afterwards. *failed is what that question failed with, or ERR_OK.
 */
bool ahead_take(struct ahead *a, struct chain_batch *out, enum err *failed,
		const struct hash *newest, const struct chain_info *seen,
		bool (*stopped)(void *ctx), void (*moved)(void *ctx), void *ctx);

#endif
