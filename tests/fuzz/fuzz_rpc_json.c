/* The node's JSON answers, each given to every reader of one. */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "watcher/chain/rpc_json.h"

#define IDS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span answer = {data, n};
	struct chain_info info;
	struct rpc_header header;
	struct chain_fee fee;
	struct hash ids[IDS] = {0}, *pool = NULL;
	struct chain_tx_place places[IDS];
	struct chain_pool_tx txs[IDS] = {0};
	uint8_t fork, spent[IDS];
	size_t n_pool, got;
	memset(&ids[1], 0x11, sizeof ids[1]);
	memset(&ids[2], 0xff, sizeof ids[2]);
	if (rpc_json_info(&info, answer) == ERR_OK) {
		CHECK(info.height > 0);
	}
	err_ignore(rpc_json_header(&header, answer));
	err_ignore(rpc_json_fork(&fork, answer));
	if (rpc_json_fee(&fee, answer) == ERR_OK) {
		CHECK(fee.per_byte[0] > 0 && fee.per_byte[3] >= fee.per_byte[0]);
	}
	err_ignore(rpc_json_submit(answer));
	if (rpc_json_spent(spent, IDS, answer) == ERR_OK) {
		CHECK(spent[0] <= 2 && spent[IDS - 1] <= 2);
	}
	err_ignore(rpc_json_places(places, ids, IDS, answer));
	if (rpc_json_pool_ids(&pool, &n_pool, answer) == ERR_OK) {
		CHECK(pool && n_pool <= n);
	}
	free(pool);
	err_ignore(rpc_json_pool_txs(txs, &got, ids, IDS, answer));
	CHECK(got == 0); /* no blob has one of these ids */
	return 0;
}
