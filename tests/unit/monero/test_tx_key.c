/* Payments proven by transaction keys: the official wallet's transactions, keys and addresses. */
#include "tests/unit/monero/vector.h"

#include "common/monero/tx_key.h"
#include "tests/unit/monero/regtest.h"

static void check(size_t which, const char *text, enum err expected, uint64_t paid)
{
	struct tx tx;
	struct address to;
	struct amount received;
	size_t n, keys_size;
	uint8_t *blob = vector_bytes(REGTEST_TXS[which].blob, &n);
	uint8_t *keys = vector_bytes(REGTEST_TXS[which].keys, &keys_size);
	struct scalar k[16];
	memcpy(k, keys, keys_size);
	assert_int_equal(tx_parse(&tx, blob, n, false), ERR_OK);
	assert_int_equal(address_parse(&to, text), ERR_OK);
	assert_int_equal(tx_key_check(&received, &tx, k, keys_size / 32, &to), expected);
	assert_true(received.atomic == paid);
	tx_free(&tx);
	free(blob);
	free(keys);
}

static void official_payments(void **state)
{
	(void)state;
	check(REGTEST_TO_PRIMARY, REGTEST_PRIMARY, ERR_OK, UINT64_C(1230000000001));
	check(REGTEST_TO_SUBADDRESS, REGTEST_0_1, ERR_OK, UINT64_C(2000000000002));
	check(REGTEST_TO_INTEGRATED, REGTEST_INTEGRATED, ERR_OK, UINT64_C(300000000003));
	check(REGTEST_TO_SEVERAL, REGTEST_PRIMARY, ERR_OK, UINT64_C(11000000000011));
	check(REGTEST_TO_SEVERAL, REGTEST_1_0, ERR_OK, UINT64_C(5000000000005));
	check(REGTEST_TO_SEVERAL, REGTEST_1_3, ERR_OK, UINT64_C(6000000000006));
}

static void nothing_for_others(void **state)
{
	(void)state;
	check(REGTEST_TO_PRIMARY, REGTEST_0_1, ERR_OK, 0);
	check(REGTEST_TO_SUBADDRESS, REGTEST_PRIMARY, ERR_OK, 0);
	check(REGTEST_TO_SEVERAL, REGTEST_0_1, ERR_OK, 0);
}

static void wrong_keys_show_nothing(void **state)
{
	(void)state;
	struct tx tx;
	struct address to;
	struct amount received;
	size_t n;
	uint8_t *blob = vector_bytes(REGTEST_TXS[REGTEST_TO_SEVERAL].blob, &n);
	struct scalar k[6];
	assert_int_equal(hex_decode(k, sizeof k, REGTEST_TXS[REGTEST_TO_SEVERAL].keys), ERR_OK);
	assert_int_equal(tx_parse(&tx, blob, n, false), ERR_OK);
	assert_int_equal(address_parse(&to, REGTEST_1_3), ERR_OK);
	assert_int_equal(tx_key_check(&received, &tx, k, 5, &to), ERR_PARSE_VALUE);
	assert_int_equal(tx_key_check(&received, &tx, k, 0, &to), ERR_PARSE_VALUE);
	/* The main key alone does not show what additional keys paid. */
	assert_int_equal(tx_key_check(&received, &tx, k, 1, &to), ERR_OK);
	assert_true(received.atomic == 0);
	for (size_t i = 0; i < 6; i++) {
		sc_add(&k[i], &k[i], &SC_ONE);
	}
	assert_int_equal(tx_key_check(&received, &tx, k, 6, &to), ERR_OK);
	assert_true(received.atomic == 0);
	memset(to.view.b, 0xff, 32);
	assert_int_equal(tx_key_check(&received, &tx, k, 6, &to), ERR_POINT);
	tx_free(&tx);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_payments),
	    cmocka_unit_test(nothing_for_others),
	    cmocka_unit_test(wrong_keys_show_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
