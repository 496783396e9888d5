/*
 * The node's binary answers (get_blocks.bin, get_outs.bin, get_output_distribution.bin) turned into
 * the chain's structs, and the requests for them. No input or output here: bytes in, structs out,
 * so that the fuzzer reaches all of it.
 * Source: monero src/rpc/core_rpc_server_commands_defs.h.
 */
#ifndef AIRLOCK_WATCHER_RPC_BIN_H
#define AIRLOCK_WATCHER_RPC_BIN_H

#include "watcher/chain/chain.h"

/* A known-blocks request (ids newest first) for pruned or whole transactions. */
void rpc_blocks_request(struct buf *out, const struct hash *known, size_t n_known, bool pruned);

/*
 * Every id is recomputed (except where chain_tx says that it cannot be), heights follow one
 * another, each block names the one before it, and the first stands in `known` or follows one of
 * it. ERR_NODE_ANSWER with the detail otherwise, ERR_NODE_BUSY, ERR_NO_MEMORY. Free with
 * chain_batch_free.
 */
enum err MUST_CHECK rpc_blocks_decode(struct chain_batch *out, struct span answer,
				      const struct hash *known, size_t n_known);

void rpc_outs_request(struct buf *out, const uint64_t *global_indices, size_t n);
/* out[i] answers global_indices[i]. */
enum err MUST_CHECK rpc_outs_decode(struct chain_out *out, const uint64_t *global_indices, size_t n,
				    struct span answer);

void rpc_distribution_request(struct buf *out);
/* *out is malloc'd, never decreasing, not empty. */
enum err MUST_CHECK rpc_distribution_decode(uint64_t **out, size_t *n, uint64_t *from,
					    struct span answer);

/* What a "status" other than OK means: ERR_NODE_BUSY, or ERR_NODE_ANSWER quoting it. */
enum err MUST_CHECK rpc_status(const char *call, const char *status, size_t n);

#endif
