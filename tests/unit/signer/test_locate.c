/* Where in a text a value stands; and that errors of the policy file say it, however deep. */
#include "tests/unit/unit.h"

#include "signer/policy/locate.h"
#include "signer/policy/policy.h"

static const char text[] = "\n"                                     /* 1 */
			   "{ \"a\": 1, \"s\": \"}]{\\\"x\\\\\",\n" /* 2 */
			   "  \"list\": [ [1, {}],\n"               /* 3 */
			   "    {\"b\" : true,\n"                   /* 4 */
			   "     \"c\":\n"                          /* 5 */
			   "       {\"d\": null}}\n"                /* 6 */
			   "  ],\n"                                 /* 7 */
			   "  \"z\": [] }\n";                       /* 8 */

static struct span span_of(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static void finds_the_line(void **state)
{
	(void)state;
	const struct json_place list = {NULL, "list", 0}, first = {&list, NULL, 0},
				second = {&list, NULL, 1}, third = {&list, NULL, 2},
				inner = {&first, NULL, 1}, b = {&second, "b", 0},
				c = {&second, "c", 0}, d = {&c, "d", 0}, no = {&second, "no", 0},
				z = {NULL, "z", 0}, none = {&z, NULL, 0}, s = {NULL, "s", 0},
				wrong = {&s, "x", 0};
	const struct {
		const struct json_place *at;
		unsigned line;
		const char *path;
	} cases[] = {
	    {NULL, 2, ""},
	    {&list, 3, "list"},
	    {&inner, 3, "list[1][2]"},
	    {&second, 4, "list[2]"},
	    {&b, 4, "list[2].b"},
	    {&c, 6, "list[2].c"},
	    {&d, 6, "list[2].c.d"},
	    {&no, 4, "list[2].no"}, /* the object that lacks it */
	    {&third, 3, "list[3]"}, /* the list that lacks it */
	    {&z, 8, "z"},
	    {&none, 8, "z[1]"},
	    {&wrong, 2, "s.x"},
	};
	char path[80];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(json_line(span_of(text), cases[i].at), cases[i].line);
		assert_string_equal(json_path(path, sizeof path, cases[i].at), cases[i].path);
	}
	assert_string_equal(json_path(path, 8, &d), "list[2]");
	/* Cut anywhere it finds less, and ends. */
	for (size_t n = 0; n < sizeof text; n++) {
		char *copy = malloc(n + 1);
		memcpy(copy, text, n);
		assert_true(json_line((struct span){(uint8_t *)copy, n}, &d) <= 6);
		free(copy);
	}
	/* With a zero byte anywhere, which may hide a bracket or a quote, it ends too. */
	for (size_t n = 0; n < sizeof text; n++) {
		char copy[sizeof text];
		memcpy(copy, text, sizeof text);
		copy[n] = '\0';
		assert_true(json_line((struct span){(uint8_t *)copy, sizeof text}, &d) <= 9);
	}
}

#define KEY "RWRwjBnKzzBQqfHzEO9UVZKZ0XYs210eg5TwUiVBM6SR59wdvIq4GkWP"
#define TO                                                                                         \
	"54eRDpqge8XebVdZxc9Nnaj1uU6tjwphK6ydD3bVF9tz8Djum1dEfp5VePDvXyjtZw2F8ys4sVQTwHKLBWYyPDTg" \
	"7HH1L3X"

/* A whole file with places to be filled: one is wrong in each case. */
struct holes {
	const char *version, *payout, *count, *week, *requests, *extra, *only, *name, *address,
	    *vault, *unattended, *needed, *key, *hours;
};
static const struct holes good = {"1",       "\"50\"", "60",          "\"800\"",    "12",
				  "",        "true",   "\"cold\"",    "\"" TO "\"", "true",
				  "\"0.5\"", "1",      "\"" KEY "\"", "24"};

static enum err parse(const struct holes *h)
{
	static struct policy p;
	char file[2048];
	snprintf(file, sizeof file,
		 "{\n"
		 "  \"version\": %s,\n"
		 "  \"limits\": {\n"
		 "    \"payout\": %s, \"transaction\": \"100\",\n"
		 "    \"day\": \"200\",\n"
		 "    \"day_count\": %s,\n"
		 "    \"week\": %s,\n"
		 "    \"fee\": \"0.01\", \"fee_per_byte\": \"0.0000003\",\n"
		 "    \"requests_per_hour\": %s\n"
		 "    %s\n"
		 "  },\n"
		 "  \"only_listed\": %s,\n"
		 "  \"destinations\": [\n"
		 "    {\"name\": %s,\n"
		 "     \"address\": %s,\n"
		 "     \"vault\": %s}\n"
		 "  ],\n"
		 "  \"tiers\": {\n"
		 "    \"unattended\": {\"transaction\": %s, \"day\": \"2\"},\n"
		 "    \"confirmed\": {\"transaction\": \"20\", \"day\": \"40\"}\n"
		 "  },\n"
		 "  \"approvals\": {\n"
		 "    \"needed\": %s,\n"
		 "    \"approvers\": [\n"
		 "      {\"name\": \"alice\",\n"
		 "       \"key\": %s}\n"
		 "    ]\n"
		 "  },\n"
		 "  \"cool_off_hours\": %s\n"
		 "}\n",
		 h->version, h->payout, h->count, h->week, h->requests, h->extra, h->only, h->name,
		 h->address, h->vault, h->unattended, h->needed, h->key, h->hours);
	return policy_parse_new(&p, span_of(file), NETWORK_STAGENET);
}

#define CASE(hole, value, says)                                                                    \
	do {                                                                                       \
		struct holes h = good;                                                             \
		h.hole = value;                                                                    \
		assert_int_equal(parse(&h), ERR_POLICY_FILE);                                      \
		assert_non_null(strstr(err_detail(), says));                                       \
	} while (0)

static void errors_name_line_and_field(void **state)
{
	(void)state;
	assert_int_equal(parse(&good), ERR_OK);
	CASE(version, "2", "line 2, field version:");
	CASE(payout, "50", "line 4, field limits.payout:");
	CASE(payout, "\"5O\"", "line 4, field limits.payout:");
	CASE(count, "-1", "line 6, field limits.day_count:");
	CASE(count, "\"60\"", "line 6, field limits.day_count:");
	CASE(count, "1.0", "line 6, field limits.day_count:");
	CASE(week, "null", "line 7, field limits.week:");
	CASE(requests, "0", "line 9, field limits.requests_per_hour:");
	CASE(extra, ", \"yaer\": \"1\"", "line 10, field limits.yaer: there is no such field");
	CASE(only, "1", "line 12, field only_listed:");
	CASE(name, "\"a\\u202eb\"", "line 14, field destinations[1].name:");
	CASE(name, "\"\"", "line 14, field destinations[1].name:");
	CASE(name, "\"123456789012345678901234567890123\"", "line 14, field destinations[1].name:");
	CASE(address, "\"x\"", "line 15, field destinations[1].address:");
	CASE(address, "[]", "line 15, field destinations[1].address:");
	CASE(vault, "\"yes\"", "line 16, field destinations[1].vault:");
	CASE(vault, "true}, {\"name\": \"again\", \"address\": \"" TO "\"",
	     "line 16, field destinations[2].address: stands in the list already");
	CASE(vault, "true}, 7, {", "line 16, field destinations[2]: must be an object");
	CASE(vault, "true}, {\"name\": \"x\"",
	     "line 16, field destinations[2].address: is missing");
	CASE(unattended, "\"21\"", "line 19, field tiers.unattended: reaches further");
	CASE(unattended, "7", "line 19, field tiers.unattended.transaction:");
	CASE(needed, "2", "line 23, field approvals.needed: more than");
	CASE(needed, "0", "line 23, field approvals.needed:");
	CASE(key, "\"RWRw\"", "line 26, field approvals.approvers[1].key:");
	CASE(key, "\"" KEY "\"}, {\"name\": \"bob\",\n\"key\": \"" KEY "\"",
	     "line 27, field approvals.approvers[2].key: stands in the list already");
	CASE(hours, "2161", "line 29, field cool_off_hours:");
	CASE(hours, "24, \"\\u0076ersion\": 1", "line 29"); /* the same name twice */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_the_line),
	    cmocka_unit_test(errors_name_line_and_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
