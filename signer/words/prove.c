#include "signer/words/prove.h"

#include <stdio.h>

#include "common/base/secret.h"

static void draw_places(size_t place[static PROVE_PLACES], const struct rng *rng)
{
	for (size_t i = 0; i < PROVE_PLACES; i++) {
		bool taken = true;
		while (taken) {
			place[i] = (size_t)rng_below(rng, WORDS_COUNT);
			taken = false;
			for (size_t k = 0; k < i; k++) {
				taken = taken || place[k] == place[i];
			}
		}
	}
}

static enum err prove_one(const char *words, size_t place, const struct prove_hooks *hooks)
{
	char prompt[80];
	for (int i = 0; i < PROVE_TRIES; i++) {
		char *line = NULL;
		snprintf(prompt, sizeof prompt,
			 "%sWord %zu of the %d: ", i ? "That is another word. " : "", place + 1,
			 WORDS_COUNT);
		enum err rc = hooks->ask(hooks->ctx, &line, prompt);
		if (rc != ERR_OK) {
			return rc;
		}
		bool same = words_place_is(words, place, line);
		secret_free(line);
		if (same) {
			return ERR_OK;
		}
	}
	return err_set(ERR_WORDS_UNPROVEN,
		       "nothing was made; begin again, and write down the new words");
}

enum err words_prove(const char *words, const struct rng *rng, const struct prove_hooks *hooks)
{
	size_t place[PROVE_PLACES];
	enum err rc = ERR_OK;
	draw_places(place, rng);
	for (size_t i = 0; rc == ERR_OK && i < PROVE_PLACES; i++) {
		rc = prove_one(words, place[i], hooks);
	}
	return rc;
}
