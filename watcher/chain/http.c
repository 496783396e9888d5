/* libcurl, confined. */
#include "watcher/chain/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 15L
#define WHOLE_ANSWER_FACTOR 10L

struct http {
	CURL *curl;
	char *base;
	char why[CURL_ERROR_SIZE];
	struct buf *answer;
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
};

static pthread_once_t started = PTHREAD_ONCE_INIT;
static CURLcode start_result;

static void start(void)
{
	start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;
	buf_put(h->answer, p, size * n);
	return h->answer->failed ? 0 : size * n;
}

static int on_progress(void *ctx, curl_off_t down, curl_off_t downed, curl_off_t up,
		       curl_off_t upped)
{
	struct http *h = ctx;
	(void)down, (void)downed, (void)up, (void)upped;
	return h->stopped(h->stopped_ctx);
}

/* One option; the first failure stays in `code`. */
#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (code == CURLE_OK) {                                                            \
			code = curl_easy_setopt(h->curl, option, value);                           \
		}                                                                                  \
	} while (0)

enum err http_open(struct http **out, const struct http_options *o)
{
	*out = NULL;
	pthread_once(&started, start);
	if (start_result != CURLE_OK) {
		return err_set(ERR_NODE_UNREACHABLE, "libcurl does not start");
	}
	struct http *h = calloc(1, sizeof *h);
	if (!h) {
		return ERR_NO_MEMORY;
	}
	h->curl = curl_easy_init();
	h->base = strdup(o->base);
	if (!h->curl || !h->base) {
		http_close(h);
		return ERR_NO_MEMORY;
	}
	CURLcode code = CURLE_OK;
	SET(CURLOPT_ERRORBUFFER, h->why);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT,
	    (long)o->timeout_s < CONNECT_SECONDS ? (long)o->timeout_s : CONNECT_SECONDS);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, (long)o->timeout_s);
	SET(CURLOPT_TIMEOUT, WHOLE_ANSWER_FACTOR * (long)o->timeout_s);
	SET(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_BUFFERSIZE, 512 * 1024L);
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* An empty name switches off the proxies that the environment names. */
	SET(CURLOPT_PROXY, o->proxy ? o->proxy : "");
	if (o->proxy) {
		SET(CURLOPT_PROXYTYPE, (long)CURLPROXY_SOCKS5_HOSTNAME);
		SET(CURLOPT_NOPROXY, "");
	}
	if (o->stopped) {
		h->stopped = o->stopped;
		h->stopped_ctx = o->stopped_ctx;
		SET(CURLOPT_XFERINFOFUNCTION, on_progress);
		SET(CURLOPT_XFERINFODATA, h);
		SET(CURLOPT_NOPROGRESS, 0L);
	}
	if (o->user) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_DIGEST);
		SET(CURLOPT_USERNAME, o->user);
		SET(CURLOPT_PASSWORD, o->password ? o->password : "");
	}
	if (o->tls_ca) {
		SET(CURLOPT_CAINFO, o->tls_ca);
	}
	if (o->tls_pin) {
		/* monerod makes its own certificate: the pinned key is the whole of the trust. */
		SET(CURLOPT_PINNEDPUBLICKEY, o->tls_pin);
		SET(CURLOPT_SSL_VERIFYPEER, 0L);
		SET(CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (code != CURLE_OK) {
		http_close(h);
		return err_set(ERR_USAGE, "the node's options: %s", curl_easy_strerror(code));
	}
	*out = h;
	return ERR_OK;
}

void http_close(struct http *h)
{
	if (!h) {
		return;
	}
	curl_easy_cleanup(h->curl);
	free(h->base);
	free(h);
}

static enum err judge(struct http *h, CURLcode code, const char *path)
{
	if (code == CURLE_WRITE_ERROR && h->answer->failed) {
		return err_set(ERR_NODE_ANSWER, "%s%s: the answer is larger than %zu bytes",
			       h->base, path, h->answer->max);
	}
	if (code == CURLE_ABORTED_BY_CALLBACK) {
		return err_set(ERR_CANCELLED, "stopped while asking the node");
	}
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH || code == CURLE_PEER_FAILED_VERIFICATION) {
		return err_set(ERR_NODE_AUTH, "%s: the node's certificate is not the expected one",
			       h->base);
	}
	if (code != CURLE_OK) {
		return err_set(ERR_NODE_UNREACHABLE, "%s: %s", h->base,
			       h->why[0] ? h->why : curl_easy_strerror(code));
	}
	long status = 0;
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	switch (status) {
	case 200:
		return ERR_OK;
	case 401:
	case 403:
		return err_set(ERR_NODE_AUTH, "%s: check the user and password for the node",
			       h->base);
	case 429:
	case 503:
		return err_set(ERR_NODE_BUSY, "%s%s: HTTP status %ld", h->base, path, status);
	default:
		return err_set(ERR_NODE_ANSWER,
			       "%s%s: HTTP status %ld; is this a Monero node's RPC port?", h->base,
			       path, status);
	}
}

enum err http_post(struct http *h, const char *path, const char *content_type, struct span body,
		   struct buf *answer)
{
	char url[512], type[96];
	struct curl_slist *headers = NULL;
	enum err e = ERR_NO_MEMORY;
	buf_reset(answer);
	h->answer = answer;
	h->why[0] = '\0';
	snprintf(url, sizeof url, "%s%s", h->base, path);
	snprintf(type, sizeof type, "Content-Type: %s", content_type);
	struct curl_slist *more = curl_slist_append(NULL, type);
	if (!more) {
		goto out;
	}
	headers = more;
	/* Waiting for "100 Continue" would cost a second a call. */
	more = curl_slist_append(headers, "Expect:");
	if (!more) {
		goto out;
	}
	CURLcode code = CURLE_OK;
	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	SET(CURLOPT_POSTFIELDS, body.n ? (const char *)body.p : "");
	if (code == CURLE_OK) {
		code = curl_easy_perform(h->curl);
	}
	e = judge(h, code, path);
out:
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, NULL);
	curl_slist_free_all(headers);
	h->answer = NULL;
	if (e != ERR_OK) {
		buf_reset(answer);
	}
	return e;
}
