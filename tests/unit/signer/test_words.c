/*
 * Words against the official wallet (monero-wallet-cli --generate-from-spend-key), and every way
 * that words can be wrong.
 */
#include "tests/unit/unit.h"

#include "common/base/hex.h"
#include "common/base/secret.h"
#include "signer/words/cryptonight.h"
#include "signer/words/offset.h"
#include "signer/words/prove.h"
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

/* Monero's own (tests/hash/tests-slow.txt): each of the four hashes ends one. */
static void official_slow_hashes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *hash;
	} cases[] = {
	    {"de omnibus dubitandum",
	     "2f8e3df40bd11f9ac90c743ca8e32bb391da4fb98612aa3b6cdc639ee00b31f5"}, /* BLAKE */
	    {"abundans cautela non nocet",
	     "722fa8ccd594d40e4a41f3822734304c8d5eff7e1b528408e2229da38ba553c4"}, /* Groestl */
	    {"caveat emptor",
	     "bbec2cacf69866a8e740380fe7b818fc78f8571221742d729d9d02d7f8989b87"}, /* JH */
	    {"ex nihilo nihil fit",
	     "b1257de4efc5ce28c6b40ceb1c6c8f812a64634eb3e81c5220bee9b2b76a6f05"}, /* Skein */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t hash[32], expected[32];
		struct span in = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};
		assert_int_equal(cryptonight(hash, in), ERR_OK);
		assert_int_equal(hex_decode(expected, 32, cases[i].hash), ERR_OK);
		assert_memory_equal(hash, expected, 32);
	}
}

static void an_offset_is_taken_off(void **state)
{
	(void)state;
	struct scalar key = SC_ZERO, offset;
	uint8_t hash[32];
	const struct span in = {(const uint8_t *)"caveat emptor", 13};
	key.b[0] = 5;
	assert_int_equal(cryptonight(hash, in), ERR_OK);
	sc_reduce32(&offset, hash);
	assert_int_equal(offset_remove(&key, in), ERR_OK);
	sc_add(&key, &key, &offset);
	assert_true(key.b[0] == 5 && key.b[1] == 0 && key.b[31] == 0);
}

static void one_word_at_a_time(void **state)
{
	(void)state;
	assert_true(words_place_is(OFFICIAL_WORDS, 0, "nouns"));
	assert_true(words_place_is(OFFICIAL_WORDS, 0, " NOU "));
	assert_true(words_place_is(OFFICIAL_WORDS, 1, "insult"));
	assert_true(words_place_is(OFFICIAL_WORDS, 24, "cigar"));
	static const char *const wrong[] = {"", "n", "no", "nounss", "nouns insult", "insult"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_false(words_place_is(OFFICIAL_WORDS, 0, wrong[i]));
	}
	assert_false(words_place_is(OFFICIAL_WORDS, 25, "cigar"));
	assert_false(words_place_is(OFFICIAL_WORDS, 25, ""));
}

/* A person who answers wrong so many times before each right answer. */
struct person {
	unsigned wrong, left, asked;
	bool seen[WORDS_COUNT];
};

static enum err answer(void *ctx, char **line, const char *prompt)
{
	struct person *p = ctx;
	const char *at = strstr(prompt, "Word ");
	char words[] = OFFICIAL_WORDS;
	assert_non_null(at);
	unsigned long place = strtoul(at + 5, NULL, 10) - 1;
	assert_true(place < WORDS_COUNT);
	assert_true(p->left < p->wrong || !p->seen[place]);
	*line = secret_alloc(64);
	assert_non_null(*line);
	p->asked++;
	if (p->left) {
		p->left--;
		snprintf(*line, 64, "abbey");
		return ERR_OK;
	}
	p->left = p->wrong;
	p->seen[place] = true;
	const char *word = strtok(words, " ");
	for (unsigned long i = 0; i < place; i++) {
		word = strtok(NULL, " ");
	}
	snprintf(*line, 64, "%s", word);
	return ERR_OK;
}

static void words_are_asked_back(void **state)
{
	(void)state;
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 3);
	for (unsigned wrong = 0; wrong < 5; wrong++) {
		struct person p = {.wrong = wrong, .left = wrong};
		const struct prove_hooks hooks = {&p, answer};
		enum err rc = words_prove(OFFICIAL_WORDS, &rng, &hooks);
		assert_int_equal(rc, wrong < PROVE_TRIES ? ERR_OK : ERR_WORDS_UNPROVEN);
		assert_int_equal(p.asked,
				 wrong < PROVE_TRIES ? (wrong + 1) * PROVE_PLACES : PROVE_TRIES);
	}
	/* Every place is asked for some time. */
	struct person p = {0};
	const struct prove_hooks hooks = {&p, answer};
	bool ever[WORDS_COUNT] = {false};
	for (int i = 0; i < 200; i++) {
		memset(p.seen, 0, sizeof p.seen);
		assert_int_equal(words_prove(OFFICIAL_WORDS, &rng, &hooks), ERR_OK);
		for (size_t k = 0; k < WORDS_COUNT; k++) {
			ever[k] = ever[k] || p.seen[k];
		}
	}
	for (size_t k = 0; k < WORDS_COUNT; k++) {
		assert_true(ever[k]);
	}
}

int main(void)
{
	if (secret_start() != ERR_OK) {
		return 1;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(official_words),
	    cmocka_unit_test(the_list_is_whole),
	    cmocka_unit_test(keys_round_trip),
	    cmocka_unit_test(people_type_as_they_like),
	    cmocka_unit_test(wrong_words),
	    cmocka_unit_test(combinations_that_stand_for_nothing),
	    cmocka_unit_test(official_slow_hashes),
	    cmocka_unit_test(an_offset_is_taken_off),
	    cmocka_unit_test(one_word_at_a_time),
	    cmocka_unit_test(words_are_asked_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
