/*
 * Approvals as minisign 0.11 made them: both forms verify, and no byte that is signed can change.
 * The integration scenario of approvals runs the tool itself.
 */
#include "tests/unit/unit.h"

#include "signer/policy/minisign.h"

static const char file[] = "hello\n";
static const char key[] = "RWRwjBnKzzBQqfHzEO9UVZKZ0XYs210eg5TwUiVBM6SR59wdvIq4GkWP";
static const char prehashed[] =
    "untrusted comment: signature from minisign secret key\n"
    "RURwjBnKzzBQqfUNaEMyy5kRfRrbF0WebCkZZso+YGL747L30IdgaRxxA9W/"
    "ASTKZNzF06gnmP3Rw+BWmoG4UocIwgNH9eGzPwE=\n"
    "trusted comment: trusted 1\n"
    "VL1vSM3HTHtDNLTXaOa4qrUeoRfZm2Mew/YU0oCSANW4E36MFQczlaJRKHlPxgBe64T/m27ZzZdeepQgcKxGAw==\n";
static const char legacy[] =
    "untrusted comment: signature from minisign secret key\n"
    "RWRwjBnKzzBQqY1BwX3ffMylqhCgaLDsECrNFbOSeA/"
    "98LtRrcrMXKGLCWIPUrcNhrAYlHszNHNphSdBJxGPSDk7EPlUI1WqNAI=\n"
    "trusted comment: timestamp:1795647561\tfile:request\n"
    "7jTY9o8rxKilQh/9lqxuiNDw2/tf/95tm4cJacZGpIvb6jdzI3rFJI9SlxKBDCDdnB3GycNoFv5PrdFGiWAzAQ==\n";

static struct span text_span(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static struct policy_approver alice(void)
{
	struct policy_approver a = {.name = "alice"};
	assert_int_equal(minisign_key_parse(&a, key), ERR_OK);
	return a;
}

static void keys_read_and_write(void **state)
{
	(void)state;
	char text[MINISIGN_KEY_TEXT_MAX], bad[64];
	struct policy_approver a = alice();
	assert_string_equal(minisign_key_format(text, &a), key);
	/* cut, longer, of another algorithm, with a line end, a character that base64 lacks */
	for (size_t i = 0; i < 5; i++) {
		snprintf(bad, sizeof bad, i == 1 ? "%sA" : i == 3 ? "%s\n" : "%s", key);
		if (i == 0) {
			bad[55] = '\0';
		} else if (i == 2) {
			bad[1] = 'X';
		} else if (i == 4) {
			bad[20] = '*';
		}
		assert_int_equal(minisign_key_parse(&a, bad), ERR_PARSE_VALUE);
	}
	/* "Ed", an id, and the key of the neutral element. */
	assert_int_equal(minisign_key_parse(&a, "RWQBAgMEBQYHCAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
						"AAAAAAAAAAAA"),
			 ERR_PARSE_VALUE);
}

static void both_forms_verify(void **state)
{
	(void)state;
	const char *const texts[] = {prehashed, legacy};
	const struct policy_approver a = alice();
	struct policy p = {.n_approvers = 1, .approvers = {a}};
	static struct approval one;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(approval_parse(&one, text_span(texts[i])), ERR_OK);
		assert_int_equal(one.prehashed, i == 0);
		assert_ptr_equal(approval_approver(&one, &p), &p.approvers[0]);
		assert_int_equal(approval_verify(&one, &a, text_span(file)), ERR_OK);
		assert_int_equal(approval_verify(&one, &a, text_span("hello")),
				 ERR_APPROVAL_SIGNATURE);
		/* Another key under the same id. */
		struct policy_approver other = a;
		other.key[0] ^= 1;
		assert_int_equal(approval_verify(&one, &other, text_span(file)),
				 ERR_APPROVAL_SIGNATURE);
		p.approvers[0].id[7] ^= 1;
		assert_null(approval_approver(&one, &p));
		p.approvers[0].id[7] ^= 1;
	}
	assert_string_equal(one.trusted, "timestamp:1795647561\tfile:request");
}

/* All but the untrusted comment is signed or decides how the rest is read. */
static void no_signed_byte_can_change(void **state)
{
	(void)state;
	const char *const texts[] = {prehashed, legacy};
	const struct policy_approver a = alice();
	const struct policy p = {.n_approvers = 1, .approvers = {a}};
	static struct approval one;
	char text[512];
	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(texts[i]), from = strcspn(texts[i], "\n");
		for (size_t at = from; at < n; at++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(text, texts[i], n);
				text[at] = (char)(text[at] ^ 1 << bit);
				const struct span s = {(const uint8_t *)text, n};
				bool good = approval_parse(&one, s) == ERR_OK &&
					    approval_approver(&one, &p) &&
					    approval_verify(&one, &a, text_span(file)) == ERR_OK;
				assert_false(good);
			}
		}
	}
}

/* A signature of one form is none of the other. */
static void forms_are_not_mixed(void **state)
{
	(void)state;
	const struct policy_approver a = alice();
	static struct approval one;
	assert_int_equal(approval_parse(&one, text_span(prehashed)), ERR_OK);
	one.prehashed = false;
	assert_int_equal(approval_verify(&one, &a, text_span(file)), ERR_APPROVAL_SIGNATURE);
}

static void only_the_one_form_is_read(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "\n\n\n\n",
	    "untrusted comment: x\n",
	    "comment: x\nAAAA\ntrusted comment: y\nAAAA\n",
	};
	static struct approval one;
	static const struct approval nothing;
	char text[600];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(approval_parse(&one, text_span(bad[i])), ERR_APPROVAL_FORMAT);
		assert_memory_equal(&one, &nothing, sizeof one);
	}
	/* Without its last line end, and with more behind it. */
	assert_int_equal(
	    approval_parse(&one, (struct span){(const uint8_t *)prehashed, strlen(prehashed) - 1}),
	    ERR_APPROVAL_FORMAT);
	snprintf(text, sizeof text, "%s\n", prehashed);
	assert_int_equal(approval_parse(&one, text_span(text)), ERR_APPROVAL_FORMAT);
	/* Comments beyond the bounds. */
	static char longer[MINISIGN_FILE_MAX + 4096];
	for (int which = 0; which < 2; which++) {
		const char *lines = strchr(prehashed, '\n') + 1;
		const char *trusted = strchr(lines, '\n') + 1;
		snprintf(
		    longer, sizeof longer, "untrusted comment: %0*d\n%.*strusted comment: %0*d\n%s",
		    which == 0 ? MINISIGN_COMMENT_MAX + 1 : 1, 0, (int)(trusted - lines), lines,
		    which == 1 ? MINISIGN_TRUSTED_MAX + 1 : 1, 0, strchr(trusted, '\n') + 1);
		assert_int_equal(approval_parse(&one, text_span(longer)), ERR_APPROVAL_FORMAT);
		assert_non_null(strstr(err_detail(), which == 0 ? "line 1" : "line 3"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_read_and_write),       cmocka_unit_test(both_forms_verify),
	    cmocka_unit_test(no_signed_byte_can_change), cmocka_unit_test(forms_are_not_mixed),
	    cmocka_unit_test(only_the_one_form_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
