/*
 * Rule 8 of the signer: it verifies its own proofs before they leave. The linker leads the two
 * provers through here, where one bit of what they made is changed, as a fault of the machine
 * would.
 */
#include "tests/unit/unit.h"

#include "common/base/secret.h"
#include "signer/sign/build.h"
#include "signer/sign/prove.h"
#include "tests/unit/signer/owned.h"

enum err __wrap_clsag_sign(struct clsag *out, const struct hash *message,
			   const struct ring_member ring[static RING_SIZE], size_t real,
			   const struct scalar *key, const struct scalar *z,
			   const struct key_image *image, const struct commitment *pseudo,
			   const struct rng *rng);
enum err __real_clsag_sign(struct clsag *out, const struct hash *message,
			   const struct ring_member ring[static RING_SIZE], size_t real,
			   const struct scalar *key, const struct scalar *z,
			   const struct key_image *image, const struct commitment *pseudo,
			   const struct rng *rng);
enum err __wrap_bpplus_prove(struct bpplus *out, const struct amount *amounts,
			     const struct mask *masks, size_t n, const struct rng *rng);
enum err __real_bpplus_prove(struct bpplus *out, const struct amount *amounts,
			     const struct mask *masks, size_t n, const struct rng *rng);

static bool spoil_signature, spoil_proof;

enum err __wrap_clsag_sign(struct clsag *out, const struct hash *message,
			   const struct ring_member ring[static RING_SIZE], size_t real,
			   const struct scalar *key, const struct scalar *z,
			   const struct key_image *image, const struct commitment *pseudo,
			   const struct rng *rng)
{
	enum err rc = __real_clsag_sign(out, message, ring, real, key, z, image, pseudo, rng);
	out->s[3].b[0] ^= spoil_signature;
	return rc;
}

enum err __wrap_bpplus_prove(struct bpplus *out, const struct amount *amounts,
			     const struct mask *masks, size_t n, const struct rng *rng)
{
	enum err rc = __real_bpplus_prove(out, amounts, masks, n, rng);
	out->r1.b[0] ^= spoil_proof;
	return rc;
}

static struct rng_seeded stream;
static struct rng rng;
static struct test_wallet ours, theirs;
static struct plan plan;

static void rule_8_a_spoilt_proof_does_not_leave(void **state)
{
	struct signed_tx t;
	struct address to;
	(void)state;
	address_of(&to, &theirs.account, (struct subaddress){0, 0});
	test_plan_make(&plan, &ours, 2, amount_of(10000), &to, amount_of(700), amount_of(30), &rng);
	for (int spoilt = 0; spoilt < 4; spoilt++) {
		spoil_signature = spoilt & 1;
		spoil_proof = spoilt >> 1;
		enum err rc = tx_build(&t, &plan, &ours.account, &ours.spend, &rng);
		assert_int_equal(rc, spoilt ? ERR_SELF_CHECK : ERR_OK);
		assert_true(spoilt ? t.blob == NULL : t.blob_size > 0);
		signed_tx_free(&t);
	}
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rule_8_a_spoilt_proof_does_not_leave)};
	if (secret_start() != ERR_OK) {
		return 1;
	}
	rng = rng_seeded(&stream, 8);
	test_wallet_make(&ours, NETWORK_MAINNET, &rng);
	test_wallet_make(&theirs, NETWORK_MAINNET, &rng);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
