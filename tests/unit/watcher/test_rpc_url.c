/* A node's address: what is taken, what it becomes, what is refused; when plain HTTP may be used.
 */
#include "tests/unit/unit.h"

#include "common/base/err.h"
#include "watcher/chain/backoff.h"
#include "watcher/chain/rpc.h"
#include "watcher/chain/rpc_url.h"

static void accepted(void **state)
{
	(void)state;
	static const struct {
		const char *url, *base;
		bool tls, local;
	} cases[] = {
	    {NULL, "http://127.0.0.1:38081", false, true},
	    {"localhost", "http://localhost:38081", false, true},
	    {"node.example:18089", "http://node.example:18089", false, false},
	    {"http://127.8.9.10:1/", "http://127.8.9.10:1", false, true},
	    {"HTTPS://10.0.0.1:65535", "https://10.0.0.1:65535", true, false},
	    {"[::1]:5", "http://[::1]:5", false, true},
	    {"https://[2001:db8::1]", "https://[2001:db8::1]:38081", true, false},
	    {"127.0.0.1.example", "http://127.0.0.1.example:38081", false, false},
	    {"localhost.example", "http://localhost.example:38081", false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rpc_url u;
		assert_int_equal(rpc_url_parse(&u, cases[i].url, NETWORK_STAGENET), ERR_OK);
		assert_string_equal(u.base, cases[i].base);
		assert_int_equal(u.tls, cases[i].tls);
		assert_int_equal(u.local, cases[i].local);
	}
	struct rpc_url u;
	assert_int_equal(rpc_url_parse(&u, NULL, NETWORK_MAINNET), ERR_OK);
	assert_string_equal(u.base, "http://127.0.0.1:18081");
	assert_int_equal(rpc_url_parse(&u, "abc.onion:1", NETWORK_TESTNET), ERR_OK);
	assert_true(u.onion);
}

static void refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "http://",
	    ":18081",
	    "host:",
	    "host:0",
	    "host:65536",
	    "host:99999999999999999999",
	    "host:18081x",
	    "host:18081/json_rpc",
	    "host?x",
	    "user:pass@host",
	    "user@host:1",
	    "ftp://host",
	    "file:///etc/passwd",
	    "ho st",
	    "host\n:1",
	    "[::1",
	    "[localhost]:1",
	    "::1",
	    "-host",
	    "http://http://host",
	    "127.0.0.1#@example.org",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct rpc_url u;
		assert_int_equal(rpc_url_parse(&u, bad[i], NETWORK_MAINNET), ERR_USAGE);
		assert_int_equal(u.base[0], 0);
	}
	char name[400] = {0};
	memset(name, 'a', 300);
	struct rpc_url u;
	assert_int_equal(rpc_url_parse(&u, name, NETWORK_MAINNET), ERR_USAGE);
}

static enum err try_open(struct chain_rpc_options o)
{
	struct chain c;
	enum err e = chain_rpc_open(&c, &o);
	assert_int_equal(e == ERR_OK, c.ctx != NULL);
	chain_rpc_close(&c);
	return e;
}

static void the_way_is_private(void **state)
{
	(void)state;
	assert_int_equal(try_open((struct chain_rpc_options){.url = NULL}), ERR_OK);
	assert_int_equal(try_open((struct chain_rpc_options){.url = "192.0.2.1"}), ERR_USAGE);
	assert_int_equal(
	    try_open((struct chain_rpc_options){.url = "192.0.2.1", .user = "a", .password = "b"}),
	    ERR_USAGE);
	assert_int_equal(
	    try_open((struct chain_rpc_options){.url = "192.0.2.1", .allow_plain = true}),
	    ERR_USAGE);
	assert_int_equal(try_open((struct chain_rpc_options){
			     .url = "192.0.2.1", .allow_plain = true, .allow_no_login = true}),
			 ERR_OK);
	assert_int_equal(try_open((struct chain_rpc_options){.url = "https://192.0.2.1"}),
			 ERR_USAGE);
	assert_int_equal(try_open((struct chain_rpc_options){
			     .url = "https://192.0.2.1", .user = "a", .password = "b"}),
			 ERR_OK);
	assert_int_equal(try_open((struct chain_rpc_options){.url = "abc.onion"}), ERR_USAGE);
	assert_int_equal(
	    try_open((struct chain_rpc_options){.url = "abc.onion", .proxy = "127.0.0.1:9050"}),
	    ERR_OK);
	assert_int_equal(try_open((struct chain_rpc_options){.tls_pin = "sha256//AAAA"}),
			 ERR_USAGE);
}

static void waits(void **state)
{
	(void)state;
	struct rng_seeded seed;
	struct rng rng = rng_seeded(&seed, 1);
	struct backoff b = {.first_ms = 100, .most_ms = 1000};
	static const uint64_t steps[] = {100, 200, 400, 800, 1000, 1000};
	bool differ = false;
	for (unsigned round = 0; round < 50; round++) {
		uint64_t first = 0;
		for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
			uint64_t w = backoff_wait_ms(&b, &rng);
			assert_in_range(w, steps[i] / 2, steps[i]);
			differ |= i == 5 && w != first;
			first = i == 4 ? w : first;
		}
		backoff_reset(&b);
	}
	assert_true(differ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepted),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(the_way_is_private),
	    cmocka_unit_test(waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
