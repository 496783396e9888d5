/* CBOR of any shape: what is let through is walked whole, in whatever kinds it has. */
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"

/* Reads each element as whatever it is, by trying on a fresh parse. */
static void try_as(struct span bytes, unsigned how)
{
	struct wire *w;
	if (wire_open(&w, bytes) != ERR_OK) {
		return;
	}
	struct wire_list in = wire_root(w);
	while (wire_end(w) == ERR_OK && in.at < in.n) {
		char text[64];
		uint8_t fixed[32];
		struct span s;
		struct wire_list below;
		switch (how++ % 5) {
		case 0:
			(void)wire_uint(&in, UINT64_MAX);
			break;
		case 1:
			s = wire_bytes(&in, bytes.n);
			CHECK(s.n <= bytes.n);
			break;
		case 2:
			wire_text(&in, text, sizeof text);
			CHECK(memchr(text, 0, sizeof text));
			break;
		case 3:
			below = wire_list(&in, 0, bytes.n);
			CHECK(below.n <= bytes.n);
			(void)wire_uint(&below, UINT64_MAX);
			break;
		default:
			wire_fixed(&in, fixed, sizeof fixed);
			break;
		}
	}
	wire_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (unsigned how = 0; how < 5; how++) {
		try_as((struct span){data, n}, how);
	}
	return 0;
}
