/*
 * The four hashes that may end a CryptoNight: BLAKE-256, Groestl-256, JH-256 and Skein-512-256, all
 * finalists of the SHA-3 competition, here for the one length that is asked for. Written for
 * reading, not for speed: one of them runs once when a wallet's words are restored. The input is
 * secret; what they keep of it on the stack is wiped.
 */
#ifndef AIRLOCK_SIGNER_FINALISTS_H
#define AIRLOCK_SIGNER_FINALISTS_H

#include <stdint.h>

#define FINALIST_INPUT 200

void blake256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT]);
void groestl256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT]);
void jh256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT]);
void skein256_of_200(uint8_t out[static 32], const uint8_t in[static FINALIST_INPUT]);

#endif
