/* The vault opens with its passphrase and no other, and no byte of it can be changed unseen. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "signer/vault/vault.h"

static char dir[] = "/tmp/airlock-vault-XXXXXX";
static char path[PATH_TEXT_MAX];
static struct rng_seeded stream;
static struct rng rng;
static struct spend_key spend;
static uint8_t seed[32];
static const struct vault_facts facts = {NETWORK_STAGENET, 1234567, {1, 1 << 20}};

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

/* Damage anywhere is told apart from a wrong passphrase, before any memory is spent on deriving. */
static void every_byte_counts(void **state)
{
	(void)state;
	struct vault *v;
	struct buf good;
	buf_init(&good, 4096);
	assert_int_equal(file_read(&good, path, 4096), ERR_OK);
	for (size_t i = 0; i < good.n; i++) {
		good.p[i] ^= 0x10;
		assert_int_equal(file_write(path, good.p, good.n), ERR_OK);
		assert_int_equal(vault_open(&v, path, pass("correct")), ERR_VAULT_DAMAGED);
		good.p[i] ^= 0x10;
	}
	for (size_t n = 0; n < good.n; n += 31) {
		assert_int_equal(file_write(path, good.p, n), ERR_OK);
		assert_int_equal(vault_open(&v, path, pass("correct")), ERR_VAULT_DAMAGED);
	}
	assert_int_equal(file_write(path, good.p, good.n), ERR_OK);
	assert_int_equal(vault_open(&v, path, pass("correct")), ERR_OK);
	vault_close(v);
	buf_free(&good);
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
	    cmocka_unit_test(every_byte_counts),
	    cmocka_unit_test(secrets_do_not_stand_in_the_file),
	    cmocka_unit_test(passphrase_changes),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
