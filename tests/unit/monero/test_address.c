/* Addresses against the official wallet's, and each fault with an error of its own. */
#include "tests/unit/monero/vector.h"

#include "common/crypto/keccak.h"
#include "common/monero/address.h"
#include "common/monero/base58.h"
#include "tests/unit/monero/regtest.h"

/* The same keys on the three networks, from monero-wallet-cli. */
#define KEYS "FQP6iqjezwDiTYVBefSuzJT477MCcDsqB4Rqbmy7wHNuNnp7wUjzwTxBXuaY5kmGsQRVcHTSkSiu5"
#define SUBKEYS "GmqXqXKFpCtDLy7FZ1SnKFjb7chAxynkxCoZDG71x2QfP3ZrKavdzTwhrofr4rEKpcVvKr6pUVxkcT"
static const struct {
	const char *text;
	enum network network;
	enum address_kind kind;
} official[] = {
    {REGTEST_PRIMARY, NETWORK_MAINNET, ADDRESS_STANDARD},
    {REGTEST_0_1, NETWORK_MAINNET, ADDRESS_SUBADDRESS},
    {REGTEST_INTEGRATED, NETWORK_MAINNET, ADDRESS_INTEGRATED},
    {"5AKEQyt774h" KEYS "Utq8cuJ", NETWORK_STAGENET, ADDRESS_STANDARD},
    {"72VVz14EeEA" SUBKEYS "DRFECC", NETWORK_STAGENET, ADDRESS_SUBADDRESS},
    {"5L1uRnhbiLD" KEYS "iKrodxnvfp2GSgvCyB", NETWORK_STAGENET, ADDRESS_INTEGRATED},
    {"A1ejpPdQjph" KEYS "UySwfb4", NETWORK_TESTNET, ADDRESS_STANDARD},
    {"BYRfMoAZ4T8" SUBKEYS "Boe8Jw", NETWORK_TESTNET, ADDRESS_SUBADDRESS},
    {"ABMQqCSuM6D" KEYS "iKrodxnvfp2GQW2yhe", NETWORK_TESTNET, ADDRESS_INTEGRATED},
};

static void official_addresses(void **state)
{
	(void)state;
	char text[ADDRESS_TEXT_MAX];
	struct address a;
	for (size_t i = 0; i < sizeof official / sizeof official[0]; i++) {
		assert_int_equal(address_parse(&a, official[i].text), ERR_OK);
		assert_int_equal(a.network, official[i].network);
		assert_int_equal(a.kind, official[i].kind);
		assert_string_equal(address_format(text, &a), official[i].text);
		if (a.kind != ADDRESS_SUBADDRESS) {
			assert_hex(a.spend.b, 32, REGTEST_SPEND_PUBLIC);
			assert_hex(a.view.b, 32, REGTEST_VIEW_PUBLIC);
		}
		if (a.kind == ADDRESS_INTEGRATED) {
			assert_hex(a.payment_id, 8, REGTEST_PAYMENT_ID);
		}
	}
}

static void our_own_addresses(void **state)
{
	(void)state;
	static const struct {
		struct subaddress at;
		const char *text;
	} cases[] = {{{0, 0}, REGTEST_PRIMARY},
		     {{0, 1}, REGTEST_0_1},
		     {{1, 0}, REGTEST_1_0},
		     {{1, 3}, REGTEST_1_3}};
	struct view_key view;
	struct public_key spend;
	struct account_view account;
	assert_int_equal(hex_decode(view.s.b, 32, REGTEST_VIEW_KEY), ERR_OK);
	assert_int_equal(hex_decode(spend.b, 32, REGTEST_SPEND_PUBLIC), ERR_OK);
	assert_int_equal(account_view_init(&account, NETWORK_MAINNET, &view, &spend), ERR_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[ADDRESS_TEXT_MAX];
		struct address a;
		address_of(&a, &account, cases[i].at);
		assert_string_equal(address_format(text, &a), cases[i].text);
	}
}

static void check(const char *text, enum err expected)
{
	struct address a, zero = {0};
	assert_int_equal(address_parse(&a, text), expected);
	assert_true(expected == ERR_OK || address_equal(&a, &zero));
}

static void faults_are_told_apart(void **state)
{
	(void)state;
	char text[256];
	check("", ERR_ADDR_LENGTH);
	strcpy(text, REGTEST_PRIMARY);
	text[94] = '\0';
	check(text, ERR_ADDR_LENGTH);
	snprintf(text, sizeof text, "%s1", REGTEST_PRIMARY);
	check(text, ERR_ADDR_LENGTH);
	memset(text, '4', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	check(text, ERR_ADDR_LENGTH);
	strcpy(text, REGTEST_PRIMARY);
	text[40] = 'l';
	check(text, ERR_ADDR_CHARACTER);
	assert_non_null(strstr(err_detail(), "character 41 "));
	text[40] = (char)0xc3;
	check(text, ERR_ADDR_CHARACTER);
	strcpy(text, REGTEST_PRIMARY);
	memset(text + 11, 'z', 11);
	check(text, ERR_ADDR_BLOCK);
	strcpy(text, REGTEST_PRIMARY);
	memset(text + 88, 'z', 7);
	check(text, ERR_ADDR_BLOCK);
	strcpy(text, REGTEST_PRIMARY);
	text[60] = text[60] == 'a' ? 'b' : 'a';
	check(text, ERR_ADDR_CHECKSUM);
}

/* A text with a good checksum over any bytes. */
static void encode(char *text, uint8_t prefix, const uint8_t *keys, size_t n)
{
	uint8_t raw[80] = {prefix}, sum[32];
	memcpy(raw + 1, keys, n);
	keccak256(sum, raw, n + 1);
	memcpy(raw + 1 + n, sum, 4);
	base58_encode(text, raw, n + 5);
}

static void a_good_checksum_is_not_enough(void **state)
{
	(void)state;
	uint8_t keys[72];
	char text[160];
	assert_int_equal(hex_decode(keys, 32, REGTEST_SPEND_PUBLIC), ERR_OK);
	assert_int_equal(hex_decode(keys + 32, 32, REGTEST_VIEW_PUBLIC), ERR_OK);
	memset(keys + 64, 1, 8);
	encode(text, 18, keys, 64);
	check(text, ERR_OK);
	encode(text, 17, keys, 64);
	check(text, ERR_ADDR_PREFIX);
	encode(text, 19, keys, 64); /* integrated, without its payment id */
	check(text, ERR_ADDR_LENGTH);
	encode(text, 18, keys, 72); /* standard, with one */
	check(text, ERR_ADDR_LENGTH);
	for (size_t at = 0; at < 64; at += 32) {
		uint8_t kept[32];
		memcpy(kept, keys + at, 32);
		memset(keys + at, 0xff, 32); /* y above p */
		encode(text, 18, keys, 64);
		check(text, ERR_ADDR_KEY);
		assert_non_null(strstr(err_detail(), at ? "view" : "spend"));
		memset(keys + at, 0, 32); /* of order four; then the identity */
		encode(text, 42, keys, 64);
		check(text, ERR_ADDR_KEY);
		keys[at] = 1;
		encode(text, 42, keys, 64);
		check(text, ERR_ADDR_KEY);
		memcpy(keys + at, kept, 32);
	}
}

static void networks(void **state)
{
	(void)state;
	struct address a;
	enum network n;
	assert_int_equal(address_parse_for(&a, REGTEST_PRIMARY, NETWORK_MAINNET), ERR_OK);
	assert_int_equal(address_parse_for(&a, REGTEST_PRIMARY, NETWORK_STAGENET),
			 ERR_ADDR_NETWORK);
	assert_int_equal(address_parse_for(&a, "x", NETWORK_STAGENET), ERR_ADDR_LENGTH);
	for (unsigned i = 0; i < NETWORK_COUNT; i++) {
		assert_int_equal(network_parse(&n, network_name((enum network)i)), ERR_OK);
		assert_int_equal(n, i);
	}
	assert_int_equal(network_parse(&n, "Mainnet"), ERR_USAGE);
	assert_int_equal(network_parse(&n, ""), ERR_USAGE);
}

static void base58_blocks(void **state)
{
	(void)state;
	uint8_t in[24], out[24];
	char text[64];
	for (size_t n = 0; n <= sizeof in; n++) {
		memset(in, 0xff, n);
		base58_encode(text, in, n);
		assert_int_equal(strlen(text), base58_encoded_size(n));
		assert_int_equal(base58_decode(out, n, text, strlen(text)), ERR_OK);
		assert_memory_equal(in, out, n);
		assert_int_equal(base58_decode(out, n, text, strlen(text) + 1), ERR_ADDR_LENGTH);
	}
	/* One above the largest number of a block. */
	assert_int_equal(base58_decode(out, 8, "jpXCZedGfVR", 11), ERR_ADDR_BLOCK);
	assert_int_equal(base58_decode(out, 8, "jpXCZedGfVQ", 11), ERR_OK);
	assert_int_equal(base58_decode(out, 1, "5Q", 2), ERR_OK);
	assert_int_equal(base58_decode(out, 1, "5R", 2), ERR_ADDR_BLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_addresses),
	    cmocka_unit_test(our_own_addresses),
	    cmocka_unit_test(faults_are_told_apart),
	    cmocka_unit_test(a_good_checksum_is_not_enough),
	    cmocka_unit_test(networks),
	    cmocka_unit_test(base58_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
