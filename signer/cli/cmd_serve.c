/*
 * serve: the unattended float. The vault is open for looking; the spend key is deciphered for each
 * signing and wiped after it. SIGTERM or SIGINT ends it after the request in hand.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/text.h"
#include "signer/cli/cli.h"
#include "signer/review/json.h"
#include "signer/serve/serve.h"

#define LOOK_SECONDS 1
#define PAUSE_SECONDS_MAX 60

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static enum err catch_signals(void)
{
	struct sigaction end = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	if (sigaction(SIGTERM, &end, NULL) != 0 || sigaction(SIGINT, &end, NULL) != 0 ||
	    sigaction(SIGPIPE, &ignore, NULL) != 0) {
		return err_set(ERR_IO, "signals cannot be caught");
	}
	return ERR_OK;
}

static void put_json(struct buf *out, const struct served *s, uint64_t wall)
{
	buf_printf(out, "{\"time\":%llu,\"file\":", (unsigned long long)wall);
	json_text(out, s->name);
	buf_printf(out, ",\"request\":%llu,\"answered\":%s,\"again\":%s,\"transactions\":%zu,",
		   (unsigned long long)s->number, s->answered ? "true" : "false",
		   s->again ? "true" : "false", s->n_txs);
	buf_text(out, "\"outcome\":");
	json_text(out, s->outcome == ERR_OK ? "signed" : err_name(s->outcome));
	buf_text(out, ",\"reply\":");
	if (s->answered) {
		json_text(out, s->reply);
	} else {
		buf_text(out, "null");
	}
	buf_text(out, "}\n");
}

static void put_text(struct buf *out, const struct served *s, uint64_t wall)
{
	char time[TIME_TEXT_MAX], name[600], reason[600];
	buf_printf(out, "%s  %s: ", time_format(time, wall),
		   text_safe(name, sizeof name, s->name, strlen(s->name)));
	if (s->answered && s->again) {
		buf_text(out, "answered before; the same reply again\n");
	} else if (s->outcome == ERR_OK) {
		buf_printf(out, "request %llu, %zu of %zu transactions signed\n",
			   (unsigned long long)s->number, s->n_allowed, s->n_txs);
	} else {
		buf_printf(out, "%s: %s (%s)\n", s->answered ? "refused, with a reply" : "failed",
			   err_name(s->outcome),
			   text_safe(reason, sizeof reason, s->reason, strlen(s->reason)));
	}
}

/* Nobody may be reading; the work goes on all the same. */
static void told(void *ctx, const struct served *s)
{
	const struct options *o = ctx;
	struct clock clock = clock_system();
	struct buf out;
	buf_init(&out, 8192);
	if (o->json) {
		put_json(&out, s, clock_wall(&clock));
	} else {
		put_text(&out, s, clock_wall(&clock));
	}
	err_ignore(cli_print(&out));
	clearerr(stdout);
	buf_free(&out);
}

static void pause_for(unsigned seconds)
{
	struct timespec left = {.tv_sec = seconds};
	/* A signal cuts it short, which is what it is for. */
	nanosleep(&left, NULL);
}

static enum err loop(const struct serve *s, const struct options *o)
{
	unsigned seconds = LOOK_SECONDS;
	enum err rc = ERR_OK;
	while (!stop) {
		rc = serve_look(s);
		if (o->once) {
			return rc;
		}
		if (rc == ERR_OK) {
			seconds = LOOK_SECONDS;
		} else {
			char safe[600];
			const char *detail = err_detail();
			seconds = seconds < PAUSE_SECONDS_MAX / 2 ? 2 * seconds : PAUSE_SECONDS_MAX;
			fprintf(stderr, "airlock-signer: %s: %s: %s; trying again in %u s\n",
				err_name(rc), err_text(rc),
				text_safe(safe, sizeof safe, detail, strlen(detail)), seconds);
		}
		if (!stop) {
			pause_for(seconds);
		}
	}
	return ERR_OK;
}

enum err cmd_serve(const struct options *o)
{
	struct opened p = {0};
	struct cli_hooks ctx = {0};
	enum err rc = o->inbox && o->outbox
			  ? ERR_OK
			  : err_set(ERR_USAGE, "--inbox DIR and --outbox DIR are needed");
	if (rc == ERR_OK && o->n_args) {
		rc = err_set(ERR_USAGE, "no arguments are expected");
	}
	if (rc == ERR_OK) {
		rc = catch_signals();
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		ctx = (struct cli_hooks){o, p.vault, NULL};
		struct serve s = {.env = &p.env,
				  .hooks = cli_hooks(&ctx),
				  .inbox = o->inbox,
				  .outbox = o->outbox,
				  .ctx = (void *)(uintptr_t)o,
				  .told = told,
				  .stop = &stop};
		s.hooks.confirm = NULL;
		rc = serve_begin(&s);
		if (rc == ERR_OK) {
			rc = loop(&s, o);
		}
	}
	opened_close(&p);
	return rc;
}
