/* tx_extra never fails, but what it hands out lies within the bytes. */
#include "common/monero/tx.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tx_extra extra;
	tx_extra_parse(&extra, (struct span){data, n});
	CHECK(extra.n_public <= sizeof extra.public_key / sizeof extra.public_key[0]);
	if (extra.n_additional > 0) {
		CHECK(extra.additional >= data);
		CHECK(extra.n_additional <= (size_t)(data + n - extra.additional) / 32);
	}
	return 0;
}
