/* Threads that post: see courier.h. */
#include "watcher/webhooks/courier.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"
#include "watcher/chain/http.h"
#include "watcher/chain/thread.h"

#define ANSWER_MAX 65536
/* A signature older than this is made anew: receivers take five minutes. */
#define SIGNATURE_SECONDS 120

enum place { FREE, GIVEN, DONE };

struct courier {
	struct couriers *all;
	bool runs;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	enum place place;
	char name[WEBHOOK_NAME_MAX + 1];
	struct webhook_batch batch;
	struct webhook_outcome outcome;
};

struct couriers {
	int wake;
	char *ca;
	atomic_bool stopping;
	struct courier each[WEBHOOKS_MAX];
};

static bool stopping(void *ctx)
{
	struct couriers *c = ctx;
	return atomic_load(&c->stopping);
}

static bool allowed(void *ctx, const struct sockaddr *address)
{
	const struct webhook *to = ctx;
	return webhook_may_connect(address, to->range, strncmp(to->url, "https:", 6) == 0);
}

/* One message. Its status is the whole of an answer: what follows may be cut, slow or too long. */
static void post(struct http *http, const struct webhook_message *m, struct buf *answer,
		 struct webhook_outcome *o)
{
	const char *const headers[] = {
	    "Content-Type: application/json",
	    "User-Agent: airlock-watcher/" AIRLOCK_VERSION,
	    m->id,
	    m->timestamp,
	    m->signature,
	};
	long code = 0;
	enum err rc = http_send(http, "", headers, sizeof headers / sizeof headers[0],
				buf_span(&m->body), answer, &code);
	o->status = code > 0 && code < 1000 ? (uint32_t)code : 0;
	o->error = o->status ? ERR_OK : rc;
	o->failed = o->status < 200 || o->status >= 300;
	o->taken += !o->failed;
}

static void deliver(struct couriers *all, struct webhook_batch *b, struct webhook_outcome *o)
{
	struct http *http = NULL;
	struct http_options options = {
	    .base = b->to.url,
	    .tls_ca = all->ca,
	    .timeout_s = COURIER_TIMEOUT_S,
	    .whole_s = COURIER_WHOLE_S,
	    .stopped = stopping,
	    .stopped_ctx = all,
	    .allowed = allowed,
	    .allowed_ctx = &b->to,
	};
	struct clock clock = clock_system();
	uint64_t start = clock_steady_ms(&clock);
	struct buf answer;
	buf_init(&answer, ANSWER_MAX);
	*o = (struct webhook_outcome){0};
	o->error = http_open(&http, &options);
	o->failed = o->error != ERR_OK;
	while (!o->failed && o->taken < b->n && !atomic_load(&all->stopping) &&
	       clock_steady_ms(&clock) - start < 1000 * SIGNATURE_SECONDS) {
		post(http, &b->message[o->taken], &answer, o);
	}
	/* Ended by us: that is no failure of the receiver's. */
	o->failed = o->failed && o->error != ERR_CANCELLED;
	err_clear();
	http_close(http);
	buf_free(&answer);
}

static void *work(void *ctx)
{
	struct courier *c = ctx;
	pthread_mutex_lock(&c->mutex);
	while (!atomic_load(&c->all->stopping)) {
		if (c->place != GIVEN) {
			pthread_cond_wait(&c->changed, &c->mutex);
			continue;
		}
		pthread_mutex_unlock(&c->mutex);
		struct webhook_outcome o;
		deliver(c->all, &c->batch, &o);
		pthread_mutex_lock(&c->mutex);
		c->outcome = o;
		c->place = DONE;
		uint64_t one = 1;
		(void)!write(c->all->wake, &one, sizeof one);
	}
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

enum err couriers_start(struct couriers **out, int wake, const char *ca)
{
	struct couriers *c = calloc(1, sizeof *c);
	*out = NULL;
	if (!c) {
		return ERR_NO_MEMORY;
	}
	c->wake = wake;
	if (ca && ca[0] && !(c->ca = strdup(ca))) {
		free(c);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		c->each[i].all = c;
		pthread_mutex_init(&c->each[i].mutex, NULL);
		pthread_cond_init(&c->each[i].changed, NULL);
	}
	*out = c;
	return ERR_OK;
}

static enum err start_thread(struct courier *e)
{
	e->runs = e->runs || thread_start(&e->thread, work, e);
	return e->runs ? ERR_OK : ERR_NO_MEMORY;
}

bool couriers_have_results(struct couriers *c)
{
	bool have = false;
	for (size_t i = 0; i < WEBHOOKS_MAX && !have; i++) {
		pthread_mutex_lock(&c->each[i].mutex);
		have = c->each[i].place == DONE;
		pthread_mutex_unlock(&c->each[i].mutex);
	}
	return have;
}

/* What came of the last work, if it is done. The names of subscribers are no secret, URLs may be.
 */
static enum err take_result(struct courier *e, struct watcher *w)
{
	pthread_mutex_lock(&e->mutex);
	bool done = e->place == DONE;
	pthread_mutex_unlock(&e->mutex);
	if (!done) {
		return ERR_OK;
	}
	enum err rc = webhook_record(w, &e->batch, &e->outcome);
	if (rc == ERR_OK) {
		if (e->outcome.failed) {
			char why[WEBHOOK_WHY_MAX];
			log_line(LOG_WARN, "webhook %s did not take an event: %s", e->name,
				 webhook_why(why, e->outcome.status, e->outcome.error));
		}
		webhook_batch_free(&e->batch);
		e->name[0] = '\0';
		pthread_mutex_lock(&e->mutex);
		e->place = FREE;
		pthread_mutex_unlock(&e->mutex);
	}
	return rc;
}

struct names {
	size_t n;
	char name[WEBHOOKS_MAX][WEBHOOK_NAME_MAX + 1];
};

static bool note_name(void *ctx, const struct webhook *h)
{
	struct names *s = ctx;
	memcpy(s->name[s->n++], h->name, sizeof h->name);
	return s->n < WEBHOOKS_MAX;
}

static enum err give(struct couriers *c, struct watcher *w, const char *name)
{
	struct courier *free_one = NULL;
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		struct courier *e = &c->each[i];
		if (e->name[0] == '\0') {
			free_one = free_one ? free_one : e;
		} else if (strcmp(e->name, name) == 0) {
			return ERR_OK; /* at work for it: order is kept */
		}
	}
	if (!free_one) {
		return ERR_OK;
	}
	enum err rc = start_thread(free_one);
	if (rc == ERR_OK) {
		rc = webhook_collect(w, name, &free_one->batch);
	}
	if (rc == ERR_OK && free_one->batch.n) {
		pthread_mutex_lock(&free_one->mutex);
		memcpy(free_one->name, free_one->batch.to.name, sizeof free_one->name);
		free_one->place = GIVEN;
		pthread_cond_signal(&free_one->changed);
		pthread_mutex_unlock(&free_one->mutex);
	}
	return rc;
}

enum err couriers_turn(struct couriers *c, struct watcher *w)
{
	struct names names = {0};
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < WEBHOOKS_MAX; i++) {
		rc = take_result(&c->each[i], w);
	}
	if (rc == ERR_OK) {
		rc = webhooks_list(w, note_name, &names);
	}
	for (size_t i = 0; rc == ERR_OK && i < names.n; i++) {
		rc = give(c, w, names.name[i]);
	}
	return rc;
}

enum err couriers_stop(struct couriers *c, struct watcher *w)
{
	enum err rc = ERR_OK;
	if (!c) {
		return ERR_OK;
	}
	atomic_store(&c->stopping, true);
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		struct courier *e = &c->each[i];
		if (!e->runs) {
			continue;
		}
		pthread_mutex_lock(&e->mutex);
		pthread_cond_signal(&e->changed);
		pthread_mutex_unlock(&e->mutex);
		pthread_join(e->thread, NULL);
		if (w && rc == ERR_OK) {
			rc = take_result(e, w);
		}
		webhook_batch_free(&e->batch);
	}
	free(c->ca);
	free(c);
	return rc;
}
