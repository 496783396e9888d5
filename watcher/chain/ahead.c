/* One thread for one batch: see ahead.h. */
#include "watcher/chain/ahead.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "watcher/chain/thread.h"

#define ASK_MS 100 /* how often `stopped` is asked */

struct ahead {
	struct chain chain;
	pthread_t thread;
	bool started; /* a thread that was not joined yet */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool done; /* by the mutex */
	atomic_bool dropped;
	atomic_bool moved;
	/* The thread's until it is joined. */
	struct hash known[2]; /* what was asked: the newest and genesis */
	struct chain_batch batch;
	enum err rc;
};

bool ahead_stopped(void *ctx)
{
	struct ahead *a = ctx;
	return atomic_load(&a->dropped);
}

void ahead_moved(void *ctx)
{
	struct ahead *a = ctx;
	atomic_store(&a->moved, true);
}

static void *work(void *ctx)
{
	struct ahead *a = ctx;
	a->rc = a->chain.blocks(a->chain.ctx, &a->batch, a->known, 2);
	pthread_mutex_lock(&a->mutex);
	a->done = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->mutex);
	return NULL;
}

struct ahead *ahead_new(void)
{
	struct ahead *a = calloc(1, sizeof *a);
	if (a) {
		pthread_condattr_t steady;
		pthread_condattr_init(&steady);
		pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
		pthread_cond_init(&a->changed, &steady);
		pthread_condattr_destroy(&steady);
		pthread_mutex_init(&a->mutex, NULL);
	}
	return a;
}

void ahead_give(struct ahead *a, const struct chain *chain)
{
	a->chain = *chain;
}

static void join(struct ahead *a)
{
	pthread_join(a->thread, NULL);
	a->started = false;
	if (a->rc != ERR_OK) {
		a->batch = (struct chain_batch){0};
	}
}

static void drop(struct ahead *a)
{
	if (a->started) {
		atomic_store(&a->dropped, true);
		join(a);
	}
	chain_batch_free(&a->batch);
}

void ahead_free(struct ahead *a)
{
	if (a) {
		drop(a);
		pthread_cond_destroy(&a->changed);
		pthread_mutex_destroy(&a->mutex);
		free(a);
	}
}

void ahead_start(struct ahead *a, const struct hash *newest, const struct hash *genesis)
{
	drop(a);
	if (a->chain.blocks) {
		a->known[0] = *newest;
		a->known[1] = *genesis;
		a->done = false;
		atomic_store(&a->dropped, false);
		a->started = thread_start(&a->thread, work, a);
	}
}

static bool same(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* One turn of waiting; true when it is over. */
static bool wait_done(struct ahead *a)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ASK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&a->mutex);
	if (!a->done) {
		pthread_cond_timedwait(&a->changed, &a->mutex, &until);
	}
	bool done = a->done;
	pthread_mutex_unlock(&a->mutex);
	return done;
}

/* On the node's chain as it was told: below its top, or up to just that. */
static bool fits(const struct chain_batch *b, const struct hash *newest,
		 const struct chain_info *seen)
{
	if (b->n == 0 ||
	    (!same(&b->blocks[0].id, newest) && !same(&b->blocks[0].previous, newest))) {
		return false;
	}
	const struct chain_block *last = &b->blocks[b->n - 1];
	return last->height + 1 < seen->height ||
	       (last->height + 1 == seen->height && same(&last->id, &seen->top));
}

bool ahead_take(struct ahead *a, struct chain_batch *out, enum err *failed,
		const struct hash *newest, const struct chain_info *seen,
		bool (*stopped)(void *ctx), void (*moved)(void *ctx), void *ctx)
{
	bool ours = a->started && same(&a->known[0], newest);
	*failed = ERR_OK;
	while (ours && !wait_done(a)) {
		if (atomic_exchange(&a->moved, false)) {
			moved(ctx);
		}
		ours = !stopped(ctx);
	}
	if (ours) {
		join(a);
		*failed = a->rc;
		ours = fits(&a->batch, newest, seen);
	}
	if (ours) {
		*out = a->batch;
		a->batch = (struct chain_batch){0};
	}
	drop(a);
	return ours;
}
