/*
 * On disk: "AIRLOCK", a byte that says open or sealed, the length of the rest (32 bits, big
 * endian), and the rest. The rest of a sealed message is a hint of the recipient and a sealed box.
 * The length tells a message cut short from a damaged one, the hint one for somebody else; the hint
 * is a hash over the recipient and the box's fresh key, so that whoever does not know the recipient
 * learns nothing from it, not even that two messages have the same one.
 */
#include "proto/envelope.h"

#include <sodium.h>
#include <string.h>

#include "common/base/secret.h"
#include "proto/wire.h"

#define MAGIC "AIRLOCK"
#define MAGIC_SIZE 7
#define HEAD_SIZE (MAGIC_SIZE + 1 + 4)
#define HINT_SIZE 8
#define SIGNATURE_SIZE crypto_sign_BYTES
#define SIGNATURE_ITEM (2 + SIGNATURE_SIZE) /* with its head of CBOR, the last in the envelope */
#define FIELDS 7
#define LABEL "airlock message 1"

enum { KIND_OPEN = 0, KIND_SEALED = 1 };

/* Only what is made before the other side is known may travel open. */
static bool may_be_open(enum message_type type)
{
	return type == MSG_KIT || type == MSG_PAIRING || type == MSG_JOURNAL;
}

/*
 * What is signed: label, recipient (zeros: open) and all fields before the signature. The recipient
 * is in it so that whom it was sealed to cannot seal it on to another as if it came from the
 * sender.
 */
static enum err signed_bytes(struct buf *out, const struct identity_public *recipient,
			     struct span fields)
{
	static const struct identity_public nobody;
	buf_init(out, PROTO_MESSAGE_MAX + 64);
	buf_put(out, LABEL, sizeof LABEL);
	buf_put(out, recipient ? recipient->b : nobody.b, 32);
	buf_put(out, fields.p, fields.n);
	return buf_end(out);
}

static void hash_of(struct hash *out, const struct buf *b)
{
	crypto_generichash(out->b, sizeof out->b, b->p, b->n, NULL, 0);
}

static void hint_of(uint8_t out[static HINT_SIZE], const struct identity_public *recipient,
		    const uint8_t fresh_key[static 32])
{
	static const char label[] = "airlock recipient 1";
	uint8_t hash[crypto_generichash_BYTES];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof label);
	crypto_generichash_update(&state, recipient->b, sizeof recipient->b);
	crypto_generichash_update(&state, fresh_key, 32);
	crypto_generichash_final(&state, hash, sizeof hash);
	memcpy(out, hash, HINT_SIZE);
}

static void put_fields(struct buf *b, enum message_type type, enum network network,
		       uint64_t sequence, struct span body, const struct identity *sender)
{
	wire_put_list(b, FIELDS);
	wire_put_uint(b, PROTO_VERSION);
	wire_put_uint(b, type);
	wire_put_uint(b, network);
	wire_put_bytes(b, sender->public.b, 32);
	wire_put_uint(b, sequence);
	wire_put_bytes(b, body.p, body.n);
}

static enum err sign(struct buf *fields, struct hash *hash, const struct identity *sender,
		     const struct identity_public *recipient)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	uint8_t signature[SIGNATURE_SIZE];
	struct buf message;
	enum err rc = signed_bytes(&message, recipient, buf_span(fields));
	if (rc == ERR_OK) {
		hash_of(hash, &message);
		crypto_sign_seed_keypair(public, secret, sender->seed);
		crypto_sign_detached(signature, NULL, message.p, message.n, secret);
		wire_put_bytes(fields, signature, sizeof signature);
		rc = buf_end(fields);
	}
	secret_wipe(secret, sizeof secret);
	buf_free(&message);
	return rc;
}

/* Appends hint and sealed box. */
static enum err seal(struct buf *out, struct span plain, const struct identity_public *recipient)
{
	uint8_t key[crypto_box_PUBLICKEYBYTES], hint[HINT_SIZE];
	struct buf box;
	buf_init(&box, PROTO_MESSAGE_MAX);
	enum err rc = ERR_OK;
	if (crypto_sign_ed25519_pk_to_curve25519(key, recipient->b) != 0) {
		rc = err_set(ERR_POINT, "the recipient's identity is not a key");
		goto out;
	}
	/* The plain text makes the room that its box is written into. */
	static const uint8_t seal_room[crypto_box_SEALBYTES];
	buf_put(&box, plain.p, plain.n);
	buf_put(&box, seal_room, sizeof seal_room);
	rc = buf_end(&box);
	if (rc != ERR_OK) {
		goto out;
	}
	if (crypto_box_seal(box.p, plain.p, plain.n, key) != 0) {
		rc = err_set(ERR_POINT, "the recipient's identity is not a usable key");
		goto out;
	}
	hint_of(hint, recipient, box.p);
	buf_put(out, hint, sizeof hint);
	buf_put(out, box.p, box.n);
	rc = buf_end(out);
out:
	buf_free(&box);
	return rc;
}

enum err envelope_seal(struct buf *out, struct hash *hash, enum message_type type,
		       enum network network, uint64_t sequence, struct span body,
		       const struct identity *sender, const struct identity_public *recipient)
{
	struct buf fields, rest;
	memset(hash, 0, sizeof *hash);
	buf_init(&fields, PROTO_MESSAGE_MAX);
	buf_init(&rest, PROTO_MESSAGE_MAX);
	enum err rc = ERR_OK;
	if (!recipient && !may_be_open(type)) {
		rc = err_set(ERR_USAGE, "this message is never sent open");
		goto out;
	}
	put_fields(&fields, type, network, sequence, body, sender);
	rc = sign(&fields, hash, sender, recipient);
	if (rc != ERR_OK) {
		goto out;
	}
	if (recipient) {
		rc = seal(&rest, buf_span(&fields), recipient);
	} else {
		buf_put(&rest, fields.p, fields.n);
		rc = buf_end(&rest);
	}
	if (rc == ERR_OK && rest.n > PROTO_MESSAGE_MAX - HEAD_SIZE) {
		rc = ERR_LIMIT;
	}
	if (rc != ERR_OK) {
		goto out;
	}
	buf_put(out, MAGIC, MAGIC_SIZE);
	buf_u8(out, recipient ? KIND_SEALED : KIND_OPEN);
	buf_u32be(out, (uint32_t)rest.n);
	buf_put(out, rest.p, rest.n);
	rc = buf_end(out);
out:
	if (rc == ERR_LIMIT) {
		rc = err_set(ERR_MSG_SIZE, "a message of %zu bytes is too large", body.n);
	}
	if (rc != ERR_OK) {
		memset(hash, 0, sizeof *hash);
	}
	buf_free(&fields);
	buf_free(&rest);
	return rc;
}

/* The rest, and whether it is sealed. */
static enum err open_head(struct span *rest, bool *sealed, struct span file)
{
	size_t magic = file.n < MAGIC_SIZE ? file.n : MAGIC_SIZE;
	if (file.n > PROTO_MESSAGE_MAX) {
		return err_set(ERR_MSG_SIZE, "%zu bytes; at most %u are allowed", file.n,
			       PROTO_MESSAGE_MAX);
	}
	if (magic && memcmp(file.p, MAGIC, magic) != 0) {
		return err_set(ERR_MSG_FORMAT, "this is no message of Airlock");
	}
	if (file.n < HEAD_SIZE) {
		return err_set(ERR_MSG_TRUNCATED, "only %zu bytes are here", file.n);
	}
	uint8_t kind = file.p[MAGIC_SIZE];
	if (kind != KIND_OPEN && kind != KIND_SEALED) {
		return err_set(ERR_MSG_VERSION, "an envelope of a kind this program does not know");
	}
	size_t length = load32_be(file.p + MAGIC_SIZE + 1), here = file.n - HEAD_SIZE;
	if (length > PROTO_MESSAGE_MAX - HEAD_SIZE) {
		return err_set(ERR_MSG_SIZE, "it says it is %zu bytes long", length);
	}
	if (here < length) {
		return err_set(ERR_MSG_TRUNCATED, "%zu of %zu bytes are here", here, length);
	}
	if (here > length) {
		return err_set(ERR_MSG_FORMAT, "%zu bytes after the end of the message",
			       here - length);
	}
	*rest = (struct span){file.p + HEAD_SIZE, length};
	*sealed = kind == KIND_SEALED;
	return ERR_OK;
}

/* Takes the box out of hint and seal; appends what was inside. */
static enum err unseal(struct buf *plain, struct span rest, const struct identity *self)
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES], public[crypto_sign_PUBLICKEYBYTES];
	uint8_t box_public[crypto_box_PUBLICKEYBYTES], box_secret[crypto_box_SECRETKEYBYTES];
	uint8_t hint[HINT_SIZE];
	enum err rc = ERR_OK;
	if (rest.n < HINT_SIZE + crypto_box_SEALBYTES) {
		return err_set(ERR_MSG_TRUNCATED, "too short for a sealed message");
	}
	const uint8_t *box = rest.p + HINT_SIZE;
	size_t n = rest.n - HINT_SIZE;
	if (!self) {
		return err_set(ERR_MSG_RECIPIENT, "it is sealed, and nobody is here to open it");
	}
	hint_of(hint, &self->public, box);
	if (memcmp(hint, rest.p, HINT_SIZE) != 0) {
		return err_set(ERR_MSG_RECIPIENT, "it is sealed to another identity than ours");
	}
	crypto_sign_seed_keypair(public, secret, self->seed);
	buf_put(plain, box, n - crypto_box_SEALBYTES);
	if (buf_end(plain) != ERR_OK) {
		rc = ERR_NO_MEMORY;
	} else if (crypto_sign_ed25519_pk_to_curve25519(box_public, public) != 0 ||
		   crypto_sign_ed25519_sk_to_curve25519(box_secret, secret) != 0 ||
		   crypto_box_seal_open(plain->p, box, n, box_public, box_secret) != 0) {
		rc = err_set(ERR_MSG_FORMAT, "its seal does not open: it was damaged on its way");
	}
	secret_wipe(secret, sizeof secret);
	secret_wipe(box_secret, sizeof box_secret);
	return rc;
}

struct signature {
	uint8_t b[SIGNATURE_SIZE];
};

/* The fields in their order; the body points into `plain`. */
static enum err read_fields(struct envelope *env, struct signature *signature, struct span plain)
{
	struct wire *w;
	enum err rc = wire_open(&w, plain);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	/* First of all, since another version may have other fields. */
	uint64_t version = wire_uint(&in, UINT64_MAX);
	if (wire_end(w) == ERR_OK && version != PROTO_VERSION) {
		rc = err_set(ERR_MSG_VERSION, "it is of version %llu, this program speaks %d",
			     (unsigned long long)version, PROTO_VERSION);
		goto out;
	}
	wire_expect(&in, FIELDS);
	env->type = (enum message_type)wire_uint(&in, UINT8_MAX);
	env->network = (enum network)wire_uint(&in, NETWORK_COUNT - 1);
	wire_fixed(&in, env->sender.b, 32);
	env->sequence = wire_uint(&in, UINT64_MAX);
	struct span body = wire_bytes(&in, PROTO_MESSAGE_MAX);
	wire_fixed(&in, signature->b, sizeof signature->b);
	rc = wire_end(w);
	/* The body stands right before the signature, whose size is fixed. */
	if (rc == ERR_OK) {
		env->body = (struct span){plain.p + plain.n - SIGNATURE_ITEM - body.n, body.n};
	}
out:
	wire_free(w);
	return rc;
}

static enum err check_fields(const struct envelope *env, enum message_type type,
			     enum network network, const struct identity_public *sender)
{
	if (env->type != type) {
		return err_set(ERR_MSG_TYPE, "it is of kind %d, expected was kind %d", env->type,
			       type);
	}
	if (env->network != network) {
		return err_set(ERR_MSG_NETWORK, "it is for %s, we are on %s",
			       network_name(env->network), network_name(network));
	}
	if (sender && memcmp(env->sender.b, sender->b, sizeof sender->b) != 0) {
		char have[FINGERPRINT_TEXT_MAX], need[FINGERPRINT_TEXT_MAX];
		return err_set(ERR_MSG_SENDER, "it is from %s, paired is %s",
			       identity_fingerprint(have, &env->sender),
			       identity_fingerprint(need, sender));
	}
	return ERR_OK;
}

enum err envelope_open(struct envelope *env, struct buf *plain, struct span file,
		       enum message_type type, enum network network, const struct identity *self,
		       const struct identity_public *sender)
{
	struct span rest = {0};
	struct signature signature = {0};
	struct buf message = {0};
	bool sealed = false;
	memset(env, 0, sizeof *env);
	buf_init(plain, PROTO_MESSAGE_MAX);
	enum err rc = open_head(&rest, &sealed, file);
	if (rc != ERR_OK) {
		goto out;
	}
	if (sealed) {
		rc = unseal(plain, rest, self);
	} else {
		buf_put(plain, rest.p, rest.n);
		rc = buf_end(plain);
	}
	if (rc == ERR_OK) {
		rc = read_fields(env, &signature, buf_span(plain));
	}
	if (rc == ERR_OK) {
		rc = check_fields(env, type, network, sender);
	}
	if (rc == ERR_OK && !sealed && !may_be_open(type)) {
		rc = err_set(ERR_MSG_FORMAT, "it is not sealed, as it must be");
	}
	if (rc != ERR_OK) {
		goto out;
	}
	rc = signed_bytes(&message, sealed ? &self->public : NULL,
			  (struct span){plain->p, plain->n - SIGNATURE_ITEM});
	if (rc == ERR_OK &&
	    crypto_sign_verify_detached(signature.b, message.p, message.n, env->sender.b) != 0) {
		rc = err_set(ERR_MSG_SIGNATURE, "it was changed, or forged");
	}
	if (rc == ERR_OK) {
		hash_of(&env->hash, &message);
	}
out:
	buf_free(&message);
	if (rc != ERR_OK) {
		memset(env, 0, sizeof *env);
		buf_reset(plain);
	}
	return rc;
}
