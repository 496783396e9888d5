/*
 * Asks for some of the 25 words back, before anything depends on the paper they stand on. Whom it
 * asks is passed in.
 */
#ifndef AIRLOCK_SIGNER_WORDS_PROVE_H
#define AIRLOCK_SIGNER_WORDS_PROVE_H

#include "common/base/rng.h"
#include "signer/words/words.h"

#define PROVE_PLACES 3
#define PROVE_TRIES 3 /* for each */

struct prove_hooks {
	void *ctx;
	/* A line in secret_alloc memory, which the caller frees. */
	enum err (*ask)(void *ctx, char **line, const char *prompt);
};

/*
 * ERR_WORDS_UNPROVEN when one of the places, three different ones drawn at random, was not
 * answered rightly in three tries.
 */
enum err MUST_CHECK words_prove(const char *words, const struct rng *rng,
				const struct prove_hooks *hooks);

#endif
