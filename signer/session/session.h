/*
 * The signing session: a request in, a reply out, with everything in between in one fixed order.
 * Authenticity, decoding, all checks that need no spend key, the person's consent, and only then
 * the spend key; the journal is durable before a signature leaves. It owns no terminal, no file and
 * no clock, so that tests and the simulation drive the very code that the program runs.
 */
#ifndef AIRLOCK_SIGNER_SESSION_H
#define AIRLOCK_SIGNER_SESSION_H

#include "signer/session/assess.h"

struct session_hooks {
	void *ctx;
	/*
	 * Shows the assessment and asks. ERR_OK: yes; ERR_NOT_CONFIRMED: no; else it failed. NULL:
	 * nobody is there; then only a request that is wholly in the unattended tier is answered.
	 */
	enum err (*confirm)(void *ctx, const struct assessment *a);
	/* Lends the spend key, in guarded memory, until lock is called. */
	enum err (*unlock)(void *ctx, const struct spend_key **spend);
	void (*lock)(void *ctx);
};

/*
 * Answers a request file: appends the reply file's bytes to `reply`. ERR_OK when something was
 * signed. When all its transactions were refused, the reply says so, and the first refusal's code
 * is returned with it; a reply that was given before is given again, byte for byte, with the same
 * code. When the request as a whole was refused or not confirmed, or came from our watcher but
 * cannot be read, there is no reply (reply stays empty) and only the journal knows. Any other
 * error: nothing happened. *a, for showing, is the caller's to free (assessment_free) whatever is
 * returned. `approvals` of the file, or NULL: none.
 */
enum err MUST_CHECK session_answer(struct buf *reply, struct assessment *a, const struct env *env,
				   struct span file, const struct approvals *approvals,
				   const struct session_hooks *hooks);

/*
 * Key images of outputs the watcher claims are ours, each with the proof the official wallet
 * exports. ERR_INPUT_NOT_OURS names the first claim that is false; then none is given.
 */
enum err MUST_CHECK session_key_images(struct buf *reply, size_t *count, const struct env *env,
				       struct span file, const struct session_hooks *hooks);

#endif
