#include "signer/policy/approver.h"

#include <sodium.h>
#include <string.h>

#define KEY_SIZE (2 + 8 + 32)

enum err approver_parse(struct policy_approver *out, const char *text)
{
	uint8_t raw[KEY_SIZE];
	const char *end = NULL;
	size_t n = 0;
	if (strlen(text) != APPROVER_KEY_TEXT_MAX - 1 ||
	    sodium_base642bin(raw, sizeof raw, text, strlen(text), NULL, &n, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n != KEY_SIZE || *end || raw[0] != 'E' || raw[1] != 'd') {
		return err_set(ERR_PARSE_VALUE, "not a public key of minisign");
	}
	/* Small order or no point at all: nobody's key. */
	if (crypto_core_ed25519_is_valid_point(raw + 10) != 1) {
		return err_set(ERR_PARSE_VALUE, "the key is not a point of the curve");
	}
	memcpy(out->id, raw + 2, sizeof out->id);
	memcpy(out->key, raw + 10, sizeof out->key);
	return ERR_OK;
}

char *approver_format(char out[static APPROVER_KEY_TEXT_MAX], const struct policy_approver *a)
{
	uint8_t raw[KEY_SIZE] = {'E', 'd'};
	memcpy(raw + 2, a->id, sizeof a->id);
	memcpy(raw + 10, a->key, sizeof a->key);
	return sodium_bin2base64(out, APPROVER_KEY_TEXT_MAX, raw, sizeof raw,
				 sodium_base64_VARIANT_ORIGINAL);
}
