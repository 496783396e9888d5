/* The body of a kit: what is accepted encodes to the same bytes, what is not leaves nothing behind.
 */
#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct kit m;
	struct buf again;
	static const struct kit nothing;
	buf_init(&again, PROTO_MESSAGE_MAX);
	if (kit_decode(&m, (struct span){data, n}) == ERR_OK) {
		CHECK(kit_encode(&again, &m) == ERR_OK);
		CHECK(again.n == n && memcmp(again.p, data, n) == 0);
	} else {
		CHECK(memcmp(&m, &nothing, sizeof m) == 0);
	}
	buf_free(&again);
	return 0;
}
