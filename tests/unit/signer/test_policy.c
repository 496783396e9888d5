/* The policy file is understood whole or refused; its rules hold at their very edge. */
#include "tests/unit/unit.h"

#include "signer/policy/policy.h"

#define LIMITS                                                                                     \
	"\"payout\":\"50\",\"transaction\":\"100\",\"day\":\"200\",\"day_count\":60,"              \
	"\"fee\":\"0.01\",\"fee_per_byte\":\"0.0000003\""

static enum err parse(struct policy *p, const char *text)
{
	return policy_parse(p, (struct span){(const uint8_t *)text, strlen(text)}, NETWORK_MAINNET);
}

static void reads_and_writes(void **state)
{
	(void)state;
	struct policy p, again;
	struct buf text;
	buf_init(&text, POLICY_FILE_MAX);
	assert_int_equal(parse(&p, "{\"version\":1,\"limits\":{" LIMITS "}}"), ERR_OK);
	assert_true(p.limits.payout.atomic == 50 * ATOMIC_PER_XMR);
	assert_true(p.limits.fee_per_byte.atomic == 300000);
	assert_true(p.limits.day_count == 60);
	assert_true(p.cool_off == POLICY_COOL_OFF_DEFAULT);
	assert_int_equal(policy_format(&text, &p), ERR_OK);
	assert_int_equal(policy_parse(&again, buf_span(&text), NETWORK_MAINNET), ERR_OK);
	assert_false(policy_loosens(&p, &again) || policy_loosens(&again, &p));
	buf_free(&text);
}

static void refuses_what_it_does_not_understand(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"", "line"},
	    {"{", "line"},
	    {"[]", "object"},
	    {"{}", "version"},
	    {"{\"version\":2,\"limits\":{" LIMITS "}}", "version"},
	    {"{\"version\":1}", "limits"},
	    {"{\"version\":1,\"limits\":{}}", "payout"},
	    {"{\"version\":1,\"limits\":{" LIMITS ",\"pay\":\"1\"}}", "pay"},
	    {"{\"version\":1,\"limits\":{" LIMITS "},\"limit\":1}", "limit"},
	    {"{\"version\":1,\"version\":1,\"limits\":{" LIMITS "}}", "line"},
	    {"{\"version\":1,\"limits\":{" LIMITS "}} x", "line"},
	    {"{\"version\":1,\"limits\":{" LIMITS "},\"cool_off_hours\":-1}", "cool_off_hours"},
	    {"{\"version\":1,\"limits\":{" LIMITS "},\"cool_off_hours\":1.5}", "cool_off_hours"},
	    {"{\"version\":1,\"limits\":{" LIMITS "},\"clock_jump_hours\":0}", "clock_jump_hours"},
	    {"{\"version\":1,\"limits\":{" LIMITS "},\"destinations\":[\"x\"]}", "destinations[1]"},
	    {"{\"version\":1,\"limits\":{" LIMITS "},\"destinations\":7}", "destinations"},
	};
	struct policy p;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(parse(&p, cases[i].text), ERR_POLICY_FILE);
		assert_non_null(strstr(err_detail(), cases[i].says));
	}
	static const char zero[] = "{\"version\":1,\"limits\":{\"payout\":22.\0}}";
	assert_int_equal(policy_parse(&p, (struct span){(const uint8_t *)zero, sizeof zero - 1},
				      NETWORK_STAGENET),
			 ERR_POLICY_FILE);
	assert_non_null(strstr(err_detail(), "zero byte"));
}

static void amounts_are_text(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "1.5", "\"-1\"", "\"1e3\"", "\"\"", "null", "\"0.0000000000001\"", "\"1\\u00001\""};
	struct policy p;
	char text[512];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text,
			 "{\"version\":1,\"limits\":{\"payout\":%s,\"transaction\":\"1\","
			 "\"day\":\"1\",\"day_count\":1,\"fee\":\"1\",\"fee_per_byte\":\"1\"}}",
			 bad[i]);
		assert_int_equal(parse(&p, text), ERR_POLICY_FILE);
	}
}

static struct plan_payout payouts[2];
static struct plan plan = {.n_out = 2, .out = payouts, .fee = {10}};
static const struct policy_tx tx = {&plan, 100};

static struct policy edge(void)
{
	struct policy p = {0};
	payouts[0].amount = amount_of(60);
	payouts[1].amount = amount_of(30);
	memset(&payouts[1].to.spend, 7, sizeof payouts[1].to.spend);
	p.limits = (struct policy_limits){amount_of(60), amount_of(100), amount_of(150), 4,
					  amount_of(10), amount_of(1)};
	return p;
}

static enum err judge(const struct policy *p, uint64_t spent, uint64_t count)
{
	struct policy_verdict v;
	const struct policy_spent s = {.amount = amount_of(spent), .count = count};
	policy_judge(&v, p, &tx, &s);
	return v.code;
}

static void limits_are_inclusive_and_no_more(void **state)
{
	(void)state;
	struct policy p = edge();
	assert_int_equal(judge(&p, 50, 2), ERR_OK);
	assert_int_equal(judge(&p, 51, 2), ERR_LIMIT_DAY);
	assert_int_equal(judge(&p, 50, 3), ERR_LIMIT_DAY_COUNT);
	assert_int_equal(judge(&p, UINT64_MAX - 5, 2), ERR_LIMIT_DAY);
	assert_int_equal(judge(&p, 0, UINT64_MAX), ERR_LIMIT_DAY_COUNT);
	p.limits.payout = amount_of(59);
	assert_int_equal(judge(&p, 0, 0), ERR_LIMIT_PAYOUT);
	p = edge();
	p.limits.transaction = amount_of(99);
	assert_int_equal(judge(&p, 0, 0), ERR_LIMIT_TX);
	p = edge();
	p.limits.fee = amount_of(9);
	assert_int_equal(judge(&p, 0, 0), ERR_LIMIT_FEE);
	p = edge();
	p.limits.fee_per_byte = amount_of(0);
	assert_int_equal(judge(&p, 0, 0), ERR_LIMIT_FEE_RATE);
}

static void overflow_is_over(void **state)
{
	(void)state;
	struct policy p = edge();
	memset(&p.limits, 0xff, sizeof p.limits);
	payouts[0].amount = payouts[1].amount = amount_of(UINT64_MAX - 3);
	assert_int_equal(judge(&p, 0, 0), ERR_BALANCE);
}

static void vaults_are_free_of_amounts_not_of_fees(void **state)
{
	(void)state;
	struct policy p = edge();
	struct policy_verdict v;
	const struct policy_spent none = {0};
	payouts[1].amount = amount_of(1000000);
	assert_int_equal(judge(&p, 0, 0), ERR_LIMIT_PAYOUT);
	p.listed[0] = (struct policy_destination){"cold", payouts[1].to, true};
	p.n_listed = 1;
	policy_judge(&v, &p, &tx, &none);
	assert_int_equal(v.code, ERR_OK);
	assert_true(v.counted.atomic == 70 && v.count == 2);
	p.limits.fee = amount_of(9);
	assert_int_equal(judge(&p, 0, 0), ERR_LIMIT_FEE);
}

static void any_one_point_loosens(void **state)
{
	(void)state;
	const struct policy p = edge();
	struct policy q = p, strict;
	q.limits.day = amount_of(151);
	q.limits.fee = amount_of(1);
	q.cool_off = 5;
	q.clock_jump = 2 * POLICY_HOUR;
	assert_true(policy_loosens(&p, &q));
	policy_stricter(&strict, &p, &q);
	assert_false(policy_loosens(&p, &strict));
	assert_false(policy_loosens(&q, &strict));
	assert_true(strict.limits.fee.atomic == 1 && strict.limits.day.atomic == 150);
	assert_true(strict.cool_off == 5);
	assert_true(strict.clock_jump == 2 * POLICY_HOUR);
	assert_true(policy_loosens(&strict, &p)); /* a shorter cool-off is looser */
	q = p;
	q.n_listed = 1;
	q.listed[0] = (struct policy_destination){"cold", payouts[1].to, true};
	assert_true(policy_loosens(&p, &q));
	assert_false(policy_loosens(&q, &p));
	q = p;
	q.limits.day_count++;
	assert_true(policy_loosens(&p, &q));
	q = p;
	q.limits.fee_per_byte = amount_of(2);
	assert_true(policy_loosens(&p, &q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes),
	    cmocka_unit_test(refuses_what_it_does_not_understand),
	    cmocka_unit_test(amounts_are_text),
	    cmocka_unit_test(limits_are_inclusive_and_no_more),
	    cmocka_unit_test(overflow_is_over),
	    cmocka_unit_test(vaults_are_free_of_amounts_not_of_fees),
	    cmocka_unit_test(any_one_point_loosens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
