/* init: a new vault, of fresh keys or of 25 words. */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "signer/cli/cli.h"
#include "signer/cli/secret_input.h"
#include "signer/session/settings.h"
#include "signer/vault/folder.h"
#include "signer/words/offset.h"
#include "signer/words/prove.h"

/* The secrets of a vault in the making: guarded memory. */
struct making {
	struct spend_key spend;
	struct identity identity;
	char words[WORDS_TEXT_MAX];
};

static enum err read_facts(struct vault_facts *facts, const struct options *o)
{
	enum err rc = ERR_OK;
	if (!o->network || !o->birthday) {
		return err_set(ERR_USAGE, "--network and --birthday are needed");
	}
	if ((rc = network_parse(&facts->network, o->network)) != ERR_OK) {
		return rc;
	}
	if ((rc = option_number(&facts->birthday, o->birthday, "--birthday")) != ERR_OK) {
		return rc;
	}
	facts->kdf = VAULT_KDF_NORMAL;
	return options_kdf(&facts->kdf, o);
}

/* On the terminal it is asked for with the words; a script gives it on a descriptor, or none. */
static enum err remove_offset(struct scalar *key, const struct options *o)
{
	char *line = NULL;
	if (o->offset_fd < 0 && o->words_fd >= 0) {
		return ERR_OK;
	}
	enum err rc =
	    secret_line(&line, o->offset_fd, "Seed offset passphrase (empty if none): ", false);
	if (rc == ERR_OK && line[0]) {
		rc = offset_remove(key, db_span(line, strlen(line)));
	}
	secret_free(line);
	return rc;
}

static enum err restore_keys(struct making *m, const struct options *o)
{
	char *line = NULL;
	uint8_t seed[32];
	enum err rc = secret_line(&line, o->words_fd, "The 25 words: ", true);
	if (rc == ERR_OK) {
		rc = words_decode(seed, line);
	}
	if (rc == ERR_OK) {
		sc_reduce32(&m->spend.s, seed);
		rc = remove_offset(&m->spend.s, o);
	}
	if (rc == ERR_OK && sc_is_zero(&m->spend.s)) {
		rc = err_set(ERR_WORDS_RANGE, "they encode no key");
	}
	secret_wipe(seed, sizeof seed);
	secret_free(line);
	return rc;
}

static enum err make_keys(struct making *m, const struct options *o, bool fresh)
{
	struct rng rng = rng_system();
	uint8_t seed[32];
	enum err rc = ERR_OK;
	if (fresh) {
		sc_random(&m->spend.s, &rng);
	} else {
		rc = restore_keys(m, o);
	}
	if (rc == ERR_OK) {
		words_encode(m->words, m->spend.s.b);
		rng_fill(&rng, seed, sizeof seed);
		identity_from_seed(&m->identity, seed);
	}
	secret_wipe(seed, sizeof seed);
	return rc;
}

static enum err ask_person(void *ctx, char **line, const char *prompt)
{
	(void)ctx;
	return secret_line(line, -1, prompt, true);
}

/* Shown once, and some asked back when they are no longer on the screen. */
static enum err hand_over_words(const struct making *m, const struct options *o)
{
	const struct prove_hooks hooks = {NULL, ask_person};
	struct rng rng = rng_system();
	char *line = NULL;
	if (o->words_out_fd >= 0) {
		return secret_show(o->words_out_fd, "", m->words);
	}
	enum err rc =
	    secret_show(-1,
			"\nWrite these 25 words on paper. They are shown once, and whoever "
			"has them has\nthe money:\n\n",
			m->words);
	if (rc == ERR_OK) {
		rc = secret_line(&line, -1,
				 "\nEnter when they are written down; the screen is cleared then. ",
				 true);
	}
	if (rc == ERR_OK) {
		rc = secret_show(-1, "\033[H\033[2J\033[3J", "Some of them are asked for now.");
	}
	if (rc == ERR_OK) {
		rc = words_prove(m->words, &rng, &hooks);
	}
	secret_free(line);
	return rc;
}

static enum err write_parts(const struct making *m, const struct vault_facts *facts,
			    const struct vault_folder *folder, const char *passphrase)
{
	static const char *const tables[] = SIGNER_TABLE_NAMES;
	char path[PATH_TEXT_MAX];
	struct db *db = NULL;
	struct rng rng = rng_system();
	enum err rc = path_join(path, folder->stage, "vault");
	if (rc == ERR_OK) {
		rc = db_open_lmdb(&db, folder->stage, tables, TABLE_COUNT, SIGNER_MAP_SIZE, true);
	}
	if (rc == ERR_OK) {
		const struct env env = {db, NULL, &m->identity, clock_system(), rng};
		rc = settings_init(&env, facts->birthday);
	}
	if (rc == ERR_OK) {
		rc = vault_create(path, db_span(passphrase, strlen(passphrase)), facts, &m->spend,
				  m->identity.seed, &rng);
	}
	if (db) {
		db_close(db);
	}
	return rc;
}

static enum err write_vault(const struct making *m, const struct vault_facts *facts,
			    const struct options *o, const char *passphrase)
{
	struct vault_folder folder;
	enum err rc = folder_begin(&folder, o->vault);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = write_parts(m, facts, &folder, passphrase);
	if (rc == ERR_OK) {
		rc = folder_finish(&folder);
	}
	if (rc != ERR_OK) {
		folder_abandon(&folder);
	}
	return rc;
}

static enum err show(const struct making *m, const struct vault_facts *facts,
		     const struct options *o)
{
	char print[FINGERPRINT_TEXT_MAX];
	struct buf out;
	buf_init(&out, 4096);
	identity_fingerprint(print, &m->identity.public);
	if (o->json) {
		buf_printf(&out, "{\"network\":\"%s\",\"birthday\":%llu,\"fingerprint\":\"%s\"}\n",
			   network_name(facts->network), (unsigned long long)facts->birthday,
			   print);
	} else {
		buf_printf(&out,
			   "vault made in %s, %s\nfingerprint %s\nnext: `kit --out FILE` for the "
			   "watcher\n",
			   o->vault, network_name(facts->network), print);
	}
	enum err rc = cli_print(&out);
	buf_free(&out);
	return rc;
}

/* So that nobody writes down words for a vault that cannot be made. */
static enum err check_free(const char *dir)
{
	char path[PATH_TEXT_MAX];
	enum err rc = path_join(path, dir, "vault");
	return rc == ERR_OK && file_exists(path) ? err_set(ERR_EXISTS, "%s", path) : rc;
}

enum err cmd_init(const struct options *o)
{
	struct vault_facts facts = {0};
	struct making *m = NULL;
	char *passphrase = NULL;
	bool fresh = o->words_fd < 0 && !o->restore;
	enum err rc =
	    o->vault ? read_facts(&facts, o) : err_set(ERR_USAGE, "--vault DIR is needed");
	if (rc == ERR_OK && o->n_args) {
		rc = err_set(ERR_USAGE, "init takes no arguments");
	}
	if (rc == ERR_OK && fresh && o->offset_fd >= 0) {
		rc = err_set(ERR_USAGE, "--offset-fd is for given words");
	}
	if (rc == ERR_OK) {
		rc = check_free(o->vault);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	m = secret_alloc(sizeof *m);
	rc = m ? make_keys(m, o, fresh) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = secret_new_passphrase(&passphrase, o->passphrase_fd);
	}
	if (rc == ERR_OK && (fresh || o->words_out_fd >= 0)) {
		rc = hand_over_words(m, o);
	}
	/* Nothing is on the disk before the words are known to be on paper. */
	if (rc == ERR_OK) {
		rc = write_vault(m, &facts, o, passphrase);
	}
	if (rc == ERR_OK) {
		rc = show(m, &facts, o);
	}
	secret_free(passphrase);
	secret_free(m);
	return rc;
}
