/* Parses a batch and derives for all of it at once: see prepare.h. */
#include "watcher/scan/prepare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/scan/workers.h"

/* Fewer transactions or keys than this a core are not worth a thread. */
#define PARSE_LEAST 128
#define DERIVE_LEAST 32

static enum err parse_tx(struct prepared_tx *out)
{
	uint64_t height = out->block->height;
	size_t place = out->place;
	const struct chain_tx *t = &out->block->txs[place];
	enum err rc = tx_parse(&out->tx, t->blob, t->size, t->pruned);
	if (rc == ERR_TX_TYPE) {
		return err_set(ERR_NODE_FORK,
			       "block %" PRIu64 ", transaction %zu: of a type not known", height,
			       place);
	}
	if (rc != ERR_OK) {
		return rc == ERR_NO_MEMORY
			   ? rc
			   : err_set(ERR_NODE_ANSWER,
				     "block %" PRIu64 ", transaction %zu does not parse", height,
				     place);
	}
	if (t->output_indices && t->n_indices != out->tx.n_out) {
		return err_set(ERR_NODE_ANSWER,
			       "block %" PRIu64 ", transaction %zu: %zu indices for %zu outputs",
			       height, place, t->n_indices, out->tx.n_out);
	}
	tx_extra_parse(&out->extra, out->tx.extra);
	return ERR_OK;
}

static enum err parse_part(void *ctx, size_t from, size_t to)
{
	struct prepared_tx *txs = ctx;
	enum err rc = ERR_OK;
	for (size_t i = from; rc == ERR_OK && i < to; i++) {
		rc = parse_tx(&txs[i]);
	}
	return rc;
}

static const uint8_t *key_at(const struct tx_extra *extra, size_t k)
{
	return k < extra->n_public ? extra->public_key[k].b
				   : extra->additional + 32 * (k - extra->n_public);
}

/* Only version 2 can pay us in outputs that rings can spend. */
static size_t keys_of(const struct prepared_tx *t)
{
	return t->tx.version == 2 ? t->extra.n_public + t->extra.n_additional : 0;
}

/* Keys in the order of their shared secrets. */
struct deriving {
	struct public_key *key;
	struct derivation *out;
	const struct view_key *view;
};

static enum err derive_part(void *ctx, size_t from, size_t to)
{
	const struct deriving *d = ctx;
	derive_batch(d->out + from, d->key + from, to - from, &d->view->s);
	return ERR_OK;
}

/* All shared secrets of the batch, on all cores. */
static enum err derive_all(struct prepared *p, const struct view_key *view)
{
	struct deriving d = {.view = view};
	size_t n = 0;
	if (p->n_derived == 0) {
		return ERR_OK;
	}
	d.key = malloc(p->n_derived * sizeof *d.key);
	d.out = calloc(p->n_derived, sizeof *d.out);
	p->derived = (uint8_t *)d.out;
	if (!d.key || !d.out) {
		free(d.key);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < p->n_txs; i++) {
		const struct prepared_tx *t = &p->txs[i];
		for (size_t k = 0; k < keys_of(t); k++) {
			memcpy(d.key[n++].b, key_at(&t->extra, k), 32);
		}
	}
	enum err rc = work_on_all_cores(n, DERIVE_LEAST, derive_part, &d);
	free(d.key);
	return rc;
}

/* Room for every transaction, each with its place in the batch. */
static enum err lay_out(struct prepared *p, const struct chain_batch *batch, size_t first)
{
	size_t n = batch->n - first;
	for (size_t i = first; i < batch->n; i++) {
		p->n_txs += batch->blocks[i].n_txs;
	}
	p->blocks = calloc(n + 1, sizeof *p->blocks);
	p->txs = calloc(p->n_txs + 1, sizeof *p->txs);
	if (!p->blocks || !p->txs) {
		return ERR_NO_MEMORY;
	}
	struct prepared_tx *t = p->txs;
	for (p->n = 0; p->n < n; p->n++) {
		const struct chain_block *b = &batch->blocks[first + p->n];
		p->blocks[p->n] = (struct prepared_block){b->n_txs, t};
		for (size_t i = 0; i < b->n_txs; i++, t++) {
			t->block = b;
			t->place = i;
		}
	}
	return ERR_OK;
}

enum err scan_prepare(struct prepared *out, const struct chain_batch *batch, size_t first,
		      const struct view_key *view)
{
	*out = (struct prepared){.first = first};
	enum err rc = lay_out(out, batch, first);
	if (rc == ERR_OK) {
		rc = work_on_all_cores(out->n_txs, PARSE_LEAST, parse_part, out->txs);
	}
	for (size_t i = 0; rc == ERR_OK && i < out->n_txs; i++) {
		out->txs[i].derived = out->n_derived;
		out->n_derived += keys_of(&out->txs[i]);
	}
	if (rc == ERR_OK) {
		rc = derive_all(out, view);
	}
	if (rc != ERR_OK) {
		prepared_free(out);
	}
	return rc;
}

void prepared_free(struct prepared *p)
{
	for (size_t i = 0; p->txs && i < p->n_txs; i++) {
		tx_free(&p->txs[i].tx);
	}
	free(p->txs);
	free(p->blocks);
	if (p->derived) {
		secret_wipe(p->derived, 32 * p->n_derived);
	}
	free(p->derived);
	*p = (struct prepared){0};
}
