/* tx_extra: every field, and that what comes before a broken field counts. */
#include "tests/unit/monero/vector.h"

#include "common/monero/tx.h"

#define K1 "1111111111111111111111111111111111111111111111111111111111111111"
#define K2 "2222222222222222222222222222222222222222222222222222222222222222"

static uint8_t bytes[1024];

static struct tx_extra parse(const char *hex)
{
	struct tx_extra out;
	size_t n = strlen(hex) / 2;
	assert_true(n <= sizeof bytes);
	assert_int_equal(hex_decode(bytes, n, hex), ERR_OK);
	tx_extra_parse(&out, (struct span){bytes, n});
	return out;
}

static void every_field(void **state)
{
	(void)state;
	struct tx_extra e = parse("01" K1 "020901a0a1a2a3a4a5a6a7"
				  "0402" K1 K2 "01" K2);
	assert_int_equal(e.n_public, 2);
	assert_hex(e.public_key[0].b, 32, K1);
	assert_hex(e.public_key[1].b, 32, K2);
	assert_true(e.has_encrypted_payment_id);
	assert_hex(e.encrypted_payment_id, 8, "a0a1a2a3a4a5a6a7");
	assert_false(e.has_payment_id);
	assert_int_equal(e.n_additional, 2);
	assert_hex(e.additional, 64, K1 K2);

	e = parse("022100" K2 "0321"
		  "00" K1 "de03616263"
		  "01" K1);
	assert_true(e.has_payment_id);
	assert_hex(e.payment_id, 32, K2);
	assert_int_equal(e.n_public, 1);
}

static void a_broken_field_ends_the_walk(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		size_t keys;
	} cases[] = {
	    {"", 0},
	    {"01" K1 "0111", 1},              /* a key cut short */
	    {"01" K1 "07" K1 "01" K2, 1},     /* an unknown tag */
	    {"01" K1 "00000001" K2, 1},       /* nothing follows padding */
	    {"01" K1 "02ff", 1},              /* a nonce longer than what is left */
	    {"01" K1 "0402" K1, 1},           /* fewer keys than counted */
	    {"01" K1 "032000" K1 "01" K2, 1}, /* a merge mining tag of wrong size */
	    {"02038000aa"
	     "01" K1,
	     1},                                          /* a nonce of no known kind */
	    {"01" K1 "01" K1 "01" K1 "01" K1 "01" K2, 4}, /* more keys than are kept */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tx_extra e = parse(cases[i].hex);
		assert_int_equal(e.n_public, cases[i].keys);
		assert_int_equal(e.n_additional, 0);
		assert_false(e.has_encrypted_payment_id || e.has_payment_id);
	}
}

static void the_first_of_a_kind_counts(void **state)
{
	(void)state;
	struct tx_extra e = parse("020901a0a1a2a3a4a5a6a7"
				  "020901b0b1b2b3b4b5b6b7"
				  "0401" K1 "0401" K2);
	assert_hex(e.encrypted_payment_id, 8, "a0a1a2a3a4a5a6a7");
	assert_int_equal(e.n_additional, 1);
	assert_hex(e.additional, 32, K1);
	e = parse("0200"
		  "020901b0b1b2b3b4b5b6b7");
	assert_false(e.has_encrypted_payment_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_field),
	    cmocka_unit_test(a_broken_field_ends_the_walk),
	    cmocka_unit_test(the_first_of_a_kind_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
