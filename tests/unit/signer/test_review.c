/* Rule 3: what a person is shown is all there, within 80 columns, and nothing else gets through. */
#include "tests/unit/unit.h"

#include "common/base/text.h"
#include "signer/review/policy_text.h"
#include "signer/review/review.h"
#include "tests/unit/signer/gap.h"

#define COLUMNS 80

static struct gap g;
static struct policy policy;
static struct address known, cold, other;

static int begin(void **state)
{
	(void)state;
	uint64_t waits;
	gap_open(&g);
	address_of(&known, &g.payee.account, (struct subaddress){0, 1});
	address_of(&cold, &g.payee.account, (struct subaddress){0, 2});
	address_of(&other, &g.payee.account, (struct subaddress){0, 3});
	policy = (struct policy){
	    .limits = {XMR(50), XMR(100), XMR(200), 60, XMR(1), amount_of(UINT32_MAX)},
	    .week = {true, XMR(500)},
	    .requests_per_hour = 9,
	    .cool_off = POLICY_COOL_OFF_DEFAULT,
	    .n_listed = 2,
	    .listed = {{"exchange", known, false}, {"cold storage", cold, true}},
	    .unattended = {true, XMR(2), XMR(3)},
	    .confirmed = {true, XMR(20), XMR(40)},
	    .needed = 1,
	    .n_approvers = 1,
	    .approvers = {{"alice", {1}, {0}}},
	};
	/* Any point of the curve will do as a key. */
	memcpy(policy.approvers[0].key, known.spend.b, 32);
	assert_int_equal(settings_policy_set(&waits, &g.env, &policy), ERR_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	gap_close(&g);
	return 0;
}

static void pay_to(struct request *r, uint8_t id, double amount, const struct address *to)
{
	struct request_tx *t = gap_add(&g, r, 6, id, XMR(amount));
	t->plan.out[0].to = *to;
	r->payouts[r->n_payouts - 1].to = *to;
}

/* Of a request as the signer shows it; frees the request. */
static void show(struct buf *text, struct buf *json, struct request *r)
{
	struct assessment a;
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(text, 1 << 20);
	buf_init(json, 1 << 20);
	gap_seal(&g, &file, r, &g.watcher);
	assert_int_equal(assess(&a, &g.env, buf_span(&file), NULL), ERR_OK);
	review_text(text, &a);
	review_json(json, &a);
	buf_u8(text, '\0');
	buf_u8(json, '\0');
	assert_int_equal(buf_end(text), ERR_OK);
	assert_int_equal(buf_end(json), ERR_OK);
	assessment_free(&a);
	request_free(r);
	buf_free(&file);
}

#define HAS(b, what)                                                                               \
	do {                                                                                       \
		if (!strstr((const char *)(b).p, what)) {                                          \
			fprintf(stderr, "%s", (const char *)(b).p);                                \
			fail_msg("no \"%s\"", what);                                               \
		}                                                                                  \
	} while (0)
#define LACKS(b, what) assert_null(strstr((const char *)(b).p, what))

/* Plain ASCII in lines that fit. */
static void assert_fits(const struct buf *text)
{
	for (const char *line = (const char *)text->p; *line;) {
		size_t n = strcspn(line, "\n");
		if (n > COLUMNS || !text_is_plain(line, n)) {
			fail_msg("%zu columns: %.*s", n, (int)n, line);
		}
		line += n + (line[n] == '\n');
	}
}

static void frees(struct buf *text, struct buf *json)
{
	buf_free(text);
	buf_free(json);
}

static void rule_3_payees_are_named_and_new_ones_marked(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct buf text, json;
	gap_request(&g, &r);
	pay_to(&r, 1, 1, &known);
	pay_to(&r, 2, 2, &cold);
	pay_to(&r, 3, 3, &other);
	show(&text, &json, &r);
	assert_fits(&text);
	HAS(text, "1.000000000000 XMR  to exchange\n");
	HAS(text, "2.000000000000 XMR  to cold storage, vault\n");
	HAS(text, "NEW: not in the address book, and not paid before");
	LACKS(text, "WARNING");
	HAS(json, "\"name\":\"cold storage\",\"vault\":true");
	HAS(json, "\"name\":null,\"vault\":false,\"paid_before\":false");
	frees(&text, &json);
	/* Once paid it is no longer new. */
	gap_request(&g, &r);
	pay_to(&r, 3, 3, &other);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
	gap_request(&g, &r);
	pay_to(&r, 4, 3, &other);
	show(&text, &json, &r);
	LACKS(text, "NEW");
	HAS(text, "not in the address book, paid before");
	HAS(json, "\"paid_before\":true");
	frees(&text, &json);
}

/* The same spend key makes the first half of an address the same; the rest is the thief's. */
static void rule_3_look_alikes_are_warned_of(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct buf text, json;
	struct address thief = known, of_paid = other, id;
	thief.view = cold.view;
	of_paid.view = cold.view;
	gap_request(&g, &r);
	pay_to(&r, 1, 1, &thief);
	show(&text, &json, &r);
	assert_fits(&text);
	HAS(text, "WARNING: looks like exchange but is NOT that address");
	HAS(json, "\"looks_like\":\"exchange\"");
	frees(&text, &json);
	gap_request(&g, &r);
	pay_to(&r, 2, 1, &other);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
	gap_request(&g, &r);
	pay_to(&r, 3, 1, &of_paid);
	show(&text, &json, &r);
	HAS(text, "WARNING: looks like an address paid before but is NOT that one");
	HAS(json, "\"looks_like_one_paid\":true");
	frees(&text, &json);
	/* The same wallet under another form of address is told as such. */
	address_of(&id, &g.payee.account, (struct subaddress){0, 0});
	policy.listed[0].to = id;
	uint64_t waits;
	assert_int_equal(settings_policy_set(&waits, &g.env, &policy), ERR_OK);
	id.kind = ADDRESS_INTEGRATED;
	id.payment_id[7] = 9;
	gap_request(&g, &r);
	pay_to(&r, 4, 1, &id);
	show(&text, &json, &r);
	HAS(text, "the wallet of exchange, under another address");
	HAS(text, "with payment id 0000000000000009");
	LACKS(text, "WARNING");
	frees(&text, &json);
}

static void looks_are_compared_at_both_ends(void **state)
{
	(void)state;
	assert_true(payees_alike("4abcdefXXXXXX", "4abcdefYYYYYY"));
	assert_true(payees_alike("4XXXXXXabcdef", "4YYYYYYabcdef"));
	assert_true(payees_alike("4abcXXXXXXdef", "4abcYYYYYYdef"));
	assert_true(payees_alike("4abcXXXXdef", "8abcYYYYYYdef")); /* whatever the first */
	assert_false(payees_alike("4abcXXXXXXXef", "4abcYYYYYYYef"));
	assert_false(payees_alike("4abcdefgh", "4abcdefgh"));
	assert_false(payees_alike("", "4"));
}

static void rule_3_what_is_left_of_each_limit(void **state)
{
	(void)state;
	struct request r;
	struct reply reply;
	struct buf text, json;
	gap_request(&g, &r);
	pay_to(&r, 1, 1.5, &known);
	assert_int_equal(gap_answer(&g, &r, &reply), ERR_OK);
	reply_free(&reply);
	gap_request(&g, &r);
	pay_to(&r, 2, 18, &known);
	show(&text, &json, &r);
	assert_fits(&text);
	HAS(text,
	    "What is left      limit                before                 after\n"
	    "  24 hours          200.000000000000      198.499900000000      180.499800000000\n"
	    "  7 days            500.000000000000      498.499900000000      480.499800000000\n"
	    "  unattended          3.000000000000        3.000000000000        3.000000000000\n");
	HAS(text,
	    "  not approved       40.000000000000       38.499900000000       20.499800000000\n"
	    "  payouts            60                    59                    58\n"
	    "  requests/h          9                     8                     7\n");
	HAS(text, "allowed, by the rule confirmed: needs one confirmation");
	HAS(json, "{\"rule\":\"day\",\"limit\":\"200.000000000000\",\"left_before\":"
		  "\"198.499900000000\",\"left_after\":\"180.499800000000\"}");
	HAS(json, "\"rule\":\"confirmed\",\"tier\":\"confirmed\"");
	frees(&text, &json);
	/* Beyond a confirmation: who has yet to approve. */
	gap_request(&g, &r);
	pay_to(&r, 3, 25, &known);
	show(&text, &json, &r);
	assert_fits(&text);
	HAS(text, "by the rule approved: needs a confirmation and approvals");
	HAS(text, "Approvals: 0 of 1 that are needed\n  open       alice\n");
	HAS(text, "REFUSED as a whole: approvals, by the rule approved");
	HAS(json, "\"approvals\":{\"needed\":1,\"given\":0,\"approvers\":[{\"approved\":false,"
		  "\"name\":\"alice\"}]}");
	frees(&text, &json);
	/* Over a limit: which, and that it takes nothing. */
	gap_request(&g, &r);
	pay_to(&r, 4, 51, &known);
	show(&text, &json, &r);
	assert_fits(&text);
	HAS(text, "REFUSED    limit_payout, by the rule payout");
	HAS(text, "198.499900000000      198.499900000000");
	HAS(json, "\"verdict\":\"limit_payout\",\"rule\":\"payout\",\"tier\":null");
	frees(&text, &json);
}

static void fees_are_told_as_a_multiple(void **state)
{
	(void)state;
	char text[REVIEW_MULTIPLE_MAX];
	assert_true(review_fee_multiple(text, amount_of(2000 * 20000), 2000));
	assert_string_equal(text, "1.0");
	assert_true(review_fee_multiple(text, amount_of(2000 * 20000 - 1), 2000));
	assert_string_equal(text, "0.9");
	assert_true(review_fee_multiple(text, XMR(1), 2000));
	assert_string_equal(text, "25000.0");
	assert_false(review_fee_multiple(text, XMR(1), 0));
	assert_false(review_fee_multiple(text, amount_of(UINT64_MAX), 2000));
	assert_false(review_fee_multiple(text, XMR(1), UINT64_MAX));
}

/* Escape codes, bidirectional overrides, invisible and combining marks, look-alike letters, more.
 */
static const char *const tricks[] = {"\033[2J\033[1;1H",
				     "\033]0;title\007",
				     "\033]52;c;ZXZpbA==\007",
				     "\233\062J",
				     "\r\b\b\bx",
				     "\x7f\x7f",
				     "a\nRequest 9 from bank",
				     "\t\v\f",
				     "\u202egnp.exe",
				     "\u2066abc\u2069",
				     "\u200e\u200f\u061c",
				     "\u202a\u202b\u202c\u202d",
				     "\u2067\u2068",
				     "\u200b\u200c\u200d\u2060",
				     "\ufeff",
				     "p\u0430ypal",
				     "\u0391\u0392",
				     "\uff21\uff22",
				     "o\u0308\u0301\u0336",
				     "\u00ad",
				     "\302\205next",
				     "\u2028\u2029",
				     "\u3000wide\u00a0",
				     "\U000e0001\U000e0041",
				     "\U0001f4b0",
				     "\U000f0000",
				     "\u180e",
				     "\u115f\u1160\u3164\uffa0",
				     "\ufe0f\ufe0e",
				     "\u034f",
				     "\u17b4\u17b5",
				     "\u206a\u206f",
				     "\ufff9\ufffa\ufffb",
				     "\xff\xfe",
				     "\xc0\xaf",
				     "\xed\xa0\x80",
				     "\xf8\x88",
				     "\xe2\x80",
				     "\\x1b[31m",
				     "\\u202e",
				     "%s%n%x",
				     "\"}],\"refused\":null,\"x\":[{\"",
				     "\033\302\23331m"};

static void rule_3_no_trick_reaches_the_terminal(void **state)
{
	(void)state;
	struct assessment a;
	struct buf file, text, json;
	struct request r;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&text, 1 << 20);
	buf_init(&json, 1 << 20);
	gap_request(&g, &r);
	pay_to(&r, 1, 1, &other);
	gap_seal(&g, &file, &r, &g.watcher);
	assert_int_equal(assess(&a, &g.env, buf_span(&file), NULL), ERR_OK);
	for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
		/* Over and over up to the field's end, for the wrapping; and in every text there
		 * is. */
		struct request_payout *p = &a.request.payouts[0];
		for (size_t n = 0; n < PROTO_REFERENCE_MAX; n = strlen(p->reference)) {
			size_t room = sizeof p->reference - n;
			snprintf(p->reference + n, room, "%s", tricks[i]);
		}
		snprintf(a.watcher_name, sizeof a.watcher_name, "%s", tricks[i]);
		snprintf(a.txs[0].verdict.reason, 256, "%s%s", tricks[i], tricks[i]);
		for (int refused = 0; refused < 2; refused++) {
			a.txs[0].verdict.code = refused ? ERR_LIMIT_DAY : ERR_OK;
			a.refused = refused ? ERR_APPROVALS : ERR_OK;
			snprintf(a.reason, sizeof a.reason, "%s", tricks[i]);
			buf_reset(&text);
			buf_reset(&json);
			review_text(&text, &a);
			review_json(&json, &a);
			buf_u8(&text, '\0');
			assert_int_equal(buf_end(&text), ERR_OK);
			assert_int_equal(buf_end(&json), ERR_OK);
			assert_fits(&text);
			assert_true(text_is_plain((const char *)json.p, json.n - 1));
			/* A line that is not ours would begin at the edge. */
			assert_null(strstr((const char *)text.p, "\nRequest 9"));
			assert_null(strstr((const char *)text.p, "\nnext"));
		}
	}
	assessment_free(&a);
	request_free(&r);
	buf_free(&file);
	buf_free(&text);
	buf_free(&json);
}

/* The largest policy: every sentence within the columns, and it fits where it is kept. */
static void a_policy_in_sentences(void **state)
{
	(void)state;
	static struct policy p, q;
	struct buf text, form;
	buf_init(&text, 1 << 20);
	buf_init(&form, POLICY_FILE_MAX);
	p = policy;
	memset(&p.limits, 0xff, sizeof p.limits);
	p.limits.day_count = 1000000;
	p.week = p.month = (struct policy_cap){true, amount_of(UINT64_MAX)};
	p.unattended = p.confirmed =
	    (struct policy_reach){true, amount_of(UINT64_MAX), amount_of(UINT64_MAX)};
	p.requests_per_hour = 1000000;
	p.cool_off = POLICY_COOL_OFF_MAX;
	for (p.n_listed = 0; p.n_listed < POLICY_LISTED_MAX; p.n_listed++) {
		struct policy_destination *d = &p.listed[p.n_listed];
		struct test_wallet w;
		test_wallet_make(&w, NETWORK_STAGENET, &g.rng);
		address_of(&d->to, &w.account, (struct subaddress){0, 0});
		d->to.kind = ADDRESS_INTEGRATED;
		d->vault = true;
		snprintf(d->name, sizeof d->name, "the thirty-two characters of %02zu.",
			 p.n_listed);
	}
	for (p.n_approvers = 0; p.n_approvers < POLICY_APPROVERS_MAX; p.n_approvers++) {
		struct policy_approver *a = &p.approvers[p.n_approvers];
		memcpy(a->key, p.listed[p.n_approvers].to.spend.b, sizeof a->key);
		a->id[3] = (uint8_t)p.n_approvers;
		snprintf(a->name, sizeof a->name, "the thirty-two characters of %02zu.",
			 p.n_approvers);
	}
	p.needed = POLICY_APPROVERS_MAX;
	review_policy(&text, &p, 2);
	(void)review_policy_diff(&text, &policy, &p);
	(void)review_policy_diff(&text, &p, &policy);
	buf_u8(&text, '\0');
	assert_int_equal(buf_end(&text), ERR_OK);
	assert_fits(&text);
	HAS(text, "destination the thirty-two characters of 63.\n");
	assert_int_equal(policy_format(&form, &p), ERR_OK);
	assert_int_equal(policy_parse_new(&q, buf_span(&form), NETWORK_STAGENET), ERR_OK);
	assert_false(policy_loosens(&p, &q) || policy_loosens(&q, &p));
	uint64_t waits;
	assert_int_equal(settings_policy_set(&waits, &g.env, &p), ERR_OK);
	buf_free(&text);
	buf_free(&form);
}

static void a_diff_tells_what_changes(void **state)
{
	(void)state;
	struct buf text;
	struct policy q = policy;
	buf_init(&text, 1 << 16);
	assert_int_equal(review_policy_diff(&text, &policy, &q), 0);
	assert_int_equal(text.n, 0);
	q.limits.day = XMR(300);
	q.week.set = false;
	q.n_listed = 1;
	snprintf(q.approvers[0].name, sizeof q.approvers[0].name, "bob");
	assert_int_equal(review_policy_diff(&text, &policy, &q), 5);
	buf_u8(&text, '\0');
	assert_fits(&text);
	HAS(text, "24 hours together, fees included, at most\n");
	HAS(text, "200.000000000000 XMR\n");
	HAS(text, "300.000000000000 XMR\n");
	HAS(text, "no limit");
	HAS(text, "  destination cold storage\n");
	HAS(text, "  approver alice\n");
	HAS(text, "  approver bob\n");
	buf_reset(&text);
	review_policy_diff_json(&text, &policy, &q);
	buf_u8(&text, '\0');
	HAS(text, "{\"what\":\"24 hours together, fees included, at most\",\"now\":"
		  "\"200.000000000000 XMR\",\"then\":\"300.000000000000 XMR\"}");
	buf_free(&text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rule_3_payees_are_named_and_new_ones_marked),
	    TEST(rule_3_look_alikes_are_warned_of),
	    TEST(rule_3_what_is_left_of_each_limit),
	    TEST(rule_3_no_trick_reaches_the_terminal),
	    TEST(a_policy_in_sentences),
	    TEST(a_diff_tells_what_changes),
	    cmocka_unit_test(looks_are_compared_at_both_ends),
	    cmocka_unit_test(fees_are_told_as_a_multiple),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
