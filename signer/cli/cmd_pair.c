/* kit and pair: what the two programs exchange once. */
#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "signer/cli/cli.h"
#include "signer/review/json.h"
#include "signer/session/settings.h"

#define FILE_MAX 65536

static enum err kit_bytes(struct buf *out, const struct opened *p)
{
	struct kit kit = {0};
	struct buf body;
	struct hash hash;
	struct db_txn *t = NULL;
	const struct account_view *account = vault_account(p->vault);
	buf_init(&body, FILE_MAX);
	kit.network = account->network;
	kit.spend = account->spend_public;
	kit.view = account->view;
	kit.birthday_height = vault_facts(p->vault)->birthday;
	/* What the watcher made from it calls itself in its messages. */
	memcpy(kit.name, "watcher", sizeof "watcher");
	enum err rc = db_begin(&t, p->db, false);
	if (rc == ERR_OK) {
		rc = journal_head(&kit.journal, t);
	}
	db_abort(t);
	if (rc == ERR_OK) {
		rc = kit_encode(&body, &kit);
	}
	if (rc == ERR_OK) {
		rc = envelope_seal(out, &hash, MSG_KIT, account->network, kit.journal.number,
				   buf_span(&body), vault_identity(p->vault), NULL);
	}
	buf_free(&body);
	secret_wipe(&kit, sizeof kit);
	return rc;
}

/* "verb FINGERPRINT", for both programs' screens to be compared by eye. */
static enum err say(const struct options *o, const char *what, const struct identity_public *id,
		    const char *name)
{
	char print[FINGERPRINT_TEXT_MAX], safe[300];
	struct buf out;
	buf_init(&out, 4096);
	identity_fingerprint(print, id);
	if (o->json) {
		buf_printf(&out, "{\"fingerprint\":\"%s\",\"name\":", print);
		json_text(&out, name);
		buf_text(&out, "}\n");
	} else {
		buf_printf(&out, "%s %s\nfingerprint %s: compare it with the other screen\n", what,
			   text_safe(safe, sizeof safe, name, strlen(name)), print);
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

enum err cmd_kit(const struct options *o)
{
	struct opened p = {0};
	struct buf file;
	char title[80], print[FINGERPRINT_TEXT_MAX];
	buf_init(&file, FILE_MAX);
	enum err rc = option_out(o);
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = kit_bytes(&file, &p);
	}
	if (rc == ERR_OK) {
		rc = message_write(o, &file);
	}
	if (rc == ERR_OK) {
		identity_fingerprint(print, &vault_identity(p.vault)->public);
		snprintf(title, sizeof title, "signer's kit, secret  fingerprint %s", print);
	}
	if (rc == ERR_OK && (!o->out || strcmp(o->out, "-") != 0)) {
		rc = say(o, "kit of", &vault_identity(p.vault)->public, "signer");
	}
	opened_close(&p);
	if (rc == ERR_OK) {
		rc = message_show(o, title, &file);
	}
	buf_free(&file);
	return rc;
}

enum err cmd_pair(const struct options *o)
{
	struct opened p = {0};
	struct buf file;
	struct identity_public watcher;
	char name[PROTO_NAME_MAX + 1];
	buf_init(&file, FILE_MAX);
	enum err rc = message_read(&file, o, "the watcher's pairing file", FILE_MAX);
	if (rc == ERR_OK) {
		rc = opened_open(&p, o);
	}
	if (rc == ERR_OK) {
		rc = settings_pair(&watcher, name, &p.env, buf_span(&file));
	}
	if (rc == ERR_OK) {
		rc = say(o, "paired with", &watcher, name);
	}
	buf_free(&file);
	opened_close(&p);
	return rc;
}
