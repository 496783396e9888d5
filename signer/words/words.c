/* Keys to words and back: see the header. */
#include "signer/words/words.h"

#include <string.h>

#include "common/base/secret.h"
#include "signer/words/wordlist.h"

#define DATA_WORDS 24
#define N ((uint64_t)WORDLIST_COUNT)

/* CRC-32 (IEEE 802.3, reflected, as in zlib), bit by bit: it runs over 72 letters. */
static uint32_t crc32_add(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (int i = 0; i < 8; i++) {
		crc = crc >> 1 ^ (UINT32_C(0xedb88320) & -(crc & 1));
	}
	return crc;
}

/* Which of the 24 words is repeated at the end. */
static size_t checksum_place(const uint32_t index[static DATA_WORDS])
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < DATA_WORDS; i++) {
		for (size_t k = 0; k < WORDLIST_PREFIX; k++) {
			crc = crc32_add(crc, (uint8_t)wordlist[index[i]][k]);
		}
	}
	return ~crc % DATA_WORDS;
}

static uint32_t load32_le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32_le(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++) {
		p[i] = (uint8_t)(v >> (8 * i));
	}
}

void words_encode(char out[static WORDS_TEXT_MAX], const uint8_t key[static 32])
{
	uint32_t index[WORDS_COUNT];
	for (size_t i = 0; i < 8; i++) {
		uint64_t v = load32_le(key + 4 * i);
		uint64_t first = v % N;
		uint64_t second = (v / N + first) % N;
		index[3 * i] = (uint32_t)first;
		index[3 * i + 1] = (uint32_t)second;
		index[3 * i + 2] = (uint32_t)((v / N / N + second) % N);
	}
	index[DATA_WORDS] = index[checksum_place(index)];
	memset(out, 0, WORDS_TEXT_MAX);
	for (size_t i = 0, at = 0; i < WORDS_COUNT; i++) {
		size_t n = strlen(wordlist[index[i]]);
		if (i > 0) {
			out[at++] = ' ';
		}
		memcpy(out + at, wordlist[index[i]], n);
		at += n;
	}
	secret_wipe(index, sizeof index);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool same_letter(char typed, char listed)
{
	return typed == listed || (typed >= 'A' && typed <= 'Z' && typed - 'A' + 'a' == listed);
}

/* Whether the n letters typed are the word, or its beginning of three letters or more. */
static bool is_word(const char *typed, size_t n, const char *word)
{
	if (n < WORDLIST_PREFIX || n > strlen(word)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!same_letter(typed[i], word[i])) {
			return false;
		}
	}
	return true;
}

/* Goes through the whole list whatever is found, so that time does not tell the word's place. */
static bool find_word(uint32_t *index, const char *typed, size_t n)
{
	bool found = false;
	for (uint32_t i = 0; i < WORDLIST_COUNT; i++) {
		if (is_word(typed, n, wordlist[i])) {
			*index = i;
			found = true;
		}
	}
	return found;
}

static enum err read_words(uint32_t index[static WORDS_COUNT], const char *text)
{
	size_t count = 0, unknown = 0;
	while (*text) {
		size_t n = 0;
		while (text[n] && !is_blank(text[n])) {
			n++;
		}
		if (n > 0) {
			if (count < WORDS_COUNT && !find_word(&index[count], text, n) && !unknown) {
				unknown = count + 1;
			}
			count++;
		}
		text += n ? n : 1;
	}
	if (count != WORDS_COUNT) {
		return err_set(ERR_WORDS_COUNT, "%zu words where %d are needed", count,
			       WORDS_COUNT);
	}
	if (unknown) {
		return err_set(ERR_WORDS_UNKNOWN, "word %zu", unknown);
	}
	return ERR_OK;
}

/* Three words to four bytes; some combinations of words stand for no 32-bit number. */
static bool join(uint8_t out[static 4], const uint32_t w[static 3])
{
	uint64_t v = w[0] + N * ((N - w[0] + w[1]) % N) + N * N * ((N - w[1] + w[2]) % N);
	store32_le(out, (uint32_t)v);
	return v <= UINT32_MAX;
}

enum err words_decode(uint8_t key[static 32], const char *text)
{
	uint32_t index[WORDS_COUNT] = {0};
	enum err e = read_words(index, text);
	if (e != ERR_OK) {
		goto out;
	}
	if (index[DATA_WORDS] != index[checksum_place(index)]) {
		e = err_set(ERR_WORDS_CHECKSUM, "is a word wrong, or in the wrong place?");
		goto out;
	}
	for (size_t i = 0; i < 8; i++) {
		if (!join(key + 4 * i, index + 3 * i)) {
			e = ERR_WORDS_RANGE;
		}
	}
out:
	secret_wipe(index, sizeof index);
	if (e != ERR_OK) {
		secret_wipe(key, 32);
	}
	return e;
}

bool words_place_is(const char *words, size_t place, const char *typed)
{
	char word[WORDLIST_WORD_MAX + 1] = {0};
	size_t n = 0, typed_n = strlen(typed);
	for (; place && *words; words++) {
		place -= *words == ' ';
	}
	for (; words[n] && words[n] != ' ' && n < WORDLIST_WORD_MAX; n++) {
		word[n] = words[n];
	}
	while (is_blank(*typed)) {
		typed++;
		typed_n--;
	}
	while (typed_n && is_blank(typed[typed_n - 1])) {
		typed_n--;
	}
	bool same = is_word(typed, typed_n, word);
	secret_wipe(word, sizeof word);
	return same;
}
