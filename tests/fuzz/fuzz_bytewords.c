/* Bytewords of any shape: what is read is written back as it was, in lower case. */
#include <ctype.h>

#include "common/optical/bytewords.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf bytes, letters;
	buf_init(&bytes, n + 1);
	buf_init(&letters, 2 * n + 16);
	if (bytewords_get(&bytes, (const char *)data, n) == ERR_OK) {
		bytewords_put(&letters, buf_span(&bytes));
		CHECK(buf_end(&letters) == ERR_OK && letters.n == n);
		for (size_t i = 0; i < n; i++) {
			CHECK(letters.p[i] == tolower(data[i]));
		}
	} else {
		CHECK(bytes.n == 0);
	}
	buf_free(&bytes);
	buf_free(&letters);
	return 0;
}
