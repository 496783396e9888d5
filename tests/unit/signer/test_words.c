/*
 * Words against the official wallet (monero-wallet-cli --generate-from-spend-key), and every way
 * that words can be wrong.
 */
#include "tests/unit/unit.h"

#include "common/base/hex.h"
#include "signer/words/wordlist.h"
#include "signer/words/words.h"

#define OFFICIAL_KEY "9f3c1d5a7b2e48c06d81f4a3b5c7e902134657a8bd9ecf001122334455667705"
#define OFFICIAL_WORDS                                                                             \
	"nouns insult shrugged scuba utensils podcast pebbles anxiety quick rarest deepest "       \
	"different tolerant bested second cactus fazed feline biplane twice cigar tossed myriad "  \
	"nineteen cigar"

static void official_words(void **state)
{
	(void)state;
	uint8_t key[32], read[32];
	char text[WORDS_TEXT_MAX];
	assert_int_equal(hex_decode(key, 32, OFFICIAL_KEY), ERR_OK);
	words_encode(text, key);
	assert_string_equal(text, OFFICIAL_WORDS);
	assert_int_equal(words_decode(read, text), ERR_OK);
	assert_memory_equal(key, read, 32);
}

static void the_list_is_whole(void **state)
{
	(void)state;
	assert_string_equal(wordlist[0], "abbey");
	assert_string_equal(wordlist[WORDLIST_COUNT - 1], "zoom");
	for (size_t i = 0; i < WORDLIST_COUNT; i++) {
		assert_true(strlen(wordlist[i]) > WORDLIST_PREFIX);
		assert_true(i == 0 || strncmp(wordlist[i - 1], wordlist[i], WORDLIST_PREFIX) < 0);
	}
}

static void keys_round_trip(void **state)
{
	(void)state;
	uint8_t key[32], read[32];
	char text[WORDS_TEXT_MAX];
	for (unsigned i = 0; i < 256; i++) {
		for (unsigned k = 0; k < 32; k++) {
			key[k] = (uint8_t)(i < 2 ? 0 - i : (i + 1) * (k + 7) * 2654435761U >> 13);
		}
		words_encode(text, key);
		assert_int_equal(words_decode(read, text), ERR_OK);
		assert_memory_equal(key, read, 32);
	}
}

static void people_type_as_they_like(void **state)
{
	(void)state;
	uint8_t read[32], key[32];
	assert_int_equal(hex_decode(key, 32, OFFICIAL_KEY), ERR_OK);
	assert_int_equal(
	    words_decode(read, "  NOUNS ins shru\tscu ute pod peb anx\nqui rar dee dif tol bes sec "
			       "cac Fazed fel bip twi cig tos myr nin\r\ncigar \n"),
	    ERR_OK);
	assert_memory_equal(key, read, 32);
}

static void wrong_words(void **state)
{
	(void)state;
	static const uint8_t zeros[32];
	static const struct {
		const char *was, *becomes;
		enum err e;
	} cases[] = {
	    {" nineteen cigar", " nineteen", ERR_WORDS_COUNT},
	    {" nineteen cigar", " nineteen cigar cigar", ERR_WORDS_COUNT},
	    {"nouns", "nounz", ERR_WORDS_UNKNOWN},
	    {"nouns", "nounss", ERR_WORDS_UNKNOWN},
	    {"nouns", "no", ERR_WORDS_UNKNOWN},
	    {"nouns", "no\xc3\xbcns", ERR_WORDS_UNKNOWN},
	    {"nineteen cigar", "nineteen myriad", ERR_WORDS_CHECKSUM},
	    {"nouns insult", "insult nouns", ERR_WORDS_CHECKSUM},
	    {"quick", "abbey", ERR_WORDS_CHECKSUM},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[512];
		const char *at = strstr(OFFICIAL_WORDS, cases[i].was);
		assert_non_null(at);
		snprintf(text, sizeof text, "%.*s%s%s", (int)(at - OFFICIAL_WORDS), OFFICIAL_WORDS,
			 cases[i].becomes, at + strlen(cases[i].was));
		uint8_t key[32] = {1};
		assert_int_equal(words_decode(key, text), cases[i].e);
		assert_memory_equal(key, zeros, 32);
		assert_null(strstr(err_detail(), cases[i].becomes));
	}
	uint8_t key[32];
	assert_int_equal(words_decode(key, ""), ERR_WORDS_COUNT);
}

/* The largest triple is 1625, 1624, 1623: above 2^32; the checksum is made to fit. */
static void combinations_that_stand_for_nothing(void **state)
{
	(void)state;
	uint8_t key[32];
	char text[WORDS_TEXT_MAX + 64];
	unsigned refused = 0;
	for (unsigned last = 0; last < 24; last++) {
		char *at = text;
		for (unsigned i = 0; i < 25; i++) {
			unsigned place = i < 24 ? i : last;
			at += sprintf(at, "%s ", wordlist[1625 - place % 3]);
		}
		enum err e = words_decode(key, text);
		assert_true(e == ERR_WORDS_RANGE || e == ERR_WORDS_CHECKSUM);
		refused += e == ERR_WORDS_RANGE;
	}
	assert_true(refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_words),
	    cmocka_unit_test(the_list_is_whole),
	    cmocka_unit_test(keys_round_trip),
	    cmocka_unit_test(people_type_as_they_like),
	    cmocka_unit_test(wrong_words),
	    cmocka_unit_test(combinations_that_stand_for_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
