/* The vault opens with its passphrase and no other, and no byte of it can be changed unseen. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include <sodium.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/ledger/db.h"
#include "signer/vault/vault.h"

static char dir[] = "/tmp/airlock-vault-XXXXXX";
static char path[PATH_TEXT_MAX];
static struct rng_seeded stream;
static struct rng rng;
static struct spend_key spend;
static uint8_t seed[32];
static const struct vault_facts facts = {NETWORK_STAGENET, 1234567, {1, 8192}};

static struct span pass(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static int begin(void **state)
{
	(void)state;
	rng = rng_seeded(&stream, 3);
	sc_random(&spend.s, &rng);
	memset(seed, 5, sizeof seed);
	return secret_start() == ERR_OK && mkdtemp(dir) &&
		       path_join(path, dir, "vault") == ERR_OK &&
		       vault_create(path, pass("correct"), &facts, &spend, seed, &rng) == ERR_OK
		   ? 0
		   : -1;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void gives_back_what_it_was_given(void **state)
{
	(void)state;
	struct vault *v;
	struct spend_key found;
	struct scalar view;
	struct identity identity;
	assert_int_equal(vault_open(&v, path, pass("correct")), ERR_OK);
	assert_int_equal(vault_facts(v)->network, NETWORK_STAGENET);
	assert_true(vault_facts(v)->birthday == 1234567);
	assert_int_equal(vault_spend_key(&found, v), ERR_OK);
	assert_memory_equal(found.s.b, spend.s.b, 32);
	sc_hash(&view, spend.s.b, 32);
	assert_memory_equal(vault_account(v)->view.s.b, view.b, 32);
	identity_from_seed(&identity, seed);
	assert_memory_equal(vault_identity(v)->public.b, identity.public.b, 32);
	vault_close(v);
}

static void refuses_another_passphrase(void **state)
{
	(void)state;
	struct vault *v;
	static const char *const wrong[] = {"", "correc", "correct ", "Correct"};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(vault_open(&v, path, pass(wrong[i])), ERR_PASSPHRASE);
		assert_null(v);
	}
	assert_int_equal(vault_create(path, pass("x"), &facts, &spend, seed, &rng), ERR_EXISTS);
	assert_int_equal(vault_open(&v, path, pass("correct")), ERR_OK);
	vault_close(v);
}

#define AT_NETWORK 12
#define AT_OPS 24
#define AT_MEMORY 32
#define AT_SALT 40
#define AT_SPEND (VAULT_FILE_SIZE - 16 - 48)
#define AT_SUM (VAULT_FILE_SIZE - 16)

static void read_vault(struct buf *b)
{
	buf_init(b, 4096);
	assert_int_equal(file_read(b, path, 4096), ERR_OK);
	assert_int_equal(b->n, VAULT_FILE_SIZE);
}

/* Damage anywhere is told apart from a wrong passphrase, before any memory is spent on deriving. */
static void every_bit_counts(void **state)
{
	(void)state;
	struct vault *v;
	struct buf good;
	read_vault(&good);
	for (size_t i = 0; i < 8 * good.n; i++) {
		good.p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(vault_decode(&v, buf_span(&good), path, pass("correct")),
				 ERR_VAULT_DAMAGED);
		assert_null(v);
		good.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t n = 0; n < good.n; n++) {
		assert_int_equal(vault_decode(&v, db_span(good.p, n), path, pass("correct")),
				 ERR_VAULT_DAMAGED);
	}
	assert_int_equal(vault_decode(&v, buf_span(&good), path, pass("correct")), ERR_OK);
	vault_close(v);
	buf_free(&good);
}

/* What a bit must be refused with when the checksum was made to fit: by whom, and how early. */
static enum err expected(size_t byte, const struct buf *b)
{
	struct reader r = reader_of(b->p + AT_OPS, 16);
	uint64_t ops = read_u64le(&r), memory = read_u64le(&r);
	if (byte < AT_NETWORK || (byte < AT_NETWORK + 4 && b->p[AT_NETWORK] >= NETWORK_COUNT) ||
	    (byte > AT_NETWORK && byte < AT_NETWORK + 4)) {
		return ERR_VAULT_DAMAGED;
	}
	if (ops < 1 || ops > 64 || memory < 8192 || memory > UINT64_C(4) << 30) {
		return ERR_VAULT_DAMAGED;
	}
	return byte < AT_SPEND ? ERR_PASSPHRASE : ERR_OK;
}

/* The header is authenticated to its last bit, and a cost is bounded before it is paid. */
static void rule_10_every_bit_is_authenticated(void **state)
{
	(void)state;
	struct vault *v;
	struct spend_key found;
	struct buf b;
	read_vault(&b);
	for (size_t i = 0; i < 8 * AT_SUM; i++) {
		size_t byte = i / 8, bit = i % 8;
		b.p[byte] ^= (uint8_t)(1 << bit);
		crypto_generichash(b.p + AT_SUM, 16, b.p, AT_SUM, NULL, 0);
		/* A cost within bounds would be paid: what is above 16 MiB is left out. */
		bool costly = byte >= AT_MEMORY && byte < AT_SALT &&
			      8 * (byte - AT_MEMORY) + bit > 23 &&
			      8 * (byte - AT_MEMORY) + bit < 32;
		if (!costly) {
			enum err rc = vault_decode(&v, buf_span(&b), path, pass("correct"));
			assert_int_equal(rc, expected(byte, &b));
			if (rc == ERR_OK) {
				assert_int_equal(vault_spend_key(&found, v), ERR_VAULT_DAMAGED);
			}
			vault_close(v);
		}
		b.p[byte] ^= (uint8_t)(1 << bit);
	}
	buf_free(&b);
}

static void zero_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 0, n);
}

/* Rule 8 for the vault: its two parts never share a nonce, nor do two vaults. */
static void rule_8_a_dead_random_source_repeats_no_nonce(void **state)
{
	(void)state;
	const struct rng dead = {NULL, zero_fill};
	struct spend_key other = spend;
	uint8_t nonces[2][64];
	other.s.b[0] ^= 1;
	for (int i = 0; i < 2; i++) {
		struct buf b;
		unlink(path);
		assert_int_equal(
		    vault_create(path, pass("correct"), &facts, i ? &other : &spend, seed, &dead),
		    ERR_OK);
		read_vault(&b);
		memcpy(nonces[i], b.p + AT_SALT, 64);
		buf_free(&b);
		assert_memory_not_equal(nonces[i] + 16, nonces[i] + 40, 24);
	}
	assert_memory_not_equal(nonces[0], nonces[1], 16);
	assert_memory_not_equal(nonces[0] + 16, nonces[1] + 16, 24);
	unlink(path);
	assert_int_equal(vault_create(path, pass("correct"), &facts, &spend, seed, &rng), ERR_OK);
}

static void passphrase_changes(void **state)
{
	(void)state;
	struct vault *v;
	struct spend_key found;
	const struct vault_kdf kdf = {2, 1 << 20}, huge = {1, UINT64_C(1) << 40};
	assert_int_equal(vault_open(&v, path, pass("correct")), ERR_OK);
	assert_int_equal(vault_rewrite(path, v, pass("new"), &huge, &rng), ERR_USAGE);
	assert_int_equal(vault_rewrite(path, v, pass("new"), &kdf, &rng), ERR_OK);
	vault_close(v);
	assert_int_equal(vault_open(&v, path, pass("correct")), ERR_PASSPHRASE);
	assert_int_equal(vault_open(&v, path, pass("new")), ERR_OK);
	assert_int_equal(vault_spend_key(&found, v), ERR_OK);
	assert_memory_equal(found.s.b, spend.s.b, 32);
	vault_close(v);
}

static void secrets_do_not_stand_in_the_file(void **state)
{
	(void)state;
	struct buf file;
	buf_init(&file, 4096);
	assert_int_equal(file_read(&file, path, 4096), ERR_OK);
	assert_null(memmem(file.p, file.n, spend.s.b, 8));
	assert_null(memmem(file.p, file.n, seed, 8));
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_back_what_it_was_given),
	    cmocka_unit_test(refuses_another_passphrase),
	    cmocka_unit_test(every_bit_counts),
	    cmocka_unit_test(rule_10_every_bit_is_authenticated),
	    cmocka_unit_test(rule_8_a_dead_random_source_repeats_no_nonce),
	    cmocka_unit_test(secrets_do_not_stand_in_the_file),
	    cmocka_unit_test(passphrase_changes),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
