/* Records of subscribers and of dead letters, inside the caller's transaction. */
#ifndef AIRLOCK_WATCHER_WEBHOOKS_SUBSCRIBERS_H
#define AIRLOCK_WATCHER_WEBHOOKS_SUBSCRIBERS_H

#include "watcher/webhooks/webhooks.h"

enum err MUST_CHECK subscriber_write(struct db_txn *t, const struct webhook *h);
/* ERR_NOT_FOUND. */
enum err MUST_CHECK subscriber_read(struct webhook *h, struct db_txn *t, const char *name);
enum err MUST_CHECK subscriber_decode(struct webhook *h, struct span key, struct span value);

/* Nothing of former failures is remembered. */
void webhook_is_well(struct webhook *h);

/* An event that a subscriber did not take for too long. */
enum err MUST_CHECK letter_put(struct db_txn *t, const char *name, uint64_t number);
/* 0: none. */
enum err MUST_CHECK letters_first(uint64_t *out, struct db_txn *t, const char *name);
enum err MUST_CHECK letters_drop(struct db_txn *t, const char *name);

#endif
