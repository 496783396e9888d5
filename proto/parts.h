/* Parts that several messages share. Not for use outside proto/. */
#ifndef AIRLOCK_PROTO_PARTS_H
#define AIRLOCK_PROTO_PARTS_H

#include "proto/messages.h"
#include "proto/wire.h"

/* [number, hash] */
void put_head(struct buf *b, const struct ledger_head *head);
void get_head(struct wire_list *in, struct ledger_head *out);

/* Text of at most PROTO_NAME_MAX bytes of printable ASCII. */
void get_name(struct wire_list *in, char out[static PROTO_NAME_MAX + 1]);

/* [network, kind, spend key, view key] and, of an integrated address, the payment id. */
void put_address(struct buf *b, const struct address *a);
void get_address(struct wire_list *in, struct address *out);

/* [0*max [number, content, signature]] */
enum err MUST_CHECK put_entries(struct buf *b, const struct journal_entry *entries, size_t n);
/*
 * Allocates both: the entries, and their contents, which together are no larger than `room`, the
 * message that holds them. Both are NULL after a failure or the caller's to free.
 */
void get_entries(struct wire_list *in, size_t max, size_t room, struct journal_entry **entries,
		 size_t *n, uint8_t **contents);

/* Room for n elements, zeroed; NULL, and a failed wire, when there is none. n may be 0. */
void *parts_alloc(struct wire *w, size_t n, size_t size);

#endif
