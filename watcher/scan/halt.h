/*
 * The brake on payouts: something happened that a person must look at before more money leaves.
 * Recording goes on. It holds until watcher_resume.
 */
#ifndef AIRLOCK_WATCHER_SCAN_HALT_H
#define AIRLOCK_WATCHER_SCAN_HALT_H

#include "watcher/store/store.h"

/* Pulls it, with an event that says why; pulled already, the event is added all the same. */
enum err MUST_CHECK payouts_halt(const struct watcher *w, struct db_txn *t, const char *why);

/* The number of the event that pulled it, 0 when it is not pulled. */
enum err MUST_CHECK payouts_halted(uint64_t *event, struct db_txn *t);

/* ERR_HALTED while it is pulled. Asked before anything is planned or broadcast. */
enum err MUST_CHECK payouts_check(struct db_txn *t);

#endif
