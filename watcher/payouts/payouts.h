/* Shared by the files that queue payouts and take them out of the queue again. */
#ifndef AIRLOCK_WATCHER_PAYOUTS_PAYOUTS_H
#define AIRLOCK_WATCHER_PAYOUTS_PAYOUTS_H

#include "watcher/store/store.h"

/* What ids begin with that callers cannot use. */
#define SWEEP_ID "sweep:"
#define REFUND_ID "refund:"

/* Whether it moves money to the vault: not owed to anybody. */
bool payout_is_sweep(const struct payout *p);
/* Numbers and queues a new one; its id is free. */
enum err MUST_CHECK payout_create(const struct watcher *w, struct db_txn *t, struct payout *p);
/*
 * Back into the queue, out of a request that did not come to anything. A sweep that cannot have
 * been signed is cancelled instead: the next one counts anew.
 */
enum err MUST_CHECK payout_return(const struct watcher *w, struct db_txn *t, struct payout *p);
enum err MUST_CHECK payout_event(const struct watcher *w, struct db_txn *t, const char *kind,
				 const struct payout *p);
/* ERR_NOT_FOUND, with the id made safe to print. */
enum err payout_unknown(const char *id);

#endif
