/*
 * clock confirm: a person vouches for a clock that went far ahead of the journal. The date is asked
 * for and never shown first, so that it comes from a calendar and not from the clock in question.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "signer/cli/cli.h"
#include "signer/cli/secret_input.h"
#include "signer/session/settings.h"

#define DAY UINT64_C(86400)
#define DATE_SIZE 10 /* YYYY-MM-DD */

/* Yesterday to tomorrow: the operator's day need not be UTC's. */
static bool is_today(const char *date, uint64_t wall)
{
	char day[TIME_TEXT_MAX];
	for (uint64_t at = wall - DAY; at <= wall + DAY; at += DAY) {
		time_format(day, at);
		if (strlen(date) == DATE_SIZE && memcmp(date, day, DATE_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static enum err ask(const struct options *o, uint64_t wall)
{
	char *date = NULL;
	char now[TIME_TEXT_MAX];
	enum err rc = secret_line(&date, o->confirm_fd,
				  "If this disk was restored from a copy, stop here and catch up "
				  "first.\nToday's date, by a calendar you trust (YYYY-MM-DD): ",
				  true);
	if (rc == ERR_OK && !is_today(date, wall)) {
		rc = err_set(ERR_CLOCK_JUMP,
			     "the clock says %s, which is not the date given; set the clock",
			     time_format(now, wall));
	}
	secret_free(date);
	return rc;
}

static enum err needed(bool *out, const struct opened *p, uint64_t wall)
{
	struct db_txn *t = NULL;
	uint64_t held;
	enum err rc = db_begin(&t, p->db, false);
	if (rc == ERR_OK) {
		rc = journal_clock(&held, t, wall);
	}
	db_abort(t);
	*out = rc == ERR_CLOCK_JUMP;
	return rc == ERR_CLOCK_JUMP ? ERR_OK : rc;
}

enum err cmd_clock_confirm(const struct options *o)
{
	struct opened p = {0};
	struct buf out;
	char now[TIME_TEXT_MAX];
	bool jumped = false;
	buf_init(&out, 4096);
	enum err rc =
	    o->n_args ? err_set(ERR_USAGE, "no arguments are expected") : opened_open(&p, o);
	if (rc == ERR_OK) {
		rc = needed(&jumped, &p, clock_wall(&p.env.clock));
	}
	if (rc == ERR_OK && jumped) {
		rc = ask(o, clock_wall(&p.env.clock));
	}
	if (rc == ERR_OK && jumped) {
		rc = settings_clock(&p.env);
	}
	if (rc == ERR_OK) {
		time_format(now, clock_wall(&p.env.clock));
		buf_printf(&out,
			   o->json  ? "{\"clock\":\"%s\",\"confirmed\":%s}\n"
			   : jumped ? "the clock is confirmed: %s\n"
				    : "the clock needs no confirming: %s\n",
			   now, jumped ? "true" : "false");
		rc = cli_print(&out);
	}
	buf_free(&out);
	opened_close(&p);
	return rc;
}
