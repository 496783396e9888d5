/*
 * Layout, integers little endian:
 *   "AIRBACKP" | version 4 | vault file 280 | nonce 24 | size of the records 8 | records, sealed |
 * tag 16 | BLAKE2b-128 of all before.
 * Records: table 1 | size of key 2 | size of value 4 | key | value, each after the other, table 255
 * and the number of records (8) at the end.
 */
#include "signer/vault/backup.h"

#include <sodium.h>
#include <string.h>

#include "common/base/secret.h"

#define MAGIC "AIRBACKP"
#define VERSION 1
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD_SIZE (8 + 4 + VAULT_FILE_SIZE + NONCE_SIZE + 8)
#define SUM_SIZE 16
#define END 255
#define KEY_MAX 500 /* db.h */

static void checksum(uint8_t out[static SUM_SIZE], const uint8_t *p, size_t n)
{
	crypto_generichash(out, SUM_SIZE, p, n, NULL, 0);
}

static void put_record(struct buf *out, unsigned table, struct span key, struct span value)
{
	buf_u8(out, (uint8_t)table);
	buf_u8(out, (uint8_t)key.n);
	buf_u8(out, (uint8_t)(key.n >> 8));
	buf_u32le(out, (uint32_t)value.n);
	buf_put(out, key.p, key.n);
	buf_put(out, value.p, value.n);
}

static enum err put_records(struct buf *out, struct db_txn *t, unsigned tables)
{
	uint64_t count = 0;
	for (unsigned table = 0; table < tables; table++) {
		struct span key = {0}, value;
		enum err rc = db_first(t, table, key, &key, &value);
		while (rc == ERR_OK) {
			put_record(out, table, key, value);
			count++;
			if (out->failed) {
				return err_set(ERR_LIMIT, "the store is too large for a backup");
			}
			rc = db_next(t, table, &key, &value);
		}
		if (rc != ERR_NOT_FOUND) {
			return rc;
		}
	}
	buf_u8(out, END);
	buf_u64le(out, count);
	err_clear();
	return buf_end(out);
}

/* Hedged, so that a dead random source never gives two backups one nonce. */
static void draw_nonce(uint8_t nonce[static NONCE_SIZE], const uint8_t key[static 32],
		       struct span records, const struct rng *rng)
{
	crypto_generichash_state h;
	rng_fill(rng, nonce, NONCE_SIZE);
	(void)crypto_generichash_init(&h, key, 32, NONCE_SIZE);
	(void)crypto_generichash_update(&h, nonce, NONCE_SIZE);
	(void)crypto_generichash_update(&h, records.p, records.n);
	(void)crypto_generichash_final(&h, nonce, NONCE_SIZE);
	secret_wipe(&h, sizeof h);
}

static enum err seal(struct buf *out, struct span records, const uint8_t key[static 32],
		     struct span vault_file, const struct rng *rng)
{
	uint8_t nonce[NONCE_SIZE], sum[SUM_SIZE];
	size_t start = out->n;
	draw_nonce(nonce, key, records, rng);
	buf_text(out, MAGIC);
	buf_u32le(out, VERSION);
	buf_put(out, vault_file.p, vault_file.n);
	buf_put(out, nonce, sizeof nonce);
	buf_u64le(out, records.n);
	buf_put(out, records.p, records.n);
	for (size_t i = 0; i < TAG_SIZE; i++) {
		buf_u8(out, 0);
	}
	enum err rc = buf_end(out);
	if (rc != ERR_OK) {
		return rc;
	}
	uint8_t *head = out->p + start;
	crypto_aead_xchacha20poly1305_ietf_encrypt(head + HEAD_SIZE, NULL, records.p, records.n,
						   head, HEAD_SIZE, NULL, nonce, key);
	checksum(sum, head, out->n - start);
	buf_put(out, sum, sizeof sum);
	return buf_end(out);
}

enum err backup_make(struct buf *out, struct db_txn *t, unsigned tables, const struct vault *v,
		     struct span vault_file, const struct rng *rng)
{
	struct buf records;
	uint8_t *key = secret_alloc(32);
	buf_init(&records, BACKUP_MAX);
	enum err rc = key ? ERR_OK : ERR_NO_MEMORY;
	if (rc == ERR_OK && vault_file.n != VAULT_FILE_SIZE) {
		rc = err_set(ERR_VAULT_DAMAGED, "the vault file has the wrong size");
	}
	if (rc == ERR_OK) {
		rc = put_records(&records, t, tables);
	}
	if (rc == ERR_OK) {
		vault_backup_key(key, v);
		rc = seal(out, buf_span(&records), key, vault_file, rng);
	}
	secret_free(key);
	buf_free(&records);
	return rc;
}

/* What can be told without the passphrase. */
static enum err check_form(struct span file, const char *path)
{
	uint8_t sum[SUM_SIZE];
	size_t magic = file.n < 8 ? file.n : 8;
	if (!secret_equal(file.p, MAGIC, magic)) {
		return err_set(ERR_MSG_FORMAT, "%s is no backup of a signer", path);
	}
	if (file.n < HEAD_SIZE + TAG_SIZE + SUM_SIZE) {
		return err_set(ERR_MSG_TRUNCATED, "%s is cut short", path);
	}
	struct reader r = reader_of(file.p + 8, 4);
	uint32_t version = read_u32le(&r);
	struct reader at = reader_of(file.p + HEAD_SIZE - 8, 8);
	uint64_t size = read_u64le(&at);
	checksum(sum, file.p, file.n - SUM_SIZE);
	if (!secret_equal(sum, file.p + file.n - SUM_SIZE, SUM_SIZE)) {
		return err_set(ERR_MSG_FORMAT, "%s is damaged or cut short; take another copy",
			       path);
	}
	if (version != VERSION) {
		return err_set(ERR_MSG_VERSION, "%s is of version %u, this program knows %d", path,
			       version, VERSION);
	}
	if (size != file.n - HEAD_SIZE - TAG_SIZE - SUM_SIZE) {
		return err_set(ERR_MSG_FORMAT, "%s is of another size than it says", path);
	}
	return ERR_OK;
}

enum err backup_open(struct vault **v, struct span *vault_file, struct buf *records,
		     struct span file, const char *path, struct span passphrase)
{
	uint8_t *key = NULL;
	*v = NULL;
	*vault_file = (struct span){0};
	buf_init(records, BACKUP_MAX);
	enum err rc = check_form(file, path);
	if (rc != ERR_OK) {
		return rc;
	}
	*vault_file = (struct span){file.p + 12, VAULT_FILE_SIZE};
	if ((rc = vault_decode(v, *vault_file, path, passphrase)) != ERR_OK) {
		return rc;
	}
	size_t n = file.n - HEAD_SIZE - SUM_SIZE;
	key = secret_alloc(32);
	buf_put(records, file.p + HEAD_SIZE, n - TAG_SIZE);
	rc = key ? buf_end(records) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		vault_backup_key(key, *v);
		const uint8_t *nonce = file.p + HEAD_SIZE - 8 - NONCE_SIZE;
		if (crypto_aead_xchacha20poly1305_ietf_decrypt(records->p, NULL, NULL,
							       file.p + HEAD_SIZE, n, file.p,
							       HEAD_SIZE, nonce, key) != 0) {
			rc = err_set(ERR_MSG_SIGNATURE, "%s was altered", path);
		}
	}
	secret_free(key);
	return rc;
}

enum err backup_fill(struct db_txn *t, unsigned tables, struct span records)
{
	struct reader r = reader_of(records.p, records.n);
	for (uint64_t count = 0;; count++) {
		unsigned table = read_u8(&r);
		if (table == END) {
			uint64_t said = read_u64le(&r);
			enum err rc = reader_end(&r);
			return rc == ERR_OK && said == count
				   ? ERR_OK
				   : err_set(ERR_MSG_FORMAT, "the backup's records do not add up");
		}
		size_t key_n = read_u8(&r);
		key_n |= (size_t)read_u8(&r) << 8;
		size_t value_n = read_u32le(&r);
		struct span key = {read_span(&r, key_n), key_n};
		struct span value = {read_span(&r, value_n), value_n};
		if (r.failed != ERR_OK || table >= tables || key.n == 0 || key.n > KEY_MAX) {
			return err_set(ERR_MSG_FORMAT, "record %llu of the backup is malformed",
				       (unsigned long long)count + 1);
		}
		enum err rc = db_put_new(t, table, key, value);
		if (rc != ERR_OK) {
			return rc == ERR_EXISTS
				   ? err_set(ERR_MSG_FORMAT, "the backup has a record twice")
				   : rc;
		}
	}
}
