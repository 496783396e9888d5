/*
 * HTTP to one node: the one place of libcurl. POSTs only, answers bounded in size and time, no
 * redirects, no proxy but the one given (the environment is not asked), no protocol but HTTP(S).
 */
#ifndef AIRLOCK_WATCHER_HTTP_H
#define AIRLOCK_WATCHER_HTTP_H

#include "common/base/bytes.h"

struct http;

struct http_options {
	const char *base;     /* "http://host:port" or "https://host:port" */
	const char *user;     /* NULL: no login */
	const char *password; /* with user; HTTP digest, never sent in clear */
	const char *tls_pin;  /* NULL, or "sha256//..." (base64) of the server's public key */
	const char *tls_ca;   /* NULL (the system's), or a file of certificates to trust */
	const char *proxy;    /* NULL, or "host:port" of a SOCKS5 proxy that resolves names too */
	unsigned timeout_s;   /* without a byte coming; ten times this for a whole answer */
	/* NULL, or asked about once a second while waiting: true ends the call, ERR_CANCELLED. */
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
};

/* Copies what it is given. ERR_USAGE for options libcurl cannot take, ERR_NO_MEMORY. */
enum err MUST_CHECK http_open(struct http **out, const struct http_options *o);
void http_close(struct http *h);

/*
 * Posts the body to base + path and replaces the content of `answer` (which keeps its own cap).
 * ERR_NODE_UNREACHABLE with curl's reason, ERR_CANCELLED (stopped), ERR_NODE_AUTH (401, 403),
 * ERR_NODE_BUSY (429, 503), ERR_NODE_ANSWER for another status than 200 or an answer over the cap.
 */
enum err MUST_CHECK http_post(struct http *h, const char *path, const char *content_type,
			      struct span body, struct buf *answer);

#endif
