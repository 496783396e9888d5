/*
 * Decoys. As the official wallet: more candidates than needed are drawn for each input, since some
 * turn out locked; they are asked for in ascending order, so that the node cannot tell which is
 * ours; those drawn first are preferred, since later draws lean on what was drawn before. The
 * node's word is checked where it can be: it must know the output we spend as we do.
 */
#include "watcher/planner/planner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/planner/gamma.h"

/* 1.5 rings and one, and 50 more for coinbase outputs that are locked for 60 blocks. */
#define CANDIDATES ((size_t)(RING_SIZE * 3 / 2 + 1 + 50))
#define ASK_MAX 1000     /* outputs in one question: the official wallet's chunk */
#define DRAWS_MAX 100000 /* then whatever is left */

struct hand {
	size_t n;
	uint64_t drawn[CANDIDATES];  /* in the order drawn, the real one first */
	uint64_t sorted[CANDIDATES]; /* ascending, without repeats */
};

static bool holds(const struct hand *h, uint64_t index)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h->drawn[i] == index) {
			return true;
		}
	}
	return false;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void draw(struct hand *h, uint64_t real, const struct gamma_picker *g, const struct rng *rng)
{
	uint64_t index;
	h->n = 0;
	h->drawn[h->n++] = real;
	for (size_t tries = 0; h->n < CANDIDATES && g->outputs > CANDIDATES && tries < DRAWS_MAX;
	     tries++) {
		if (gamma_pick(&index, g, rng) && !holds(h, index)) {
			h->drawn[h->n++] = index;
		}
	}
	/* On a chain with hardly more outputs than that, all of them, in random order. */
	if (h->n < CANDIDATES && g->outputs <= 2 * CANDIDATES) {
		uint64_t all[2 * CANDIDATES];
		size_t n = (size_t)g->outputs;
		for (size_t i = 0; i < n; i++) {
			all[i] = i;
		}
		while (n > 0 && h->n < CANDIDATES) {
			size_t k = (size_t)rng_below(rng, n);
			if (!holds(h, all[k])) {
				h->drawn[h->n++] = all[k];
			}
			all[k] = all[--n];
		}
	}
	memcpy(h->sorted, h->drawn, h->n * sizeof h->drawn[0]);
	qsort(h->sorted, h->n, sizeof h->sorted[0], by_value);
}

/* Usable in a ring: the signer refuses what is no point of the prime subgroup, so do we. */
static bool is_sound(const struct chain_out *o)
{
	struct point p, c;
	bool sound = point_unpack_vartime(&p, o->key.b) == ERR_OK &&
		     point_unpack_vartime(&c, o->commitment.b) == ERR_OK &&
		     point_in_subgroup_vartime(&p) && point_in_subgroup_vartime(&c);
	if (!sound) {
		err_clear();
	}
	return sound;
}

static const struct chain_out *answer(const struct chain_out *outs, size_t n, uint64_t index)
{
	for (size_t i = 0; i < n; i++) {
		if (outs[i].global_index == index) {
			return &outs[i];
		}
	}
	return NULL;
}

static int by_index(const void *a, const void *b)
{
	const struct ring_member *x = a, *y = b;
	return (x->global_index > y->global_index) - (x->global_index < y->global_index);
}

static bool key_in_ring(const struct ring_member *ring, size_t n, const struct public_key *key)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(ring[i].key.b, key->b, 32) == 0) {
			return true;
		}
	}
	return false;
}

/* The real output as we know it, then the first 15 usable decoys in the order drawn. */
static enum err make_ring(struct plan_input *in, const struct output_record *o,
			  const struct hand *h, const struct chain_out *outs)
{
	const struct chain_out *real = answer(outs, h->n, o->global_index);
	if (!real || memcmp(real->key.b, o->one_time.b, 32) != 0 ||
	    memcmp(real->commitment.b, o->commitment.b, 32) != 0) {
		return err_set(ERR_NODE_ANSWER,
			       "the node knows output %" PRIu64 " otherwise than we do",
			       o->global_index);
	}
	if (!real->unlocked) {
		return err_set(ERR_NODE_ANSWER, "the node holds our output %" PRIu64 " for locked",
			       o->global_index);
	}
	size_t n = 0;
	in->ring[n++] = (struct ring_member){o->global_index, o->one_time, o->commitment};
	for (size_t i = 1; i < h->n && n < RING_SIZE; i++) {
		const struct chain_out *c = answer(outs, h->n, h->drawn[i]);
		if (c && c->unlocked && !key_in_ring(in->ring, n, &c->key) && is_sound(c)) {
			in->ring[n++] =
			    (struct ring_member){c->global_index, c->key, c->commitment};
		}
	}
	if (n < RING_SIZE) {
		return err_set(ERR_NODE_ANSWER,
			       "the node has only %zu unlocked outputs to make a ring of %d", n,
			       RING_SIZE);
	}
	qsort(in->ring, RING_SIZE, sizeof in->ring[0], by_index);
	for (size_t i = 0; i < RING_SIZE; i++) {
		if (in->ring[i].global_index == o->global_index) {
			in->real = (uint8_t)i;
		}
	}
	return ERR_OK;
}

static enum err ask(struct chain_out *outs, const uint64_t *indices, size_t n,
		    const struct chain *chain)
{
	enum err rc = ERR_OK;
	for (size_t at = 0; rc == ERR_OK && at < n; at += ASK_MAX) {
		size_t part = n - at < ASK_MAX ? n - at : ASK_MAX;
		rc = chain->outs(chain->ctx, outs + at, indices + at, part);
	}
	return rc;
}

static enum err rings_of(struct draft *d, const struct gamma_picker *g, const struct chain *chain,
			 const struct rng *rng)
{
	struct hand *hands = calloc(d->n_in, sizeof *hands);
	uint64_t *indices = calloc(d->n_in * CANDIDATES, sizeof *indices);
	struct chain_out *outs = calloc(d->n_in * CANDIDATES, sizeof *outs);
	size_t n = 0;
	enum err rc = hands && indices && outs ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; rc == ERR_OK && i < d->n_in; i++) {
		draw(&hands[i], d->in[i].global_index, g, rng);
		memcpy(indices + n, hands[i].sorted, hands[i].n * sizeof *indices);
		n += hands[i].n;
	}
	if (rc == ERR_OK) {
		rc = ask(outs, indices, n, chain);
	}
	n = 0;
	for (size_t i = 0; rc == ERR_OK && i < d->n_in; i++) {
		rc = make_ring(&d->plan.in[i], &d->in[i], &hands[i], outs + n);
		n += hands[i].n;
	}
	free(hands);
	free(indices);
	free(outs);
	return rc;
}

enum err rings_make(struct draft *d, size_t n, const struct chain *chain, const struct rng *rng)
{
	uint64_t *counts = NULL, from = 0;
	size_t blocks = 0;
	struct gamma_picker g;
	enum err rc = chain->distribution(chain->ctx, &counts, &blocks, &from);
	if (rc == ERR_OK) {
		rc = gamma_init(&g, counts, blocks);
	}
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		rc = rings_of(&d[i], &g, chain, rng);
	}
	free(counts);
	return rc;
}
