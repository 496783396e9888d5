/* sync: up to the node's top block. run: the same for ever. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "watcher/chain/backoff.h"
#include "watcher/cli/cli.h"

#define POLL_MS 5000

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

/* Returns early when a signal asks to stop. */
static void rest(uint64_t ms)
{
	while (ms && !stopping) {
		uint64_t part = ms < 200 ? ms : 200;
		struct timespec wait = {0, (long)part * 1000000L};
		nanosleep(&wait, NULL);
		ms -= part;
	}
}

static void progress(const struct sync_result *r)
{
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\rblock %" PRIu64 " of %" PRIu64 "  ", r->height, r->node_height);
		if (r->done) {
			fputc('\n', stderr);
		}
	}
}

enum err cmd_sync(const struct options *o)
{
	struct opened p;
	struct sync_result r = {0};
	struct out out;
	size_t added = 0, dropped = 0;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	while (rc == ERR_OK && !r.done) {
		rc = watcher_sync_step(&p.w, &r);
		added += r.added;
		dropped += r.dropped;
		if (rc == ERR_OK) {
			progress(&r);
		}
	}
	if (rc == ERR_OK && !r.node_ready) {
		log_line(LOG_WARN, "the node is not healthy (see status): nothing is credited");
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "height", r.height);
		json_number(&out, "node_height", r.node_height);
		json_number(&out, "added", added);
		json_number(&out, "dropped", dropped);
		json_bool(&out, "node_ready", r.node_ready);
		json_close(&out, '}');
		say(&out, "height %" PRIu64 ": %zu blocks added, %zu replaced", r.height, added,
		    dropped);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

/* One look at the node; the store is free for other commands in between. */
static enum err look(const struct options *o, struct sync_result *r)
{
	struct opened p;
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	*r = (struct sync_result){0};
	while (rc == ERR_OK && !r->done && !stopping) {
		rc = watcher_sync_step(&p.w, r);
		if (rc == ERR_OK && (r->added || r->dropped)) {
			log_line(LOG_INFO, "height %" PRIu64 " (node %" PRIu64 "), %zu replaced",
				 r->height, r->node_height, r->dropped);
		}
	}
	opened_close(&p);
	return rc;
}

enum err cmd_run(const struct options *o)
{
	struct sigaction action = {.sa_handler = stop};
	struct backoff wait = {.first_ms = 1000, .most_ms = 60000};
	struct rng rng = rng_system();
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	while (!stopping) {
		struct sync_result r;
		enum err rc = look(o, &r);
		if (rc == ERR_OK) {
			backoff_reset(&wait);
			rest(POLL_MS);
		} else if (err_category(rc) == CAT_NODE || rc == ERR_LOCKED) {
			log_line(LOG_WARN, "%s: %s", err_text(rc), err_detail());
			err_clear();
			rest(backoff_wait_ms(&wait, &rng));
		} else {
			return rc;
		}
	}
	return ERR_OK;
}
