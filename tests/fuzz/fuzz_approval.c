/* A minisign signature file: read within its bounds, or nothing is left of it. */
#include "signer/policy/minisign.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct approval a;
	static const struct approval nothing;
	static const struct policy_approver nobody = {.name = "nobody"};
	if (approval_parse(&a, (struct span){data, n}) == ERR_OK) {
		CHECK(n <= MINISIGN_FILE_MAX && a.n_trusted <= MINISIGN_TRUSTED_MAX);
		CHECK(strlen(a.trusted) == a.n_trusted && !strpbrk(a.trusted, "\r\n"));
		CHECK(approval_verify(&a, &nobody, (struct span){data, n}) ==
		      ERR_APPROVAL_SIGNATURE);
	} else {
		CHECK(memcmp(&a, &nothing, sizeof a) == 0);
	}
	return 0;
}
