/*
 * run: follows the chain until it is told to stop. The store is held for a short while at a time,
 * and never while a node is waited for, so that other commands get their turn; deliveries, figures
 * and the watchdog go on meanwhile. A node that is away, busy, silent, behind or wrong means
 * waiting, with growing pauses, never the end; SIGTERM and SIGINT end it within a moment, SIGHUP
 * reads the configuration and the logins anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "watcher/chain/backoff.h"
#include "watcher/cli/cli.h"
#include "watcher/cli/notify.h"
#include "watcher/cli/progress.h"
#include "watcher/metrics/metrics.h"
#include "watcher/metrics/server.h"
#include "watcher/webhooks/courier.h"

#define POLL_MS 5000
#define TICK_MS 100
#define PATIENCE_MS 200 /* that a node may take to answer while the store is held */
#define HOLD_MS 2000    /* the store at a stretch, while there is much to do */
#define GAP_MS 120      /* longer than others wait between two tries */
#define PAGE_MAX (1u << 20)
/* Walking over all records takes at most so much of the time. */
#define COUNT_SHARE 50
#define COUNT_EVERY_MS 15000
#define WAIT_FIRST_MS 1000
#define WAIT_MOST_MS 60000

struct daemon {
	const struct options *o;
	struct opened p;
	struct clock clock;
	struct rng rng;
	struct notify notify;
	struct progress progress;
	struct chores chores;
	struct couriers *couriers;
	struct metrics_server *metrics; /* NULL: no page */
	struct metrics_counts counts;
	uint64_t count_after; /* steady ms */
	uint64_t height;
	struct backoff wait;
	enum health_state health; /* as it was told last */
	bool held;                /* the store */
	uint64_t held_since;
	bool lent;              /* to others, while a node is waited for */
	uint64_t lent_at;       /* steady ms */
	uint64_t waiting_since; /* 0: for no answer */
	uint64_t deliver_at;
	int wake;
	int lock; /* one `run` a folder */
};

static volatile sig_atomic_t stopping, reloading;

static void on_signal(int number)
{
	if (number == SIGHUP) {
		reloading = 1;
	} else {
		stopping = 1;
	}
}

static bool stopped(void *ctx)
{
	(void)ctx;
	return stopping;
}

static void moved(void *ctx)
{
	struct daemon *d = ctx;
	notify_progress(&d->notify);
}

static uint64_t now_ms(const struct daemon *d)
{
	return clock_steady_ms(&d->clock);
}

static enum err take_store(struct daemon *d)
{
	enum err rc = opened_take_again(&d->p);
	d->held_since = now_ms(d);
	d->held = rc == ERR_OK;
	return rc;
}

static void let_go(struct daemon *d)
{
	opened_let_go(&d->p);
	d->held = false;
}

/* What passes by itself: the node's troubles, another command at the store, a full disk, a signal.
 */
static bool passes(enum err rc)
{
	return err_category(rc) == CAT_NODE || rc == ERR_LOCKED || rc == ERR_NO_SPACE ||
	       rc == ERR_CANCELLED;
}

static void tell_health(struct daemon *d)
{
	struct node_health h;
	if (watcher_health(&d->p.w, &h) != ERR_OK) {
		err_clear();
		return;
	}
	if (h.state != d->health) {
		log_line(h.state == HEALTH_HEALTHY ? LOG_INFO : LOG_WARN, "the node is %s%s%s",
			 health_state_name(h.state), h.reason[0] ? ": " : "", h.reason);
		d->health = h.state;
	}
	notify_say(&d->notify, "STATUS=height %" PRIu64 " of %" PRIu64 ", node %s", d->height,
		   h.height, health_state_name(h.state));
}

/* A new page of metrics. What needs a walk over the records is counted now and then. */
static enum err publish(struct daemon *d)
{
	struct metrics_now now = {.height = d->height, .sweep_fails = d->chores.sweep_fails};
	struct buf page;
	if (!d->metrics) {
		return ERR_OK;
	}
	uint64_t start = now_ms(d);
	enum err rc = ERR_OK;
	if (d->counts.time == 0 || start >= d->count_after) {
		rc = metrics_count(&d->counts, &d->p.w, d->p.settings.metrics_balances);
		uint64_t took = now_ms(d) - start;
		uint64_t wait = COUNT_SHARE * took;
		d->count_after = start + (wait > COUNT_EVERY_MS ? wait : COUNT_EVERY_MS);
	}
	if (rc == ERR_OK) {
		rc = watcher_health(&d->p.w, &now.health);
	}
	if (rc == ERR_OK) {
		rc = webhooks_state(&d->p.w, &now.webhooks);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	chain_rpc_counts(&d->p.w.chain, &now.followed);
	for (; now.n_witnesses < d->p.w.n_witnesses; now.n_witnesses++) {
		chain_rpc_counts(&d->p.witness[now.n_witnesses].chain,
				 &now.witness[now.n_witnesses]);
	}
	buf_init(&page, PAGE_MAX);
	metrics_text(&page, &d->counts, &now, d->p.settings.metrics_balances,
		     clock_wall(&d->clock));
	metrics_publish(d->metrics, buf_span(&page), now.health.state == HEALTH_HEALTHY);
	buf_free(&page);
	return ERR_OK;
}

static enum err follow(struct daemon *d, struct sync_result *r)
{
	enum err rc = ERR_OK;
	bool fresh = false;
	*r = (struct sync_result){0};
	while (rc == ERR_OK && !r->done && !stopping) {
		rc = watcher_sync_step(&d->p.w, r);
		notify_progress(&d->notify);
		fresh = fresh || r->added > 0;
		if (rc == ERR_OK && (r->added || r->dropped)) {
			if (!progress_show(&d->progress, r)) {
				log_line(LOG_INFO,
					 "height %" PRIu64 " (node %" PRIu64 "), %zu replaced",
					 r->height, r->node_height, r->dropped);
			}
		}
		if (rc == ERR_OK) {
			rc = couriers_turn(d->couriers, &d->p.w);
		}
	}
	return rc == ERR_OK && r->done ? chores(&d->chores, &d->p, fresh) : rc;
}

/* One look at the node, and at what is to be delivered. */
static enum err look(struct daemon *d)
{
	struct sync_result r;
	enum err rc = take_store(d);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = follow(d, &r);
	if (d->held && (rc == ERR_OK || err_category(rc) == CAT_NODE)) {
		char why[256];
		snprintf(why, sizeof why, "%s", err_detail());
		d->height = r.height ? r.height : d->height;
		tell_health(d);
		enum err sent = couriers_turn(d->couriers, &d->p.w);
		sent = sent == ERR_OK ? publish(d) : sent;
		rc = sent == ERR_OK && rc != ERR_OK ? err_set(rc, "%s", why) : sent;
	}
	let_go(d);
	return rc;
}

/* Results that came, and events that others wrote meanwhile. */
static enum err deliver(struct daemon *d)
{
	enum err rc = take_store(d);
	if (rc == ERR_OK) {
		rc = couriers_turn(d->couriers, &d->p.w);
	}
	if (rc == ERR_OK) {
		rc = publish(d);
	}
	let_go(d);
	return passes(rc) ? ERR_OK : rc;
}

/* What goes on while the chain is not followed; takes up to so many ms when nothing is to be done.
 */
static enum err attend(struct daemon *d, int ms)
{
	struct pollfd fd = {.fd = d->wake, .events = POLLIN};
	notify_progress(&d->notify);
	bool woken = poll(&fd, 1, ms) > 0;
	if (!woken && now_ms(d) < d->deliver_at) {
		return ERR_OK;
	}
	if (woken) {
		uint64_t count;
		(void)!read(d->wake, &count, sizeof count);
	}
	d->deliver_at = now_ms(d) + POLL_MS;
	return deliver(d);
}

/* Ends early when a signal asks for something. */
static enum err rest(struct daemon *d, uint64_t ms)
{
	uint64_t end = now_ms(d) + ms;
	enum err rc = ERR_OK;
	d->deliver_at = now_ms(d) + POLL_MS;
	while (rc == ERR_OK && !stopping && !reloading && now_ms(d) < end) {
		rc = attend(d, TICK_MS);
	}
	return rc;
}

/*
 * Asked while a node is waited for. Once that takes long, or the store has been held for long,
 * others get it until the call is over, and what else `run` does goes on. A failure there is met
 * again, and told, by the next turn.
 */
static bool waiting(void *ctx)
{
	struct daemon *d = ctx;
	uint64_t now = now_ms(d);
	if (d->waiting_since == 0) {
		d->waiting_since = now;
	}
	if (d->held && !d->lent &&
	    (now - d->waiting_since >= PATIENCE_MS || now - d->held_since >= HOLD_MS)) {
		let_go(d);
		d->lent = true;
		d->lent_at = now;
		d->deliver_at = now + POLL_MS;
	}
	if (d->lent && !stopping) {
		err_ignore(attend(d, 0));
	}
	return stopping || reloading;
}

/* The answer is there: the store is taken again before it is looked at. */
static enum err over(void *ctx, enum err result)
{
	struct daemon *d = ctx;
	char why[256];
	d->waiting_since = 0;
	if (!d->lent) {
		return result;
	}
	snprintf(why, sizeof why, "%s", err_detail());
	uint64_t lent = now_ms(d) - d->lent_at;
	if (lent < GAP_MS) {
		struct timespec rest_of_gap = {0, (long)(GAP_MS - lent) * 1000000L};
		nanosleep(&rest_of_gap, NULL);
	}
	d->lent = false;
	enum err rc = take_store(d);
	return rc == ERR_OK && result != ERR_OK ? err_set(result, "%s", why) : rc;
}

/* The page of metrics where these settings want it: the one there is, when that is there. */
static enum err open_page(struct metrics_server **out, const struct daemon *d,
			  const struct settings *s)
{
	*out = NULL;
	if (!s->metrics[0]) {
		return ERR_OK;
	}
	if (d->metrics && strcmp(s->metrics, d->p.settings.metrics) == 0) {
		*out = d->metrics;
		return ERR_OK;
	}
	return metrics_start(out, s->metrics);
}

/* Ends deliveries and writes down what has been taken. */
static enum err stop_couriers(struct daemon *d)
{
	struct couriers *c = d->couriers;
	d->couriers = NULL;
	if (!c) {
		return ERR_OK;
	}
	bool open = take_store(d) == ERR_OK;
	enum err rc = couriers_stop(c, open ? &d->p.w : NULL);
	let_go(d);
	return rc;
}

/* From here on nothing can fail but the store, where deliveries of before are written down. */
static enum err take_over(struct daemon *d, struct opened *fresh, struct metrics_server *page,
			  struct couriers *couriers)
{
	enum err rc = stop_couriers(d);
	d->couriers = couriers;
	if (page != d->metrics) {
		metrics_stop(d->metrics);
		d->metrics = page;
	}
	opened_exchange(&d->p, fresh);
	chores_start(&d->chores, &d->p.settings);
	backoff_reset(&d->wait);
	d->count_after = 0;
	log_line(LOG_INFO, "the configuration was read again");
	return rc;
}

/* Everything new is opened beside what is in use, which is left whole unless all of it opens. */
static enum err reload(struct daemon *d)
{
	struct opened fresh;
	struct metrics_server *page = NULL;
	struct couriers *couriers = NULL;
	reloading = 0;
	notify_say(&d->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, 1000 * now_ms(d));
	enum err rc = opened_renew(&fresh, &d->p, d->o);
	if (rc == ERR_OK) {
		rc = open_page(&page, d, &fresh.settings);
	}
	if (rc == ERR_OK) {
		rc = couriers_start(&couriers, d->wake, fresh.settings.webhook_ca);
	}
	if (rc == ERR_OK) {
		rc = take_over(d, &fresh, page, couriers);
	} else {
		log_line(LOG_WARN,
			 "the configuration was not taken, and the one before stays in use: %s: %s",
			 err_text(rc), err_detail());
		err_clear();
		if (page != d->metrics) {
			metrics_stop(page);
		}
		rc = ERR_OK;
	}
	opened_discard(&fresh);
	notify_say(&d->notify, "READY=1");
	return rc;
}

static enum err turn(struct daemon *d)
{
	enum err rc = reloading ? reload(d) : ERR_OK;
	if (rc == ERR_OK) {
		rc = look(d);
	}
	if (rc == ERR_OK) {
		backoff_reset(&d->wait);
		return rest(d, POLL_MS);
	}
	if (rc == ERR_CANCELLED && (stopping || reloading)) {
		return ERR_OK;
	}
	if (!passes(rc)) {
		return rc;
	}
	uint64_t ms = backoff_wait_ms(&d->wait, &d->rng);
	log_line(LOG_WARN, "%s: %s; again in %" PRIu64 " s", err_text(rc), err_detail(),
		 (ms + 999) / 1000);
	err_clear();
	return rest(d, ms);
}

/* Two would each send every webhook, one now and the other later. */
static enum err be_the_only_one(struct daemon *d)
{
	char path[PATH_TEXT_MAX];
	enum err rc = path_join(path, d->o->data, "run.lock");
	if (rc == ERR_OK) {
		rc = lock_take(&d->lock, path);
	}
	return rc == ERR_LOCKED ? err_set(rc, "another run follows the chain for %s", d->o->data)
				: rc;
}

static enum err start(struct daemon *d)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	notify_open(&d->notify);
	opened_callbacks(&(struct opened_callbacks){stopped, waiting, over, moved, d});
	d->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (d->wake < 0) {
		return err_errno(errno, "eventfd", "");
	}
	enum err rc = opened_open(&d->p, d->o, ACCESS_WRITE);
	if (rc == ERR_OK) {
		d->p.w.stopped = stopped;
		let_go(d);
		chores_start(&d->chores, &d->p.settings);
		rc = be_the_only_one(d);
	}
	if (rc == ERR_OK) {
		rc = open_page(&d->metrics, d, &d->p.settings);
	}
	if (rc == ERR_OK) {
		rc = couriers_start(&d->couriers, d->wake, d->p.settings.webhook_ca);
	}
	return rc;
}

enum err cmd_run(const struct options *o)
{
	static struct daemon d;
	d = (struct daemon){
	    .o = o,
	    .clock = clock_system(),
	    .rng = rng_system(),
	    .wait = {.first_ms = WAIT_FIRST_MS, .most_ms = WAIT_MOST_MS},
	    .wake = -1,
	    .lock = -1,
	};
	enum err rc = start(&d);
	if (rc == ERR_OK) {
		progress_begin(&d.progress);
		notify_say(&d.notify, "READY=1");
	}
	while (rc == ERR_OK && !stopping) {
		rc = turn(&d);
	}
	notify_say(&d.notify, "STOPPING=1");
	enum err last = stop_couriers(&d);
	rc = rc == ERR_OK ? last : rc;
	metrics_stop(d.metrics);
	opened_close(&d.p);
	if (d.wake >= 0) {
		close(d.wake);
	}
	lock_release(d.lock);
	notify_close(&d.notify);
	return rc;
}
