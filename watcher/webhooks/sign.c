/* Signatures of Standard Webhooks 1.0: over "id.timestamp.body", in one header a space between. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/webhooks/webhooks.h"

#define BASE64(n) sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL)

char *webhook_secret_text(char out[static WEBHOOK_SECRET_TEXT_MAX], const struct webhook_secret *s)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char text[BASE64(32)];
	bool hmac = s->kind == WEBHOOK_HMAC;
	crypto_sign_seed_keypair(public, secret, s->b);
	sodium_bin2base64(text, sizeof text, hmac ? s->b : public, 32,
			  sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, WEBHOOK_SECRET_TEXT_MAX, "%s_%s", hmac ? "whsec" : "whpk", text);
	secret_wipe(secret, sizeof secret);
	secret_wipe(text, sizeof text);
	return out;
}

static void sign_hmac(char out[static BASE64(32)], const uint8_t key[static 32], const char *head,
		      struct span body)
{
	crypto_auth_hmacsha256_state state;
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_init(&state, key, 32);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, strlen(head));
	crypto_auth_hmacsha256_update(&state, body.p, body.n);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_bin2base64(out, BASE64(32), mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
	secret_wipe(&state, sizeof state);
}

static void sign_ed25519(char out[static BASE64(64)], const uint8_t seed[static 32],
			 const char *head, struct span body)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	uint8_t signature[crypto_sign_BYTES];
	struct buf all;
	buf_init(&all, 1u << 20);
	buf_text(&all, head);
	buf_put(&all, body.p, body.n);
	crypto_sign_seed_keypair(public, secret, seed);
	crypto_sign_detached(signature, NULL, all.p, all.n, secret);
	sodium_bin2base64(out, BASE64(64), signature, sizeof signature,
			  sodium_base64_VARIANT_ORIGINAL);
	secret_wipe(secret, sizeof secret);
	buf_free(&all);
}

void webhook_sign(struct webhook_message *m, const struct webhook *h, uint64_t now)
{
	char head[64], text[BASE64(64)];
	size_t n = 0;
	snprintf(head, sizeof head, "%" PRIu64 ".%" PRIu64 ".", m->number, now);
	snprintf(m->id, sizeof m->id, "webhook-id: %" PRIu64, m->number);
	snprintf(m->timestamp, sizeof m->timestamp, "webhook-timestamp: %" PRIu64, now);
	n += (size_t)snprintf(m->signature, sizeof m->signature, "webhook-signature:");
	for (size_t i = 0; i < WEBHOOK_SECRETS; i++) {
		const struct webhook_secret *s = &h->secret[i];
		if (s->kind == WEBHOOK_NONE || (s->until && s->until <= now)) {
			continue;
		}
		if (s->kind == WEBHOOK_HMAC) {
			sign_hmac(text, s->b, head, buf_span(&m->body));
		} else {
			sign_ed25519(text, s->b, head, buf_span(&m->body));
		}
		n += (size_t)snprintf(m->signature + n, sizeof m->signature - n, " %s,%s",
				      s->kind == WEBHOOK_HMAC ? "v1" : "v1a", text);
	}
}
