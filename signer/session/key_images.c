/*
 * Key images for a watcher that rebuilds what is spent. A key image spends nothing, but it tells
 * when an output is spent, so only the paired watcher gets them, and the journal knows.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "signer/session/session.h"
#include "signer/session/settings.h"
#include "signer/sign/prove.h"

static enum err open_claim(struct output_image *out, const struct output_claim *claim,
			   const struct env *env, const struct spend_key *spend)
{
	struct plan_input in = {0};
	struct scalar x;
	struct public_key key;
	in.tx_public = claim->tx_public;
	in.output_index = claim->output_index;
	in.at = claim->at;
	enum err rc = input_private_key(&x, &in, env->account, spend);
	if (rc == ERR_OK) {
		public_of_scalar(&key, &x);
		if (!secret_equal(key.b, claim->one_time.b, 32)) {
			rc = err_set(ERR_INPUT_NOT_OURS, "its key does not follow from ours");
		}
	}
	if (rc == ERR_OK) {
		out->one_time = claim->one_time;
		image_prove(&out->image, out->signature, &out->one_time, &x, &env->rng);
	}
	secret_wipe(&x, sizeof x);
	return rc;
}

static enum err open_claims(struct key_images *out, const struct outputs *asked,
			    const struct env *env, const struct session_hooks *hooks)
{
	const struct spend_key *spend = NULL;
	out->images = calloc(asked->n + 1, sizeof *out->images);
	out->n = asked->n;
	enum err rc = out->images ? hooks->unlock(hooks->ctx, &spend) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		return rc;
	}
	for (size_t i = 0; rc == ERR_OK && i < asked->n; i++) {
		rc = open_claim(&out->images[i], &asked->claims[i], env, spend);
		if (rc != ERR_OK) {
			rc = err_wrap(rc, "output %zu", i + 1);
		}
	}
	hooks->lock(hooks->ctx);
	secret_wipe_stack();
	return rc;
}

static enum err seal_and_journal(struct buf *reply, const struct env *env,
				 const struct key_images *images, const struct hash *asked,
				 const struct identity_public *watcher)
{
	struct buf body;
	struct hash hash;
	struct record *r = calloc(1, sizeof *r);
	buf_init(&body, PROTO_MESSAGE_MAX);
	enum err rc = r ? key_images_encode(&body, images) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = envelope_seal(reply, &hash, MSG_KEY_IMAGES, env->account->network, 0,
				   buf_span(&body), env->identity, watcher);
	}
	if (rc == ERR_OK) {
		r->kind = RECORD_KEY_IMAGES;
		r->hash = *asked;
		r->count = images->n;
		rc = settings_journal(env, r);
	}
	buf_free(&body);
	free(r);
	return rc;
}

enum err session_key_images(struct buf *reply, size_t *count, const struct env *env,
			    struct span file, const struct session_hooks *hooks)
{
	struct envelope e;
	struct identity_public watcher;
	struct outputs asked = {0};
	struct key_images images = {0};
	struct buf plain = {0};
	struct db_txn *t = NULL;
	*count = 0;
	enum err rc = db_begin(&t, env->db, false);
	if (rc == ERR_OK) {
		rc = state_watcher(&watcher, NULL, t);
	}
	db_abort(t);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = envelope_open(&e, &plain, file, MSG_OUTPUTS, env->account->network, env->identity,
			   &watcher);
	if (rc == ERR_OK) {
		rc = outputs_decode(&asked, e.body);
	}
	if (rc == ERR_OK) {
		rc = open_claims(&images, &asked, env, hooks);
	}
	if (rc == ERR_OK) {
		rc = seal_and_journal(reply, env, &images, &e.hash, &watcher);
	}
	if (rc == ERR_OK) {
		*count = images.n;
	} else {
		buf_reset(reply);
	}
	buf_free(&plain);
	outputs_free(&asked);
	key_images_free(&images);
	return rc;
}
