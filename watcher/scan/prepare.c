/* Parses a batch and derives for all of it at once: see prepare.h. */
#include "watcher/scan/prepare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

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

/* All shared secrets of the batch; keys that are no points leave zeros. */
static enum err derive_all(struct prepared *p, const struct view_key *view)
{
	enum err rc = ERR_OK;
	size_t n = p->n_derived, m = 0;
	struct point *points = NULL;
	size_t *place = NULL;
	uint8_t *packed = NULL;
	if (n == 0) {
		return ERR_OK;
	}
	points = malloc(n * sizeof *points);
	place = malloc(n * sizeof *place);
	packed = malloc(n * 32);
	p->derived = calloc(n, 32);
	if (!points || !place || !packed || !p->derived) {
		rc = ERR_NO_MEMORY;
		goto out;
	}
	for (size_t i = 0; i < p->n; i++) {
		for (size_t j = 0; j < p->blocks[i].n; j++) {
			const struct prepared_tx *t = &p->blocks[i].txs[j];
			for (size_t k = 0; k < keys_of(t); k++) {
				if (point_unpack_vartime(&points[m], key_at(&t->extra, k)) ==
				    ERR_OK) {
					place[m++] = t->derived + k;
				}
			}
		}
	}
	err_clear();
	point_mul8_batch_pack(packed, &view->s, points, m);
	for (size_t i = 0; i < m; i++) {
		memcpy(p->derived + 32 * place[i], packed + 32 * i, 32);
	}
out:
	if (packed) {
		secret_wipe(packed, n * 32);
	}
	free(packed);
	free(points);
	free(place);
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
