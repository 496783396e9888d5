/*
 * Approvers' public keys, as minisign prints them: the base64 of "Ed", the key's id and the Ed25519
 * key.
 */
#ifndef AIRLOCK_SIGNER_APPROVER_H
#define AIRLOCK_SIGNER_APPROVER_H

#include "signer/policy/policy.h"

#define APPROVER_KEY_TEXT_MAX 57 /* 56 characters */

/* Sets id and key from the text of a public key. ERR_PARSE_VALUE. */
enum err MUST_CHECK approver_parse(struct policy_approver *out, const char *text);
char *approver_format(char out[static APPROVER_KEY_TEXT_MAX], const struct policy_approver *a);

#endif
