/*
 * Layout, integers little endian:
 *   "AIRVAULT" | version 4 | network 4 | birthday 8 | ops 8 | memory 8 | salt 16 | nonce 24 | nonce
 * 24 | open part: view key, identity seed, spend public key, tag | spend part: spend key, tag |
 * BLAKE2b-128 of all before The header, followed by the part's number, is the associated data of
 * each part.
 */
#include "signer/vault/vault.h"

#include <sodium.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/secret.h"

#define MAGIC "AIRVAULT"
#define VERSION 1
#define SALT_SIZE crypto_pwhash_argon2id_SALTBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEADER_SIZE (8 + 4 + 4 + 8 + 8 + 8 + SALT_SIZE + 2 * NONCE_SIZE)
#define OPEN_SIZE 96
#define SPEND_SIZE 32
#define SUM_SIZE 16
#define FILE_SIZE (HEADER_SIZE + OPEN_SIZE + TAG_SIZE + SPEND_SIZE + TAG_SIZE + SUM_SIZE)
_Static_assert(FILE_SIZE == VAULT_FILE_SIZE, "the header says how long a vault is");

#define OPS_MAX 64
#define MEMORY_MAX (UINT64_C(4) << 30)

enum part { PART_OPEN = 0, PART_SPEND = 1 };

struct vault {
	struct vault_facts facts;
	struct account_view account;
	struct identity identity;
	uint8_t key[32];
	uint8_t header[HEADER_SIZE];
	uint8_t spend_sealed[SPEND_SIZE + TAG_SIZE];
};

const struct vault_kdf VAULT_KDF_NORMAL = {6, UINT64_C(256) << 20};
const struct vault_kdf VAULT_KDF_QUICK = {1, UINT64_C(1) << 20};

enum err vault_kdf_check(const struct vault_kdf *kdf)
{
	if (kdf->ops < crypto_pwhash_argon2id_OPSLIMIT_MIN || kdf->ops > OPS_MAX) {
		return err_set(ERR_USAGE, "1 to %d passes", OPS_MAX);
	}
	if (kdf->memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || kdf->memory > MEMORY_MAX) {
		return err_set(ERR_USAGE, "8 KiB to 4 GiB of memory");
	}
	return ERR_OK;
}

static enum err derive_key(uint8_t key[static 32], struct span passphrase, const uint8_t *salt,
			   const struct vault_kdf *kdf)
{
	if (crypto_pwhash_argon2id(key, 32, (const char *)passphrase.p, passphrase.n, salt,
				   kdf->ops, (size_t)kdf->memory,
				   crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
		return err_set(ERR_NO_MEMORY, "the vault's key derivation needs %llu MiB",
			       (unsigned long long)(kdf->memory >> 20));
	}
	return ERR_OK;
}

static const uint8_t *part_nonce(const uint8_t *header, enum part part)
{
	return header + HEADER_SIZE - (part == PART_OPEN ? 2 : 1) * NONCE_SIZE;
}

static void part_ad(uint8_t ad[static HEADER_SIZE + 1], const uint8_t *header, enum part part)
{
	memcpy(ad, header, HEADER_SIZE);
	ad[HEADER_SIZE] = (uint8_t)part;
}

static void seal_part(uint8_t *out, const uint8_t *p, size_t n, const uint8_t *header,
		      enum part part, const uint8_t *key)
{
	uint8_t ad[HEADER_SIZE + 1];
	part_ad(ad, header, part);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, p, n, ad, sizeof ad, NULL,
						   part_nonce(header, part), key);
}

static bool open_part(uint8_t *out, const uint8_t *sealed, size_t n, const uint8_t *header,
		      enum part part, const uint8_t *key)
{
	uint8_t ad[HEADER_SIZE + 1];
	part_ad(ad, header, part);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, n, ad, sizeof ad,
							  part_nonce(header, part), key) == 0;
}

static void checksum(uint8_t out[static SUM_SIZE], const uint8_t *p, size_t n)
{
	crypto_generichash(out, SUM_SIZE, p, n, NULL, 0);
}

/* What is about to be sealed. */
struct content {
	const struct view_key *view;
	const struct public_key *spend_public;
	const uint8_t *identity_seed;
	const struct spend_key *spend;
};

/*
 * Salt and nonces, hedged: with a dead random source the two parts would be sealed under one nonce,
 * and what is secret in the one would show the other.
 */
static void draw_fresh(uint8_t fresh[static SALT_SIZE + 2 * NONCE_SIZE], const struct content *c,
		       const struct rng *rng)
{
	static const char label[] = "airlock vault salt and nonces";
	crypto_generichash_state h;
	rng_fill(rng, fresh, SALT_SIZE + 2 * NONCE_SIZE);
	(void)crypto_generichash_init(&h, NULL, 0, SALT_SIZE + 2 * NONCE_SIZE);
	(void)crypto_generichash_update(&h, (const uint8_t *)label, sizeof label);
	(void)crypto_generichash_update(&h, c->spend->s.b, sizeof c->spend->s.b);
	(void)crypto_generichash_update(&h, c->identity_seed, 32);
	(void)crypto_generichash_update(&h, fresh, SALT_SIZE + 2 * NONCE_SIZE);
	(void)crypto_generichash_final(&h, fresh, SALT_SIZE + 2 * NONCE_SIZE);
	secret_wipe(&h, sizeof h);
}

static enum err encode(uint8_t file[static FILE_SIZE], struct span passphrase,
		       const struct vault_facts *facts, const struct content *c,
		       const struct rng *rng)
{
	uint8_t *key = secret_alloc(32), *open = secret_alloc(OPEN_SIZE);
	enum err rc = ERR_NO_MEMORY;
	struct buf header;
	uint8_t fresh[SALT_SIZE + 2 * NONCE_SIZE];
	buf_init(&header, HEADER_SIZE);
	if (!key || !open) {
		goto out;
	}
	draw_fresh(fresh, c, rng);
	buf_text(&header, MAGIC);
	buf_u32le(&header, VERSION);
	buf_u32le(&header, facts->network);
	buf_u64le(&header, facts->birthday);
	buf_u64le(&header, facts->kdf.ops);
	buf_u64le(&header, facts->kdf.memory);
	buf_put(&header, fresh, sizeof fresh);
	if ((rc = buf_end(&header)) != ERR_OK) {
		goto out;
	}
	if ((rc = derive_key(key, passphrase, fresh, &facts->kdf)) != ERR_OK) {
		goto out;
	}
	memcpy(open, c->view->s.b, 32);
	memcpy(open + 32, c->identity_seed, 32);
	memcpy(open + 64, c->spend_public->b, 32);
	uint8_t *at = file;
	memcpy(at, header.p, HEADER_SIZE);
	at += HEADER_SIZE;
	seal_part(at, open, OPEN_SIZE, file, PART_OPEN, key);
	at += OPEN_SIZE + TAG_SIZE;
	seal_part(at, c->spend->s.b, SPEND_SIZE, file, PART_SPEND, key);
	at += SPEND_SIZE + TAG_SIZE;
	checksum(at, file, FILE_SIZE - SUM_SIZE);
out:
	secret_free(key);
	secret_free(open);
	buf_free(&header);
	return rc;
}

enum err vault_create(const char *path, struct span passphrase, const struct vault_facts *facts,
		      const struct spend_key *spend, const uint8_t identity_seed[static 32],
		      const struct rng *rng)
{
	uint8_t file[FILE_SIZE];
	struct view_key view;
	struct public_key spend_public;
	enum err rc = vault_kdf_check(&facts->kdf);
	if (rc != ERR_OK) {
		return rc;
	}
	sc_hash(&view.s, spend->s.b, 32);
	public_of_scalar(&spend_public, &spend->s);
	const struct content c = {&view, &spend_public, identity_seed, spend};
	rc = encode(file, passphrase, facts, &c, rng);
	if (rc == ERR_OK) {
		rc = file_write_new(path, file, sizeof file);
	}
	secret_wipe(&view, sizeof view);
	secret_wipe_stack();
	return rc;
}

static enum err damaged(const char *path, const char *what)
{
	return err_set(ERR_VAULT_DAMAGED, "%s: %s; restore it from a backup or the 25 words", path,
		       what);
}

/* Everything that can be told without the passphrase. */
static enum err read_header(struct vault_facts *facts, struct span file, const char *path)
{
	uint8_t sum[SUM_SIZE];
	if (file.n != FILE_SIZE) {
		return damaged(path, "it has the wrong size");
	}
	if (!secret_equal(file.p, MAGIC, 8)) {
		return damaged(path, "it does not begin as a vault");
	}
	checksum(sum, file.p, FILE_SIZE - SUM_SIZE);
	if (!secret_equal(sum, file.p + FILE_SIZE - SUM_SIZE, SUM_SIZE)) {
		return damaged(path, "its checksum is wrong");
	}
	struct reader r = reader_of(file.p + 8, HEADER_SIZE - 8);
	uint32_t version = read_u32le(&r), network = read_u32le(&r);
	facts->birthday = read_u64le(&r);
	facts->kdf.ops = read_u64le(&r);
	facts->kdf.memory = read_u64le(&r);
	if (version != VERSION || network >= NETWORK_COUNT) {
		return damaged(path, "its version or network is not known");
	}
	facts->network = (enum network)network;
	if (vault_kdf_check(&facts->kdf) != ERR_OK) {
		return damaged(path, "its key derivation cost is out of bounds");
	}
	return ERR_OK;
}

static enum err fill(struct vault *v, struct span file, struct span passphrase, const char *path)
{
	uint8_t *open = secret_alloc(OPEN_SIZE);
	struct view_key *view = secret_alloc(sizeof *view);
	enum err rc = ERR_NO_MEMORY;
	if (!open || !view) {
		goto out;
	}
	memcpy(v->header, file.p, HEADER_SIZE);
	memcpy(v->spend_sealed, file.p + HEADER_SIZE + OPEN_SIZE + TAG_SIZE,
	       sizeof v->spend_sealed);
	rc = derive_key(v->key, passphrase, v->header + HEADER_SIZE - 2 * NONCE_SIZE - SALT_SIZE,
			&v->facts.kdf);
	if (rc != ERR_OK) {
		goto out;
	}
	if (!open_part(open, file.p + HEADER_SIZE, OPEN_SIZE + TAG_SIZE, v->header, PART_OPEN,
		       v->key)) {
		rc = err_set(ERR_PASSPHRASE, "%s", path);
		goto out;
	}
	struct public_key spend_public;
	memcpy(view->s.b, open, 32);
	memcpy(spend_public.b, open + 64, 32);
	identity_from_seed(&v->identity, open + 32);
	rc = account_view_init(&v->account, v->facts.network, view, &spend_public);
out:
	secret_free(open);
	secret_free(view);
	return rc;
}

enum err vault_decode(struct vault **out, struct span file, const char *path,
		      struct span passphrase)
{
	struct vault *v = secret_alloc(sizeof *v);
	*out = NULL;
	enum err rc = v ? read_header(&v->facts, file, path) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = fill(v, file, passphrase, path);
	}
	/* The hash of the passphrase and the key's derivation went over the stack. */
	secret_wipe_stack();
	if (rc != ERR_OK) {
		secret_free(v);
		return rc;
	}
	*out = v;
	return ERR_OK;
}

enum err vault_open(struct vault **out, const char *path, struct span passphrase)
{
	struct buf file;
	*out = NULL;
	buf_init(&file, FILE_SIZE + 1);
	enum err rc = file_read(&file, path, FILE_SIZE);
	if (rc == ERR_MSG_SIZE) {
		rc = damaged(path, "it has the wrong size");
	}
	if (rc == ERR_OK) {
		rc = vault_decode(out, buf_span(&file), path, passphrase);
	}
	buf_free(&file);
	return rc;
}

void vault_backup_key(uint8_t key[static 32], const struct vault *v)
{
	static const char label[] = "airlock backup";
	crypto_generichash_state h;
	(void)crypto_generichash_init(&h, v->key, sizeof v->key, 32);
	(void)crypto_generichash_update(&h, (const uint8_t *)label, sizeof label);
	(void)crypto_generichash_update(&h, v->header, sizeof v->header);
	(void)crypto_generichash_final(&h, key, 32);
	secret_wipe(&h, sizeof h);
}

void vault_close(struct vault *v)
{
	secret_free(v);
}

const struct vault_facts *vault_facts(const struct vault *v)
{
	return &v->facts;
}

const struct account_view *vault_account(const struct vault *v)
{
	return &v->account;
}

const struct identity *vault_identity(const struct vault *v)
{
	return &v->identity;
}

enum err vault_spend_key(struct spend_key *out, const struct vault *v)
{
	struct public_key spend_public;
	if (!open_part(out->s.b, v->spend_sealed, sizeof v->spend_sealed, v->header, PART_SPEND,
		       v->key)) {
		secret_wipe(out, sizeof *out);
		return err_set(ERR_VAULT_DAMAGED, "the spend key does not decipher");
	}
	public_of_scalar(&spend_public, &out->s);
	if (!secret_equal(spend_public.b, v->account.spend_public.b, 32)) {
		secret_wipe(out, sizeof *out);
		return err_set(ERR_VAULT_DAMAGED, "the spend key is not the account's");
	}
	return ERR_OK;
}

enum err vault_rewrite(const char *path, const struct vault *v, struct span passphrase,
		       const struct vault_kdf *kdf, const struct rng *rng)
{
	uint8_t file[FILE_SIZE];
	struct spend_key *spend = secret_alloc(sizeof *spend);
	enum err rc = spend ? vault_kdf_check(kdf) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = vault_spend_key(spend, v);
	}
	if (rc == ERR_OK) {
		const struct vault_facts facts = {v->facts.network, v->facts.birthday, *kdf};
		const struct content c = {&v->account.view, &v->account.spend_public,
					  v->identity.seed, spend};
		rc = encode(file, passphrase, &facts, &c, rng);
	}
	if (rc == ERR_OK) {
		rc = file_write(path, file, sizeof file);
	}
	secret_free(spend);
	secret_wipe_stack();
	return rc;
}
