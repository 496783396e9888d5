/*
 * The envelope around every message: canonical CBOR [version, type, network, sender, sequence,
 * body, signature], signed by the sender's Ed25519 identity over a fixed label, the recipient and
 * all fields before the signature, then sealed to the recipient's identity (libsodium sealed box on
 * the X25519 form of the key). Only kit, pairing and journal may be open: signed, not sealed. A
 * file is "AIRLOCK", 0x01 (sealed) or 0x00 (open), the length of what follows (32 bits, big
 * endian), and what follows: an open message itself; or 8 bytes that let the recipient, and nobody
 * who does not know its identity, see that it is for it, and the sealed box.
 */
#ifndef AIRLOCK_PROTO_ENVELOPE_H
#define AIRLOCK_PROTO_ENVELOPE_H

#include "proto/messages.h"

/* An identity: seed is secret (secret_alloc). */
struct identity {
	uint8_t seed[32];
	struct identity_public public;
};
void identity_from_seed(struct identity *out, const uint8_t seed[static 32]);
/* "xxxx-xxxx-xxxx-xxxx": 80 bits of BLAKE2b of the key, to compare by eye. */
#define FINGERPRINT_TEXT_MAX 20
char *identity_fingerprint(char out[static FINGERPRINT_TEXT_MAX], const struct identity_public *id);

struct envelope {
	enum message_type type;
	enum network network;
	struct identity_public sender;
	uint64_t sequence;
	struct span body; /* borrowed from the opened plaintext */
	struct hash hash; /* BLAKE2b-256 of the signed bytes: the confirmation code's source */
};

/* Signs and, with a recipient, seals. Appends to out. */
enum err MUST_CHECK envelope_seal(struct buf *out, struct hash *hash, enum message_type type,
				  enum network network, uint64_t sequence, struct span body,
				  const struct identity *sender,
				  const struct identity_public *recipient);

/*
 * Opens, checks the form, canonical encoding, version, type, network, sender (when `sender` is not
 * NULL) and signature, in that order of telling apart: ERR_MSG_*. `plain`, initialised
 * here and freed by the caller whatever happens, holds what env->body points into. `self` may be
 * NULL for open messages.
 */
enum err MUST_CHECK envelope_open(struct envelope *env, struct buf *plain, struct span file,
				  enum message_type type, enum network network,
				  const struct identity *self,
				  const struct identity_public *sender);

/* "K7QF-2M9D": 40 bits of the hash in Crockford base32; typed to confirm, printed by both sides. */
#define CONFIRM_CODE_MAX 10
char *confirmation_code(char out[static CONFIRM_CODE_MAX], const struct hash *hash);

/* Bodies. Encoders append to out; decoders allocate what X_free releases, and refuse whatever does
 * not re-encode to the same bytes (ERR_MSG_CANONICAL). */
enum err MUST_CHECK kit_encode(struct buf *out, const struct kit *m);
enum err MUST_CHECK kit_decode(struct kit *out, struct span body);
enum err MUST_CHECK pairing_encode(struct buf *out, const struct pairing *m);
enum err MUST_CHECK pairing_decode(struct pairing *out, struct span body);
enum err MUST_CHECK request_encode(struct buf *out, const struct request *m);
enum err MUST_CHECK request_decode(struct request *out, struct span body);
enum err MUST_CHECK reply_encode(struct buf *out, const struct reply *m);
enum err MUST_CHECK reply_decode(struct reply *out, struct span body);
enum err MUST_CHECK outputs_encode(struct buf *out, const struct outputs *m);
enum err MUST_CHECK outputs_decode(struct outputs *out, struct span body);
enum err MUST_CHECK key_images_encode(struct buf *out, const struct key_images *m);
enum err MUST_CHECK key_images_decode(struct key_images *out, struct span body);
enum err MUST_CHECK journal_encode(struct buf *out, const struct journal *m);
enum err MUST_CHECK journal_decode(struct journal *out, struct span body);
void outputs_free(struct outputs *m);
void key_images_free(struct key_images *m);

#endif
