/* journal show, export, verify: nothing of it needs a secret. */
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/hex.h"
#include "signer/cli/cli.h"
#include "signer/review/json.h"

enum form { FORM_TEXT, FORM_JSON, FORM_LINES };

static void put_entry(struct buf *out, enum form form, uint64_t number, const struct record *r,
		      const struct hash *hash, const uint8_t signature[static 64])
{
	if (form == FORM_TEXT) {
		buf_printf(out, "%6llu  ", (unsigned long long)number);
		record_text(out, r);
		buf_text(out, "\n");
		return;
	}
	buf_printf(out, "%s{\"number\":%llu,\"hash\":", form == FORM_JSON && number > 1 ? "," : "",
		   (unsigned long long)number);
	json_hex(out, hash->b, 32);
	buf_text(out, ",");
	record_json(out, r);
	if (form == FORM_LINES) {
		struct buf content;
		buf_init(&content, PROTO_ENTRY_MAX);
		/* What was decoded re-encodes to itself: the content that was hashed and signed. */
		err_ignore(record_encode(&content, r));
		buf_text(out, ",\"content\":");
		json_hex(out, content.p, content.n);
		buf_text(out, ",\"signature\":");
		json_hex(out, signature, 64);
		buf_free(&content);
	}
	buf_text(out, form == FORM_LINES ? "}\n" : "}");
}

static enum err put_all(struct buf *out, struct db_txn *t, enum form form)
{
	struct ledger_head head;
	struct hash hash;
	uint8_t signature[64];
	struct record *r = malloc(sizeof *r);
	enum err rc = r ? journal_head(&head, t) : ERR_NO_MEMORY;
	for (uint64_t n = 1; rc == ERR_OK && n <= head.number; n++) {
		rc = journal_read(r, &hash, signature, t, n);
		if (rc == ERR_OK) {
			put_entry(out, form, n, r, &hash, signature);
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

enum err cmd_journal_export(const struct options *o)
{
	struct buf out;
	buf_init(&out, CLI_OUTPUT_MAX);
	enum err rc = option_out(o);
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

enum err cmd_journal_verify(const struct options *o)
{
	struct db *db = NULL;
	struct db_txn *t = NULL;
	struct identity_public identity = {0};
	struct ledger_head head = {0};
	char print[FINGERPRINT_TEXT_MAX];
	struct buf out;
	buf_init(&out, 4096);
	enum err rc = opened_store(&db, o);
	if (rc == ERR_OK) {
		rc = db_begin(&t, db, false);
	}
	if (rc == ERR_OK) {
		rc = claimed_identity(&identity, t);
	}
	if (rc == ERR_OK) {
		rc = journal_verify(&head, t, &identity);
	}
	db_abort(t);
	if (db) {
		db_close(db);
	}
	if (rc == ERR_OK) {
		identity_fingerprint(print, &identity);
		char hex[65];
		hex_encode(hex, head.hash, sizeof head.hash);
		buf_printf(&out,
			   o->json ? "{\"entries\":%llu,\"fingerprint\":\"%s\",\"head\":\"%s\"}\n"
				   : "%llu entries, signed by %s, unbroken\nhead %s\n",
			   (unsigned long long)head.number, print, hex);
		rc = cli_print(&out);
	}
	buf_free(&out);
	return rc;
}
