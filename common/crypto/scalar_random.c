/* Scalars nobody can foresee: uniform ones and hedged nonces. */
#include "common/crypto/scalar.h"

#include <string.h>

#include <sodium.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"

/*
 * Zero comes once in 2^252; taking one instead keeps the promise "never zero" without a loop, and
 * without a branch on a secret.
 */
static void never_zero(struct scalar *s)
{
	s->b[0] |= (uint8_t)sc_is_zero(s);
}

void sc_random(struct scalar *out, const struct rng *rng)
{
	uint8_t b[64];
	rng_fill(rng, b, sizeof b);
	sc_reduce64(out, b);
	never_zero(out);
	secret_wipe(b, sizeof b);
}

/* Each part is preceded by its length, so no two lists of parts hash alike. */
static void absorb(crypto_generichash_state *h, const void *p, size_t n)
{
	uint8_t length[8];
	store64_le(length, n);
	(void)crypto_generichash_update(h, length, sizeof length);
	if (n > 0) {
		(void)crypto_generichash_update(h, p, n);
	}
}

void sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
	      const void *message, size_t message_n, const struct rng *rng)
{
	uint8_t b[64];
	crypto_generichash_state h;
	(void)crypto_generichash_init(&h, NULL, 0, sizeof b);
	absorb(&h, label, strlen(label));
	absorb(&h, secret, secret_n);
	absorb(&h, message, message_n);
	rng_fill(rng, b, sizeof b);
	absorb(&h, b, sizeof b);
	(void)crypto_generichash_final(&h, b, sizeof b);
	sc_reduce64(out, b);
	never_zero(out);
	secret_wipe(b, sizeof b);
	secret_wipe(&h, sizeof h);
}
