/*
 * A backup gives back vault and store as they were, to whoever knows the passphrase and to nobody
 * else; no bit of it can be changed; what comes out of it says so in the journal.
 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include <sodium.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "signer/vault/backup.h"
#include "signer/vault/folder.h"
#include "tests/unit/signer/gap.h"

static struct gap gap;
static char dir[] = "/tmp/airlock-backup-XXXXXX";
static struct buf good;
static struct vault *vault;
static struct buf vault_file;

static struct span pass(const char *s)
{
	return db_span(s, strlen(s));
}

static int begin(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX];
	const struct vault_facts facts = {NETWORK_STAGENET, 0, {1, 8192}};
	struct db_txn *t;
	gap_open(&gap);
	gap_policy(&gap, 5, 6, 7, 8);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(path_join(path, dir, "vault"), ERR_OK);
	assert_int_equal(
	    vault_create(path, pass("right"), &facts, &gap.wallet.spend, gap.signer.seed, &gap.rng),
	    ERR_OK);
	assert_int_equal(vault_open(&vault, path, pass("right")), ERR_OK);
	buf_init(&vault_file, 4096);
	assert_int_equal(file_read(&vault_file, path, 4096), ERR_OK);
	unlink(path);
	buf_init(&good, BACKUP_MAX);
	assert_int_equal(db_begin(&t, gap.db, false), ERR_OK);
	assert_int_equal(backup_make(&good, t, TABLE_COUNT, vault, buf_span(&vault_file), &gap.rng),
			 ERR_OK);
	db_abort(t);
	return 0;
}

static int end(void **state)
{
	(void)state;
	vault_close(vault);
	buf_free(&good);
	buf_free(&vault_file);
	gap_close(&gap);
	return rmdir(dir);
}

static enum err open_bytes(struct span file, const char *passphrase)
{
	struct vault *v;
	struct span inner;
	struct buf records;
	enum err rc = backup_open(&v, &inner, &records, file, "backup", pass(passphrase));
	vault_close(v);
	buf_free(&records);
	return rc;
}

static void same_records(struct db_txn *a, struct db_txn *b)
{
	for (unsigned table = 0; table < TABLE_COUNT; table++) {
		struct span key_a = {0}, key_b = {0}, value_a, value_b;
		enum err rc = db_first(a, table, key_a, &key_a, &value_a);
		assert_int_equal(db_first(b, table, key_b, &key_b, &value_b), rc);
		while (rc == ERR_OK) {
			assert_true(key_a.n == key_b.n && value_a.n == value_b.n);
			assert_memory_equal(key_a.p, key_b.p, key_a.n);
			assert_memory_equal(value_a.p, value_b.p, value_a.n);
			rc = db_next(a, table, &key_a, &value_a);
			assert_int_equal(db_next(b, table, &key_b, &value_b), rc);
		}
	}
}

static void gives_back_what_was_put_in(void **state)
{
	(void)state;
	static const char *const tables[] = SIGNER_TABLE_NAMES;
	struct vault_folder folder;
	struct vault *v;
	struct span inner;
	struct buf records;
	struct db *db;
	struct db_txn *t, *old;
	struct spend_key spend;
	struct ledger_head before, after;
	struct record r = {.kind = RECORD_PASSPHRASE, .wall = gap.now}, found;
	bool marked;
	assert_int_equal(
	    backup_open(&v, &inner, &records, buf_span(&good), "backup", pass("right")), ERR_OK);
	assert_memory_equal(inner.p, vault_file.p, vault_file.n);
	assert_int_equal(vault_spend_key(&spend, v), ERR_OK);
	assert_memory_equal(spend.s.b, gap.wallet.spend.s.b, 32);

	assert_int_equal(folder_begin(&folder, dir), ERR_OK);
	assert_int_equal(db_open_lmdb(&db, folder.stage, tables, TABLE_COUNT, 1 << 26, true),
			 ERR_OK);
	assert_int_equal(db_begin(&t, db, true), ERR_OK);
	assert_int_equal(db_begin(&old, gap.db, false), ERR_OK);
	assert_int_equal(backup_fill(t, TABLE_COUNT, buf_span(&records)), ERR_OK);
	same_records(t, old);
	db_abort(old);

	/* The next entry is preceded by one that tells where the journal comes from. */
	assert_int_equal(journal_verify(&before, t, &gap.signer.public), ERR_OK);
	assert_int_equal(journal_set_restored(t), ERR_OK);
	assert_int_equal(journal_restored(&marked, t), ERR_OK);
	assert_true(marked);
	assert_int_equal(journal_append(&after, t, &r, &gap.signer), ERR_OK);
	assert_true(after.number == before.number + 2);
	assert_int_equal(journal_read(&found, NULL, NULL, t, before.number + 1), ERR_OK);
	assert_int_equal(found.kind, RECORD_RESTORED);
	assert_true(found.number == before.number);
	assert_int_equal(journal_restored(&marked, t), ERR_OK);
	assert_false(marked);
	assert_int_equal(journal_append(&after, t, &r, &gap.signer), ERR_OK);
	assert_true(after.number == before.number + 3);
	assert_int_equal(journal_verify(&after, t, &gap.signer.public), ERR_OK);
	db_abort(t);
	db_close(db);
	folder_abandon(&folder);
	vault_close(v);
	buf_free(&records);
}

static void fix_checksum(struct buf *file)
{
	crypto_generichash(file->p + file->n - 16, 16, file->p, file->n - 16, NULL, 0);
}

static void no_bit_can_be_changed(void **state)
{
	(void)state;
	struct buf file;
	buf_init(&file, BACKUP_MAX);
	buf_put(&file, good.p, good.n);
	assert_int_equal(open_bytes(buf_span(&file), "right"), ERR_OK);
	for (size_t i = 0; i < 8 * file.n; i++) {
		file.p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(open_bytes(buf_span(&file), "right"), ERR_MSG_FORMAT);
		file.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* By somebody who can compute checksums; the costs in the vault's header have their own
	 * test. */
	for (size_t i = 0; i < file.n - 16; i++) {
		if (i >= 12 + 24 && i < 12 + 40) {
			continue;
		}
		file.p[i] ^= 0x40;
		fix_checksum(&file);
		assert_int_not_equal(open_bytes(buf_span(&file), "right"), ERR_OK);
		file.p[i] ^= 0x40;
	}
	fix_checksum(&file);
	assert_int_equal(open_bytes(buf_span(&file), "right"), ERR_OK);
	for (size_t n = 0; n < file.n; n += n < 400 ? 1 : 97) {
		enum err rc = open_bytes(db_span(file.p, n), "right");
		assert_true(rc == ERR_MSG_TRUNCATED || rc == ERR_MSG_FORMAT);
	}
	buf_free(&file);
}

static void needs_the_passphrase(void **state)
{
	(void)state;
	assert_int_equal(open_bytes(buf_span(&good), "wrong"), ERR_PASSPHRASE);
	assert_null(memmem(good.p, good.n, gap.watcher.public.b, 16));
	assert_null(memmem(good.p, good.n, gap.wallet.spend.s.b, 16));
}

/* Another vault's records under this vault file, by somebody who knows both passphrases. */
static void parts_of_two_backups_do_not_fit(void **state)
{
	(void)state;
	struct buf file;
	buf_init(&file, BACKUP_MAX);
	buf_put(&file, good.p, good.n);
	char path[PATH_TEXT_MAX];
	struct buf other;
	const struct vault_facts facts = {NETWORK_STAGENET, 0, {1, 8192}};
	assert_int_equal(path_join(path, dir, "other"), ERR_OK);
	assert_int_equal(
	    vault_create(path, pass("right"), &facts, &gap.payee.spend, gap.watcher.seed, &gap.rng),
	    ERR_OK);
	buf_init(&other, 4096);
	assert_int_equal(file_read(&other, path, 4096), ERR_OK);
	memcpy(file.p + 12, other.p, other.n);
	fix_checksum(&file);
	assert_int_equal(open_bytes(buf_span(&file), "right"), ERR_MSG_SIGNATURE);
	unlink(path);
	buf_free(&other);
	buf_free(&file);
}

static void malformed_records_are_refused(void **state)
{
	(void)state;
	static const char *const tables[] = SIGNER_TABLE_NAMES;
	static const struct {
		size_t n;
		uint8_t b[40];
	} cases[] = {
	    {0, {0}},
	    {1, {255}},
	    {9, {255, 1}},                                      /* one record said, none there */
	    {10, {255}},                                        /* a byte after the end */
	    {17, {TABLE_COUNT, 1, 0, 0, 0, 0, 0, 'k', 255, 1}}, /* no such table */
	    {16, {0, 0, 0, 0, 0, 0, 0, 255, 1}},                /* no key */
	    {9, {0, 1, 0, 255, 255, 255, 255, 'k', 0}},         /* a value that is not there */
	    {24, {0, 1, 0, 0, 0, 0, 0, 'k', 0, 1, 0, 0, 0, 0, 0, 'k', 255, 2}}, /* twice */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct vault_folder folder;
		struct db *db;
		struct db_txn *t;
		assert_int_equal(folder_begin(&folder, dir), ERR_OK);
		assert_int_equal(
		    db_open_lmdb(&db, folder.stage, tables, TABLE_COUNT, 1 << 26, true), ERR_OK);
		assert_int_equal(db_begin(&t, db, true), ERR_OK);
		assert_int_equal(backup_fill(t, TABLE_COUNT, db_span(cases[i].b, cases[i].n)),
				 ERR_MSG_FORMAT);
		db_abort(t);
		db_close(db);
		folder_abandon(&folder);
	}
}

static void a_folder_appears_whole_or_not_at_all(void **state)
{
	(void)state;
	struct vault_folder folder, second;
	char inside[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
	assert_int_equal(path_join(inside, dir, "inside"), ERR_OK);
	assert_int_equal(folder_begin(&folder, inside), ERR_OK);
	assert_int_equal(folder_begin(&second, inside), ERR_LOCKED);
	folder_abandon(&folder);
	assert_false(file_exists(inside));
	/* What an attempt that was killed left is no hindrance. */
	assert_int_equal(folder_begin(&folder, inside), ERR_OK);
	assert_int_equal(path_join(path, folder.stage, "data.mdb"), ERR_OK);
	assert_int_equal(file_write_new(path, "old", 3), ERR_OK);
	lock_release(folder.lock);
	assert_int_equal(folder_begin(&folder, inside), ERR_OK);
	assert_false(file_exists(path));
	assert_int_equal(file_write_new(path, "new", 3), ERR_OK);
	assert_int_equal(folder_finish(&folder), ERR_NOT_FOUND); /* there is no vault file */
	folder_abandon(&folder);
	/* The folder was not made by the second attempt, so it stays; nothing is in it. */
	assert_int_equal(rmdir(inside), 0);
	/* A journal without its vault is not overwritten. */
	assert_int_equal(path_join(path, dir, "data.mdb"), ERR_OK);
	assert_int_equal(file_write_new(path, "journal", 7), ERR_OK);
	assert_int_equal(folder_begin(&folder, dir), ERR_EXISTS);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_back_what_was_put_in),
	    cmocka_unit_test(no_bit_can_be_changed),
	    cmocka_unit_test(needs_the_passphrase),
	    cmocka_unit_test(parts_of_two_backups_do_not_fit),
	    cmocka_unit_test(malformed_records_are_refused),
	    cmocka_unit_test(a_folder_appears_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
