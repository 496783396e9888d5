/* Whatever parses as an address formats to the very text it was parsed from. */
#include "common/monero/address.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[256], again[ADDRESS_TEXT_MAX];
	struct address a, zero = {0};
	size_t keep = n < sizeof text - 1 ? n : sizeof text - 1;
	if (keep > 0) {
		memcpy(text, data, keep);
	}
	text[keep] = '\0';
	if (address_parse(&a, text) == ERR_OK) {
		CHECK(strcmp(address_format(again, &a), text) == 0);
	} else {
		CHECK(address_equal(&a, &zero));
	}
	return 0;
}
