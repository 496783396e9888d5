/* policy show, policy set. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "signer/cli/cli.h"
#include "signer/cli/secret_input.h"
#include "signer/review/json.h"
#include "signer/review/policy_text.h"
#include "signer/session/settings.h"

#define TEXT_MAX (64u << 10)

struct shown {
	struct policy policy;
	struct state_pending pending;
	bool waits;
};

static enum err read_policy(struct shown *s, const struct opened *p)
{
	struct db_txn *t = NULL;
	enum network network = vault_facts(p->vault)->network;
	enum err rc = settings_policy_ripen(&p->env, 0);
	if (rc == ERR_OK) {
		rc = db_begin(&t, p->db, false);
	}
	if (rc == ERR_OK) {
		rc = state_policy(&s->policy, t, network);
	}
	if (rc == ERR_OK) {
		rc = state_pending(&s->pending, t, network);
		s->waits = rc == ERR_OK;
		rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	db_abort(t);
	return rc;
}

static void put_shown(struct buf *out, const struct shown *s, bool diff)
{
	char time[TIME_TEXT_MAX];
	if (!diff) {
		buf_text(out, "Policy in force\n");
		review_policy(out, &s->policy, 2);
		buf_text(out, "\n");
	}
	if (s->waits) {
		buf_printf(out, "Waiting until %s, by the clock and the chain\n",
			   time_format(time, s->pending.wall));
		(void)review_policy_diff(out, &s->policy, &s->pending.policy);
	} else {
		buf_text(out, "No change waits.\n");
	}
}

static enum err put_json(struct buf *out, const struct shown *s, bool diff)
{
	enum err rc = ERR_OK;
	buf_text(out, "{");
	if (!diff) {
		buf_text(out, "\"policy\":");
		rc = policy_format(out, &s->policy);
		buf_text(out, ",");
	}
	if (!s->waits) {
		buf_text(out, "\"waits_until\":null}\n");
		return rc;
	}
	buf_printf(out, "\"waits_until\":%llu,\"changes\":", (unsigned long long)s->pending.wall);
	review_policy_diff_json(out, &s->policy, &s->pending.policy);
	if (rc == ERR_OK && !diff) {
		buf_text(out, ",\"waiting\":");
		rc = policy_format(out, &s->pending.policy);
	}
	buf_text(out, "}\n");
	return rc;
}

enum err cmd_policy_show(const struct options *o)
{
	struct opened p = {0};
	struct shown *s = calloc(1, sizeof *s);
	struct buf out;
	buf_init(&out, TEXT_MAX);
	enum err rc = s ? opened_open(&p, o) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = read_policy(s, &p);
	}
	if (rc == ERR_OK && o->json) {
		rc = put_json(&out, s, o->diff);
	} else if (rc == ERR_OK) {
		put_shown(&out, s, o->diff);
	}
	if (rc == ERR_OK) {
		rc = cli_print(&out);
	}
	buf_free(&out);
	free(s);
	opened_close(&p);
	return rc;
}

/* The sentences of the file, and what they change; nothing is in force yet. */
static enum err show_new(const struct shown *s, bool is_first, const struct policy *policy)
{
	struct buf out;
	buf_init(&out, TEXT_MAX);
	buf_text(&out, "New policy\n");
	review_policy(&out, policy, 2);
	if (!is_first) {
		buf_text(&out, "\nWhat it changes\n");
		if (review_policy_diff(&out, &s->policy, policy) == 0) {
			buf_text(&out, "  nothing\n");
		} else if (policy_loosens(&s->policy, policy)) {
			buf_printf(&out, "What of it allows more waits %llu hours.\n",
				   (unsigned long long)(s->policy.cool_off / POLICY_HOUR));
		}
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

static enum err agree(const struct options *o)
{
	char *line = NULL;
	if (o->yes) {
		return ERR_OK;
	}
	enum err rc = secret_line(&line, o->confirm_fd, "Type yes to set it: ", true);
	if (rc == ERR_OK && strcmp(line, "yes") != 0) {
		rc = ERR_NOT_CONFIRMED;
	}
	secret_free(line);
	return rc;
}

/* Shows and asks. */
static enum err propose(const struct options *o, const struct opened *p,
			const struct policy *policy)
{
	struct shown *s = calloc(1, sizeof *s);
	enum err rc = s ? read_policy(s, p) : ERR_NO_MEMORY;
	bool is_first = rc == ERR_NO_POLICY;
	rc = is_first ? ERR_OK : rc;
	if (rc == ERR_OK && !o->json) {
		rc = show_new(s, is_first, policy);
	}
	free(s);
	return rc == ERR_OK ? agree(o) : rc;
}

static enum err say(uint64_t waits_until, const struct options *o)
{
	char time[TIME_TEXT_MAX];
	struct buf out;
	buf_init(&out, 1024);
	if (o->json) {
		buf_printf(&out, "{\"waits_until\":%llu}\n", (unsigned long long)waits_until);
	} else if (waits_until) {
		buf_printf(
		    &out,
		    "what tightens holds now\nwhat loosens waits until %s, by the clock and the "
		    "chain\n",
		    time_format(time, waits_until));
	} else {
		buf_text(&out, "the policy holds now\n");
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

enum err cmd_policy_set(const struct options *o)
{
	struct opened p = {0};
	struct policy *policy = calloc(1, sizeof *policy);
	struct buf file;
	const char *path;
	uint64_t waits_until = 0;
	buf_init(&file, POLICY_FILE_MAX + 1);
	enum err rc = policy ? option_file(&path, o, "the policy file") : ERR_NO_MEMORY;
	if (rc == ERR_OK && (rc = file_read(&file, path, POLICY_FILE_MAX)) == ERR_MSG_SIZE) {
		rc = err_set(ERR_POLICY_FILE, "it is longer than %d bytes", POLICY_FILE_MAX);
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = policy_parse_new(policy, buf_span(&file), vault_facts(p.vault)->network);
	}
	if (rc == ERR_OK) {
		rc = propose(o, &p, policy);
	}
	if (rc == ERR_OK) {
		rc = settings_policy_set(&waits_until, &p.env, policy);
	}
	if (rc == ERR_OK) {
		rc = say(waits_until, o);
	}
	buf_free(&file);
	free(policy);
	opened_close(&p);
	return rc;
}
