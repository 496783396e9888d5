/*
 * Changes to requests. The thief's own (thief.c) work on the decoded struct and know what the
 * fields mean; those of the tree (tree.c) work on the encoded body and know its form alone: any
 * value for any other, elements dropped, doubled and exchanged, all of it in canonical form again,
 * or bytes changed as they come. Whoever calls signs and seals what comes out.
 */
#ifndef AIRLOCK_MUTATION_MUTATE_H
#define AIRLOCK_MUTATION_MUTATE_H

#include "tests/mutation/target.h"

#define THIEF_KINDS 22

/* One change of a kind below THIEF_KINDS. False: the request has no place for it. */
bool thief_change(struct request *r, struct target *t, unsigned kind);
/* What the kind is called. */
const char *thief_kind_name(unsigned kind);

/* One change of the encoded body, in place. */
void tree_change(struct buf *body, const struct rng *rng);

/* One bit of n bytes, n above 0. */
void flip_bit(uint8_t *p, size_t n, const struct rng *rng);

#endif
