/*
 * The node's JSON answers turned into the chain's structs. Bytes in, structs out; ERR_NODE_ANSWER
 * for anything that does not have the expected form, ERR_NODE_BUSY when the node says so, outputs
 * zero on failure. Source: monero src/rpc/core_rpc_server_commands_defs.h.
 */
#ifndef AIRLOCK_WATCHER_RPC_JSON_H
#define AIRLOCK_WATCHER_RPC_JSON_H

#include "watcher/chain/chain.h"

/* /get_info; leaves top_time and hard_fork zero. regtest ("fakechain") is mainnet. */
enum err MUST_CHECK rpc_json_info(struct chain_info *out, struct span answer);

struct rpc_header {
	uint64_t height;
	struct hash id;
	uint64_t time;
	uint8_t major_version;
};
/* JSON-RPC get_block_header_by_height and _by_hash. */
enum err MUST_CHECK rpc_json_header(struct rpc_header *out, struct span answer);
/* JSON-RPC hard_fork_info: the version that the next block has to have. */
enum err MUST_CHECK rpc_json_fork(uint8_t *out, struct span answer);
/*
 * JSON-RPC get_fee_estimate: four rising levels above zero, or one that stands for all four; a mask
 * up to 10^6. How high a fee may be is for the caller to judge.
 */
enum err MUST_CHECK rpc_json_fee(struct chain_fee *out, struct span answer);
/*
 * /send_raw_transaction: ERR_OK when the node took it, ERR_NODE_REJECTED with each reason it names
 * in the detail.
 */
enum err MUST_CHECK rpc_json_submit(struct span answer);
/* /is_key_image_spent: n states. */
enum err MUST_CHECK rpc_json_spent(uint8_t *out, size_t n, struct span answer);
/* /get_transactions: where each of ids is; ids the node does not know are TX_UNKNOWN. */
enum err MUST_CHECK rpc_json_places(struct chain_tx_place *out, const struct hash *ids, size_t n,
				    struct span answer);
/* /get_transaction_pool_hashes: *out is malloc'd. */
enum err MUST_CHECK rpc_json_pool_ids(struct hash **out, size_t *n, struct span answer);
/*
 * /get_transactions: the whole blobs of those of ids that still are in the pool, each checked to
 * have its id. out holds n; *got is how many were written (release them, in failure none stand).
 */
enum err MUST_CHECK rpc_json_pool_txs(struct chain_pool_tx *out, size_t *got,
				      const struct hash *ids, size_t n, struct span answer);

#endif
