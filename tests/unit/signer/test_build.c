/* Plan in, transaction out: recipients find exactly what they are paid, and lies are refused. */
#include "tests/unit/unit.h"

#include "common/base/secret.h"
#include "common/monero/tx.h"
#include "tests/unit/signer/owned.h"

static struct rng_seeded stream;
static struct rng rng;
static struct test_wallet ours, theirs;

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)

static bool find_small(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	const struct account_view *account = ctx;
	for (uint32_t major = 0; major < 2; major++) {
		for (uint32_t minor = 0; minor < 4; minor++) {
			struct public_key mine;
			*out = (struct subaddress){major, minor};
			subaddress_spend_key(&mine, account, *out);
			if (memcmp(mine.b, spend->b, 32) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* What a wallet finds in a blob, as a recipient would: by its own scan. */
static size_t scan(struct owned_output *found, const struct signed_tx *t,
		   const struct account_view *account)
{
	struct tx tx;
	struct tx_extra extra;
	size_t n = 0;
	assert_int_equal(tx_parse(&tx, t->blob, t->blob_size, false), ERR_OK);
	tx_extra_parse(&extra, tx.extra);
	uint8_t derived[32 * (4 + TX_OUTPUTS_MAX)] = {0};
	for (size_t i = 0; i < extra.n_public + extra.n_additional; i++) {
		struct public_key R;
		struct derivation d;
		memcpy(R.b,
		       i < extra.n_public ? extra.public_key[i].b
					  : extra.additional + 32 * (i - extra.n_public),
		       32);
		assert_int_equal(derive(&d, &R, &account->view.s), ERR_OK);
		memcpy(derived + 32 * i, d.b, 32);
	}
	struct subaddress_book book = {(void *)(uintptr_t)account, find_small};
	assert_int_equal(tx_scan(found, &n, TX_OUTPUTS_MAX, &tx, &extra, derived, account, &book),
			 ERR_OK);
	tx_free(&tx);
	return n;
}

static void address_at(struct address *out, const struct test_wallet *w, uint32_t major,
		       uint32_t minor)
{
	address_of(out, &w->account, (struct subaddress){major, minor});
}

static void pays_every_kind_of_address(void **state)
{
	(void)state;
	struct address kinds[3];
	address_at(&kinds[0], &theirs, 0, 0);
	address_at(&kinds[1], &theirs, 1, 3);
	address_at(&kinds[2], &theirs, 0, 0);
	kinds[2].kind = ADDRESS_INTEGRATED;
	memcpy(kinds[2].payment_id, "\1\2\3\4\5\6\7\10", 8);
	for (size_t i = 0; i < 3; i++) {
		struct plan p;
		struct signed_tx t;
		struct owned_output found[TX_OUTPUTS_MAX];
		test_plan_make(&p, &ours, 2, XMR(3), &kinds[i], XMR(5), amount_of(123456789), &rng);
		assert_int_equal(tx_build(&t, &p, &ours.account, &ours.spend, &rng), ERR_OK);
		assert_int_equal(scan(found, &t, &theirs.account), 1);
		assert_true(found[0].amount.atomic == XMR(5).atomic);
		assert_int_equal(scan(found, &t, &ours.account), 1);
		assert_true(found[0].amount.atomic == XMR(1).atomic - 123456789);
		assert_int_equal(t.n_keys, 1);
		assert_true(memcmp(t.images[0].b, t.images[1].b, 32) > 0);
		struct tx tx;
		struct tx_extra extra;
		assert_int_equal(tx_parse(&tx, t.blob, t.blob_size, false), ERR_OK);
		tx_extra_parse(&extra, tx.extra);
		assert_true(extra.has_encrypted_payment_id);
		if (i == 2) {
			struct derivation d;
			uint8_t id[8];
			assert_int_equal(derive(&d, &extra.public_key[0], &theirs.account.view.s),
					 ERR_OK);
			payment_id_crypt(id, extra.encrypted_payment_id, &d);
			assert_memory_equal(id, kinds[2].payment_id, 8);
		}
		tx_free(&tx);
		signed_tx_free(&t);
		plan_free(&p);
	}
}

static void many_subaddresses_get_additional_keys(void **state)
{
	(void)state;
	struct plan p;
	struct signed_tx t;
	struct address to;
	struct owned_output found[TX_OUTPUTS_MAX];
	address_at(&to, &theirs, 0, 1);
	test_plan_make(&p, &ours, 3, XMR(10), &to, XMR(1), amount_of(5000), &rng);
	p.out = realloc(p.out, 15 * sizeof *p.out);
	p.n_out = 15;
	for (uint32_t i = 0; i < 15; i++) {
		address_at(&p.out[i].to, &theirs, i % 2, i % 4);
		p.out[i].amount = amount_of(1000 + i);
	}
	assert_int_equal(tx_build(&t, &p, &ours.account, &ours.spend, &rng), ERR_OK);
	assert_int_equal(t.n_keys, 17);
	assert_int_equal(scan(found, &t, &theirs.account), 15);
	assert_int_equal(scan(found, &t, &ours.account), 1);
	signed_tx_free(&t);
	plan_free(&p);
}

static void rule_1_change_is_derived_and_can_be_split(void **state)
{
	(void)state;
	struct plan p;
	struct signed_tx t;
	struct address to;
	struct owned_output found[TX_OUTPUTS_MAX];
	address_at(&to, &theirs, 0, 0);
	test_plan_make(&p, &ours, 1, XMR(10), &to, XMR(1), amount_of(7), &rng);
	p.n_change = 4;
	assert_int_equal(tx_build(&t, &p, &ours.account, &ours.spend, &rng), ERR_OK);
	assert_int_equal(scan(found, &t, &ours.account), 4);
	uint64_t sum = 0;
	for (int i = 0; i < 4; i++) {
		sum += found[i].amount.atomic;
	}
	assert_true(sum == XMR(9).atomic - 7);
	signed_tx_free(&t);
	plan_free(&p);
}

/* One lie a case: what is changed, and the code it must meet. */
static void rule_2_lies_are_refused(void **state)
{
	(void)state;
	for (int lie = 0; lie < 15; lie++) {
		struct plan p;
		struct address to;
		struct signed_tx t;
		enum err want = ERR_OK;
		address_at(&to, &theirs, 0, 0);
		test_plan_make(&p, &ours, 2, XMR(3), &to, XMR(5), amount_of(99), &rng);
		switch (lie) {
		case 0: /* an inflated input */
			p.in[0].amount = XMR(4);
			want = ERR_INPUT_AMOUNT;
			break;
		case 1: /* an understated one */
			p.in[0].amount = XMR(2) /* still enough */;
			p.out[0].amount = XMR(4);
			want = ERR_INPUT_AMOUNT;
			break;
		case 2: /* a wrong mask */
			sc_add(&p.in[1].mask.s, &p.in[1].mask.s, &SC_ONE);
			want = ERR_INPUT_AMOUNT;
			break;
		case 3: /* another's output */
			test_input_make(&p.in[0], &theirs, (struct subaddress){0, 0}, XMR(3), &rng);
			want = ERR_INPUT_NOT_OURS;
			break;
		case 4: /* the same output twice */
			p.in[1] = p.in[0];
			want = ERR_INPUT_TWICE;
			break;
		case 5: /* paying more than there is */
			p.out[0].amount = XMR(6);
			want = ERR_BALANCE;
			break;
		case 6: /* amounts that wrap around */
			p.in[0].amount = amount_of(UINT64_MAX);
			want = ERR_BALANCE;
			break;
		case 7:
			p.out[0].amount = amount_of(0);
			want = ERR_BALANCE;
			break;
		case 8:
			p.in[0].real = RING_SIZE;
			want = ERR_RING;
			break;
		case 9: { /* out of order */
			struct ring_member m = p.in[0].ring[2];
			p.in[0].ring[2] = p.in[0].ring[3];
			p.in[0].ring[3] = m;
			want = ERR_RING;
			break;
		}
		case 10: /* the real output twice in its ring */
			p.in[0].ring[(p.in[0].real + 1) % RING_SIZE].key =
			    p.in[0].ring[p.in[0].real].key;
			want = ERR_RING;
			break;
		case 11:
			p.n_out = 0;
			want = ERR_TX_SHAPE;
			break;
		case 12:
			p.n_change = 16;
			want = ERR_TX_SHAPE;
			break;
		case 13:
			p.tx_type = 2;
			want = ERR_TX_TYPE;
			break;
		case 14: /* the subaddress it did not come to */
			p.in[0].at.minor += 1;
			want = ERR_INPUT_NOT_OURS;
			break;
		}
		assert_int_equal(plan_check(&p, &ours.account), want);
		assert_int_equal(tx_build(&t, &p, &ours.account, &ours.spend, &rng), want);
		assert_null(t.blob);
		plan_free(&p);
	}
}

static void integrated_addresses_pay_alone(void **state)
{
	(void)state;
	struct plan p;
	struct address to;
	address_at(&to, &theirs, 0, 0);
	to.kind = ADDRESS_INTEGRATED;
	test_plan_make(&p, &ours, 2, XMR(3), &to, XMR(1), amount_of(99), &rng);
	p.out = realloc(p.out, 2 * sizeof *p.out);
	p.n_out = 2;
	p.out[1].amount = XMR(1);
	address_at(&p.out[1].to, &theirs, 1, 1);
	assert_int_equal(plan_check(&p, &ours.account), ERR_TX_SHAPE);
	plan_free(&p);
}

/* One payment id a transaction: two ids of one wallet would be credited as one, by chance which. */
static void payment_ids_do_not_mix(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct plan p;
		struct address to;
		address_at(&to, &theirs, 0, 0);
		test_plan_make(&p, &ours, 2, XMR(3), &to, XMR(1), amount_of(99), &rng);
		p.out = realloc(p.out, 2 * sizeof *p.out);
		p.n_out = 2;
		p.out[1] = p.out[0];
		/* an id and none, none and an id, two ids, one id twice */
		for (int k = 0; k < 2; k++) {
			if (i == k || i > 1) {
				p.out[k].to.kind = ADDRESS_INTEGRATED;
				p.out[k].to.payment_id[0] = (uint8_t)(i == 2 ? 1 + k : 1);
			}
		}
		assert_int_equal(plan_check(&p, &ours.account), i == 3 ? ERR_OK : ERR_TX_SHAPE);
		plan_free(&p);
	}
}

/*
 * r D of a point D of small order is one of eight points, whatever r: change derived from it would
 * have the same one-time key in every such transaction, and all but one such output be lost.
 */
static void small_order_payees_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct plan p;
		struct signed_tx t;
		struct address to;
		address_at(&to, &theirs, 1, 1);
		uint8_t *key = i % 2 ? to.view.b : to.spend.b;
		memset(key, 0, 32);
		key[0] = i < 2 ? 1 : 0; /* the identity; a point of order four */
		test_plan_make(&p, &ours, 1, XMR(3), &to, XMR(1), amount_of(99), &rng);
		assert_int_equal(plan_check(&p, &ours.account), ERR_POINT);
		assert_int_equal(tx_build(&t, &p, &ours.account, &ours.spend, &rng), ERR_POINT);
		assert_null(t.blob);
		plan_free(&p);
	}
}

/* Change that the watcher sends to an account that nobody looks at is as good as gone. */
static void rule_1_change_stays_in_a_known_account(void **state)
{
	(void)state;
	struct plan p;
	struct address to;
	address_at(&to, &theirs, 0, 0);
	test_plan_make(&p, &ours, 2, XMR(3), &to, XMR(1), amount_of(99), &rng);
	test_input_make(&p.in[0], &ours, (struct subaddress){7, 1}, XMR(3), &rng);
	test_input_make(&p.in[1], &ours, (struct subaddress){0, 2}, XMR(3), &rng);
	assert_int_equal(plan_check(&p, &ours.account), ERR_OK);
	p.change_account = 4000000000u;
	assert_int_equal(plan_check(&p, &ours.account), ERR_CHANGE);
	/* Anybody can send us dust there: one such input does not make it known. */
	p.change_account = 7;
	assert_int_equal(plan_check(&p, &ours.account), ERR_CHANGE);
	test_input_make(&p.in[1], &ours, (struct subaddress){7, 2}, XMR(3), &rng);
	assert_int_equal(plan_check(&p, &ours.account), ERR_OK);
	plan_free(&p);
}

int main(void)
{
	assert_int_equal(secret_start(), ERR_OK);
	rng = rng_seeded(&stream, 11);
	test_wallet_make(&ours, NETWORK_MAINNET, &rng);
	test_wallet_make(&theirs, NETWORK_MAINNET, &rng);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pays_every_kind_of_address),
	    cmocka_unit_test(many_subaddresses_get_additional_keys),
	    cmocka_unit_test(rule_1_change_is_derived_and_can_be_split),
	    cmocka_unit_test(rule_2_lies_are_refused),
	    cmocka_unit_test(integrated_addresses_pay_alone),
	    cmocka_unit_test(payment_ids_do_not_mix),
	    cmocka_unit_test(small_order_payees_are_refused),
	    cmocka_unit_test(rule_1_change_stays_in_a_known_account),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
