/* The body of a journal: what is accepted encodes to the same bytes, what is not leaves nothing
 * behind. */
#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct journal m;
	struct buf again;
	static const struct journal nothing;
	buf_init(&again, PROTO_MESSAGE_MAX);
	if (journal_decode(&m, (struct span){data, n}) == ERR_OK) {
		CHECK(journal_encode(&again, &m) == ERR_OK);
		CHECK(again.n == n && memcmp(again.p, data, n) == 0);
		journal_free(&m);
	} else {
		CHECK(memcmp(&m, &nothing, sizeof m) == 0);
	}
	buf_free(&again);
	return 0;
}
