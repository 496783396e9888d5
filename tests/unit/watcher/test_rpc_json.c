/* The node's JSON answers: what is taken from each, what each fault becomes. */
#include "tests/unit/monero/vector.h"

#include "common/base/err.h"
#include "tests/unit/monero/regtest.h"
#include "watcher/chain/rpc_json.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define RESULT(x) "{\"id\":\"0\",\"jsonrpc\":\"2.0\",\"result\":{\"status\":\"OK\"," x "}}"

static struct span text(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static void info(void **state)
{
	(void)state;
	struct chain_info i;
	static const char good[] =
	    "{\"height\":3,\"target_height\":9,\"top_block_hash\":\"" A64
	    "\",\"nettype\":\"stagenet\",\"synchronized\":true,\"status\":\"OK\","
	    "\"free_space\":18446744073709551615}";
	assert_int_equal(rpc_json_info(&i, text(good)), ERR_OK);
	assert_int_equal(i.height, 3);
	assert_int_equal(i.target_height, 9);
	assert_int_equal(i.top.b[31], 0xaa);
	assert_int_equal(i.network, NETWORK_STAGENET);
	assert_true(i.synchronized);
	static const struct {
		const char *from, *to;
		enum err e;
	} cases[] = {
	    {"stagenet", "fakechain", ERR_OK},
	    {"stagenet", "mainnet", ERR_OK},
	    {"stagenet", "wownero", ERR_NODE_NETWORK},
	    {"\"OK\"", "\"BUSY\"", ERR_NODE_BUSY},
	    {"\"OK\"", "\"Failed\"", ERR_NODE_ANSWER},
	    {"\"OK\"", "7", ERR_NODE_ANSWER},
	    {":3,", ":0,", ERR_NODE_ANSWER},
	    {":3,", ":-3,", ERR_NODE_ANSWER},
	    {":3,", ":3.5,", ERR_NODE_ANSWER},
	    {":3,", ":1e300,", ERR_NODE_ANSWER},
	    {":3,", ":\"3\",", ERR_NODE_ANSWER},
	    {":9,", ":null,", ERR_NODE_ANSWER},
	    {"aa\"", "a\"", ERR_NODE_ANSWER},
	    {"aa\"", "ag\"", ERR_NODE_ANSWER},
	    {":true", ":1", ERR_NODE_ANSWER},
	    {"{\"height", "[{\"height", ERR_NODE_ANSWER},
	    {"}", "", ERR_NODE_ANSWER},
	};
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		char changed[512];
		const char *at = strstr(good, cases[k].from);
		assert_non_null(at);
		snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - good), good, cases[k].to,
			 at + strlen(cases[k].from));
		assert_int_equal(rpc_json_info(&i, text(changed)), cases[k].e);
		assert_int_equal(i.height, cases[k].e == ERR_OK ? 3 : 0);
	}
	assert_int_equal(rpc_json_info(&i, (struct span){NULL, 0}), ERR_NODE_ANSWER);
}

static void json_rpc(void **state)
{
	(void)state;
	struct rpc_header h;
	uint8_t fork;
	assert_int_equal(
	    rpc_json_header(&h, text(RESULT("\"block_header\":{\"height\":5,\"hash\":\"" B64
					    "\",\"timestamp\":1000,"
					    "\"major_version\":16}"))),
	    ERR_OK);
	assert_true(h.height == 5 && h.time == 1000 && h.major_version == 16 && h.id.b[0] == 0xbb);
	assert_int_equal(
	    rpc_json_header(&h, text(RESULT("\"block_header\":{\"height\":5,\"hash\":\"" B64
					    "\",\"timestamp\":1000,\"major_version\":256}"))),
	    ERR_NODE_ANSWER);
	assert_int_equal(rpc_json_header(&h, text(RESULT("\"block_header\":[]"))), ERR_NODE_ANSWER);
	assert_true(h.height == 0 && h.time == 0);
	assert_int_equal(rpc_json_fork(&fork, text(RESULT("\"version\":16"))), ERR_OK);
	assert_int_equal(fork, 16);
	assert_int_equal(rpc_json_fork(&fork, text("{\"result\":{\"version\":16}}")),
			 ERR_NODE_ANSWER);
	assert_int_equal(
	    rpc_json_fork(&fork, text("{\"error\":{\"code\":-9,\"message\":\"Core is busy\"}}")),
	    ERR_NODE_BUSY);
	assert_int_equal(
	    rpc_json_fork(&fork, text("{\"error\":{\"code\":-2,\"message\":\"a\\u001b[2J\"}}")),
	    ERR_NODE_ANSWER);
	/* What a node says goes to a terminal only made harmless. */
	assert_null(strchr(err_detail(), 0x1b));
	assert_non_null(strstr(err_detail(), "\\x1b"));
}

static void fee(void **state)
{
	(void)state;
	struct chain_fee f;
	assert_int_equal(
	    rpc_json_fee(&f, text(RESULT("\"fee\":20000,\"fees\":[20000,80000,320000,4000000],"
					 "\"quantization_mask\":10000"))),
	    ERR_OK);
	assert_true(f.per_byte[0] == 20000 && f.per_byte[3] == 4000000);
	assert_int_equal(f.quantization_mask, 10000);
	assert_int_equal(rpc_json_fee(&f, text(RESULT("\"fee\":7"))), ERR_OK);
	assert_true(f.per_byte[0] == 7 && f.per_byte[3] == 7 && f.quantization_mask == 1);
	assert_int_equal(rpc_json_fee(&f, text(RESULT("\"fee\":7,\"quantization_mask\":1000000"))),
			 ERR_OK);
	assert_int_equal(f.quantization_mask, 1000000);
	static const char *const bad[] = {
	    RESULT("\"fees\":[1,2,3]"),
	    RESULT("\"fees\":[4,3,2,1]"),
	    RESULT("\"fees\":[0,1,2,3]"),
	    RESULT("\"fees\":[1,2,3,-4]"),
	    RESULT("\"fees\":[1,2,3,1e30]"),
	    RESULT("\"fees\":[1,2,3,\"4\"]"),
	    RESULT("\"fees\":[1,2,3,4],\"quantization_mask\":0"),
	    RESULT("\"fees\":[1,2,3,4],\"quantization_mask\":1000001"),
	    RESULT("\"other\":1"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(rpc_json_fee(&f, text(bad[i])), ERR_NODE_ANSWER);
		assert_int_equal(f.per_byte[0], 0);
	}
}

static void submit(void **state)
{
	(void)state;
	assert_int_equal(rpc_json_submit(text("{\"status\":\"OK\",\"reason\":\"\"}")), ERR_OK);
	assert_int_equal(rpc_json_submit(text("{\"status\":\"BUSY\"}")), ERR_NODE_BUSY);
	assert_int_equal(rpc_json_submit(text("{\"status\":\"PAYMENT REQUIRED\"}")),
			 ERR_NODE_ANSWER);
	assert_int_equal(rpc_json_submit(text("{}")), ERR_NODE_ANSWER);
	assert_int_equal(rpc_json_submit(text("{\"status\":\"Failed\",\"double_spend\":true,"
					      "\"fee_too_low\":true,\"too_big\":false}")),
			 ERR_NODE_REJECTED);
	assert_non_null(strstr(err_detail(), "spent already"));
	assert_non_null(strstr(err_detail(), "fee is too low"));
	assert_null(strstr(err_detail(), "too big"));
	assert_int_equal(rpc_json_submit(text("{\"status\":\"Failed\",\"reason\":\"new rule\"}")),
			 ERR_NODE_REJECTED);
	assert_non_null(strstr(err_detail(), "new rule"));
	assert_int_equal(rpc_json_submit(text("{\"status\":\"Failed\"}")), ERR_NODE_REJECTED);
}

static void spent(void **state)
{
	(void)state;
	uint8_t s[3];
	assert_int_equal(rpc_json_spent(s, 3, text("{\"status\":\"OK\",\"spent_status\":[0,1,2]}")),
			 ERR_OK);
	assert_true(s[0] == 0 && s[1] == 1 && s[2] == 2);
	static const char *const bad[] = {"[1,1]", "[1,1,1,1]", "[1,1,3]", "[1,1,-1]",
					  "[1,1,true]"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char json[96];
		snprintf(json, sizeof json, "{\"status\":\"OK\",\"spent_status\":%s}", bad[i]);
		assert_int_equal(rpc_json_spent(s, 3, text(json)), ERR_NODE_ANSWER);
		assert_int_equal(s[0], 0);
	}
}

static void places(void **state)
{
	(void)state;
	struct hash ids[3] = {{{0}}};
	struct chain_tx_place p[3];
	memset(&ids[0], 0xaa, 32);
	memset(&ids[1], 0xbb, 32);
	static const char good[] =
	    "{\"status\":\"OK\",\"missed_tx\":[\"" A64 "\"],\"txs\":["
	    "{\"tx_hash\":\"0000000000000000000000000000000000000000000000000000000000000000\","
	    "\"in_pool\":true,\"double_spend_seen\":true},"
	    "{\"tx_hash\":\"" B64 "\",\"in_pool\":false,\"block_height\":12}]}";
	assert_int_equal(rpc_json_places(p, ids, 3, text(good)), ERR_OK);
	assert_int_equal(p[0].place, TX_UNKNOWN);
	assert_true(p[1].place == TX_IN_BLOCK && p[1].height == 12 && !p[1].double_spend_seen);
	assert_true(p[2].place == TX_IN_POOL && p[2].height == 0 && p[2].double_spend_seen);
	/* Fewer told of than asked for; one that was not asked for. */
	assert_int_equal(rpc_json_places(p, ids, 2, text(good)), ERR_NODE_ANSWER);
	memset(&ids[1], 0xcc, 32);
	assert_int_equal(rpc_json_places(p, ids, 3, text(good)), ERR_NODE_ANSWER);
	assert_int_equal(p[2].place, TX_UNKNOWN);
}

static void pool(void **state)
{
	(void)state;
	struct hash *ids = NULL, id;
	struct chain_pool_tx txs[1];
	size_t n;
	assert_int_equal(rpc_json_pool_ids(&ids, &n, text("{\"status\":\"OK\"}")), ERR_OK);
	assert_int_equal(n, 0);
	free(ids);
	assert_int_equal(
	    rpc_json_pool_ids(&ids, &n, text("{\"status\":\"OK\",\"tx_hashes\":[\"" A64 "\"]}")),
	    ERR_OK);
	assert_true(n == 1 && ids[0].b[0] == 0xaa);
	free(ids);
	assert_int_equal(
	    rpc_json_pool_ids(&ids, &n, text("{\"status\":\"OK\",\"tx_hashes\":[\"" A64 "\",5]}")),
	    ERR_NODE_ANSWER);
	assert_null(ids);

	const struct regtest_tx *tx = &REGTEST_TXS[0];
	size_t size = strlen(tx->blob) + 300;
	char *json = malloc(size);
	assert_non_null(json);
	assert_int_equal(hex_decode(&id, sizeof id, tx->id), ERR_OK);
	int len = snprintf(json, size,
			   "{\"status\":\"OK\",\"txs\":[{\"in_pool\":true,\"tx_hash\":\"%s\","
			   "\"as_hex\":\"%s\"}]}",
			   tx->id, tx->blob);
	assert_int_equal(rpc_json_pool_txs(txs, &n, &id, 1, text(json)), ERR_OK);
	assert_int_equal(n, 1);
	assert_hex(txs[0].blob, txs[0].size, tx->blob);
	free(txs[0].blob);
	/* Another transaction's bytes under this id. */
	char *digit = &json[len - 40];
	*digit = *digit == '0' ? '1' : '0';
	assert_int_equal(rpc_json_pool_txs(txs, &n, &id, 1, text(json)), ERR_NODE_ANSWER);
	assert_int_equal(n, 0);
	/* Mined meanwhile: no error, not in the pool. */
	char *in_pool = strstr(json, "true");
	memcpy(in_pool, "null", 4);
	assert_int_equal(rpc_json_pool_txs(txs, &n, &id, 1, text(json)), ERR_OK);
	assert_int_equal(n, 0);
	free(json);
}

/* Three bytes of JSON are a hundred of memory, so they are counted before. */
static void more_values_than_any_answer(void **state)
{
	struct buf b;
	struct chain_info i;
	(void)state;
	buf_init(&b, 2000000);
	buf_text(&b, "{\"status\":\"OK\",\"x\":[");
	for (unsigned k = 0; k < 400000; k++) {
		buf_text(&b, "{},");
	}
	buf_text(&b, "0]}");
	assert_int_equal(buf_end(&b), ERR_OK);
	assert_int_equal(rpc_json_info(&i, buf_span(&b)), ERR_NODE_ANSWER);
	assert_non_null(strstr(err_detail(), "number of values"));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(info),  cmocka_unit_test(json_rpc),
	    cmocka_unit_test(fee),   cmocka_unit_test(submit),
	    cmocka_unit_test(spent), cmocka_unit_test(places),
	    cmocka_unit_test(pool),  cmocka_unit_test(more_values_than_any_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
