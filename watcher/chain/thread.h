/* A thread that takes no signals: they are for the one that follows the chain. */
#ifndef AIRLOCK_WATCHER_THREAD_H
#define AIRLOCK_WATCHER_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* False when there is none to be had. */
static inline bool thread_start(pthread_t *out, void *(*run)(void *ctx), void *ctx)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool runs = pthread_create(out, NULL, run, ctx) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return runs;
}

#endif
