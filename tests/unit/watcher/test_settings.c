/* The configuration: what is read, what is refused and on which line. */
#include "tests/unit/unit.h"

#include "watcher/cli/settings.h"

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

static enum err parse(struct settings *s, struct told *t, const char *text)
{
	char copy[4096];
	*t = (struct told){0};
	snprintf(copy, sizeof copy, "%s", text);
	return settings_parse(s, copy, note, t);
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
			       "node-tls-pin=sha256//AAAA\n"
			       "\n"
			       "witness = 127.0.0.1:18082\n"
			       "witness = http://10.0.0.1 without-tls without-login\n"
			       "witnesses-needed = 2\n"
			       "stall-minutes = 30\n"
			       "credit = 0.5:2 *:30\n"
			       "fee = fast\n"
			       "request-hours = 24"),
			 ERR_OK);
	assert_int_equal(t.n, 0);
	assert_string_equal(s.node.url, "https://node.example.org:18089");
	assert_string_equal(s.node.user, "op");
	assert_string_equal(s.node.password, "a:secret");
	assert_string_equal(s.node.tls_pin, "sha256//AAAA");
	assert_int_equal(s.n_witnesses, 2);
	assert_string_equal(s.witness[0].url, "127.0.0.1:18082");
	assert_true(s.witness[1].without_tls && s.witness[1].without_login);
	assert_int_equal(s.rules.witnesses_needed, 2);
	assert_int_equal(s.rules.stall_seconds, 1800);
	assert_int_equal(s.rules.n_steps, 1);
	assert_int_equal(s.rules.depth_above, 30);
	assert_int_equal(s.rules.fee_level, FEE_FAST);
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

static void test_together(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "node = ftp://127.0.0.1",
	    "node = http://192.0.2.1:18081",
	    "node = http://192.0.2.1:18081\nnode-without-tls = yes",
	    "node = https://192.0.2.1:18081",
	    "node = http://192.0.2.1:18081\nnode-login = a:b",
	    "node = 127.0.0.1\nnode-tls-pin = sha256//AAAA",
	    "node = 127.0.0.1\nwitness = https://192.0.2.1",
	    "node = 127.0.0.1\nwitness = 127.0.0.2\nwitnesses-needed = 2",
	    "node = 127.0.0.1\nwitness = 127.0.0.2 pim=x",
	    "node = 127.0.0.1\nnode-login-file = a-file-that-is-not-there",
	    "node = 127.0.0.1\nnode-login = nobody",
	};
	static const char *const good[] = {
	    "node = http://192.0.2.1:18081\nnode-without-tls = yes\nnode-without-login = yes",
	    "node = https://192.0.2.1:18081\nnode-login = a:b",
	    "node = https://192.0.2.1:18081\nnode-without-login = yes",
	    "node = http://airlock.onion\nnode-proxy = 127.0.0.1:9050",
	};
	struct settings s;
	struct told t;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(parse(&s, &t, bad[i]), ERR_CONFIG);
		assert_int_equal(t.n, 1);
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(parse(&s, &t, good[i]), ERR_OK);
	}
}

/* Each entry fits its field, and the file that init writes is right as it stands. */
static void test_table(void **state)
{
	(void)state;
	struct settings s;
	struct told t;
	char text[SETTINGS_MAX], *at = text;
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
		bool plain = e->kind != SET_OTHER && strcmp(e->example, "FILE") != 0 &&
			     strncmp(e->name, "node", 4) != 0;
		if (plain || strcmp(e->name, "node") == 0 || strcmp(e->name, "credit") == 0) {
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
	    cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
