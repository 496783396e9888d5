/* Payouts from a file: strictly read, whole or not at all, every error with its line. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"
#include "watcher/payouts/order.h"

static char ADDRESS[ADDRESS_TEXT_MAX];

/* `%s` in the text is an address. */
static struct span file(struct buf *b, const char *format)
{
	buf_init(b, CSV_FILE_MAX + 4096);
	for (const char *p = format; *p; p++) {
		if (p[0] == '%' && p[1] == 's') {
			buf_text(b, ADDRESS);
			p++;
		} else {
			buf_u8(b, (uint8_t)*p);
		}
	}
	return buf_span(b);
}

static void start(struct hot *h)
{
	struct address to = {.network = NETWORK_MAINNET};
	struct scalar s;
	hot_start(h, 30);
	sc_random(&s, &h->rng);
	public_of_scalar(&to.spend, &s);
	to.view = to.spend;
	address_format(ADDRESS, &to);
}

static void rows_become_payouts(void **state)
{
	struct hot h;
	struct payout_import r;
	struct payout p;
	struct buf b;
	(void)state;
	start(&h);
	struct span csv =
	    file(&b, "amount,reference,id,priority,not_before,address\r\n"
		     "1.5,\"says \"\"hi\"\", twice\",a/1,high,2026-11-23T20:15:04Z,%s\r\n"
		     "0.000000000001,,b,,,%s");
	assert_int_equal(watcher_import_payouts(&h.w, csv, &r), ERR_OK);
	assert_int_equal(r.queued, 2);
	assert_int_equal(r.known, 0);
	assert_int_equal(r.amount.atomic, UINT64_C(1500000000001));
	assert_int_equal(watcher_get_payout(&h.w, "a/1", &p), ERR_OK);
	assert_string_equal(p.reference, "says \"hi\", twice");
	assert_int_equal(p.priority, PAYOUT_HIGH);
	assert_int_equal(p.not_before, 1795464904);
	assert_int_equal(watcher_get_payout(&h.w, "b", &p), ERR_OK);
	assert_int_equal(p.priority, PAYOUT_NORMAL);
	assert_int_equal(p.not_before, 0);
	/* The same file again changes nothing. */
	assert_int_equal(watcher_import_payouts(&h.w, csv, &r), ERR_OK);
	assert_int_equal(r.queued, 0);
	assert_int_equal(r.known, 2);
	assert_int_equal(hot_events(&h, "payout_queued"), 2);
	buf_free(&b);
	hot_stop(&h);
}

static void one_bad_line_refuses_all(void **state)
{
	static const struct {
		const char *text;
		enum err rc;
		const char *says;
	} bad[] = {
	    {"", ERR_USAGE, "empty"},
	    {"id,address\nx,%s\n", ERR_USAGE, "line 1: "},
	    {"id,address,amount,amount\n", ERR_USAGE, "twice"},
	    {"id,address,amount,colour\n", ERR_USAGE, "not known"},
	    {"\xef\xbb\xbfid,address,amount\n", ERR_USAGE, "line 1: "},
	    {"a,%s,1\n", ERR_USAGE, "line 1: "},
	    {"id,address,amount\na,%s,1\nb,%s\n", ERR_USAGE, "line 3: 2 fields"},
	    {"id,address,amount\na,%s,1\nb,%s,1,\n", ERR_USAGE, "line 3: 4 fields"},
	    {"id,address,amount\na,%s,1\n\n", ERR_USAGE, "line 3: empty"},
	    {"id,address,amount\na,%s,1\nb,%s,-1\n", ERR_AMOUNT, "line 3, amount: "},
	    {"id,address,amount\na,%s,1\nb,%s,1e3\n", ERR_AMOUNT, "line 3, amount: "},
	    {"id,address,amount\na,%s,1\nb,%s,\n", ERR_AMOUNT, "line 3, amount: "},
	    {"id,address,amount\na,%s,1\nb,%s,0\n", ERR_AMOUNT, "line 3: "},
	    {"id,address,amount\na,%s,1\nb,4%s,1\n", ERR_ADDR_LENGTH, "line 3, address: "},
	    {"id,address,amount\na,%s,1\nb c,%s,1\n", ERR_USAGE, "line 3: "},
	    {"id,address,amount\na,%s,1\n\"b,%s,1\n", ERR_USAGE, "line 3: a quote"},
	    {"id,address,amount\na,%s,1\nb\"\",%s,1\n", ERR_USAGE, "line 3: a quote"},
	    {"id,address,amount\na,%s,1\n\"b\"c,%s,1\n", ERR_USAGE, "line 3: a quote"},
	    {"id,address,amount\na,%s,1\nb\r,%s,1\n", ERR_USAGE, "line 3: "},
	    {"id,address,amount\na,%s,1\na,%s,1\n", ERR_CONFLICT, "line 3: payout a is in"},
	    {"id,address,amount\na,%s,1\na,%s,2\n", ERR_CONFLICT,
	     "line 3: payout a was queued before with another amount"},
	    {"id,address,amount\na,%s,18446744\nb,%s,18446744\n", ERR_AMOUNT, "line 3: "},
	    {"id,address,amount,priority\na,%s,1,low\nb,%s,1,urgent\n", ERR_USAGE,
	     "line 3, priority: "},
	    {"id,address,amount,not_before\na,%s,1,\nb,%s,1,2026-02-29T00:00:00Z\n", ERR_USAGE,
	     "line 3, not_before: "},
	    {"id,address,amount,not_before\na,%s,1,\nb,%s,1,1795464904\n", ERR_USAGE,
	     "line 3, not_before: "},
	};
	struct hot h;
	struct payout_import r;
	struct payout p;
	(void)state;
	start(&h);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct buf b;
		struct span csv = file(&b, bad[i].text);
		assert_int_equal(watcher_import_payouts(&h.w, csv, &r), bad[i].rc);
		if (!strstr(err_detail(), bad[i].says)) {
			fail_msg("%zu: \"%s\" lacks \"%s\"", i, err_detail(), bad[i].says);
		}
		assert_int_equal(r.queued, 0);
		assert_int_equal(watcher_get_payout(&h.w, "a", &p), ERR_NOT_FOUND);
		buf_free(&b);
	}
	assert_int_equal(hot_events(&h, "payout_queued"), 0);
	hot_stop(&h);
}

static void bounds(void **state)
{
	struct hot h;
	struct payout_import r;
	struct buf b;
	(void)state;
	start(&h);
	file(&b, "id,address,amount,reference\na,%s,1,");
	for (int i = 0; i < CSV_LINE_MAX; i++) {
		buf_u8(&b, 'r');
	}
	assert_int_equal(watcher_import_payouts(&h.w, buf_span(&b), &r), ERR_USAGE);
	assert_non_null(strstr(err_detail(), "line 2: longer"));
	while (b.n <= CSV_FILE_MAX) {
		buf_text(&b, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	}
	assert_int_equal(watcher_import_payouts(&h.w, buf_span(&b), &r), ERR_USAGE);
	assert_non_null(strstr(err_detail(), "more than 8388608 bytes"));
	buf_free(&b);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_become_payouts),
	    cmocka_unit_test(one_bad_line_refuses_all),
	    cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
