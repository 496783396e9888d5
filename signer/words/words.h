/*
 * A key as 25 English words, as the official wallets print and read them: three words for every
 * four bytes, and one of the 24 again as a checksum over the words' first three letters. Words and
 * key are secret: the caller keeps both in memory that is wiped, and no error text repeats a word.
 * Source: monero src/mnemonics/electrum-words.cpp. Seed offset
 * passphrases: offset.h.
 */
#ifndef AIRLOCK_SIGNER_WORDS_H
#define AIRLOCK_SIGNER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define WORDS_COUNT 25
/* 12 letters and a blank each; the terminator in place of the last blank. */
#define WORDS_TEXT_MAX (WORDS_COUNT * 13)

/* Writes the words, separated by one blank. Any 32 bytes have words. */
void words_encode(char out[static WORDS_TEXT_MAX], const uint8_t key[static 32]);

/*
 * Reads 25 words, in either case, separated by white space; each whole or cut to at least its first
 * three letters. ERR_WORDS_COUNT, ERR_WORDS_UNKNOWN (naming the place), ERR_WORDS_CHECKSUM,
 * ERR_WORDS_RANGE; key is zeroed then. The bytes are those encoded, not reduced modulo l.
 */
enum err MUST_CHECK words_decode(uint8_t key[static 32], const char *text);

/* Whether `typed` is the word at this place (from 0) of `words`, by the rules of words_decode. */
bool words_place_is(const char *words, size_t place, const char *typed);

#endif
