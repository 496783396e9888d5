/* journal export, audit export, audit verify: our copy of the signer's journal. */
#include <inttypes.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/hex.h"
#include "proto/journal.h"
#include "watcher/cli/cli.h"

static void report(struct out *out, const struct journal_export *e)
{
	json_open(out, NULL, '{');
	json_number(out, "first", e->first);
	json_number(out, "last", e->last);
	json_number(out, "newest", e->newest);
	json_close(out, '}');
	say(out, "entries %" PRIu64 " to %" PRIu64 " of %" PRIu64, e->first, e->last, e->newest);
	if (e->last < e->newest) {
		say(out, "the rest goes into another file, with --after %" PRIu64, e->last);
	}
}

static enum err give_copy(const struct options *o, bool open)
{
	struct opened p = {0};
	struct journal_export e;
	struct buf file;
	uint64_t after = 0;
	buf_init(&file, PROTO_MESSAGE_MAX + 1024);
	enum err rc =
	    open && !o->out ? err_set(ERR_USAGE, "--out FILE is missing") : message_wanted(o);
	if (rc == ERR_OK && o->after) {
		rc = option_number(&after, o->after, UINT64_MAX, "--after");
	}
	if (rc == ERR_OK) {
		rc = opened_open(&p, o, ACCESS_READ);
	}
	if (rc == ERR_OK) {
		rc = watcher_export_journal(&p.w, after, open, &file, &e);
	}
	if (rc == ERR_OK) {
		rc = message_write(o, &file);
	}
	if (rc == ERR_OK && (!o->out || strcmp(o->out, "-") != 0)) {
		struct out out;
		out_begin(&out, o->json);
		report(&out, &e);
		rc = out_end(&out);
	}
	opened_close(&p);
	if (rc == ERR_OK) {
		rc = message_show(o, "the watcher's copy of the journal", &file);
	}
	buf_free(&file);
	return rc;
}

enum err cmd_journal_export(const struct options *o)
{
	return give_copy(o, false);
}

enum err cmd_audit_export(const struct options *o)
{
	return give_copy(o, true);
}

/* By the identity that was given, or by that of our own signer. */
static enum err expected(const struct journal *m, const struct options *o)
{
	struct opened p = {0};
	char print[FINGERPRINT_TEXT_MAX];
	bool same = false;
	enum err rc = ERR_OK;
	if (o->identity) {
		same = identity_is(&m->signer, o->identity);
	} else {
		rc = opened_open(&p, o, ACCESS_READ);
		same = rc == ERR_OK && memcmp(p.w.signer.b, m->signer.b, sizeof m->signer.b) == 0;
		opened_close(&p);
	}
	if (rc == ERR_OK && !same) {
		rc = err_set(ERR_MSG_SENDER, "it is the journal of %s",
			     identity_fingerprint(print, &m->signer));
	}
	return rc;
}

enum err cmd_audit_verify(const struct options *o)
{
	struct journal m = {0};
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX + 1);
	enum err rc = file_read(&file, o->args[0], PROTO_MESSAGE_MAX);
	if (rc == ERR_OK) {
		rc = journal_open(&m, buf_span(&file), NETWORK_COUNT, NULL);
	}
	if (rc == ERR_OK) {
		rc = expected(&m, o);
	}
	if (rc == ERR_OK) {
		char print[FINGERPRINT_TEXT_MAX], hex[65];
		struct out out;
		hex_encode(hex, m.head.hash, sizeof m.head.hash);
		identity_fingerprint(print, &m.signer);
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "first", m.before.number + 1);
		json_number(&out, "entries", m.n_entries);
		json_text(&out, "fingerprint", print);
		json_text(&out, "head", hex);
		json_close(&out, '}');
		say(&out, "from entry %" PRIu64 ", %zu entries, signed by %s, unbroken",
		    m.before.number + 1, m.n_entries, print);
		say(&out, "head %s", hex);
		rc = out_end(&out);
	}
	journal_free(&m);
	buf_free(&file);
	return rc;
}
