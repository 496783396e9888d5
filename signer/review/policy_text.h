/*
 * A policy in plain sentences, and what differs between two. Each sentence is a subject, which
 * stays the same from policy to policy, and a value.
 */
#ifndef AIRLOCK_SIGNER_POLICY_TEXT_H
#define AIRLOCK_SIGNER_POLICY_TEXT_H

#include "signer/policy/policy.h"

/* In sentences, each with `indent` blanks before it. */
void review_policy(struct buf *out, const struct policy *p, int indent);

/*
 * What changes from one policy to the other: for each sentence that differs what it says now and
 * then. Returns how many there are. The JSON is a list of objects: what, now, then.
 */
size_t review_policy_diff(struct buf *out, const struct policy *now, const struct policy *then);
void review_policy_diff_json(struct buf *out, const struct policy *now, const struct policy *then);

#endif
