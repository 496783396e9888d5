/*
 * Whom a request pays, as far as the signer knows them: by the policy's address book and by what
 * its journal says was paid before.
 */
#ifndef AIRLOCK_SIGNER_PAYEES_H
#define AIRLOCK_SIGNER_PAYEES_H

#include "proto/messages.h"
#include "signer/journal/journal.h"
#include "signer/policy/policy.h"

/* How far back the journal is searched, in entries. */
#define PAYEES_ENTRIES_MAX 10000
/*
 * Addresses that are not the same but share this many characters at their beginning (after the
 * first, which tells the network) and end together look alike: people compare no more. Two
 * addresses do so by chance about once in a billion pairs.
 */
#define PAYEES_ALIKE 6

struct payee {
	const struct policy_destination *listed; /* of the address book, or NULL */
	const struct policy_destination
	    *wallet;                            /* same keys, another form or payment id; or NULL */
	const struct policy_destination *alike; /* another one of the book that looks like it */
	bool paid;                              /* before, to this very address */
	bool alike_paid;                        /* another one was paid that looks like it */
};

/* Whether two addresses in text look alike without being the same. */
bool payees_alike(const char *a, const char *b);

/* out: of the request's payouts, n_payouts of them. Points into the policy. */
enum err MUST_CHECK payees_find(struct payee *out, const struct request *r, const struct policy *p,
				struct db_txn *t);

#endif
