/* The vault folder: `vault` (keys), `data.mdb` (journal and state), `lock`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/base/sweep.h"
#include "signer/cli/cli.h"
#include "signer/cli/secret_input.h"
#include "signer/review/review.h"

enum err opened_store(struct db **out, const struct options *o)
{
	static const char *const tables[] = SIGNER_TABLE_NAMES;
	char path[PATH_TEXT_MAX];
	struct db_txn *t = NULL;
	struct ledger_head head;
	*out = NULL;
	if (!o->vault) {
		return err_set(ERR_USAGE, "--vault DIR is needed");
	}
	enum err rc = path_join(path, o->vault, "vault");
	if (rc != ERR_OK) {
		return rc;
	}
	if (!file_exists(path)) {
		return err_set(ERR_NOT_FOUND, "no vault in %s; `init` makes one", o->vault);
	}
	rc = db_open_lmdb(out, o->vault, tables, TABLE_COUNT, SIGNER_MAP_SIZE, true);
	if (rc == ERR_OK) {
		rc = db_begin(&t, *out, false);
	}
	if (rc == ERR_OK) {
		rc = journal_head(&head, t);
	}
	if (rc == ERR_OK && head.number == 0) {
		rc = err_set(ERR_DB_DAMAGED, "%s has a vault but no journal", o->vault);
	}
	db_abort(t);
	if (rc != ERR_OK && *out) {
		db_close(*out);
		*out = NULL;
	}
	return rc;
}

enum err opened_open(struct opened *out, const struct options *o)
{
	char path[PATH_TEXT_MAX];
	char *passphrase = NULL;
	memset(out, 0, sizeof *out);
	enum err rc = opened_store(&out->db, o);
	/* Nobody else writes now: a half-written vault is one that a killed run left. */
	if (rc == ERR_OK) {
		rc = dir_sweep(o->vault, "vault");
	}
	if (rc == ERR_OK) {
		rc = path_join(path, o->vault, "vault");
	}
	if (rc == ERR_OK) {
		rc = secret_line(&passphrase, o->passphrase_fd, "Passphrase: ", false);
	}
	if (rc == ERR_OK) {
		rc = vault_open(&out->vault, path, db_span(passphrase, strlen(passphrase)));
	}
	if (rc == ERR_OK) {
		out->env = (struct env){out->db, vault_account(out->vault),
					vault_identity(out->vault), clock_system(), rng_system()};
	}
	secret_free(passphrase);
	return rc;
}

void opened_close(struct opened *p)
{
	vault_close(p->vault);
	if (p->db) {
		db_close(p->db);
	}
	memset(p, 0, sizeof *p);
}

/* Letters that are easily taken for digits count as them; case, blanks and dashes do not count. */
static void plain_code(char out[static CONFIRM_CODE_MAX], const char *typed)
{
	size_t n = 0;
	for (; *typed && n + 1 < CONFIRM_CODE_MAX; typed++) {
		char c = *typed;
		c = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
		c = (char)(c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c);
		if (c != '-' && c != ' ') {
			out[n++] = c;
		}
	}
	out[n] = '\0';
}

static enum err confirm(void *ctx, const struct assessment *a)
{
	const struct cli_hooks *h = ctx;
	char wanted[CONFIRM_CODE_MAX], given[CONFIRM_CODE_MAX];
	char *line = NULL;
	struct buf text;
	enum err rc = ERR_OK;
	buf_init(&text, CLI_OUTPUT_MAX);
	if (!h->options->json) {
		review_text(&text, a);
		rc = buf_end(&text) == ERR_OK ? cli_print(&text) : ERR_NO_MEMORY;
	}
	if (rc == ERR_OK) {
		rc = secret_line(&line, h->options->confirm_fd,
				 "Type the code to sign, anything else to stop: ", true);
	}
	if (rc == ERR_OK) {
		plain_code(wanted, a->code);
		plain_code(given, line);
		rc = strcmp(wanted, given) == 0 ? ERR_OK : ERR_NOT_CONFIRMED;
	}
	secret_free(line);
	buf_free(&text);
	return rc;
}

static enum err unlock(void *ctx, const struct spend_key **spend)
{
	struct cli_hooks *h = ctx;
	*spend = NULL;
	h->spend = secret_alloc(sizeof *h->spend);
	enum err rc = h->spend ? vault_spend_key(h->spend, h->vault) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		secret_free(h->spend);
		h->spend = NULL;
		return rc;
	}
	*spend = h->spend;
	return ERR_OK;
}

static void lock(void *ctx)
{
	struct cli_hooks *h = ctx;
	secret_free(h->spend);
	h->spend = NULL;
}

struct session_hooks cli_hooks(struct cli_hooks *ctx)
{
	return (struct session_hooks){ctx, confirm, unlock, lock};
}

enum err cli_print(const struct buf *b)
{
	enum err rc = buf_end(b);
	if (rc != ERR_OK) {
		return rc;
	}
	if (fwrite(b->p, 1, b->n, stdout) != b->n || fflush(stdout) != 0) {
		return err_set(ERR_IO, "standard output cannot be written");
	}
	return ERR_OK;
}
