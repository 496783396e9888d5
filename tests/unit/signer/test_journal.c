/* Journal entries: one form each, chained, signed, and time that only goes forward. */
#include "tests/unit/unit.h"

#include "tests/unit/signer/gap.h"

static struct gap g;

static int begin(void **state)
{
	(void)state;
	gap_open(&g);
	return 0;
}

static int end(void **state)
{
	(void)state;
	gap_close(&g);
	return 0;
}

static struct record *sample(void)
{
	struct record *r = calloc(1, sizeof *r);
	assert_non_null(r);
	r->kind = RECORD_SIGNED;
	r->wall = g.now;
	r->chain = g.chain_time;
	r->index = 3;
	r->count = 1;
	r->counted = amount_of(UINT64_MAX);
	r->fee = amount_of(5);
	memset(r->id.b, 0xab, 32);
	r->n_payouts = 1;
	r->payouts[0].amount = amount_of(77);
	snprintf(r->payouts[0].address, ADDRESS_TEXT_MAX, "4abc");
	r->n_images = 2;
	memset(r->images[1].b, 0xcd, 32);
	return r;
}

static void records_come_back(void **state)
{
	(void)state;
	static const enum record_kind kinds[] = {
	    RECORD_INIT,       RECORD_PAIRING,    RECORD_POLICY_SUBMITTED, RECORD_POLICY_EFFECTIVE,
	    RECORD_REQUEST,    RECORD_SIGNED,     RECORD_REFUSED,          RECORD_REQUEST_REFUSED,
	    RECORD_KEY_IMAGES, RECORD_PASSPHRASE, RECORD_APPROVAL,         RECORD_CLOCK,
	    RECORD_CATCH_UP};
	struct record *r = sample(), *back = malloc(sizeof *back);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct buf a, b;
		buf_init(&a, PROTO_ENTRY_MAX);
		buf_init(&b, PROTO_ENTRY_MAX);
		r->kind = kinds[i];
		r->code = ERR_LIMIT_DAY;
		snprintf(r->text, sizeof r->text, "why");
		assert_int_equal(record_encode(&a, r), ERR_OK);
		assert_int_equal(record_decode(back, buf_span(&a)), ERR_OK);
		assert_int_equal(back->kind, kinds[i]);
		assert_true(back->wall == r->wall && back->chain == r->chain);
		assert_int_equal(record_encode(&b, back), ERR_OK);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.p, b.p, a.n);
		/* cut anywhere, it is no record */
		for (size_t n = 0; n < a.n; n++) {
			assert_int_equal(record_decode(back, (struct span){a.p, n}),
					 ERR_JOURNAL_BROKEN);
		}
		a.p[1] = 23; /* a kind that does not exist */
		assert_int_equal(record_decode(back, buf_span(&a)), ERR_JOURNAL_BROKEN);
		buf_free(&a);
		buf_free(&b);
	}
	free(r);
	free(back);
}

static enum err append(struct record *r)
{
	struct db_txn *t;
	struct ledger_head head;
	assert_int_equal(db_begin(&t, g.db, true), ERR_OK);
	enum err rc = journal_append(&head, t, r, &g.signer);
	if (rc != ERR_OK) {
		db_abort(t);
		return rc;
	}
	return db_commit(t);
}

static void time_goes_forward(void **state)
{
	(void)state;
	struct record *r = sample();
	struct db_txn *t;
	struct journal_times newest;
	assert_int_equal(append(r), ERR_OK);
	r->wall--;
	assert_int_equal(append(r), ERR_CLOCK_BEHIND);
	r->wall++;
	uint64_t chain = r->chain;
	r->chain = 5;
	assert_int_equal(append(r), ERR_OK);
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	assert_int_equal(journal_times(&newest, t), ERR_OK);
	assert_true(newest.chain == chain);
	db_abort(t);
	free(r);
}

static void put_raw(unsigned table, uint64_t number, size_t at)
{
	struct db_txn *t;
	struct span value;
	uint8_t key[8], copy[1024];
	store64_be(key, number);
	assert_int_equal(db_begin(&t, g.db, true), ERR_OK);
	assert_int_equal(db_get(t, table, db_span(key, 8), &value), ERR_OK);
	assert_true(value.n <= sizeof copy && at < value.n);
	memcpy(copy, value.p, value.n);
	copy[at] ^= 1;
	assert_int_equal(db_put(t, table, db_span(key, 8), db_span(copy, value.n)), ERR_OK);
	assert_int_equal(db_commit(t), ERR_OK);
}

static enum err verify(void)
{
	struct db_txn *t;
	struct ledger_head head;
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	enum err rc = journal_verify(&head, t, &g.signer.public);
	db_abort(t);
	return rc;
}

/* Whoever can write the store, checksums and all, still cannot change what the identity signed. */
static void tampering_is_found(void **state)
{
	(void)state;
	struct record *r = sample();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(append(r), ERR_OK);
	}
	assert_int_equal(verify(), ERR_OK);
	put_raw(TABLE_SIGNATURE, 4, 10);
	assert_int_equal(verify(), ERR_JOURNAL_BROKEN);
	assert_non_null(strstr(err_detail(), "entry 4"));
	put_raw(TABLE_SIGNATURE, 4, 10);
	assert_int_equal(verify(), ERR_OK);
	put_raw(TABLE_JOURNAL, 3, 60);
	assert_int_equal(verify(), ERR_JOURNAL_BROKEN);
	assert_non_null(strstr(err_detail(), "entry 3"));
	free(r);
}

static void the_window_is_a_day_by_the_slower_clock(void **state)
{
	(void)state;
	struct record *r = sample();
	struct policy_spent spent;
	struct db_txn *t;
	r->counted = amount_of(100);
	assert_int_equal(append(r), ERR_OK);
	r->wall += 10;
	r->chain += 10;
	r->counted = amount_of(7);
	assert_int_equal(append(r), ERR_OK);
	uint64_t w = g.now + POLICY_DAY, c = g.chain_time + POLICY_DAY;
	const struct {
		uint64_t wall, chain, sum;
	} cases[] = {{w - 1, c - 1, 107}, {w, c - 1, 107},   {w - 1, c, 107},
		     {w, c, 7},           {w + 9, c + 9, 7}, {w + 99, g.chain_time, 107},
		     {w + 10, c + 10, 0}};
	assert_int_equal(db_begin(&t, g.db, false), ERR_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(journal_spent(&spent, t, cases[i].wall, cases[i].chain), ERR_OK);
		assert_true(spent.amount.atomic == cases[i].sum);
	}
	db_abort(t);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(records_come_back, begin, end),
	    cmocka_unit_test_setup_teardown(time_goes_forward, begin, end),
	    cmocka_unit_test_setup_teardown(tampering_is_found, begin, end),
	    cmocka_unit_test_setup_teardown(the_window_is_a_day_by_the_slower_clock, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
