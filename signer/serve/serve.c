#include "signer/serve/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/sweep.h"
#include "common/base/text.h"
#include "signer/serve/inbox.h"

#define SETTLE_SECONDS 10 /* a file that is cut short may still be on its way */

static enum err may_serve(const struct serve *s)
{
	struct db_txn *t = NULL;
	struct identity_public watcher;
	struct policy *policy = calloc(1, sizeof *policy);
	enum err rc = policy ? db_begin(&t, s->env->db, false) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = state_watcher(&watcher, NULL, t);
	}
	if (rc == ERR_OK) {
		rc = state_policy(policy, t, s->env->account->network);
	}
	if (rc == ERR_OK && !policy->unattended.set) {
		rc = err_set(ERR_NOT_UNATTENDED,
			     "the policy lets nothing go unattended; nothing could be served");
	}
	db_abort(t);
	free(policy);
	return rc;
}

enum err serve_begin(const struct serve *s)
{
	size_t n;
	struct inbox_file *files = calloc(INBOX_FILES_MAX, sizeof *files);
	enum err rc = files ? may_serve(s) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = inbox_list(files, &n, s->inbox);
	}
	if (rc == ERR_OK) {
		rc = dir_sweep(s->outbox, INBOX_REPLY);
	}
	free(files);
	return rc;
}

static enum err read_file(struct buf *out, const struct serve *s, const char *name)
{
	char path[PATH_TEXT_MAX];
	buf_init(out, PROTO_MESSAGE_MAX + 1);
	enum err rc = path_join(path, s->inbox, name);
	return rc == ERR_OK ? file_read(out, path, PROTO_MESSAGE_MAX) : rc;
}

/* The number the watcher gave it; 0 for what is no request, which is then seen to first. */
static uint64_t sequence(const struct serve *s, const char *name)
{
	struct envelope e = {0};
	struct identity_public watcher;
	struct buf file, plain = {0};
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, s->env->db, false);
	if (rc == ERR_OK) {
		rc = state_watcher(&watcher, NULL, t);
	}
	db_abort(t);
	if (rc != ERR_OK) {
		return 0;
	}
	rc = read_file(&file, s, name);
	if (rc == ERR_OK) {
		rc = envelope_open(&e, &plain, buf_span(&file), MSG_REQUEST,
				   s->env->account->network, s->env->identity, &watcher);
	}
	buf_free(&plain);
	buf_free(&file);
	return rc == ERR_OK ? e.sequence : 0;
}

static bool is_settled(const struct serve *s, const struct inbox_file *f)
{
	uint64_t now = clock_wall(&s->env->clock);
	uint64_t apart = now > f->changed ? now - f->changed : f->changed - now;
	return apart >= SETTLE_SECONDS;
}

static void tell(const struct serve *s, struct served *told, const struct inbox_file *f,
		 const struct assessment *a)
{
	told->name = f->name;
	told->number = a->request.number;
	told->n_txs = a->request.n_txs;
	told->n_allowed = told->outcome == ERR_OK ? a->n_allowed : 0;
	told->again = a->answered;
	s->told(s->ctx, told);
}

static enum err answered(const struct serve *s, const struct inbox_file *f,
			 const struct assessment *a, const struct buf *reply, struct served *told)
{
	char placed[PATH_TEXT_MAX];
	enum err rc = inbox_place(placed, s->outbox, f->name, buf_span(reply));
	if (rc == ERR_OK) {
		rc = inbox_finish(s->inbox, f->name, INBOX_DONE, NULL);
	}
	if (rc == ERR_OK) {
		told->answered = true;
		told->reply = placed;
		tell(s, told, f, a);
	}
	return rc;
}

static enum err failed(const struct serve *s, const struct inbox_file *f,
		       const struct assessment *a, struct served *told)
{
	char safe[600];
	struct buf reason;
	buf_init(&reason, 4096);
	buf_printf(&reason, "%s: %s%s%s\n", err_name(told->outcome), err_text(told->outcome),
		   told->reason[0] ? ": " : "",
		   text_safe(safe, sizeof safe, told->reason, strlen(told->reason)));
	enum err rc = buf_end(&reason);
	if (rc == ERR_OK) {
		rc = inbox_finish(s->inbox, f->name, INBOX_FAILED, &reason);
	}
	if (rc == ERR_OK) {
		tell(s, told, f, a);
	}
	buf_free(&reason);
	return rc;
}

static bool is_of_the_machine(enum err rc)
{
	return rc != ERR_OK && err_category(rc) == CAT_FAILED;
}

static enum err serve_file(const struct serve *s, const struct inbox_file *f)
{
	struct assessment a = {0};
	struct served told = {0};
	struct buf file, reply;
	char reason[512];
	buf_init(&reply, PROTO_MESSAGE_MAX + 1024);
	err_clear();
	enum err rc = read_file(&file, s, f->name);
	bool gone = rc == ERR_NOT_FOUND;
	if (rc == ERR_OK) {
		rc = session_answer(&reply, &a, s->env, buf_span(&file), NULL, &s->hooks);
	}
	snprintf(reason, sizeof reason, "%s", err_detail());
	told.outcome = rc;
	told.reason = reason;
	if (reply.n) {
		rc = answered(s, f, &a, &reply, &told);
	} else if (gone || (rc == ERR_MSG_TRUNCATED && !is_settled(s, f))) {
		rc = ERR_OK; /* taken away again; or still being copied */
	} else if (!is_of_the_machine(rc)) {
		rc = failed(s, f, &a, &told);
	}
	assessment_free(&a);
	buf_free(&file);
	buf_free(&reply);
	return rc;
}

enum err serve_look(const struct serve *s)
{
	size_t n = 0;
	enum err first = ERR_OK;
	char detail[512] = "";
	struct inbox_file *files = calloc(INBOX_FILES_MAX, sizeof *files);
	enum err rc = files ? inbox_list(files, &n, s->inbox) : ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		files[i].sequence = sequence(s, files[i].name);
	}
	inbox_sort(files, n);
	for (size_t i = 0; rc == ERR_OK && i < n && !*s->stop; i++) {
		enum err one = serve_file(s, &files[i]);
		if (one != ERR_OK && first == ERR_OK) {
			first = one;
			snprintf(detail, sizeof detail, "%.200s: %.300s", files[i].name,
				 err_detail());
		}
	}
	free(files);
	return first != ERR_OK ? err_set(first, "%s", detail) : rc;
}
