/*
 * Approvals, in minisign's own format, so that approvers need no software of ours: public keys as
 * the policy names them, and signature files over a request file. Both read strictly and bounded.
 *
 * A signature file is four lines, each ended by a newline:
 *   "untrusted comment: " text
 *   base64 of algorithm (2: "ED" over the BLAKE2b-512 hash of the file, "Ed" over the file itself),
 *     key id (8), Ed25519 signature (64)
 *   "trusted comment: " text
 *   base64 of an Ed25519 signature over signature || trusted text
 */
#ifndef AIRLOCK_SIGNER_MINISIGN_H
#define AIRLOCK_SIGNER_MINISIGN_H

#include "signer/policy/policy.h"

#define MINISIGN_KEY_TEXT_MAX 57  /* 56 characters of base64 */
#define MINISIGN_COMMENT_MAX 1024 /* as the tool itself bounds them */
#define MINISIGN_TRUSTED_MAX 8192
#define MINISIGN_FILE_MAX (MINISIGN_COMMENT_MAX + MINISIGN_TRUSTED_MAX + 256)
#define APPROVALS_MAX POLICY_APPROVERS_MAX

/* Sets id and key from a public key's text. ERR_PARSE_VALUE. */
enum err MUST_CHECK minisign_key_parse(struct policy_approver *out, const char *text);
char *minisign_key_format(char out[static MINISIGN_KEY_TEXT_MAX], const struct policy_approver *a);

/* One approval, read but not yet believed. */
struct approval {
	bool prehashed;
	uint8_t id[8];
	uint8_t signature[64];
	uint8_t global[64];
	size_t n_trusted;
	char trusted[MINISIGN_TRUSTED_MAX + 1]; /* may hold anything but zeros and line ends */
};

/* Those given along with a request. */
struct approvals {
	size_t n;
	struct approval list[APPROVALS_MAX];
};

/* ERR_APPROVAL_FORMAT, saying which line; out is zero then. */
enum err MUST_CHECK approval_parse(struct approval *out, struct span text);

/* The approver whose key id it names, or NULL. */
const struct policy_approver *approval_approver(const struct approval *a, const struct policy *p);

/* ERR_APPROVAL_SIGNATURE unless both signatures, over the file and the comment, are the key's. */
enum err MUST_CHECK approval_verify(const struct approval *a, const struct policy_approver *who,
				    struct span file);

/* SHA-256 of a request file: what sha256sum shows to an approver. */
void approval_file_hash(uint8_t out[static 32], struct span file);

#endif
