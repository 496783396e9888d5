/* A policy's text: what is accepted is kept in one form that reads back as itself; errors are told.
 */
#include "signer/policy/policy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct policy p, again;
	static const struct policy nothing;
	struct buf a, b;
	buf_init(&a, POLICY_FILE_MAX);
	buf_init(&b, POLICY_FILE_MAX);
	if (policy_parse(&p, (struct span){data, n}, NETWORK_STAGENET) == ERR_OK) {
		CHECK(policy_format(&a, &p) == ERR_OK);
		CHECK(policy_parse(&again, buf_span(&a), NETWORK_STAGENET) == ERR_OK);
		CHECK(policy_format(&b, &again) == ERR_OK);
		CHECK(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
		CHECK(!policy_loosens(&p, &again) && !policy_loosens(&again, &p));
	} else {
		CHECK(memcmp(&p, &nothing, sizeof p) == 0);
		CHECK(err_detail()[0]);
	}
	buf_free(&a);
	buf_free(&b);
	return 0;
}
