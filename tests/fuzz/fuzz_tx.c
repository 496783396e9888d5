/*
 * Transactions, whole and pruned: what is accepted accounts for every byte, and agrees with itself
 * about sizes; the base of a whole one is a pruned one.
 */
#include "common/monero/tx.h"
#include "tests/fuzz/fuzz.h"

static void check_parts(const struct tx *tx, const uint8_t *data, size_t n)
{
	CHECK(tx->prefix_size <= tx->base_size && tx->base_size <= tx->total_size);
	CHECK(tx->total_size == n);
	CHECK(tx->n_in > 0 && tx->in);
	CHECK(tx->extra.n == 0 || (tx->extra.p >= data && tx->extra.p + tx->extra.n <= data + n));
	struct tx_extra extra;
	tx_extra_parse(&extra, tx->extra);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tx tx, base;
	struct hash id, hash = {{0}};
	if (tx_parse(&tx, data, n, false) == ERR_OK) {
		check_parts(&tx, data, n);
		CHECK(tx_parse(&base, data, tx.base_size, true) == ERR_OK);
		CHECK(base.n_out == tx.n_out && base.rct == tx.rct && base.fee == tx.fee);
		CHECK(tx_id(&id, data, n) == ERR_OK);
		tx_free(&base);
		tx_free(&tx);
	} else {
		CHECK(!tx.in && !tx.out && tx.n_out == 0);
	}
	if (tx_parse(&tx, data, n, true) == ERR_OK) {
		check_parts(&tx, data, n);
		enum err e = tx_id_pruned(&id, data, n, &hash);
		CHECK(e == ERR_OK || tx.version == 1);
		tx_free(&tx);
	}
	return 0;
}
