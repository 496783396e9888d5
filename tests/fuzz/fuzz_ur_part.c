/* The CBOR of a part: what is read is bounded, makes sense, and is written back as it was. */
#include "common/optical/ur.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ur_part part;
	struct span payload;
	struct buf again;
	buf_init(&again, n + 16);
	if (ur_part_get(&part, (struct span){data, n}) == ERR_OK) {
		CHECK(part.of <= FOUNTAIN_PARTS_MAX && part.message_size <= UR_MESSAGE_MAX);
		CHECK((uint64_t)part.of * part.data.n >= part.message_size);
		ur_part_put(&again, &part);
		CHECK(again.n == n && memcmp(again.p, data, n) == 0);
	}
	buf_reset(&again);
	if (ur_unwrap(&payload, (struct span){data, n}) == ERR_OK) {
		ur_wrap(&again, payload);
		CHECK(again.n == n && memcmp(again.p, data, n) == 0);
	}
	buf_free(&again);
	return 0;
}
