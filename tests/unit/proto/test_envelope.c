/* Seal and signature: every fault has its own error, and no changed byte gets through. */
#include "tests/unit/unit.h"

#include <sodium.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "proto/envelope.h"
#include "proto/wire.h"

static struct identity watcher, signer, other;
static const uint8_t body_bytes[] = "some body";
static const struct span body = {body_bytes, sizeof body_bytes};
static const char *cddl_path;

static int setup(void **state)
{
	(void)state;
	uint8_t seed[32] = {1};
	identity_from_seed(&watcher, seed);
	seed[0] = 2;
	identity_from_seed(&signer, seed);
	seed[0] = 3;
	identity_from_seed(&other, seed);
	return secret_start() == ERR_OK ? 0 : -1;
}

/* A request from watcher to signer on stagenet. */
static void seal_request(struct buf *out, struct hash *hash)
{
	buf_init(out, PROTO_MESSAGE_MAX);
	assert_int_equal(envelope_seal(out, hash, MSG_REQUEST, NETWORK_STAGENET, 42, body, &watcher,
				       &signer.public),
			 ERR_OK);
}

static enum err open_request(struct span file)
{
	struct envelope env;
	struct buf plain;
	enum err rc = envelope_open(&env, &plain, file, MSG_REQUEST, NETWORK_STAGENET, &signer,
				    &watcher.public);
	static const struct envelope none;
	assert_true(rc == ERR_OK || memcmp(&env, &none, sizeof env) == 0);
	buf_free(&plain);
	return rc;
}

static void opens_what_was_sealed(void **state)
{
	(void)state;
	struct buf file, plain;
	struct hash hash;
	struct envelope env;
	seal_request(&file, &hash);
	assert_int_equal(envelope_open(&env, &plain, buf_span(&file), MSG_REQUEST, NETWORK_STAGENET,
				       &signer, &watcher.public),
			 ERR_OK);
	assert_true(env.type == MSG_REQUEST && env.network == NETWORK_STAGENET);
	assert_int_equal(env.sequence, 42);
	assert_memory_equal(env.sender.b, watcher.public.b, 32);
	assert_memory_equal(env.hash.b, hash.b, 32);
	assert_int_equal(env.body.n, body.n);
	assert_memory_equal(env.body.p, body.p, body.n);
	buf_free(&plain);

	/* Nothing of it can be read on the stick: neither body nor sender nor recipient. */
	assert_null(memmem(file.p, file.n, body.p, body.n));
	assert_null(memmem(file.p, file.n, watcher.public.b, 32));
	assert_null(memmem(file.p, file.n, signer.public.b, 32));
	struct buf second;
	seal_request(&second, &hash);
	assert_memory_not_equal(file.p + 12, second.p + 12, 8);
	buf_free(&second);
	buf_free(&file);
}

static void open_kit_is_signed(void **state)
{
	(void)state;
	struct buf file, plain;
	struct hash hash;
	struct envelope env;
	buf_init(&file, 1000);
	assert_int_equal(
	    envelope_seal(&file, &hash, MSG_KIT, NETWORK_MAINNET, 1, body, &signer, NULL), ERR_OK);
	assert_int_equal(
	    envelope_open(&env, &plain, buf_span(&file), MSG_KIT, NETWORK_MAINNET, NULL, NULL),
	    ERR_OK);
	assert_memory_equal(env.sender.b, signer.public.b, 32);
	buf_free(&plain);
	for (size_t bit = 0; bit < 8 * file.n; bit++) {
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum err rc = envelope_open(&env, &plain, buf_span(&file), MSG_KIT, NETWORK_MAINNET,
					    NULL, NULL);
		assert_int_equal(err_category(rc), CAT_MESSAGE);
		buf_free(&plain);
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* The secret kinds are never made open. */
	assert_int_equal(
	    envelope_seal(&file, &hash, MSG_REQUEST, NETWORK_MAINNET, 1, body, &signer, NULL),
	    ERR_USAGE);
	buf_free(&file);
}

static void every_cut_is_truncation(void **state)
{
	(void)state;
	struct buf file;
	struct hash hash;
	seal_request(&file, &hash);
	for (size_t n = 0; n < file.n; n++) {
		assert_int_equal(open_request((struct span){file.p, n}), ERR_MSG_TRUNCATED);
	}
	buf_u8(&file, 0);
	assert_int_equal(open_request(buf_span(&file)), ERR_MSG_FORMAT);
	buf_free(&file);
}

static void every_flip_is_refused(void **state)
{
	(void)state;
	struct buf file;
	struct hash hash;
	seal_request(&file, &hash);
	for (size_t bit = 0; bit < 8 * file.n; bit++) {
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum err rc = open_request(buf_span(&file));
		assert_int_equal(err_category(rc), CAT_MESSAGE);
		assert_true(bit / 8 < 52 || rc == ERR_MSG_FORMAT);
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(open_request(buf_span(&file)), ERR_OK);
	buf_free(&file);
}

static void faults_are_told_apart(void **state)
{
	(void)state;
	struct buf file, plain;
	struct hash hash;
	struct envelope env;
	seal_request(&file, &hash);
	const struct span f = buf_span(&file);
	struct {
		enum message_type type;
		enum network network;
		const struct identity *self;
		const struct identity_public *sender;
		enum err expected;
	} cases[] = {
	    {MSG_REPLY, NETWORK_STAGENET, &signer, &watcher.public, ERR_MSG_TYPE},
	    {MSG_REQUEST, NETWORK_MAINNET, &signer, &watcher.public, ERR_MSG_NETWORK},
	    {MSG_REQUEST, NETWORK_STAGENET, &other, &watcher.public, ERR_MSG_RECIPIENT},
	    {MSG_REQUEST, NETWORK_STAGENET, NULL, &watcher.public, ERR_MSG_RECIPIENT},
	    {MSG_REQUEST, NETWORK_STAGENET, &signer, &other.public, ERR_MSG_SENDER},
	    {MSG_REQUEST, NETWORK_STAGENET, &signer, NULL, ERR_OK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(envelope_open(&env, &plain, f, cases[i].type, cases[i].network,
					       cases[i].self, cases[i].sender),
				 cases[i].expected);
		buf_free(&plain);
	}
	static const char foreign[] = "-----BEGIN PGP MESSAGE-----";
	assert_int_equal(open_request((struct span){(const uint8_t *)foreign, sizeof foreign}),
			 ERR_MSG_FORMAT);
	assert_int_equal(open_request((struct span){(const uint8_t *)foreign, 3}), ERR_MSG_FORMAT);
	uint8_t *big = calloc(PROTO_MESSAGE_MAX + 1, 1);
	assert_non_null(big);
	memcpy(big, "AIRLOCK\1", 8);
	assert_int_equal(open_request((struct span){big, PROTO_MESSAGE_MAX + 1}), ERR_MSG_SIZE);
	memset(big + 8, 0xff, 4);
	assert_int_equal(open_request((struct span){big, 100}), ERR_MSG_SIZE);
	buf_reset(&file);
	assert_int_equal(envelope_seal(&file, &hash, MSG_REQUEST, NETWORK_STAGENET, 1,
				       (struct span){big, PROTO_MESSAGE_MAX}, &watcher,
				       &signer.public),
			 ERR_MSG_SIZE);
	assert_int_equal(file.n, 0);
	free(big);
	buf_free(&file);
}

/* An open file around hand-made fields; the signature covers what it should unless `forge`. */
static void open_file(struct buf *file, uint64_t version, uint64_t type, size_t fields, bool forge)
{
	struct buf inner, message;
	uint8_t public[32], secret[64], signature[64];
	static const uint8_t nobody[32];
	buf_init(&inner, 1000);
	buf_init(&message, 1000);
	buf_init(file, 1000);
	wire_put_list(&inner, fields);
	wire_put_uint(&inner, version);
	wire_put_uint(&inner, type);
	wire_put_uint(&inner, NETWORK_STAGENET);
	wire_put_bytes(&inner, watcher.public.b, 32);
	wire_put_uint(&inner, 42);
	wire_put_bytes(&inner, body.p, body.n);
	for (size_t i = 7; i < fields; i++) {
		wire_put_uint(&inner, 0);
	}
	buf_put(&message, "airlock message 1", 18);
	buf_put(&message, nobody, 32);
	buf_put(&message, inner.p, inner.n);
	crypto_sign_seed_keypair(public, secret, forge ? other.seed : watcher.seed);
	crypto_sign_detached(signature, NULL, message.p, message.n, secret);
	wire_put_bytes(&inner, signature, 64);
	buf_put(file, "AIRLOCK\0", 8);
	buf_u32be(file, (uint32_t)inner.n);
	buf_put(file, inner.p, inner.n);
	buf_free(&inner);
	buf_free(&message);
}

static enum err open_pairing(struct span file)
{
	struct envelope env;
	struct buf plain;
	enum err rc =
	    envelope_open(&env, &plain, file, MSG_PAIRING, NETWORK_STAGENET, &signer, NULL);
	buf_free(&plain);
	return rc;
}

static void hand_made_envelopes(void **state)
{
	(void)state;
	struct buf file;
	open_file(&file, 1, MSG_PAIRING, 7, false);
	assert_int_equal(open_pairing(buf_span(&file)), ERR_OK);
	buf_free(&file);
	open_file(&file, 1, MSG_PAIRING, 7, true);
	assert_int_equal(open_pairing(buf_span(&file)), ERR_MSG_SIGNATURE);
	buf_free(&file);
	open_file(&file, 2, MSG_PAIRING, 7, false);
	assert_int_equal(open_pairing(buf_span(&file)), ERR_MSG_VERSION);
	buf_free(&file);
	/* A later version may have more fields: that it is later is still what is said. */
	open_file(&file, 2, MSG_PAIRING, 9, false);
	assert_int_equal(open_pairing(buf_span(&file)), ERR_MSG_VERSION);
	buf_free(&file);
	open_file(&file, 1, MSG_PAIRING, 8, false);
	assert_int_equal(open_pairing(buf_span(&file)), ERR_MSG_FORMAT);
	buf_free(&file);
	open_file(&file, 1, 99, 7, false);
	assert_int_equal(open_pairing(buf_span(&file)), ERR_MSG_TYPE);
	buf_free(&file);
	/* An open request with a good signature is no request. */
	open_file(&file, 1, MSG_REQUEST, 7, false);
	assert_int_equal(open_request(buf_span(&file)), ERR_MSG_FORMAT);
	buf_free(&file);
}

/* Whom it was sealed to cannot pass it on as if the sender had sealed it to another. */
static void cannot_be_sealed_on(void **state)
{
	(void)state;
	struct buf file, plain, box;
	struct hash hash;
	struct envelope env;
	uint8_t key[32], hint[32];
	seal_request(&file, &hash);
	assert_int_equal(envelope_open(&env, &plain, buf_span(&file), MSG_REQUEST, NETWORK_STAGENET,
				       &signer, &watcher.public),
			 ERR_OK);
	buf_init(&box, 1000);
	buf_put(&box, plain.p, plain.n);
	buf_put(&box, (uint8_t[crypto_box_SEALBYTES]){0}, crypto_box_SEALBYTES);
	assert_int_equal(crypto_sign_ed25519_pk_to_curve25519(key, other.public.b), 0);
	assert_int_equal(crypto_box_seal(box.p, plain.p, plain.n, key), 0);
	crypto_generichash_state h;
	crypto_generichash_init(&h, NULL, 0, 32);
	crypto_generichash_update(&h, (const uint8_t *)"airlock recipient 1", 20);
	crypto_generichash_update(&h, other.public.b, 32);
	crypto_generichash_update(&h, box.p, 32);
	crypto_generichash_final(&h, hint, 32);
	buf_reset(&file);
	buf_put(&file, "AIRLOCK\1", 8);
	buf_u32be(&file, (uint32_t)(8 + box.n));
	buf_put(&file, hint, 8);
	buf_put(&file, box.p, box.n);
	buf_free(&plain);
	assert_int_equal(envelope_open(&env, &plain, buf_span(&file), MSG_REQUEST, NETWORK_STAGENET,
				       &other, &watcher.public),
			 ERR_MSG_SIGNATURE);
	buf_free(&plain);
	buf_free(&box);
	buf_free(&file);
}

static void short_texts(void **state)
{
	(void)state;
	char text[FINGERPRINT_TEXT_MAX], code[CONFIRM_CODE_MAX];
	struct hash hash = {{0}};
	assert_string_equal(confirmation_code(code, &hash), "0000-0000");
	memset(hash.b, 0xff, 5);
	assert_string_equal(confirmation_code(code, &hash), "ZZZZ-ZZZZ");
	const uint8_t five[5] = {0x08, 0x42, 0x10, 0x84, 0x3f};
	memcpy(hash.b, five, 5);
	assert_string_equal(confirmation_code(code, &hash), "1111-111Z");
	identity_fingerprint(text, &watcher.public);
	assert_int_equal(strlen(text), 19);
	assert_true(text[4] == '-' && text[9] == '-' && text[14] == '-');
	assert_int_equal(strspn(text, "0123456789abcdefghjkmnpqrstvwxyz-"), 19);
	char again[FINGERPRINT_TEXT_MAX];
	assert_string_not_equal(text, identity_fingerprint(again, &signer.public));
}

static void assert_says(const char *cddl, const char *fmt, unsigned long n)
{
	char line[100];
	snprintf(line, sizeof line, "%s%lu", fmt, n);
	const char *at = strstr(cddl, line);
	if (!at || (at[strlen(line)] >= '0' && at[strlen(line)] <= '9')) {
		print_error("airlock.cddl does not say: %s\n", line);
		fail();
	}
}

static void cddl_agrees_with_the_code(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100000);
	assert_int_equal(file_read(&b, cddl_path, 99999), ERR_OK);
	buf_u8(&b, 0);
	const char *cddl = (const char *)b.p;
	assert_says(cddl, "version: ", PROTO_VERSION);
	assert_says(cddl, "\nkit-type = ", MSG_KIT);
	assert_says(cddl, "\npairing-type = ", MSG_PAIRING);
	assert_says(cddl, "\nrequest-type = ", MSG_REQUEST);
	assert_says(cddl, "\nreply-type = ", MSG_REPLY);
	assert_says(cddl, "\noutputs-type = ", MSG_OUTPUTS);
	assert_says(cddl, "\nkey-images-type = ", MSG_KEY_IMAGES);
	assert_says(cddl, "\njournal-type = ", MSG_JOURNAL);
	assert_says(cddl, "name = text .size (0..", PROTO_NAME_MAX);
	assert_says(cddl, "reference: text .size (0..", PROTO_REFERENCE_MAX);
	assert_says(cddl, "payouts: [0*", REQUEST_PAYOUTS_MAX);
	assert_says(cddl, "transactions: [1*", REQUEST_TXS_MAX);
	assert_says(cddl, "tx-type: ", PLAN_TX_CLSAG_BPPLUS);
	assert_says(cddl, "inputs: [1*", TX_INPUTS_MAX);
	assert_says(cddl, "key-images: [1*", TX_INPUTS_MAX);
	assert_says(cddl, "payouts: [0*", TX_OUTPUTS_MAX);
	assert_says(cddl, "real: 0..", RING_SIZE - 1);
	assert_says(cddl, "members: bytes .size ", RING_SIZE * 64);
	assert_says(cddl, "blob: bytes .size (1..", PROTO_TX_BLOB_MAX);
	assert_says(cddl, "entries: [0*", PROTO_ENTRIES_MAX);
	assert_says(cddl, "content: bytes .size (0..", PROTO_ENTRY_MAX);
	assert_says(cddl, "outputs = [0*", PROTO_KEY_IMAGES_MAX);
	assert_says(cddl, "key-images = [0*", PROTO_KEY_IMAGES_MAX);
	buf_free(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(opens_what_was_sealed),     cmocka_unit_test(open_kit_is_signed),
	    cmocka_unit_test(every_cut_is_truncation),   cmocka_unit_test(every_flip_is_refused),
	    cmocka_unit_test(faults_are_told_apart),     cmocka_unit_test(hand_made_envelopes),
	    cmocka_unit_test(cannot_be_sealed_on),       cmocka_unit_test(short_texts),
	    cmocka_unit_test(cddl_agrees_with_the_code),
	};
	if (argc != 2) {
		fprintf(stderr, "usage: test_envelope airlock.cddl\n");
		return 2;
	}
	cddl_path = argv[1];
	return cmocka_run_group_tests(tests, setup, NULL);
}
