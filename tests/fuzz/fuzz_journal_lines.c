/*
 * An exported journal as lines of JSON, as an auditor gets it from wherever: what is accepted ends
 * in a head, what is not leaves nothing behind.
 */
#include "signer/journal/lines.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ledger_head head;
	struct identity_public signer;
	static const struct ledger_head nothing;
	if (journal_lines_verify(&head, &signer, (struct span){data, n}) == ERR_OK) {
		CHECK(head.number > 0);
	} else {
		CHECK(memcmp(&head, &nothing, sizeof head) == 0);
	}
	return 0;
}
