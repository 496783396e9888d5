/*
 * The vault file: the spend key, the view key and the identity seed, under a passphrase. Argon2id
 * with the cost stored in the header (and bounded when read), XChaCha20-Poly1305 with every header
 * byte authenticated. Two parts are sealed apart, so that a vault can be open for looking (view
 * key, identity) while the spend key is deciphered only for the moment of signing. A checksum at
 * the end tells a damaged file from a wrong passphrase.
 */
#ifndef AIRLOCK_SIGNER_VAULT_H
#define AIRLOCK_SIGNER_VAULT_H

#include "common/base/rng.h"
#include "proto/envelope.h"
#include "signer/sign/build.h"

/* Argon2id's cost: passes over the memory, and its bytes. */
struct vault_kdf {
	uint64_t ops;
	uint64_t memory;
};

#define VAULT_FILE_SIZE 280

extern const struct vault_kdf VAULT_KDF_NORMAL; /* about a second, 256 MiB */
extern const struct vault_kdf VAULT_KDF_QUICK;  /* for tests: no protection worth the name */

/* ERR_USAGE unless the cost is within what vault_open accepts. */
enum err MUST_CHECK vault_kdf_check(const struct vault_kdf *kdf);

/* An open vault, in guarded memory. */
struct vault;

struct vault_facts {
	enum network network;
	uint64_t birthday; /* height before which nothing was received */
	struct vault_kdf kdf;
};

/*
 * Writes a new vault; ERR_EXISTS when there is a file. The view key is derived from the spend key
 * as the official wallets do, so that 25 words restore both.
 */
enum err MUST_CHECK vault_create(const char *path, struct span passphrase,
				 const struct vault_facts *facts, const struct spend_key *spend,
				 const uint8_t identity_seed[static 32], const struct rng *rng);

/* ERR_NOT_FOUND, ERR_VAULT_DAMAGED, ERR_PASSPHRASE, ERR_NO_MEMORY. Release with vault_close. */
enum err MUST_CHECK vault_open(struct vault **out, const char *path, struct span passphrase);
/* The same from a file's bytes; `path` is for messages. */
enum err MUST_CHECK vault_decode(struct vault **out, struct span file, const char *path,
				 struct span passphrase);
/* Wipes; fine on NULL. */
void vault_close(struct vault *v);

const struct vault_facts *vault_facts(const struct vault *v);
const struct account_view *vault_account(const struct vault *v);
const struct identity *vault_identity(const struct vault *v);

/* Deciphers the spend key into *out, which the caller keeps in secret_alloc memory and wipes. */
enum err MUST_CHECK vault_spend_key(struct spend_key *out, const struct vault *v);

/* The key under which backups of this vault file are sealed: who opens the one has the other. */
void vault_backup_key(uint8_t key[static 32], const struct vault *v);

/* Replaces the file (atomically) by one under a new passphrase and cost; v stays as it was. */
enum err MUST_CHECK vault_rewrite(const char *path, const struct vault *v, struct span passphrase,
				  const struct vault_kdf *kdf, const struct rng *rng);

#endif
