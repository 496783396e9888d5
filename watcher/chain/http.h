/*
 * HTTP to one server: the one place of libcurl, for the node and for webhooks alike. POSTs only,
 * answers bounded in size and time, no redirects, no proxy but the one given (the environment is
 * not asked), no protocol but HTTP(S), TLS always verified: by authorities or by a pinned key.
 */
#ifndef AIRLOCK_WATCHER_HTTP_H
#define AIRLOCK_WATCHER_HTTP_H

#include "common/base/bytes.h"

struct http;
struct sockaddr;

struct http_options {
	const char *base;     /* "http://host:port" or "https://host:port", a path may follow */
	const char *user;     /* NULL: no login */
	const char *password; /* with user; HTTP digest, never sent in clear */
	const char *tls_pin;  /* NULL, or "sha256//..." (base64) of the server's public key */
	const char *tls_ca;   /* NULL (the system's), or a file of certificates to trust */
	const char *proxy;    /* NULL, or "host:port" of a SOCKS5 proxy that resolves names too */
	unsigned timeout_s;   /* without a byte coming */
	unsigned whole_s;     /* for a whole answer; 0: ten times that */
	/* NULL, or asked several times a second while waiting: true ends the call, ERR_CANCELLED.
	 */
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
	/* NULL, or told that bytes came: something moves. */
	void (*moved)(void *ctx);
	void *moved_ctx;
	/* NULL, or asked about each address just before it is connected to, whatever name it
	 * stands for: false refuses it. */
	bool (*allowed)(void *ctx, const struct sockaddr *address);
	void *allowed_ctx;
};

/* Copies what it is given. ERR_USAGE for options libcurl cannot take, ERR_NO_MEMORY. */
enum err MUST_CHECK http_open(struct http **out, const struct http_options *o);
void http_close(struct http *h);

/*
 * Posts the body to base + path with these header lines ("Name: value") and replaces the content of
 * `answer` (which keeps its own cap). ERR_OK whatever the HTTP status, which is left in *status.
 * ERR_NODE_UNREACHABLE with curl's reason, ERR_CANCELLED (stopped), ERR_NODE_AUTH for another
 * certificate than the expected, ERR_WEBHOOK_ADDRESS when no address was allowed, ERR_NODE_ANSWER
 * for an answer over the cap (*status is set then too).
 */
enum err MUST_CHECK http_send(struct http *h, const char *path, const char *const *headers,
			      size_t n_headers, struct span body, struct buf *answer, long *status);

/*
 * http_send to a node: another status than 200 is ERR_NODE_AUTH (401, 403), ERR_NODE_BUSY (429 and
 * 500 to 599) or ERR_NODE_ANSWER.
 */
enum err MUST_CHECK http_post(struct http *h, const char *path, const char *content_type,
			      struct span body, struct buf *answer);

#endif
