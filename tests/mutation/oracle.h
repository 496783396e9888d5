/*
 * The judge of the mutation campaign: what may be signed, worked out anew from what no message can
 * change (target.h), with arithmetic of its own and none of the signer's checks.
 */
#ifndef AIRLOCK_MUTATION_ORACLE_H
#define AIRLOCK_MUTATION_ORACLE_H

#include "tests/mutation/target.h"

/* What the network would make of a transaction; either way it counts as signed. */
struct oracle_counts {
	uint64_t valid; /* spends outputs that are on the chain, rings and all */
	uint64_t
	    off_chain; /* holds an input or a decoy that is on no chain: refused by every node */
};

/*
 * The signer is about to sign those transactions of r for which allowed[i] is set: NULL when it
 * may, else what is wrong with that.
 */
const char *oracle_consents(struct oracle_counts *counts, const struct target *t,
			    const struct request *r, const bool *allowed);

/*
 * The reply signs exactly those, as asked: proofs and signatures verify, every output is accounted
 * for by payees and ourselves, sums and fee are right. NULL, or what is wrong.
 */
const char *oracle_signed(const struct target *t, const struct request *r, const bool *allowed,
			  const struct reply *reply);

/*
 * The day's sum in the journal is what was spent before and, where something was signed, what these
 * transactions take from it, to the last unit.
 */
const char *oracle_accounts(struct target *t, const struct request *r, const bool *is_signed);

/* Signatures and range proof of a blob, as a node checks them, against these rings. */
bool blob_verifies(const uint8_t *blob, size_t n, const struct plan *plan);

#endif
