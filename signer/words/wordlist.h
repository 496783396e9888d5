/* The English word list of Monero's mnemonic. Source: monero src/mnemonics/english.h. */
#ifndef AIRLOCK_SIGNER_WORDLIST_H
#define AIRLOCK_SIGNER_WORDLIST_H

#define WORDLIST_COUNT 1626
#define WORDLIST_WORD_MAX 12
#define WORDLIST_PREFIX 3 /* letters that tell any two words apart; each word has more */

/* In alphabetical order. */
extern const char wordlist[WORDLIST_COUNT][WORDLIST_WORD_MAX + 1];

#endif
