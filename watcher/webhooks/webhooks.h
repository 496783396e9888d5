/*
 * Webhooks: who is told of events, how far each has got, and what they are told, signed as Standard
 * Webhooks 1.0. The core of it: state in the store, no thread and no socket (courier.h has those).
 * Each subscriber gets every event at least once and in order; one that does not take them is tried
 * again after 10 s to 1 h, with jitter. An event that was tried for 72 hours becomes a dead letter,
 * and the one behind it has its own 72 hours from its first try on: neither an event that the
 * receiver will not have, nor a long failure, nor a clock or a stop costs an event that was not
 * tried itself. Whatever is remembered about deliveries is in the store, so a restart loses none.
 */
#ifndef AIRLOCK_WATCHER_WEBHOOKS_H
#define AIRLOCK_WATCHER_WEBHOOKS_H

#include "watcher/store/store.h"

#define WEBHOOKS_MAX 8
#define WEBHOOK_NAME_MAX 32 /* letters, digits, - and _ */
#define WEBHOOK_URL_MAX 512
#define WEBHOOK_RANGE_MAX 48
#define WEBHOOK_SECRETS 2
#define WEBHOOK_SECRET_TEXT_MAX 64
#define WEBHOOK_DEAD_SECONDS (72 * 3600)
#define WEBHOOK_TRIES_LEAST 12      /* of a subscriber, before it loses an event */
#define WEBHOOK_WAIT_FIRST_MS 20000 /* the wait is drawn between half of it and all */
#define WEBHOOK_WAIT_MOST_MS 3600000
#define WEBHOOK_BATCH 16
#define WEBHOOK_WHY_MAX 48

enum webhook_kind { WEBHOOK_NONE = 0, WEBHOOK_HMAC = 1, WEBHOOK_ED25519 = 2 };

struct webhook_secret {
	enum webhook_kind kind;
	uint8_t b[32];  /* HMAC's key, or Ed25519's seed */
	uint64_t until; /* signs up to this time; 0: for good */
};

/* A subscriber. Holds secrets: wipe. */
struct webhook {
	char name[WEBHOOK_NAME_MAX + 1];
	char url[WEBHOOK_URL_MAX + 1];
	char range[WEBHOOK_RANGE_MAX + 1]; /* other addresses that it may have; "" none */
	struct webhook_secret secret[WEBHOOK_SECRETS]; /* newest first */
	uint64_t added;
	uint64_t position; /* the newest event that it took or that was given up */
	uint64_t failing_since, next_try, step_ms, attempts; /* 0 while all is well */
	uint64_t tried, tried_at; /* event and time of the last failure */
	uint64_t delivered, dead; /* counts */
	uint32_t last_status;     /* HTTP status of the last attempt; 0: none came */
	enum err last_error;      /* why none came */
	bool gone;                /* it answered 410: nothing more is sent until retry */
};

/* ERR_USAGE for a name, URL or range that is none, ERR_EXISTS, ERR_LIMIT. *out has the secret. */
enum err MUST_CHECK webhook_add(struct watcher *w, const char *name, const char *url,
				const char *range, enum webhook_kind kind, uint64_t after,
				struct webhook *out);
/*
 * A new secret, of this kind; the present one signs too for `overlap` seconds more. ERR_STATE while
 * one before it still does, which some receiver may know alone; without overlap all end at once.
 */
enum err MUST_CHECK webhook_rotate(struct watcher *w, const char *name, enum webhook_kind kind,
				   uint64_t overlap, struct webhook *out);
enum err MUST_CHECK webhook_remove(struct watcher *w, const char *name);
/* Everything from its first dead letter on once more, and at once. */
enum err MUST_CHECK webhook_retry(struct watcher *w, const char *name);
/* ERR_NOT_FOUND. */
enum err MUST_CHECK webhook_get(const struct watcher *w, const char *name, struct webhook *out);
typedef bool webhook_visit(void *ctx, const struct webhook *h);
enum err MUST_CHECK webhooks_list(const struct watcher *w, webhook_visit *visit, void *ctx);

/* "whsec_..." of an HMAC key, "whpk_..." of the public key of an Ed25519 seed. */
char *webhook_secret_text(char out[static WEBHOOK_SECRET_TEXT_MAX], const struct webhook_secret *s);

/* One event on its way. */
struct webhook_message {
	uint64_t number;
	char id[48], timestamp[64], signature[320]; /* header lines */
	struct buf body;                            /* {"number":N,"event":{...}} */
};
/* What is sent to it next. */
struct webhook_batch {
	struct webhook to; /* its secrets are zero */
	size_t n;
	struct webhook_message message[WEBHOOK_BATCH];
};
/*
 * Up to WEBHOOK_BATCH events that are due to it now, signed now; n is 0 when there are none. Events
 * that have waited too long become dead letters here. Free with webhook_batch_free.
 */
enum err MUST_CHECK webhook_collect(struct watcher *w, const char *name, struct webhook_batch *out);
void webhook_batch_free(struct webhook_batch *b);

/* How a batch ended: so many were taken; then one failed, or all were taken. */
struct webhook_outcome {
	size_t taken;
	bool failed;
	uint32_t status; /* of the last attempt; 0: none came */
	enum err error;  /* why none came */
};
/* "HTTP status 503", "no answer": why the last attempt failed. */
const char *webhook_why(char out[static WEBHOOK_WHY_MAX], uint32_t status, enum err error);
enum err MUST_CHECK webhook_record(struct watcher *w, const struct webhook_batch *b,
				   const struct webhook_outcome *o);

/* The oldest event that some subscriber has not taken: how many seconds old; 0 when none. */
struct webhooks_state {
	size_t n, failing, gone;
	uint64_t dead, delivered;
	uint64_t pending;        /* events, summed over subscribers */
	uint64_t oldest_seconds; /* of these */
	uint64_t next_try;       /* time at which something is due; UINT64_MAX: nothing waits */
};
enum err MUST_CHECK webhooks_state(const struct watcher *w, struct webhooks_state *out);

/* The three header lines for a body, by each secret that signs at this time. */
void webhook_sign(struct webhook_message *m, const struct webhook *h, uint64_t now);

/* ---- addresses ---- */

struct sockaddr;

/* "https://host[:port][/path]"; http:// only with a range. ERR_USAGE. */
enum err MUST_CHECK webhook_url_check(const char *url, bool range);
/* Without TLS the whole range must be private. ERR_USAGE. */
enum err MUST_CHECK webhook_way_check(const char *url, const char *range);
/* "10.0.0.0/8", "fd00::/8", "127.0.0.1". ERR_USAGE. */
enum err MUST_CHECK webhook_range_check(const char *range);
/*
 * Whether a connection to this address may be made: one of the public internet by TLS, or one
 * within the range; without TLS only if it is private as well.
 */
bool webhook_may_connect(const struct sockaddr *address, const char *range, bool tls);

#endif
