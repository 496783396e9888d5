/*
 * The parts of AES (FIPS 197) that CryptoNight and Groestl are made of. By table, so variable time:
 * the only secret that meets them is a seed offset passphrase, once, on the offline machine.
 */
#ifndef AIRLOCK_SIGNER_AES_H
#define AIRLOCK_SIGNER_AES_H

#include <stdbool.h>
#include <stdint.h>

#define AES_BLOCK 16
#define AES_KEYS 10 /* round keys, as many as CryptoNight uses */

uint8_t aes_sub(uint8_t a);
/* Twice a in AES's field. */
uint8_t aes_double(uint8_t a);

/* One round: SubBytes, ShiftRows, MixColumns, and the round key added. */
void aes_round(uint8_t block[static AES_BLOCK], const uint8_t key[static AES_BLOCK]);

/* The first round keys of AES-256. */
void aes_expand(uint8_t keys[static AES_KEYS * AES_BLOCK], const uint8_t key[static 32]);

#endif
