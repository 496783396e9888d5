/* Parses a batch and derives for all of it at once: see prepare.h. */
#include "watcher/scan/prepare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/scan/workers.h"

/* Fewer keys than this a core are not worth a thread. */
#define DERIVE_LEAST 32

static enum err parse_tx(struct prepared_tx *out, const struct chain_tx *t, uint64_t height,
			 size_t place)
{
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

/* Keys as they stand in the transactions, in the order of their shared secrets. */
struct deriving {
	const uint8_t **key;
	uint8_t *derived;
	const struct view_key *view;
};

/* Shared secrets of keys from..to-1; keys that are no points leave zeros. */
static enum err derive_part(void *ctx, size_t from, size_t to)
{
	const struct deriving *d = ctx;
	size_t n = to - from, m = 0;
	struct point *points = malloc((n + 1) * sizeof *points);
	size_t *place = malloc((n + 1) * sizeof *place);
	uint8_t *packed = malloc((n + 1) * 32);
	enum err rc = points && place && packed ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = from; rc == ERR_OK && i < to; i++) {
		if (point_unpack_vartime(&points[m], d->key[i]) == ERR_OK) {
			place[m++] = i;
		}
	}
	if (rc == ERR_OK) {
		err_clear();
		point_mul8_batch_pack(packed, &d->view->s, points, m);
	}
	for (size_t i = 0; rc == ERR_OK && i < m; i++) {
		memcpy(d->derived + 32 * place[i], packed + 32 * i, 32);
	}
	if (packed) {
		secret_wipe(packed, (n + 1) * 32);
	}
	free(packed);
	free(points);
	free(place);
	return rc;
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
	d.derived = p->derived = calloc(p->n_derived, 32);
	if (!d.key || !d.derived) {
		free(d.key);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < p->n; i++) {
		for (size_t j = 0; j < p->blocks[i].n; j++) {
			const struct prepared_tx *t = &p->blocks[i].txs[j];
			for (size_t k = 0; k < keys_of(t); k++) {
				d.key[n++] = key_at(&t->extra, k);
			}
		}
	}
	enum err rc = work_on_all_cores(n, DERIVE_LEAST, derive_part, &d);
	free(d.key);
	return rc;
}

enum err scan_prepare(struct prepared *out, const struct chain_batch *batch, size_t first,
		      const struct view_key *view)
{
	enum err rc = ERR_OK;
	*out = (struct prepared){.first = first};
	size_t n = batch->n - first;
	out->blocks = calloc(n ? n : 1, sizeof *out->blocks);
	if (!out->blocks) {
		return ERR_NO_MEMORY;
	}
	out->n = n;
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		const struct chain_block *b = &batch->blocks[first + i];
		struct prepared_block *pb = &out->blocks[i];
		pb->txs = calloc(b->n_txs ? b->n_txs : 1, sizeof *pb->txs);
		if (!pb->txs) {
			rc = ERR_NO_MEMORY;
			break;
		}
		pb->n = b->n_txs;
		for (size_t j = 0; rc == ERR_OK && j < b->n_txs; j++) {
			struct prepared_tx *t = &pb->txs[j];
			rc = parse_tx(t, &b->txs[j], b->height, j);
			t->derived = out->n_derived;
			out->n_derived += keys_of(t);
		}
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
	for (size_t i = 0; p->blocks && i < p->n; i++) {
		for (size_t j = 0; p->blocks[i].txs && j < p->blocks[i].n; j++) {
			tx_free(&p->blocks[i].txs[j].tx);
		}
		free(p->blocks[i].txs);
	}
	free(p->blocks);
	if (p->derived) {
		secret_wipe(p->derived, 32 * p->n_derived);
	}
	free(p->derived);
	*p = (struct prepared){0};
}
