/*
 * Messages filled with reproducible random content, as the codecs allow it. Released with the
 * message's own X_free.
 */
#ifndef AIRLOCK_TESTS_PROTO_SAMPLES_H
#define AIRLOCK_TESTS_PROTO_SAMPLES_H

#include "common/base/rng.h"
#include "proto/messages.h"

void sample_kit(struct kit *out, const struct rng *rng);
/* All payouts go into transactions of at most 15. */
void sample_request(struct request *out, const struct rng *rng, size_t n_in, size_t n_payouts);
/* The last of the transactions is refused when `refuse`. */
void sample_reply(struct reply *out, const struct rng *rng, size_t n_txs, bool refuse);
void sample_journal(struct journal *out, const struct rng *rng, size_t n);
void sample_outputs(struct outputs *out, const struct rng *rng, size_t n);
void sample_key_images(struct key_images *out, const struct rng *rng, size_t n);

#endif
