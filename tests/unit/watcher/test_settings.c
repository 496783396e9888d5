/* The configuration: what is read, what is refused and on which line. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "common/base/file.h"
#include "watcher/cli/settings.h"

#define PIN "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define VAULT                                                                                      \
	"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RV" \
	"G"                                                                                        \
	"QBEP3A"

struct told {
	unsigned n;
	unsigned line[8];
	char what[8][256];
};

static void note(void *ctx, unsigned line, const char *what)
{
	struct told *t = ctx;
	assert_true(t->n < 8);
	t->line[t->n] = line;
	snprintf(t->what[t->n++], sizeof t->what[0], "%s", what);
}

static enum err parse_bytes(struct settings *s, struct told *t, const char *text, size_t n)
{
	char copy[SETTINGS_MAX];
	struct problems p = {.told = note, .ctx = t};
	*t = (struct told){0};
	assert_true(n < sizeof copy);
	memcpy(copy, text, n);
	copy[n] = '\0';
	return settings_parse(s, copy, n, &p);
}

static enum err parse(struct settings *s, struct told *t, const char *text)
{
	return parse_bytes(s, t, text, strlen(text));
}

static void test_good(void **state)
{
	(void)state;
	struct settings s;
	struct told t;
	assert_int_equal(parse(&s, &t,
			       "# a comment\n"
			       "node = https://node.example.org:18089\r\n"
			       "  node-login = op:a:secret \n"
			       "node-tls-pin=" PIN "\n"
			       "\n"
			       "witness = 127.0.0.1:18082\n"
			       "witness = http://10.0.0.1 without-tls without-login\n"
			       "witnesses-needed = 2\n"
			       "stall-minutes = 30\n"
			       "credit = 0.5:2 *:30\n"
			       "fee = fast\n"
			       "fee-most = 0.5\n"
			       "fee-per-byte-most = 0.000001\n"
			       "request-hours = 24"),
			 ERR_OK);
	assert_int_equal(t.n, 0);
	assert_string_equal(s.node.url, "https://node.example.org:18089");
	assert_string_equal(s.node.user, "op");
	assert_string_equal(s.node.password, "a:secret");
	assert_string_equal(s.node.tls_pin, PIN);
	assert_int_equal(s.n_witnesses, 2);
	assert_string_equal(s.witness[0].url, "127.0.0.1:18082");
	assert_true(s.witness[1].without_tls && s.witness[1].without_login);
	assert_int_equal(s.rules.witnesses_needed, 2);
	assert_int_equal(s.rules.stall_seconds, 1800);
	assert_int_equal(s.rules.n_steps, 1);
	assert_int_equal(s.rules.depth_above, 30);
	assert_int_equal(s.rules.fee_level, FEE_FAST);
	assert_true(s.rules.fee_most.atomic == ATOMIC_PER_XMR / 2);
	assert_true(s.rules.fee_per_byte_most.atomic == 1000000);
	assert_int_equal(s.rules.request_seconds, 86400);
}

/* All wrong lines are told, in one go, and nothing stands. */
static void test_all_lines(void **state)
{
	(void)state;
	struct settings s;
	struct told t;
	assert_int_equal(parse(&s, &t,
			       "node = 127.0.0.1\n"
			       "nonsense\n"
			       "nod = 127.0.0.1\n"
			       "stall-minutes = -1\n"
			       "node = 127.0.0.2\n"
			       "node-without-tls = maybe\n"
			       "credit = 1:10 0.5:20 *:30\n"
			       "credit = 1:10"),
			 ERR_CONFIG);
	assert_int_equal(t.n, 7);
	for (unsigned i = 0; i < t.n; i++) {
		assert_int_equal(t.line[i], i + 2);
	}
	assert_non_null(strstr(t.what[3], "line 1"));
	assert_non_null(strstr(err_detail(), "airlock.conf line 2"));
	assert_non_null(strstr(err_detail(), "and 6 more"));
	assert_string_equal(s.node.url, "");
}

#define NODE "node = 127.0.0.1\n"

/* What does not go together is told with the line that is to be changed. */
static void test_together(void **state)
{
	(void)state;
	static const struct {
		unsigned line;
		const char *text;
	} bad[] = {
	    {0, ""},
	    {1, "node = ftp://127.0.0.1"},
	    {2, "\nnode = http://192.0.2.1:18081"},
	    {1, "node = http://192.0.2.1:18081\nnode-without-tls = yes"},
	    {1, "node = https://192.0.2.1:18081"},
	    {1, "node = http://192.0.2.1:18081\nnode-login = a:b"},
	    {1, NODE "node-tls-pin = " PIN},
	    {2, NODE "witness = https://192.0.2.1"},
	    {3, NODE "witness = 127.0.0.2\nwitnesses-needed = 2"},
	    {2, NODE "witnesses-needed = 1"},
	    {2, NODE "witness = http://127.0.0.1:18081"},
	    {3, NODE "witness = 127.0.0.2\nwitness = 127.0.0.2"},
	    {2, NODE "witness = 127.0.0.2 pim=x"},
	    {2, NODE "node-login-file = a-file-that-is-not-there"},
	    {2, NODE "node-login = nobody"},
	    {2, NODE "broadcast-proxy = 127.0.0.1:9050"},
	    {2, NODE "broadcast-node = http://192.0.2.1"},
	    {2, NODE "broadcast-node = http://127.0.0.1:18081"},
	    {1, "node = x.onion\nnode-login = a:b\nnode-without-tls = yes"},
	    {2, NODE "sweep-above = 5\nsweep-folder = /tmp"},
	    {3, NODE "vault = " VAULT "\nsweep-above = 5"},
	    {3, NODE "vault = " VAULT "\nsweep-outputs = 5"},
	};
	static const char *const good[] = {
	    "node = http://192.0.2.1:18081\nnode-without-tls = yes\nnode-without-login = yes",
	    "node = https://192.0.2.1:18081\nnode-login = a:b",
	    "node = https://192.0.2.1:18081\nnode-without-login = yes",
	    "node = http://airlock.onion\nnode-proxy = 127.0.0.1:9050",
	    NODE "witness = 127.0.0.1 proxy=127.0.0.1:9050",
	    NODE "vault = " VAULT "\nsweep-above = 5\nsweep-folder = /tmp",
	    "\xef\xbb\xbfnode = 127.0.0.1\n",
	};
	struct settings s;
	struct told t;
	char line[64];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(parse(&s, &t, bad[i].text), ERR_CONFIG);
		assert_int_equal(t.n, 1);
		assert_int_equal(t.line[0], bad[i].line);
		snprintf(line, sizeof line, "airlock.conf line %u: ", bad[i].line);
		assert_int_equal(strstr(err_detail(), line) != NULL, bad[i].line > 0);
		assert_null(strstr(err_detail(), ": :"));
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(parse(&s, &t, good[i]), ERR_OK);
	}
	/* Two logins, of which one would be forgotten. */
	char login[] = "/tmp/airlock-login-XXXXXX", text[128];
	int fd = mkstemp(login);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a:b\n", 4), 4);
	close(fd);
	snprintf(text, sizeof text, NODE "node-login-file = %s\nnode-login = a:b", login);
	assert_int_equal(parse(&s, &t, text), ERR_CONFIG);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.line[0], 3);
	assert_int_equal(unlink(login), 0);
	/* All of them in one go. */
	assert_int_equal(parse(&s, &t,
			       "node = https://192.0.2.1\n"
			       "witness = ftp://x\n"
			       "witnesses-needed = 2\n"
			       "broadcast-proxy = 127.0.0.1:9050\n"
			       "sweep-above = 1"),
			 ERR_CONFIG);
	assert_int_equal(t.n, 6);
	static const unsigned lines[] = {1, 4, 2, 3, 5, 5};
	for (unsigned i = 0; i < t.n; i++) {
		assert_int_equal(t.line[i], lines[i]);
	}
}

/* Each of these was said to be right, or refused without saying what. */
static void test_one_line(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	    {"stall-minutes = 60 # an hour", "a comment has a line of its own"},
	    {"invoice-recipient = Our Shop #", "a comment has a line of its own"},
	    {"webhook-ca = # none", "a comment has a line of its own"},
	    {"= x", "no \"name = value\""},
	    {"metrics = 127.0.0.1:0", "127.0.0.1:PORT"},
	    {"webhook-ca = /etc/passwd", "a file of certificates"},
	    {"witness = 127.0.0.2 ca=/etc/passwd", "word 2: a file of certificates"},
	    {"webhook-ca = /nowhere/at/all", "webhook-ca: No such file"},
	    {"webhook-ca = /tmp", "webhook-ca: Is a directory"},
	    {"node-tls-ca = /nowhere/at/all", "node-tls-ca: No such file"},
	    {"node-login-file = /nowhere", "node-login-file: No such file"},
	    {"node-login-file = /tmp", "node-login-file: Is a directory"},
	    {"witness = 127.0.0.2 ca=/nowhere", "witness: word 2: No such file"},
	    {"witness = 127.0.0.2 without-tls login-file=/nowhere", "word 3: No such file"},
	    {"node-tls-pin = sha256//AAAA", "44 characters"},
	    {"node-tls-pin = " PIN ";", "44 characters"},
	    {"witness = https://127.0.0.2 pin=x", "44 characters"},
	    {"node-proxy = 127.0.0.1", "HOST:PORT"},
	    {"node-proxy = 127.0.0.1:0", "HOST:PORT"},
	    {"node-proxy = socks5://127.0.0.1:9050", "HOST:PORT"},
	    {"broadcast-proxy = tor", "HOST:PORT"},
	    {"vault = 123", "vault: an address has the wrong length: 3"},
	    {"vault = " VAULT "x", "vault: an address has the wrong length"},
	    {"sweep-folder =", "a text of 1 to"},
	};
	struct settings s;
	struct told t;
	char text[256];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, NODE "%s", bad[i][0]);
		assert_int_equal(parse(&s, &t, text), ERR_CONFIG);
		assert_int_equal(t.n, 1);
		assert_int_equal(t.line[0], 2);
		assert_non_null(strstr(t.what[0], bad[i][1]));
	}
	/* A # that belongs to its value. */
	assert_int_equal(parse(&s, &t, NODE "invoice-recipient = Shop #1\nnode-login = a:b#c # d"),
			 ERR_CONFIG);
	assert_int_equal(t.n, 1);
	assert_int_equal(parse(&s, &t, NODE "invoice-recipient = Shop #1\nnode-login = a:b#c"),
			 ERR_OK);
	assert_string_equal(s.rules.recipient, "Shop #1");
	assert_string_equal(s.node.password, "b#c");
	/* Bytes of no text, the one that ends a string among them. */
	static const char nul[] = NODE "fee = fast\0\nnonsense\n\x1b[2J = 1\n";
	assert_int_equal(parse_bytes(&s, &t, nul, sizeof nul - 1), ERR_CONFIG);
	assert_int_equal(t.n, 3);
	for (unsigned i = 0; i < t.n; i++) {
		assert_int_equal(t.line[i], i + 2);
		assert_true(t.what[i][0] >= ' ' && !strchr(t.what[i], '\x1b'));
	}
}

/* Whatever is mistyped around it, a login comes out in no message. */
static void test_no_secret_is_told(void **state)
{
	(void)state;
	static const char *const lines[] = {
	    "witness = 127.0.0.2 op:hunter2",
	    "witness = 127.0.0.2 login=op:hunter2",
	    "witness = 127.0.0.2 op:hunter2=",
	    "witness = 127.0.0.2 login-file=op:hunter2",
	    "witness = http://op:hunter2@127.0.0.2",
	    "witness = op:hunter2",
	    "witness = 127.0.0.2 pin=hunter2",
	    "witness = 127.0.0.2 proxy=op:hunter2",
	    "node = http://op:hunter2@127.0.0.1",
	    "node-login-file = op:hunter2",
	    "node-login = hunter2",
	    "node-login = op:hunter2 #",
	    "node-login op:hunter2",
	    "node-login op:hunter2==",
	    "node-login: op:hunter2 = x",
	    "hunter2=",
	    "node-proxy = op:hunter2@",
	    "broadcast-node = http://op:hunter2@example.org",
	    "vault = hunter2",
	    "credit = hunter2",
	    "metrics = hunter2",
	};
	struct settings s;
	struct told t;
	char text[256];
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		snprintf(text, sizeof text, "%s%s", strncmp(lines[i], "node =", 6) ? NODE : "",
			 lines[i]);
		assert_int_equal(parse(&s, &t, text), ERR_CONFIG);
		assert_null(strstr(err_detail(), "hunter"));
		for (unsigned k = 0; k < t.n; k++) {
			assert_null(strstr(t.what[k], "hunter"));
		}
	}
}

/* What depends on the watcher and on the machine. */
static void test_here(void **state)
{
	(void)state;
	struct settings s;
	struct told t;
	struct account_view account = {.network = NETWORK_STAGENET};
	struct problems p = {.told = note, .ctx = &t};
	assert_int_equal(parse(&s, &t, NODE "\nvault = " VAULT "\nsweep-folder = /nowhere/at/all"),
			 ERR_OK);
	assert_int_equal(settings_fit(&s, &account, &p), ERR_CONFIG);
	assert_int_equal(settings_folders(&s, &p), ERR_CONFIG);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.line[0], 3);
	assert_int_equal(t.line[1], 4);
	assert_non_null(
	    strstr(t.what[0], "an address of mainnet, and this watcher is of stagenet"));
	assert_non_null(strstr(err_detail(), "airlock.conf line 3: vault"));
	assert_non_null(strstr(err_detail(), "1 more"));
	p = (struct problems){0};
	account = (struct account_view){.network = NETWORK_MAINNET};
	assert_int_equal(settings_fit(&s, &account, &p), ERR_OK);
	account.spend_public = s.rules.vault.spend;
	account.view_public = s.rules.vault.view;
	assert_int_equal(settings_fit(&s, &account, &p), ERR_CONFIG);
	p = (struct problems){0};
	account = (struct account_view){.network = NETWORK_MAINNET};
	assert_int_equal(settings_fit(&s, &account, &p), ERR_OK);
	snprintf(s.sweep_folder, sizeof s.sweep_folder, "/tmp");
	assert_int_equal(settings_folders(&s, &p), ERR_OK);
	settings_wipe(&s);
	/* Without a vault any network will do. */
	account.network = NETWORK_TESTNET;
	assert_int_equal(settings_fit(&s, &account, &p), ERR_OK);
}

/* Each entry fits its field, and the file that init writes is right as it stands. */
static void test_table(void **state)
{
	(void)state;
	struct settings s;
	struct told t;
	char text[SETTINGS_MAX], *at = text;
	at += snprintf(at, sizeof text, "witness = 127.0.0.2\n");
	assert_true(SETTING_COUNT <= SETTINGS_COUNT_MAX);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *e = &SETTINGS[i];
		assert_non_null(e->about);
		if (!e->name) {
			continue;
		}
		assert_non_null(e->example);
		assert_true(e->kind != SET_NUMBER ||
			    (e->size == 8 && e->unit > 0 && e->most >= e->least));
		assert_true(e->kind != SET_FLAG || e->size == sizeof(bool));
		assert_true(e->kind != SET_AMOUNT || e->size == sizeof(struct amount));
		assert_true((e->kind == SET_OTHER) == (e->read != NULL));
		bool plain =
		    e->kind != SET_OTHER && e->kind != SET_FILE && strncmp(e->name, "node", 4) != 0;
		if (plain || strcmp(e->name, "node") == 0 || strcmp(e->name, "credit") == 0 ||
		    strcmp(e->name, "broadcast-proxy") == 0) {
			at += snprintf(at, sizeof text - (size_t)(at - text), "%s = %s\n", e->name,
				       e->example);
		}
	}
	assert_int_equal(parse(&s, &t, text), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_all_lines),
	    cmocka_unit_test(test_together),
	    cmocka_unit_test(test_one_line),
	    cmocka_unit_test(test_no_secret_is_told),
	    cmocka_unit_test(test_here),
	    cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
