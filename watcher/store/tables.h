/* The tables of the watcher's store, and keys as they stand in them: numbers are big endian. */
#ifndef AIRLOCK_WATCHER_STORE_TABLES_H
#define AIRLOCK_WATCHER_STORE_TABLES_H

#include "common/base/bytes.h"

enum table {
	T_META,         /* name -> value: store.h */
	T_BLOCKS,       /* height -> id, time */
	T_OUTPUTS,      /* outpoint -> output_record; reversed ones stay */
	T_OUT_HEIGHT,   /* height, outpoint: outputs in blocks, for rolling back */
	T_OUT_KEY,      /* one-time key, outpoint: outputs in blocks, for duplicates */
	T_DUE,          /* height, outpoint: to be credited once the chain is that high */
	T_UNSPENT,      /* outpoint: outputs in blocks, not spent in a block */
	T_IMAGES,       /* key image -> outpoint, where it was spent */
	T_SPENT_HEIGHT, /* height, key image: for rolling back */
	T_SUBADDRESS,   /* spend key -> index; with the lookahead */
	T_ACCOUNTS,     /* account -> next index, indices covered by the lookahead */
	T_ADDRESSES,    /* index -> label; addresses that were given out */
	T_PAYOUTS,      /* number -> payout */
	T_PAYOUT_IDS,   /* the caller's id -> number */
	T_QUEUE,        /* priority, number: queued payouts */
	T_REQUESTS,     /* number -> request_record */
	T_BODIES,       /* number -> the request as encoded */
	T_SENT,         /* transaction id -> sent transaction */
	T_SENT_OPEN,    /* transaction id: not confirmed yet, nor rejected for good */
	T_EVENTS,       /* the ledger */
	T_JOURNAL,      /* number -> hash, signature, content: copy of the signer's journal */
	T_OUT_ADDRESS,  /* account, index, height, outpoint -> amount: deposits in blocks */
	T_POOL,         /* outpoint -> pool_record: deposits that wait to be mined */
	T_WEBHOOKS,     /* name -> subscriber, how far it is */
	T_DEAD_LETTERS, /* name, 0, event: given up */
	T_INVOICES,     /* number -> invoice */
	T_INVOICE_IDS,  /* the caller's id -> number */
	T_INVOICE_AT,   /* account, index -> number */
	T_INVOICE_ENDS, /* time, number: will be over when the chain's time is past it */
	T_INVOICE_LATE, /* height, number: payments are late from this block on */
	T_INVOICE_NEWS, /* number: to be judged before the transaction ends */
	T_REQUEST_OPEN, /* number: requests that wait for their reply */
	T_COUNT
};

#define OUTPOINT_SIZE 36

/* A key being put together. */
struct table_key {
	uint8_t b[80];
	size_t n;
};

static inline void key_bytes(struct table_key *k, const void *p, size_t n)
{
	const uint8_t *from = p;
	for (size_t i = 0; i < n; i++) {
		k->b[k->n++] = from[i];
	}
}

static inline void key_u64(struct table_key *k, uint64_t v)
{
	store64_be(k->b + k->n, v);
	k->n += 8;
}

static inline void key_u32(struct table_key *k, uint32_t v)
{
	store32_be(k->b + k->n, v);
	k->n += 4;
}

static inline struct span key_span(const struct table_key *k)
{
	return (struct span){k->b, k->n};
}

#endif
