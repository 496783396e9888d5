/* libcurl, confined. */
#include "watcher/chain/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_SECONDS 15L
#define WHOLE_ANSWER_FACTOR 10L
#define ASK_MS 100 /* how often `stopped` is asked */

struct http {
	CURL *curl;
	CURLM *multi; /* drives curl, so that a wait can be ended */
	char *base;
	char why[CURL_ERROR_SIZE];
	struct buf *answer;
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
	void (*moved)(void *ctx);
	void *moved_ctx;
	bool (*allowed)(void *ctx, const struct sockaddr *address);
	void *allowed_ctx;
	bool refused; /* an address of the last call was not allowed */
};

static pthread_once_t started = PTHREAD_ONCE_INIT;
static CURLcode start_result;

static void start(void)
{
	/* A server that hangs up in the middle of TLS must not end the program. */
	signal(SIGPIPE, SIG_IGN);
	start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;
	buf_put(h->answer, p, size * n);
	if (h->moved) {
		h->moved(h->moved_ctx);
	}
	return h->answer->failed ? 0 : size * n;
}

/* The address that will be connected to is what counts, not the name it came from. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http *h = ctx;
	(void)purpose;
	if (!h->allowed(h->allowed_ctx, &a->addr)) {
		h->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
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
	h->multi = curl_multi_init();
	h->base = strdup(o->base);
	h->stopped = o->stopped;
	h->stopped_ctx = o->stopped_ctx;
	h->moved = o->moved;
	h->moved_ctx = o->moved_ctx;
	h->allowed = o->allowed;
	h->allowed_ctx = o->allowed_ctx;
	if (!h->curl || !h->multi || !h->base) {
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
	SET(CURLOPT_TIMEOUT,
	    o->whole_s ? (long)o->whole_s : WHOLE_ANSWER_FACTOR * (long)o->timeout_s);
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
	/* A resolver that hangs must not hold up the end of the program. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	if (o->allowed) {
		SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
		SET(CURLOPT_OPENSOCKETDATA, h);
		/* Each call connects anew, so that each is judged. */
		SET(CURLOPT_FORBID_REUSE, 1L);
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
		return err_set(ERR_USAGE, "the connection's options: %s", curl_easy_strerror(code));
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
	curl_multi_cleanup(h->multi);
	free(h->base);
	free(h);
}

/* As curl_easy_perform, but `stopped` ends it within ASK_MS. */
static CURLcode perform(struct http *h)
{
	CURLcode code = CURLE_FAILED_INIT;
	int running = 1;
	if (curl_multi_add_handle(h->multi, h->curl) != CURLM_OK) {
		return code;
	}
	while (running) {
		if (h->stopped && h->stopped(h->stopped_ctx)) {
			code = CURLE_ABORTED_BY_CALLBACK;
			break;
		}
		if (curl_multi_perform(h->multi, &running) != CURLM_OK ||
		    (running && curl_multi_poll(h->multi, NULL, 0, ASK_MS, NULL) != CURLM_OK)) {
			break;
		}
	}
	int left = 0;
	for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left));) {
		if (m->msg == CURLMSG_DONE && m->easy_handle == h->curl) {
			code = m->data.result;
		}
	}
	curl_multi_remove_handle(h->multi, h->curl);
	return code;
}

static enum err judge(struct http *h, CURLcode code, const char *path)
{
	if (code == CURLE_WRITE_ERROR && h->answer->failed) {
		return err_set(ERR_NODE_ANSWER, "%s%s: the answer is larger than %zu bytes",
			       h->base, path, h->answer->max);
	}
	if (code == CURLE_ABORTED_BY_CALLBACK) {
		return err_set(ERR_CANCELLED, "stopped while waiting for an answer");
	}
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH || code == CURLE_PEER_FAILED_VERIFICATION) {
		return err_set(ERR_NODE_AUTH, "%s: the certificate is not the expected one",
			       h->base);
	}
	if (code != CURLE_OK && h->refused) {
		return err_set(ERR_WEBHOOK_ADDRESS, "%s: its address is not allowed", h->base);
	}
	if (code != CURLE_OK) {
		return err_set(ERR_NODE_UNREACHABLE, "%s: %s", h->base,
			       h->why[0] ? h->why : curl_easy_strerror(code));
	}
	return ERR_OK;
}

static struct curl_slist *list_of(const char *const *headers, size_t n)
{
	/* Waiting for "100 Continue" would cost a second a call. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; list && i < n; i++) {
		struct curl_slist *more = curl_slist_append(list, headers[i]);
		if (!more) {
			curl_slist_free_all(list);
		}
		list = more;
	}
	return list;
}

enum err http_send(struct http *h, const char *path, const char *const *headers, size_t n_headers,
		   struct span body, struct buf *answer, long *status)
{
	char url[1024];
	*status = 0;
	buf_reset(answer);
	h->answer = answer;
	h->why[0] = '\0';
	h->refused = false;
	snprintf(url, sizeof url, "%s%s", h->base, path);
	struct curl_slist *list = list_of(headers, n_headers);
	if (!list) {
		return ERR_NO_MEMORY;
	}
	CURLcode code = CURLE_OK;
	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTPHEADER, list);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	SET(CURLOPT_POSTFIELDS, body.n ? (const char *)body.p : "");
	if (code == CURLE_OK) {
		code = perform(h);
	}
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, status);
	enum err e = judge(h, code, path);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, NULL);
	curl_slist_free_all(list);
	h->answer = NULL;
	if (e != ERR_OK) {
		buf_reset(answer);
	}
	return e;
}

enum err http_post(struct http *h, const char *path, const char *content_type, struct span body,
		   struct buf *answer)
{
	char type[96];
	const char *const headers[] = {type};
	long status = 0;
	snprintf(type, sizeof type, "Content-Type: %s", content_type);
	enum err e = http_send(h, path, headers, 1, body, answer, &status);
	if (e != ERR_OK || status == 200) {
		return e;
	}
	buf_reset(answer);
	if (status == 401 || status == 403) {
		return err_set(ERR_NODE_AUTH, "%s: check the user and password for the node",
			       h->base);
	}
	if (status == 429 || (status >= 500 && status < 600)) {
		return err_set(ERR_NODE_BUSY, "%s%s: HTTP status %ld", h->base, path, status);
	}
	return err_set(ERR_NODE_ANSWER, "%s%s: HTTP status %ld; is this a Monero node's RPC port?",
		       h->base, path, status);
}
