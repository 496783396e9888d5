#include "watcher/scan/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

struct worker {
	pthread_t thread;
	bool started;
	size_t from, to;
	work_part *part;
	void *ctx;
	enum err rc;
};

static void *work(void *p)
{
	struct worker *w = p;
	w->rc = w->part(w->ctx, w->from, w->to);
	return NULL;
}

static size_t cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

enum err work_on_all_cores(size_t n, size_t least, work_part *part, void *ctx)
{
	struct worker workers[WORKERS_MAX];
	sigset_t all, before;
	size_t parts = cores();
	while (parts > 1 && n / parts < least) {
		parts--;
	}
	/* Signals are for the thread that waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < parts; i++) {
		struct worker *w = &workers[i];
		*w = (struct worker){
		    .from = n * i / parts, .to = n * (i + 1) / parts, .part = part, .ctx = ctx};
		w->started = i > 0 && pthread_create(&w->thread, NULL, work, w) == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	enum err rc = ERR_OK;
	for (size_t i = 0; i < parts; i++) {
		if (!workers[i].started) {
			work(&workers[i]);
		}
	}
	for (size_t i = 0; i < parts; i++) {
		if (workers[i].started) {
			pthread_join(workers[i].thread, NULL);
		}
		rc = rc == ERR_OK ? workers[i].rc : rc;
	}
	return rc;
}
