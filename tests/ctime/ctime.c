/*
 * The spend key's ways, with the secrets marked: scalars, points, key images, one-time keys, ring
 * signatures, range proofs, and a whole transaction. Under valgrind every branch and every address
 * that depends on one of them is an error, unless the code has declassified it, with its reason.
 *
 * Not marked, since nobody who can time the offline machine learns by them: amounts, addresses and
 * the real member's place in its ring where a whole transaction is built, which the watcher knows;
 * the view key there, which the watcher has; and the order of the outputs, which is published.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "common/monero/clsag.h"
#include "signer/sign/build.h"
#include "signer/sign/prove.h"
#include "tests/ctime/marks.h"
#include "tests/unit/signer/owned.h"

static struct rng_seeded stream;
static struct rng open_rng;
static struct test_wallet wallet;

/* Nonces are drawn by 64 bytes; shorter draws decide the order of outputs. */
static void secret_fill(void *ctx, void *out, size_t n)
{
	rng_fill(ctx, out, n);
	if (n >= 32) {
		mark_secret(out, n);
	}
}

static struct rng secret_rng(void)
{
	return (struct rng){&open_rng, secret_fill};
}

static void draw(struct scalar *s)
{
	sc_random(s, &open_rng);
	mark_secret(s, sizeof *s);
}

static void scalars(void)
{
	struct scalar a, b, c, out[9];
	const struct rng rng = secret_rng();
	uint8_t wide[64];
	draw(&a);
	draw(&b);
	draw(&c);
	rng_fill(&rng, wide, sizeof wide);
	sc_add(&out[0], &a, &b);
	sc_sub(&out[1], &a, &b);
	sc_neg(&out[2], &a);
	sc_mul(&out[3], &a, &b);
	sc_muladd(&out[4], &a, &b, &c);
	sc_invert(&out[5], &a);
	sc_reduce64(&out[6], wide);
	sc_random(&out[7], &rng);
	sc_nonce(&out[8], "test", &a, sizeof a, &b, sizeof b, &rng);
	sc_hash(&out[0], &a, sizeof a);
	sc_reduce32(&out[1], wide);
	bool same = sc_equal(&a, &b), canonical = sc_is_canonical(a.b);
	mark_public(&same, sizeof same);
	mark_public(&canonical, sizeof canonical);
	CHECK(!same && canonical);
}

static void points(void)
{
	struct scalar s;
	struct point p, q, sum;
	uint8_t packed[32];
	draw(&s);
	point_mul_base(&p, &s);
	point_mul_h(&q, &s);
	point_add(&sum, &p, &q);
	point_sub(&sum, &sum, &p);
	point_neg(&sum, &sum);
	point_double(&sum, &sum);
	point_mul8(&sum, &sum);
	point_mul(&p, &s, &POINT_H);
	point_mul(&p, &s, &p);
	point_select(&p, &q, s.b[0] & 1);
	point_pack(packed, &p);
	bool same = point_equal(&p, &q), zero = point_is_identity(&p);
	mark_public(&same, sizeof same);
	mark_public(&zero, sizeof zero);
	mark_public(packed, sizeof packed);
	CHECK(!zero && packed[0] + packed[1] + packed[2] > 0);
}

static void shared_secrets(void)
{
	struct scalar view;
	struct derivation d;
	struct public_key key;
	struct mask mask;
	struct commitment c;
	uint8_t amount[8] = {1};
	struct view_key marked = wallet.account.view;
	draw(&view);
	CHECK(derive(&d, &wallet.account.spend_public, &view) == ERR_OK);
	CHECK(derive_public_key(&key, &d, 3, &wallet.account.spend_public) == ERR_OK);
	derive_mask(&mask, &d, 3);
	struct amount hidden = amount_of(12345);
	mark_secret(&hidden, sizeof hidden);
	mark_secret(&marked, sizeof marked);
	commit(&c, &mask, hidden);
	amount_crypt(amount, amount, &d, 3);
	payment_id_crypt(amount, amount, &d);
	(void)derive_view_tag(&d, 3);
	subaddress_scalar(&view, &marked, (struct subaddress){1, 2});
}

static void key_images(void)
{
	struct plan_input in;
	const struct rng rng = secret_rng();
	struct key_image image;
	struct scalar x;
	uint8_t signature[64];
	struct spend_key spend = wallet.spend;
	test_input_make(&in, &wallet, (struct subaddress){1, 2}, amount_of(77), &open_rng);
	mark_secret(&spend, sizeof spend);
	CHECK(input_private_key(&x, &in, &wallet.account, &spend) == ERR_OK);
	CHECK(input_key_image(&image, &in, &wallet.account, &spend) == ERR_OK);
	image_prove(&image, signature, &in.ring[in.real].key, &x, &rng);
}

static void ring_signatures(void)
{
	const struct rng rng = secret_rng();
	struct spend_key spend = wallet.spend;
	struct plan_input in;
	struct scalar x, z;
	struct key_image image;
	struct mask pseudo_mask;
	struct commitment pseudo;
	struct clsag sig;
	struct hash message = {{7}};
	test_input_make(&in, &wallet, (struct subaddress){1, 2}, amount_of(77), &open_rng);
	mark_secret(&spend, sizeof spend);
	mark_secret(&in.mask, sizeof in.mask);
	CHECK(input_private_key(&x, &in, &wallet.account, &spend) == ERR_OK);
	CHECK(input_key_image(&image, &in, &wallet.account, &spend) == ERR_OK);
	draw(&pseudo_mask.s);
	commit(&pseudo, &pseudo_mask, in.amount);
	mark_public(&pseudo, sizeof pseudo);
	sc_sub(&z, &in.mask.s, &pseudo_mask.s);
	CHECK(clsag_sign(&sig, &message, in.ring, in.real, &x, &z, &image, &pseudo, &rng) ==
	      ERR_OK);
	CHECK(clsag_verify(&sig, &message, in.ring, &image, &pseudo) == ERR_OK);
}

static void range_proofs(void)
{
	const struct rng rng = secret_rng();
	struct amount amounts[3] = {amount_of(0), amount_of(UINT64_MAX), amount_of(4711)};
	struct mask masks[3];
	struct commitment V[3];
	struct bpplus proof;
	for (size_t i = 0; i < 3; i++) {
		draw(&masks[i].s);
		commit(&V[i], &masks[i], amounts[i]);
	}
	mark_secret(amounts, sizeof amounts);
	CHECK(bpplus_prove(&proof, amounts, masks, 3, &rng) == ERR_OK);
	mark_public(V, sizeof V);
	CHECK(bpplus_verify(&proof, V, 3) == ERR_OK);
}

static void transactions(void)
{
	static const enum address_kind kinds[] = {ADDRESS_STANDARD, ADDRESS_SUBADDRESS,
						  ADDRESS_INTEGRATED};
	const struct rng rng = secret_rng();
	struct spend_key spend = wallet.spend;
	mark_secret(&spend, sizeof spend);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct test_wallet payee;
		struct address to;
		struct plan p;
		struct signed_tx tx;
		test_wallet_make(&payee, NETWORK_STAGENET, &open_rng);
		address_of(&to, &payee.account,
			   (struct subaddress){0, kinds[i] == ADDRESS_SUBADDRESS});
		to.kind = kinds[i];
		test_plan_make(&p, &wallet, 2, amount_of(10000), &to, amount_of(700), amount_of(30),
			       &open_rng);
		CHECK(tx_build(&tx, &p, &wallet.account, &spend, &rng) == ERR_OK);
		signed_tx_free(&tx);
		plan_free(&p);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
    {"scalars", scalars},
    {"points", points},
    {"shared secrets", shared_secrets},
    {"key images", key_images},
    {"ring signatures", ring_signatures},
    {"range proofs", range_proofs},
    {"transactions", transactions},
};

/* Prints "ok NAME" or "FAILED: NAME"; memcheck tells where. */
int main(void)
{
	if (!is_watched() || secret_start() != ERR_OK) {
		fputs("ctime: to be run by valgrind's memcheck\n", stderr);
		return 2;
	}
	open_rng = rng_seeded(&stream, 5);
	test_wallet_make(&wallet, NETWORK_STAGENET, &open_rng);
	int code = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned before = seen();
		cases[i].run();
		bool good = seen() == before;
		printf("%s%s\n", good ? "ok " : "FAILED: ctime: ", cases[i].name);
		fflush(stdout);
		code = good ? code : 1;
	}
	return code;
}
