/* Identities, and the two short texts that people compare or type. */
#include <sodium.h>
#include <string.h>

#include "common/base/secret.h"
#include "proto/envelope.h"

void identity_from_seed(struct identity *out, const uint8_t seed[static 32])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	memmove(out->seed, seed, sizeof out->seed);
	crypto_sign_seed_keypair(out->public.b, secret, out->seed);
	secret_wipe(secret, sizeof secret);
}

/* Groups of four digits of Crockford's base32 (no i, l, o, u): bits from the first byte's highest.
 */
static void base32_groups(char *out, const uint8_t *p, size_t digits, const char *alphabet)
{
	for (size_t i = 0; i < digits; i++) {
		size_t bit = 5 * i;
		unsigned pair = (unsigned)p[bit / 8] << 8 |
				(bit / 8 + 1 < digits * 5 / 8 ? p[bit / 8 + 1] : 0u);
		if (i > 0 && i % 4 == 0) {
			*out++ = '-';
		}
		*out++ = alphabet[pair >> (11 - bit % 8) & 31];
	}
	*out = '\0';
}

char *identity_fingerprint(char out[static FINGERPRINT_TEXT_MAX], const struct identity_public *id)
{
	uint8_t hash[crypto_generichash_BYTES];
	static const char label[] = "airlock fingerprint";
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof label);
	crypto_generichash_update(&state, id->b, sizeof id->b);
	crypto_generichash_final(&state, hash, sizeof hash);
	base32_groups(out, hash, 16, "0123456789abcdefghjkmnpqrstvwxyz");
	return out;
}

char *confirmation_code(char out[static CONFIRM_CODE_MAX], const struct hash *hash)
{
	base32_groups(out, hash->b, 8, "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
	return out;
}
