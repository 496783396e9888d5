/*
 * What is spent, for a store that does not know: a restored one, or one of a wallet that others
 * spent from. The signer is asked for the key images of our outputs, and what it answers is
 * believed by its proof; where each is spent, if it is, the chain tells.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/monero/ring.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"

/* Outputs whose key image we have, in the order of their places. */
struct known {
	size_t n, room;
	struct outpoint *at; /* free() */
};

static int by_place(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outpoint));
}

static enum err list_known(void *ctx, struct db_txn *t, const struct key_image *image,
			   const struct image_record *r)
{
	struct known *l = ctx;
	(void)t;
	(void)image;
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		struct outpoint *more = realloc(l->at, l->room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		l->at = more;
	}
	l->at[l->n++] = r->at;
	return ERR_OK;
}

/* Unspent outputs without a key image, as many as a message holds. */
static enum err list_claims(struct outputs *asked, size_t *left, const struct known *known,
			    struct db_txn *t)
{
	struct span key, value;
	struct output_record o;
	enum err rc = db_first(t, T_UNSPENT, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct outpoint at;
		if (key.n != OUTPOINT_SIZE) {
			return err_set(ERR_DB_DAMAGED, "a record of unspent outputs has a bad key");
		}
		outpoint_of_key(&at, key.p);
		bool has =
		    known->n && bsearch(&at, known->at, known->n, sizeof at, by_place) != NULL;
		*left += !has && asked->n == PROTO_KEY_IMAGES_MAX;
		if (!has && asked->n < PROTO_KEY_IMAGES_MAX) {
			rc = output_read(&o, t, &at);
			asked->claims[asked->n++] =
			    (struct output_claim){o.one_time, o.tx_public, o.at.index, o.address};
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_UNSPENT, &key, &value);
		}
	}
	secret_wipe(&o, sizeof o);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err watcher_ask_images(const struct watcher *w, struct buf *file, size_t *n, size_t *left)
{
	struct outputs asked = {.claims = calloc(PROTO_KEY_IMAGES_MAX, sizeof *asked.claims)};
	struct known known = {0};
	struct db_txn *t = NULL;
	struct hash hash;
	struct buf body;
	*n = *left = 0;
	buf_init(&body, PROTO_MESSAGE_MAX);
	enum err rc = asked.claims ? db_begin(&t, w->db, false) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = images_each(t, list_known, &known);
	}
	if (known.n) {
		qsort(known.at, known.n, sizeof *known.at, by_place);
	}
	if (rc == ERR_OK) {
		rc = list_claims(&asked, left, &known, t);
	}
	db_abort(t);
	if (rc == ERR_OK && asked.n == 0) {
		rc = err_set(ERR_NOT_FOUND, "the key image of every unspent output is known");
	}
	if (rc == ERR_OK) {
		rc = outputs_encode(&body, &asked);
	}
	if (rc == ERR_OK) {
		rc = envelope_seal(file, &hash, MSG_OUTPUTS, w->account.network, 0, buf_span(&body),
				   &w->identity, &w->signer);
	}
	*n = rc == ERR_OK ? asked.n : 0;
	outputs_free(&asked);
	free(known.at);
	buf_free(&body);
	return rc;
}

/* A key image that is known is known: of the same output, by its proof. */
static enum err take(struct db_txn *t, const struct output_image *i, size_t *added)
{
	struct image_record r = {0};
	bool ours;
	enum err rc = image_verify(&i->image, i->signature, &i->one_time);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = image_read(&r, t, &i->image);
	if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	/* What a reorganisation took meanwhile is asked for again when it is back. */
	rc = duplicates_best(&r.at, &ours, t, &i->one_time);
	if (rc != ERR_OK || !ours) {
		return rc;
	}
	++*added;
	return image_write(t, &i->image, &r);
}

enum err watcher_import_images(struct watcher *w, struct span file, size_t *n)
{
	struct envelope env;
	struct key_images images = {0};
	struct buf plain = {0};
	struct db_txn *t = NULL;
	*n = 0;
	enum err rc = envelope_open(&env, &plain, file, MSG_KEY_IMAGES, w->account.network,
				    &w->identity, &w->signer);
	if (rc == ERR_OK) {
		rc = key_images_decode(&images, env.body);
	}
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, true);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	for (size_t i = 0; rc == ERR_OK && i < images.n; i++) {
		rc = take(t, &images.images[i], n);
		rc = rc == ERR_OK ? rc : err_wrap(rc, "key image %zu", i + 1);
	}
	if (rc == ERR_OK && *n) {
		rc = late_suspect(t);
	}
	if (rc == ERR_OK && *n) {
		struct event_writer e;
		event_begin(&e, "key_images", watcher_now(w));
		event_number(&e, "count", *n);
		rc = event_end(&e, t, NULL);
	}
	rc = txn_end(t, rc);
	*n = rc == ERR_OK ? *n : 0;
out:
	key_images_free(&images);
	buf_free(&plain);
	return rc;
}
