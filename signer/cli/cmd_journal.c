/*
 * journal show, export, verify. Nothing of it needs a secret, but for an export as a message, which
 * the identity signs.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/hex.h"
#include "proto/journal.h"
#include "signer/cli/cli.h"
#include "signer/journal/lines.h"

enum form { FORM_TEXT, FORM_JSON, FORM_LINES };

static enum err put_entry(struct buf *out, enum form form, const struct journal_entry *e,
			  const struct record *r, const struct hash *hash)
{
	switch (form) {
	case FORM_TEXT:
		buf_printf(out, "%6llu  ", (unsigned long long)e->number);
		record_text(out, r);
		buf_text(out, "\n");
		break;
	case FORM_JSON:
		buf_text(out, e->number > 1 ? "," : "");
		journal_line_start(out, e->number, r, hash);
		buf_text(out, "}");
		break;
	case FORM_LINES:
		return journal_line(out, e, r, hash);
	}
	return ERR_OK;
}

static enum err put_all(struct buf *out, struct db_txn *t, enum form form)
{
	struct ledger_head head;
	struct journal_entry e;
	struct hash hash;
	struct record *r = malloc(sizeof *r);
	enum err rc = r ? journal_head(&head, t) : ERR_NO_MEMORY;
	for (uint64_t n = 1; rc == ERR_OK && n <= head.number; n++) {
		rc = journal_entry_at(&e, &hash, t, n);
		if (rc == ERR_OK) {
			rc = record_decode(r, e.content);
		}
		if (rc == ERR_OK) {
			rc = put_entry(out, form, &e, r, &hash);
		}
	}
	free(r);
	return rc;
}

static enum err gather(struct buf *out, const struct options *o, enum form form)
{
	struct db *db = NULL;
	struct db_txn *t = NULL;
	if (o->n_args) {
		return err_set(ERR_USAGE, "no arguments are expected");
	}
	enum err rc = opened_store(&db, o);
	if (rc == ERR_OK) {
		rc = db_begin(&t, db, false);
	}
	if (form == FORM_JSON) {
		buf_text(out, "{\"entries\":[");
	}
	if (rc == ERR_OK) {
		rc = put_all(out, t, form);
	}
	if (form == FORM_JSON) {
		buf_text(out, "]}\n");
	}
	db_abort(t);
	if (db) {
		db_close(db);
	}
	return rc;
}

enum err cmd_journal_show(const struct options *o)
{
	struct buf out;
	buf_init(&out, CLI_OUTPUT_MAX);
	enum err rc = gather(&out, o, o->json ? FORM_JSON : FORM_TEXT);
	if (rc == ERR_OK) {
		rc = cli_print(&out);
	}
	buf_free(&out);
	return rc;
}

/* What the file holds, and what is left for another. */
static enum err report(const struct options *o, const struct journal *m, uint64_t newest)
{
	struct buf out;
	buf_init(&out, 4096);
	unsigned long long first = m->before.number + 1, last = m->head.number;
	if (o->json) {
		buf_printf(&out, "{\"first\":%llu,\"last\":%llu,\"newest\":%llu}\n", first, last,
			   (unsigned long long)newest);
	} else {
		buf_printf(&out, "entries %llu to %llu of %llu\n", first, last,
			   (unsigned long long)newest);
		if (last < newest) {
			buf_printf(&out, "the rest goes into another file, with --after %llu\n",
				   last);
		}
	}
	enum err rc = strcmp(o->out, "-") == 0 ? ERR_OK : cli_print(&out);
	buf_free(&out);
	return rc;
}

static enum err seal_copy(struct buf *out, const struct opened *p, const struct journal *m)
{
	struct buf body;
	struct hash hash;
	buf_init(&body, PROTO_MESSAGE_MAX);
	enum err rc = journal_encode(&body, m);
	if (rc == ERR_OK) {
		rc = envelope_seal(out, &hash, MSG_JOURNAL, vault_facts(p->vault)->network,
				   m->head.number, buf_span(&body), vault_identity(p->vault), NULL);
	}
	buf_free(&body);
	return rc;
}

static enum err export_message(const struct options *o)
{
	struct opened p = {0};
	struct journal m = {0};
	struct ledger_head newest = {0};
	struct db_txn *t = NULL;
	struct buf out;
	uint64_t after = 0;
	buf_init(&out, PROTO_MESSAGE_MAX + 1024);
	enum err rc = o->after ? option_number(&after, o->after, "--after") : ERR_OK;
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, p.db, false);
	}
	if (rc == ERR_OK) {
		rc = journal_head(&newest, t);
	}
	if (rc == ERR_OK) {
		rc = journal_copy(&m, t, after);
	}
	if (rc == ERR_OK) {
		m.signer = vault_identity(p.vault)->public;
		rc = seal_copy(&out, &p, &m);
	}
	db_abort(t);
	if (rc == ERR_OK) {
		rc = file_write(o->out, out.p, out.n);
	}
	if (rc == ERR_OK) {
		rc = report(o, &m, newest.number);
	}
	journal_free(&m);
	buf_free(&out);
	opened_close(&p);
	return rc;
}

enum err cmd_journal_export(const struct options *o)
{
	struct buf out;
	buf_init(&out, CLI_OUTPUT_MAX);
	enum err rc = option_out(o);
	if (rc == ERR_OK && o->cbor) {
		return export_message(o);
	}
	if (rc == ERR_OK && o->after) {
		rc = err_set(ERR_USAGE, "--after goes with --cbor; lines hold the whole journal");
	}
	if (rc == ERR_OK) {
		rc = gather(&out, o, FORM_LINES);
	}
	if (rc == ERR_OK) {
		rc = buf_end(&out);
	}
	if (rc == ERR_OK) {
		rc = file_write(o->out, out.p, out.n);
	}
	buf_free(&out);
	return rc;
}

/* What was verified: a journal, or files that carry on from each other. */
struct verified {
	uint64_t first;
	struct ledger_head head;
	struct identity_public signer;
};

/* The identity that the first entry names: whose journal it claims to be. */
static enum err claimed_identity(struct identity_public *out, struct db_txn *t)
{
	struct record *r = malloc(sizeof *r);
	enum err rc = r ? journal_read(r, NULL, NULL, t, 1) : ERR_NO_MEMORY;
	if (rc == ERR_OK && r->kind != RECORD_INIT) {
		rc = err_set(ERR_JOURNAL_BROKEN, "entry 1 does not begin a journal");
	}
	if (rc == ERR_OK) {
		memcpy(out->b, r->id.b, 32);
	}
	free(r);
	return rc;
}

static enum err verify_store(struct verified *v, const struct options *o)
{
	struct db *db = NULL;
	struct db_txn *t = NULL;
	enum err rc = opened_store(&db, o);
	if (rc == ERR_OK) {
		rc = db_begin(&t, db, false);
	}
	if (rc == ERR_OK) {
		rc = claimed_identity(&v->signer, t);
	}
	if (rc == ERR_OK) {
		rc = journal_verify(&v->head, t, &v->signer);
	}
	v->first = 1;
	db_abort(t);
	if (db) {
		db_close(db);
	}
	return rc;
}

/* A message: walked when it was opened; each entry must also be one we understand. */
static enum err verify_message(struct verified *v, struct span file, bool is_first)
{
	struct journal m;
	struct journal_times newest = {0};
	struct record *r = malloc(sizeof *r);
	enum err rc = r ? journal_open(&m, file, NETWORK_COUNT, NULL) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		free(r);
		return rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < m.n_entries; i++) {
		rc = journal_says(r, &newest, &m.entries[i]);
	}
	bool follows = m.before.number == v->head.number &&
		       memcmp(m.before.hash, v->head.hash, sizeof m.before.hash) == 0 &&
		       memcmp(m.signer.b, v->signer.b, sizeof m.signer.b) == 0;
	if (rc == ERR_OK && !is_first && !follows) {
		rc = err_set(ERR_JOURNAL_BROKEN, "entry %llu does not follow the file before",
			     (unsigned long long)m.before.number + 1);
	}
	v->first = is_first ? m.before.number + 1 : v->first;
	v->head = m.head;
	v->signer = m.signer;
	journal_free(&m);
	free(r);
	return rc;
}

static enum err verify_files(struct verified *v, const struct options *o)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < o->n_args; i++) {
		struct buf file;
		buf_init(&file, CLI_OUTPUT_MAX);
		rc = file_read(&file, o->args[i], CLI_OUTPUT_MAX);
		if (rc == ERR_OK && file.n && file.p[0] == '{') {
			rc = o->n_args > 1
				 ? err_set(ERR_USAGE, "lines of JSON are one file")
				 : journal_lines_verify(&v->head, &v->signer, buf_span(&file));
			v->first = 1;
		} else if (rc == ERR_OK) {
			rc = verify_message(v, buf_span(&file), i == 0);
		}
		buf_free(&file);
	}
	return rc;
}

enum err cmd_journal_verify(const struct options *o)
{
	struct verified v = {0};
	char print[FINGERPRINT_TEXT_MAX], hex[65];
	struct buf out;
	buf_init(&out, 4096);
	enum err rc = o->n_args ? verify_files(&v, o) : verify_store(&v, o);
	if (rc == ERR_OK) {
		identity_fingerprint(print, &v.signer);
	}
	if (rc == ERR_OK && o->identity && !identity_is(&v.signer, o->identity)) {
		rc = err_set(ERR_MSG_SENDER, "it is the journal of %s", print);
	}
	if (rc == ERR_OK) {
		unsigned long long last = v.head.number;
		hex_encode(hex, v.head.hash, sizeof v.head.hash);
		buf_printf(&out,
			   o->json
			       ? "{\"first\":%llu,\"entries\":%llu,\"fingerprint\":\"%s\","
				 "\"head\":\"%s\"}\n"
			       : "from entry %llu, %llu entries, signed by %s, unbroken\nhead %s\n",
			   (unsigned long long)v.first, last + 1 - v.first, print, hex);
		if (!o->json && o->n_args && !o->identity) {
			buf_text(&out, "Compare the fingerprint with the signer's: without "
				       "--identity, any signer will do.\n");
		}
		rc = cli_print(&out);
	}
	buf_free(&out);
	return rc;
}
