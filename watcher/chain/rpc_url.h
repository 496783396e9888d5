/* A node's address as people write it. */
#ifndef AIRLOCK_WATCHER_RPC_URL_H
#define AIRLOCK_WATCHER_RPC_URL_H

#include <stdbool.h>

#include "common/monero/keys.h"

struct rpc_url {
	char base[320]; /* "http://host:port", fit for http_open */
	bool tls;
	bool local; /* this machine: localhost, 127.0.0.0/8 or ::1 */
	bool onion;
};

/* NULL is the network's default on this machine. ERR_USAGE for anything but scheme, host, port. */
enum err MUST_CHECK rpc_url_parse(struct rpc_url *out, const char *url, enum network network);

#endif
