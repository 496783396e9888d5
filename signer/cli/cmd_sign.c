/* inspect, sign, key-images: what requests meet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "signer/cli/cli.h"
#include "signer/review/json.h"
#include "signer/review/review.h"

#define TITLE_MAX 80

/* Heap; free it. NULL when none were given. */
static enum err read_approvals(struct approvals **out, const struct options *o)
{
	struct buf file;
	enum err rc = ERR_OK;
	*out = NULL;
	if (o->n_approvals == 0) {
		return ERR_OK;
	}
	buf_init(&file, MINISIGN_FILE_MAX + 1);
	*out = calloc(1, sizeof **out);
	if (!*out) {
		rc = ERR_NO_MEMORY;
	}
	for (size_t i = 0; rc == ERR_OK && i < o->n_approvals; i++) {
		buf_reset(&file);
		rc = file_read(&file, o->approvals[i], MINISIGN_FILE_MAX);
		if (rc == ERR_OK) {
			rc = approval_parse(&(*out)->list[i], buf_span(&file));
			rc = rc == ERR_OK ? rc : err_wrap(rc, "%s", o->approvals[i]);
		}
		(*out)->n = i + 1;
	}
	buf_free(&file);
	return rc;
}

static enum err show(const struct options *o, const struct assessment *a)
{
	struct buf out;
	buf_init(&out, CLI_OUTPUT_MAX);
	if (o->json) {
		review_json(&out, a);
	} else {
		review_text(&out, a);
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

enum err cmd_inspect(const struct options *o)
{
	struct opened p = {0};
	struct assessment a = {0};
	struct approvals *approvals = NULL;
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX + 1);
	enum err rc = message_read(&file, o, "the request file", PROTO_MESSAGE_MAX);
	if (rc == ERR_OK) {
		rc = read_approvals(&approvals, o);
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = assess(&a, &p.env, buf_span(&file), approvals);
	}
	if (rc == ERR_OK) {
		rc = show(o, &a);
	}
	assessment_free(&a);
	free(approvals);
	buf_free(&file);
	opened_close(&p);
	return rc;
}

/* What became of each transaction; before it, the review, unless it was shown for confirming. */
static enum err report(const struct options *o, const struct assessment *a, enum err outcome)
{
	struct buf out;
	size_t n_signed = outcome == ERR_OK ? a->n_allowed : 0;
	buf_init(&out, 4096);
	if (o->json) {
		buf_printf(&out, "{\"answered_before\":%s,\"transactions\":%zu,\"signed\":%zu,",
			   a->answered ? "true" : "false", a->request.n_txs, n_signed);
		buf_text(&out, "\"outcome\":");
		json_text(&out, outcome == ERR_OK ? "signed" : err_name(outcome));
		buf_text(&out, ",\"reply\":");
		if (o->out) {
			json_text(&out, o->out);
		} else {
			buf_text(&out, "null");
		}
		buf_text(&out, "}\n");
	} else {
		if (a->answered) {
			buf_text(&out, "\nanswered before; the same reply");
		} else {
			buf_printf(&out, "\n%zu of %zu transactions allowed; the reply", n_signed,
				   a->request.n_txs);
		}
		buf_printf(&out, " is in %s\n", o->out ? o->out : "the codes");
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

/* Appends the reply, which is to be delivered even when the outcome is a refusal. */
static enum err answer(struct buf *reply, char title[static TITLE_MAX], const struct options *o,
		       const struct opened *p, struct span file, const struct approvals *approvals)
{
	struct assessment a = {0};
	struct cli_hooks ctx = {o, p->vault, NULL};
	const struct session_hooks hooks = cli_hooks(&ctx);
	enum err outcome = session_answer(reply, &a, &p->env, file, approvals, &hooks);
	enum err rc = ERR_OK;
	/* The cause stands in the detail, which printing would not keep. */
	char detail[512];
	snprintf(detail, sizeof detail, "%s", err_detail());
	bool was_shown = !a.answered && a.refused == ERR_OK && a.n_allowed > 0;
	if (a.txs && !was_shown && !o->json) {
		rc = show(o, &a);
	}
	if (rc == ERR_OK && reply->n) {
		snprintf(title, TITLE_MAX, "reply to request %llu  code %s",
			 (unsigned long long)a.request.number, a.code);
		rc = message_write(o, reply);
		if (rc == ERR_OK) {
			rc = report(o, &a, outcome);
		}
	}
	if (rc == ERR_OK && outcome != ERR_OK) {
		rc = err_set(outcome, "%s", detail);
	}
	if (rc != ERR_OK && rc != outcome) {
		buf_reset(reply);
	}
	assessment_free(&a);
	return rc;
}

enum err cmd_sign(const struct options *o)
{
	struct opened p = {0};
	struct approvals *approvals = NULL;
	struct buf file, reply;
	char title[TITLE_MAX];
	buf_init(&file, PROTO_MESSAGE_MAX + 1);
	buf_init(&reply, PROTO_MESSAGE_MAX + 1024);
	enum err rc = option_out(o);
	if (rc == ERR_OK) {
		rc = message_read(&file, o, "the request file", PROTO_MESSAGE_MAX);
	}
	if (rc == ERR_OK) {
		rc = read_approvals(&approvals, o);
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = answer(&reply, title, o, &p, buf_span(&file), approvals);
	}
	opened_close(&p);
	/* A refusal is a reply too. */
	if (reply.n) {
		char detail[512];
		snprintf(detail, sizeof detail, "%s", err_detail());
		enum err shown = message_show(o, title, &reply);
		rc = shown == ERR_OK && rc != ERR_OK ? err_set(rc, "%s", detail) : shown;
	}
	free(approvals);
	buf_free(&file);
	buf_free(&reply);
	return rc;
}

enum err cmd_key_images(const struct options *o)
{
	struct opened p = {0};
	struct buf file, reply;
	struct cli_hooks ctx = {0};
	const struct session_hooks hooks = cli_hooks(&ctx);
	size_t count = 0;
	char title[TITLE_MAX];
	buf_init(&file, PROTO_MESSAGE_MAX + 1);
	buf_init(&reply, PROTO_MESSAGE_MAX + 1024);
	enum err rc = option_out(o);
	if (rc == ERR_OK) {
		rc = message_read(&file, o, "the watcher's outputs file", PROTO_MESSAGE_MAX);
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		ctx = (struct cli_hooks){o, p.vault, NULL};
		rc = session_key_images(&reply, &count, &p.env, buf_span(&file), &hooks);
	}
	if (rc == ERR_OK) {
		rc = message_write(o, &reply);
	}
	if (rc == ERR_OK && (!o->out || strcmp(o->out, "-") != 0)) {
		buf_reset(&file);
		buf_printf(&file, o->json ? "{\"key_images\":%zu}\n" : "%zu key images\n", count);
		rc = cli_print(&file);
	}
	opened_close(&p);
	if (rc == ERR_OK) {
		snprintf(title, sizeof title, "%zu key images for the watcher", count);
		rc = message_show(o, title, &reply);
	}
	buf_free(&file);
	buf_free(&reply);
	return rc;
}
