#include "signer/words/cryptonight.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/crypto/keccak.h"
#include "signer/words/aes.h"
#include "signer/words/finalists.h"

#define PAD_SIZE (UINT32_C(1) << 21)
#define TEXT_SIZE 128
#define STEPS 524288

struct work {
	uint8_t state[200];
	uint8_t keys[AES_KEYS * AES_BLOCK];
	uint8_t text[TEXT_SIZE];
	uint8_t a[AES_BLOCK], b[AES_BLOCK], c[AES_BLOCK];
	uint8_t pad[PAD_SIZE];
};

static void xor16(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	for (unsigned i = 0; i < AES_BLOCK; i++) {
		out[i] = a[i] ^ b[i];
	}
}

static void encrypt_text(struct work *w)
{
	for (unsigned i = 0; i < TEXT_SIZE; i += AES_BLOCK) {
		for (unsigned k = 0; k < AES_KEYS; k++) {
			aes_round(w->text + i, w->keys + AES_BLOCK * k);
		}
	}
}

static void fill_pad(struct work *w)
{
	aes_expand(w->keys, w->state);
	memcpy(w->text, w->state + 64, TEXT_SIZE);
	for (uint32_t at = 0; at < PAD_SIZE; at += TEXT_SIZE) {
		encrypt_text(w);
		memcpy(w->pad + at, w->text, TEXT_SIZE);
	}
}

static void empty_pad(struct work *w)
{
	aes_expand(w->keys, w->state + 32);
	memcpy(w->text, w->state + 64, TEXT_SIZE);
	for (uint32_t at = 0; at < PAD_SIZE; at += TEXT_SIZE) {
		for (unsigned i = 0; i < TEXT_SIZE; i += AES_BLOCK) {
			xor16(w->text + i, w->text + i, w->pad + at + i);
		}
		encrypt_text(w);
	}
	memcpy(w->state + 64, w->text, TEXT_SIZE);
}

static uint8_t *place(struct work *w, const uint8_t *address)
{
	return w->pad + (load64_le(address) & (PAD_SIZE - AES_BLOCK));
}

/* One AES round and one product, each to and from a place in the pad that the last one named. */
static void step(struct work *w)
{
	uint8_t *at = place(w, w->a), before[AES_BLOCK];
	memcpy(w->c, at, AES_BLOCK);
	aes_round(w->c, w->a);
	xor16(at, w->b, w->c);
	at = place(w, w->c);
	memcpy(before, at, AES_BLOCK);
	unsigned __int128 product = (unsigned __int128)load64_le(w->c) * load64_le(before);
	store64_le(w->a, load64_le(w->a) + (uint64_t)(product >> 64));
	store64_le(w->a + 8, load64_le(w->a + 8) + (uint64_t)product);
	memcpy(at, w->a, AES_BLOCK);
	xor16(w->a, w->a, before);
	memcpy(w->b, w->c, AES_BLOCK);
}

enum err cryptonight(uint8_t out[static 32], struct span in)
{
	static void (*const last[4])(uint8_t *, const uint8_t *) = {
	    blake256_of_200, groestl256_of_200, jh256_of_200, skein256_of_200};
	struct work *w = secret_alloc(sizeof *w);
	if (!w) {
		memset(out, 0, 32);
		return ERR_NO_MEMORY;
	}
	keccak_state(w->state, in.p, in.n);
	fill_pad(w);
	xor16(w->a, w->state, w->state + 32);
	xor16(w->b, w->state + 16, w->state + 48);
	for (unsigned i = 0; i < STEPS; i++) {
		step(w);
	}
	empty_pad(w);
	keccak_permute(w->state);
	last[w->state[0] & 3](out, w->state);
	secret_free(w);
	return ERR_OK;
}
