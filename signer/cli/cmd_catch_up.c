/* catch-up: the entries that a rolled-back disk has lost, from the watcher's copy. */
#include <string.h>

#include "common/base/file.h"
#include "signer/cli/cli.h"
#include "signer/session/catch_up.h"

static enum err report(const struct options *o, const struct catch_up *c)
{
	struct buf out;
	buf_init(&out, 4096);
	if (o->json) {
		buf_printf(&out, "{\"entries\":%llu,\"first\":%llu,\"head\":%llu}\n",
			   (unsigned long long)c->taken, (unsigned long long)c->first,
			   (unsigned long long)c->head.number);
	} else if (c->taken) {
		buf_printf(&out,
			   "%llu entries caught up with, from %llu to %llu\n"
			   "Replies given in that time are not here any more: a request that was "
			   "answered then\nis refused, with reply_lost.\n",
			   (unsigned long long)c->taken, (unsigned long long)c->first,
			   (unsigned long long)c->head.number);
	} else {
		buf_printf(&out, "nothing is missing: the journal has all %llu entries\n",
			   (unsigned long long)c->head.number);
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

enum err cmd_catch_up(const struct options *o)
{
	struct opened p = {0};
	struct catch_up done;
	struct buf files[CLI_ARGS_MAX] = {{0}};
	struct span spans[CLI_ARGS_MAX];
	size_t n = o->scan ? 1 : o->n_args;
	enum err rc = n ? ERR_OK
			: err_set(ERR_USAGE, "give the files of the watcher's `journal export`, in "
					     "their order");
	if (rc == ERR_OK && o->scan) {
		buf_init(&files[0], PROTO_MESSAGE_MAX + 1);
		rc = message_read(&files[0], o, "", PROTO_MESSAGE_MAX);
		spans[0] = buf_span(&files[0]);
	}
	for (size_t i = 0; rc == ERR_OK && i < o->n_args; i++) {
		buf_init(&files[i], PROTO_MESSAGE_MAX + 1);
		rc = file_read(&files[i], o->args[i], PROTO_MESSAGE_MAX);
		spans[i] = buf_span(&files[i]);
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = session_catch_up(&done, &p.env, spans, n);
	}
	if (rc == ERR_OK) {
		rc = report(o, &done);
	}
	for (size_t i = 0; i < n; i++) {
		buf_free(&files[i]);
	}
	opened_close(&p);
	return rc;
}
