/*
 * The chain over a monerod (v0.18), its binary calls where there are some. What comes back is
 * bounded, parsed as a stranger's, and checked as far as this side can: ids are computed, links and
 * counts compared. Calls that only read are tried again after a short wait with jitter when the
 * node is busy or cannot be reached; how to go on after that is the caller's matter (backoff.h).
 * One struct is for one thread at a time; that thread is the one that stopped and moved are called
 * by.
 */
#ifndef AIRLOCK_WATCHER_RPC_H
#define AIRLOCK_WATCHER_RPC_H

#include "watcher/chain/chain.h"

struct chain_rpc_options {
	/* "host", "host:port", "http://host:port", "https://host:port"; IPv6 in brackets. NULL:
	 * this machine, and a missing port, are the network's default. */
	const char *url;
	const char *user, *password; /* HTTP digest login (--rpc-login); NULL: none */
	const char *tls_pin;         /* "sha256//BASE64" of the node's public key; NULL: none */
	const char *tls_ca;          /* file of certificates to trust; NULL: the system's */
	const char *proxy;           /* "host:port" of a SOCKS5 proxy (Tor); NULL: none */
	unsigned timeout_s;          /* 0: 60 */
	unsigned tries;              /* of a reading call; 0: 3 */
	enum network network;        /* another one is ERR_NODE_NETWORK from info() */
	/* Ask for whole transactions, so that every id is checked and not only the miners': more
	 * than twice the bytes. Needs an unpruned node. */
	bool whole_txs;
	/* Fetch the next blocks, over a second connection, while the caller works on the last: for
	 * whoever follows the chain and has called info() before. */
	bool ahead;
	/* Allow a node on another machine without TLS: others on the way can read what this wallet
	 * asks for, and lie to it. */
	bool allow_plain;
	/* Allow a node on another machine without a login: whoever finds it can use it. */
	bool allow_no_login;
	/* NULL, or asked several times a second while a call waits: true ends it with
	 * ERR_CANCELLED. */
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
	/* NULL, or told that a call that asked that is over, and with what, before anything is made
	 * of the answer; the call goes on with what this returns. */
	enum err (*over)(void *ctx, enum err result);
	void *over_ctx;
	/* NULL, or told while bytes come. */
	void (*moved)(void *ctx);
	void *moved_ctx;
	/* Where transactions are given out, when not to the node itself: another node, which sees
	 * nothing of this wallet but them, by another way. NULL: the node. */
	const char *submit_url, *submit_proxy;
	bool submit_plain; /* allow one on another machine without TLS */
};

/*
 * Fills *out; its functions work until chain_rpc_close. Does not connect yet. ERR_USAGE for a URL
 * that is none, and for a node that is neither on this machine nor an onion service reached through
 * the proxy and lacks TLS (unless allow_plain) or a login (unless allow_no_login).
 */
enum err MUST_CHECK chain_rpc_open(struct chain *out, const struct chain_rpc_options *o);
/* Fine on a zeroed struct. */
void chain_rpc_close(struct chain *c);

/* Calls since chain_rpc_open: how long they took, each with its tries, and how they failed. */
#define RPC_BUCKETS 8
extern const char *const RPC_BUCKET_NAMES[RPC_BUCKETS]; /* upper bounds in seconds; the last +Inf */
struct chain_rpc_counts {
	uint64_t bucket[RPC_BUCKETS];
	uint64_t total_ms;
	uint64_t unreachable, busy, login, bad;
};
void chain_rpc_counts(const struct chain *c, struct chain_rpc_counts *out);

/* The newest hard fork whose blocks and transactions this version understands. */
#define CHAIN_RPC_FORK_MAX 16

#endif
