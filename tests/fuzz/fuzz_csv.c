/* A file of payouts: whatever is read as a row has parts that are what they should be. */
#include "tests/fuzz/fuzz.h"
#include "watcher/payouts/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct csv_order row;
	struct csv c;
	enum err rc = csv_open(&c, (struct span){data, n});
	if (rc != ERR_OK) {
		CHECK(rc == ERR_USAGE);
		return 0;
	}
	while ((rc = csv_next(&c, &row)) == ERR_OK) {
		char text[AMOUNT_TEXT_MAX];
		struct amount again;
		CHECK(strlen(row.order.id) < CSV_LINE_MAX);
		CHECK(strlen(row.order.reference) < CSV_LINE_MAX);
		CHECK(amount_parse(&again, amount_format(text, row.order.amount)) == ERR_OK);
		CHECK(amount_cmp(again, row.order.amount) == 0);
		CHECK(row.order.priority >= PAYOUT_HIGH && row.order.priority <= PAYOUT_LOW);
	}
	CHECK(rc == ERR_NOT_FOUND || err_category(rc) == CAT_USAGE);
	return 0;
}
