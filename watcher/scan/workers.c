#include "watcher/scan/workers.h"

#include <stdio.h>
#include <unistd.h>

#include "watcher/chain/thread.h"

#define WHY_MAX 256

struct worker {
	pthread_t thread;
	bool started;
	size_t from, to;
	work_part *part;
	void *ctx;
	enum err rc;
	char why[WHY_MAX]; /* the detail belongs to the thread, which ends */
};

static void *work(void *p)
{
	struct worker *w = p;
	w->rc = w->part(w->ctx, w->from, w->to);
	if (w->rc != ERR_OK) {
		snprintf(w->why, sizeof w->why, "%s", err_detail());
	}
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
	size_t parts = cores();
	while (parts > 1 && n / parts < least) {
		parts--;
	}
	for (size_t i = 0; i < parts; i++) {
		struct worker *w = &workers[i];
		*w = (struct worker){
		    .from = n * i / parts, .to = n * (i + 1) / parts, .part = part, .ctx = ctx};
		w->started = i > 0 && thread_start(&w->thread, work, w);
	}
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
		if (rc == ERR_OK && workers[i].rc != ERR_OK) {
			rc = err_set(workers[i].rc, "%s", workers[i].why);
		}
	}
	return rc;
}
