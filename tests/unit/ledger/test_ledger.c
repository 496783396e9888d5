/* The hash chain: order, gaps, tampering, and hashes that stay what they are. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/ledger/ledger.h"

static char dir[] = "/tmp/airlock-ledger-XXXXXX";
static const char *const tables[] = {"log"};
static const struct ledger ledger = {.table = 0, .label = "airlock test log"};
static struct db *db;
static struct db_txn *t;

static int setup(void **state)
{
	(void)state;
	return secret_start() == ERR_OK && mkdtemp(dir) &&
		       db_open_lmdb(&db, dir, tables, 1, 1 << 20, true) == ERR_OK
		   ? 0
		   : -1;
}

static int teardown(void **state)
{
	(void)state;
	char path[PATH_TEXT_MAX];
	const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
	db_close(db);
	for (size_t i = 0; i < 3; i++) {
		if (path_join(path, dir, names[i]) == ERR_OK) {
			(void)unlink(path);
		}
	}
	return rmdir(dir);
}

/* Three entries in a transaction that is never committed. */
static int begin(void **state)
{
	(void)state;
	struct ledger_head head;
	if (db_begin(&t, db, true) != ERR_OK) {
		return -1;
	}
	for (int i = 0; i < 3; i++) {
		char text[16];
		snprintf(text, sizeof text, "entry %d", i + 1);
		if (ledger_append(&head, &ledger, t, db_span(text, strlen(text))) != ERR_OK ||
		    head.number != (uint64_t)i + 1) {
			return -1;
		}
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	db_abort(t);
	return 0;
}

static void chain_is_as_documented(void **state)
{
	(void)state;
	struct ledger_head head, genesis;
	uint8_t expected[32], hash[32];
	struct span content;
	ledger_genesis(&genesis, ledger.label);
	assert_int_equal(genesis.number, 0);
	ledger_hash(expected, ledger.label, 1, genesis.hash, db_span("entry 1", 7));
	assert_int_equal(ledger_read(&content, hash, &ledger, t, 1), ERR_OK);
	assert_memory_equal(hash, expected, 32);
	assert_int_equal(content.n, 7);
	assert_memory_equal(content.p, "entry 1", 7);
	ledger_hash(expected, ledger.label, 2, hash, db_span("entry 2", 7));
	assert_int_equal(ledger_read(&content, hash, &ledger, t, 2), ERR_OK);
	assert_memory_equal(hash, expected, 32);
	ledger_hash(expected, ledger.label, 3, hash, db_span("entry 3", 7));
	assert_int_equal(ledger_head(&head, &ledger, t), ERR_OK);
	assert_int_equal(head.number, 3);
	assert_memory_equal(head.hash, expected, 32);
	assert_int_equal(ledger_verify(&head, &ledger, t), ERR_OK);
	assert_int_equal(head.number, 3);
	assert_int_equal(ledger_read(&content, hash, &ledger, t, 0), ERR_NOT_FOUND);
	assert_int_equal(ledger_read(&content, hash, &ledger, t, 4), ERR_NOT_FOUND);
	/* Another label is another chain. */
	struct ledger_head other;
	ledger_genesis(&other, "airlock test log 2");
	assert_memory_not_equal(other.hash, genesis.hash, 32);
}

static void key_of(uint8_t key[static 8], uint64_t n)
{
	store64_be(key, n);
}

static void tampering_is_named(void **state)
{
	(void)state;
	struct ledger_head head;
	uint8_t key[8], hash[32];
	struct span value, content;
	/* Whoever can write the store can make valid records, but not a valid chain. */
	key_of(key, 2);
	assert_int_equal(db_get(t, 0, db_span(key, 8), &value), ERR_OK);
	uint8_t copy[64];
	size_t n = value.n;
	memcpy(copy, value.p, n);
	copy[n - 1] ^= 1;
	assert_int_equal(db_put(t, 0, db_span(key, 8), db_span(copy, n)), ERR_OK);
	assert_int_equal(ledger_verify(&head, &ledger, t), ERR_JOURNAL_BROKEN);
	assert_non_null(strstr(err_detail(), "entry 2"));
	assert_int_equal(ledger_read(&content, hash, &ledger, t, 2), ERR_DB_DAMAGED);
	assert_int_equal(ledger_read(&content, hash, &ledger, t, 1), ERR_OK);
}

static void gap_is_named(void **state)
{
	(void)state;
	struct ledger_head head;
	uint8_t key[8];
	key_of(key, 2);
	assert_int_equal(db_del(t, 0, db_span(key, 8)), ERR_OK);
	assert_int_equal(ledger_verify(&head, &ledger, t), ERR_JOURNAL_BROKEN);
	assert_non_null(strstr(err_detail(), "entry 2 is missing"));
	key_of(key, 1);
	assert_int_equal(db_del(t, 0, db_span(key, 8)), ERR_OK);
	assert_int_equal(ledger_verify(&head, &ledger, t), ERR_JOURNAL_BROKEN);
	assert_non_null(strstr(err_detail(), "entry 1 is missing"));
}

static void empty_log(void **state)
{
	(void)state;
	struct ledger_head head, genesis;
	struct db_txn *r;
	ledger_genesis(&genesis, ledger.label);
	assert_int_equal(db_begin(&r, db, false), ERR_OK);
	assert_int_equal(ledger_head(&head, &ledger, r), ERR_OK);
	assert_memory_equal(&head, &genesis, sizeof head);
	assert_int_equal(ledger_verify(&head, &ledger, r), ERR_OK);
	assert_memory_equal(&head, &genesis, sizeof head);
	db_abort(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_log),
	    cmocka_unit_test_setup_teardown(chain_is_as_documented, begin, end),
	    cmocka_unit_test_setup_teardown(tampering_is_named, begin, end),
	    cmocka_unit_test_setup_teardown(gap_is_named, begin, end),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
