#include "signer/policy/minisign.h"

#include <sodium.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"

#define KEY_SIZE (2 + 8 + 32)
#define SIGNATURE_SIZE (2 + 8 + 64)
#define BASE64 sodium_base64_VARIANT_ORIGINAL
#define BASE64_TEXT_MAX 104 /* of SIGNATURE_SIZE bytes */
#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "

/*
 * Exactly n bytes, in the one form that they have. libsodium's decoder takes some bytes beyond
 * ASCII for digits, so what was read is written again and compared.
 */
static bool base64(uint8_t *out, size_t n, const char *text, size_t size)
{
	char again[BASE64_TEXT_MAX];
	size_t got = 0;
	CHECK(sodium_base64_encoded_len(n, BASE64) <= sizeof again);
	if (size != sodium_base64_encoded_len(n, BASE64) - 1 ||
	    sodium_base642bin(out, n, text, size, NULL, &got, NULL, BASE64) != 0 || got != n) {
		return false;
	}
	sodium_bin2base64(again, sizeof again, out, n, BASE64);
	return secret_equal(again, text, size);
}

enum err minisign_key_parse(struct policy_approver *out, const char *text)
{
	uint8_t raw[KEY_SIZE];
	if (!base64(raw, sizeof raw, text, strlen(text)) || raw[0] != 'E' || raw[1] != 'd') {
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

char *minisign_key_format(char out[static MINISIGN_KEY_TEXT_MAX], const struct policy_approver *a)
{
	uint8_t raw[KEY_SIZE] = {'E', 'd'};
	memcpy(raw + 2, a->id, sizeof a->id);
	memcpy(raw + 10, a->key, sizeof a->key);
	return sodium_bin2base64(out, MINISIGN_KEY_TEXT_MAX, raw, sizeof raw, BASE64);
}

/* The next line without its end; false when the text has none, or a zero byte is in it. */
static bool line(struct span *out, struct span *text)
{
	const uint8_t *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
	if (!end) {
		return false;
	}
	*out = (struct span){text->p, (size_t)(end - text->p)};
	*text = (struct span){end + 1, text->n - out->n - 1};
	return out->n == 0 || !memchr(out->p, '\0', out->n);
}

/* What follows the label, at most `most` bytes. */
static bool comment(struct span *out, struct span *text, const char *label, size_t most)
{
	size_t n = strlen(label);
	if (!line(out, text) || out->n < n || !secret_equal(out->p, label, n)) {
		return false;
	}
	out->p += n;
	out->n -= n;
	return out->n <= most && (out->n == 0 || !memchr(out->p, '\r', out->n));
}

static bool signature(struct approval *out, struct span *text)
{
	uint8_t raw[SIGNATURE_SIZE];
	struct span at;
	if (!line(&at, text) || !base64(raw, sizeof raw, (const char *)at.p, at.n) ||
	    raw[0] != 'E' || (raw[1] != 'D' && raw[1] != 'd')) {
		return false;
	}
	out->prehashed = raw[1] == 'D';
	memcpy(out->id, raw + 2, sizeof out->id);
	memcpy(out->signature, raw + 10, sizeof out->signature);
	return true;
}

static enum err bad_line(int n)
{
	return err_set(ERR_APPROVAL_FORMAT, "line %d", n);
}

static enum err parse(struct approval *out, struct span text)
{
	struct span at;
	if (!comment(&at, &text, UNTRUSTED, MINISIGN_COMMENT_MAX)) {
		return bad_line(1);
	}
	if (!signature(out, &text)) {
		return bad_line(2);
	}
	if (!comment(&at, &text, TRUSTED, MINISIGN_TRUSTED_MAX)) {
		return bad_line(3);
	}
	memcpy(out->trusted, at.p, at.n);
	out->n_trusted = at.n;
	if (!line(&at, &text) ||
	    !base64(out->global, sizeof out->global, (const char *)at.p, at.n)) {
		return bad_line(4);
	}
	return text.n == 0 ? ERR_OK : bad_line(5);
}

enum err approval_parse(struct approval *out, struct span text)
{
	memset(out, 0, sizeof *out);
	enum err rc = parse(out, text);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}

const struct policy_approver *approval_approver(const struct approval *a, const struct policy *p)
{
	for (size_t i = 0; i < p->n_approvers; i++) {
		if (secret_equal(p->approvers[i].id, a->id, sizeof a->id)) {
			return &p->approvers[i];
		}
	}
	return NULL;
}

enum err approval_verify(const struct approval *a, const struct policy_approver *who,
			 struct span file)
{
	uint8_t hash[64], signed_too[64 + MINISIGN_TRUSTED_MAX];
	int bad;
	if (a->prehashed) {
		crypto_generichash(hash, sizeof hash, file.p, file.n, NULL, 0);
		bad = crypto_sign_verify_detached(a->signature, hash, sizeof hash, who->key);
	} else {
		bad = crypto_sign_verify_detached(a->signature, file.p, file.n, who->key);
	}
	if (bad) {
		return err_set(ERR_APPROVAL_SIGNATURE, "%s has not signed this request file",
			       who->name);
	}
	memcpy(signed_too, a->signature, sizeof a->signature);
	memcpy(signed_too + sizeof a->signature, a->trusted, a->n_trusted);
	if (crypto_sign_verify_detached(a->global, signed_too, sizeof a->signature + a->n_trusted,
					who->key) != 0) {
		return err_set(ERR_APPROVAL_SIGNATURE, "%s has not signed the trusted comment",
			       who->name);
	}
	return ERR_OK;
}

void approval_file_hash(uint8_t out[static 32], struct span file)
{
	crypto_hash_sha256(out, file.p, file.n);
}
