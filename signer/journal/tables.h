/* The tables of the signer's store, in the order in which they are opened. */
#ifndef AIRLOCK_SIGNER_TABLES_H
#define AIRLOCK_SIGNER_TABLES_H

enum signer_table {
	TABLE_JOURNAL,   /* the ledger: number -> chain hash, content */
	TABLE_SIGNATURE, /* number -> signature of the entry's hash */
	TABLE_META,      /* single values by name */
	TABLE_REPLY,     /* request hash -> the reply file's bytes */
	TABLE_PAYOUT,    /* payout id -> content hash, ids of the transactions that pay it */
	TABLE_TX,        /* transaction id -> the outputs it spends, the payouts it pays */
	TABLE_INPUT, /* one-time key of an output of ours -> ids of the transactions spending it */
	TABLE_COUNT
};

#define SIGNER_TABLE_NAMES                                                                         \
	{                                                                                          \
		"journal", "signature", "meta", "reply", "payout", "tx", "input"                   \
	}
#define SIGNER_MAP_SIZE ((size_t)8 << 30)

#endif
