/* When an output may be spent, by the rules of the network. */
#ifndef AIRLOCK_WATCHER_BALANCE_SPENDABLE_H
#define AIRLOCK_WATCHER_BALANCE_SPENDABLE_H

#include "watcher/store/store.h"

/* The first height of a block that may spend it; by-time locks are not in it. */
uint64_t unlock_height(const struct output_record *o);

/* Whether a block on top of a chain of `height` blocks, the newest of time `time`, may spend it. */
bool is_unlocked(const struct output_record *o, uint64_t height, uint64_t time);

#endif
