/* The body of key images: what is accepted encodes to the same bytes, what is not leaves nothing
 * behind. */
#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct key_images m;
	struct buf again;
	static const struct key_images nothing;
	buf_init(&again, PROTO_MESSAGE_MAX);
	if (key_images_decode(&m, (struct span){data, n}) == ERR_OK) {
		CHECK(key_images_encode(&again, &m) == ERR_OK);
		CHECK(again.n == n && memcmp(again.p, data, n) == 0);
		key_images_free(&m);
	} else {
		CHECK(memcmp(&m, &nothing, sizeof m) == 0);
	}
	buf_free(&again);
	return 0;
}
