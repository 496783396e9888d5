/* Portable storage: a whole walk stays within the bytes, and skipping ends where reading does. */
#include "tests/fuzz/fuzz.h"
#include "watcher/chain/epee.h"

static void walk(struct reader *r, unsigned depth)
{
	size_t fields = epee_section(r);
	CHECK(fields <= r->left);
	for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
		struct span name;
		struct epee_value v = epee_field(r, &name);
		struct reader skipped = *r;
		epee_skip(&skipped, &v);
		CHECK(v.n <= r->left || !v.array);
		if (depth == 0) {
			*r = skipped;
			continue;
		}
		for (size_t j = 0; j < v.n && r->failed == ERR_OK; j++) {
			if (v.type == EPEE_OBJECT) {
				walk(r, depth - 1);
			} else if (v.type == EPEE_STRING) {
				struct span s = epee_string(r, &v);
				CHECK(s.n == 0 || s.p + s.n == r->p || r->left == 0);
			} else if (v.type == EPEE_BOOL) {
				(void)epee_bool(r, &v);
			} else {
				(void)epee_u64(r, &v);
			}
		}
		/* Values may be out of range where skipping does not look; places must agree. */
		if (r->failed == ERR_OK && skipped.failed == ERR_OK) {
			CHECK(skipped.p == r->p && skipped.left == r->left);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct reader r = epee_open(data, n);
	walk(&r, 6);
	CHECK(r.left <= n);
	return 0;
}
