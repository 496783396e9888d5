/* Webhooks: signatures, addresses, and what is remembered of deliveries. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <sys/socket.h>

#include "tests/unit/watcher/hot.h"
#include "watcher/webhooks/webhooks.h"

#define URL "https://shop.example/hook"
#define HOUR 3600

static void test_signature(void **state)
{
	(void)state;
	/* Known answer: computed with Python's hmac and base64. */
	struct webhook h = {.secret = {{.kind = WEBHOOK_HMAC}}};
	struct webhook_message m = {.number = 7};
	for (unsigned i = 0; i < 32; i++) {
		h.secret[0].b[i] = (uint8_t)i;
	}
	buf_init(&m.body, 100);
	buf_text(&m.body, "{\"number\":7,\"event\":{}}");
	webhook_sign(&m, &h, 1700000000);
	assert_string_equal(m.id, "webhook-id: 7");
	assert_string_equal(m.timestamp, "webhook-timestamp: 1700000000");
	assert_string_equal(m.signature,
			    "webhook-signature: v1,aWofCr7MacsCFBb1GuzyeuAKd+35ea4Vl+l94L6pdb4=");
	char text[WEBHOOK_SECRET_TEXT_MAX];
	assert_string_equal(webhook_secret_text(text, &h.secret[0]),
			    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");

	/* Two keys while one is being replaced; the old one ends at its time. */
	h.secret[1] = h.secret[0];
	h.secret[1].until = 1700000001;
	h.secret[0].kind = WEBHOOK_ED25519;
	webhook_sign(&m, &h, 1700000000);
	assert_non_null(strstr(m.signature, "webhook-signature: v1a,"));
	assert_non_null(strstr(m.signature, " v1,aWofCr7MacsCFBb1GuzyeuAKd+35ea4Vl+l94L6pdb4="));
	uint8_t public[32], secret[64], signature[64];
	size_t n = 0;
	static const char signed_text[] = "7.1700000000.{\"number\":7,\"event\":{}}";
	const char *base64 = strstr(m.signature, "v1a,") + 4;
	crypto_sign_seed_keypair(public, secret, h.secret[0].b);
	assert_int_equal(sodium_base642bin(signature, sizeof signature, base64,
					   strcspn(base64, " "), NULL, &n, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	assert_int_equal(n, 64);
	assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)signed_text,
						     sizeof signed_text - 1, public),
			 0);
	webhook_sign(&m, &h, 1700000001);
	assert_null(strstr(m.signature, " v1,"));
	buf_free(&m.body);
}

static bool may(const char *address, const char *range, bool tls)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, address, &in.sin_addr) == 1) {
		return webhook_may_connect((struct sockaddr *)&in, range, tls);
	}
	assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
	return webhook_may_connect((struct sockaddr *)&in6, range, tls);
}

static void test_addresses(void **state)
{
	(void)state;
	static const char *const private[] = {
	    "127.0.0.1",
	    "10.1.2.3",
	    "172.16.0.1",
	    "172.31.255.255",
	    "192.168.1.1",
	    "169.254.1.1",
	    "100.64.0.1",
	    "0.0.0.0",
	    "224.0.0.1",
	    "255.255.255.255",
	    "198.18.0.1",
	    "203.0.113.7",
	    "::1",
	    "::",
	    "fe80::1",
	    "fd00::1",
	    "ff02::1",
	    "2001:db8::1",
	    "2002:7f00:1::",
	    "64:ff9b::7f00:1",
	    "10.255.255.255",
	    "127.255.255.255",
	    "100.127.255.255",
	    "169.254.255.255",
	    "192.168.255.255",
	    "192.0.0.255",
	    "192.0.2.255",
	    "192.88.99.255",
	    "198.19.255.255",
	    "198.51.100.255",
	    "203.0.113.255",
	    "239.255.255.255",
	    "240.0.0.1",
	    "0.255.255.255",
	    "febf::1",
	    "2001:1ff:ffff::1",
	    "2001:db8:ffff::1",
	    "3fff:fff::1",
	    "2001::1",
	    "::ffff:127.0.0.1",
	    "::ffff:10.0.0.1",
	};
	static const char *const public[] = {"1.1.1.1",  "172.32.0.1",      "100.128.0.1",
					     "11.0.0.1", "2606:4700::1111", "::ffff:8.8.8.8"};
	for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
		assert_false(may(private[i], "", true));
		assert_false(may(private[i], "10.9.0.0/16", false));
	}
	for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
		assert_true(may(public[i], "", true));
		assert_false(may(public[i], "", false)); /* never without TLS */
		assert_false(may(public[i], "10.0.0.0/8", false));
	}
	assert_true(may("10.1.2.3", "10.0.0.0/8", true));
	assert_true(may("10.1.2.3", "10.0.0.0/8", false));
	assert_true(may("::ffff:10.1.2.3", "10.0.0.0/8", false));
	assert_false(may("11.1.2.3", "10.0.0.0/8", false));
	assert_true(may("172.17.0.1", "172.16.0.0/15", true));
	assert_false(may("172.18.0.1", "172.16.0.0/15", true));
	assert_true(may("127.0.0.1", "127.0.0.1", false));
	assert_true(may("fd00::7", "fd00::/8", true));
	assert_true(may("::1", "0.0.0.0/0", true) == false);
	struct sockaddr_un_like {
		sa_family_t family;
		char rest[126];
	} un = {.family = AF_UNIX};
	assert_false(webhook_may_connect((struct sockaddr *)&un, "", true));

	static const char *const bad[] = {"",
					  "x",
					  "10.0.0.0/33",
					  "10.0.0.0/",
					  "10.0.0/8",
					  "::1/129",
					  "10.0.0.0/8/8",
					  "10.0.0.0/-1",
					  "localhost",
					  "10.0.0.0/0008"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(webhook_range_check(bad[i]), ERR_USAGE);
	}
	assert_int_equal(webhook_url_check(URL, false), ERR_OK);
	assert_int_equal(webhook_url_check("http://10.0.0.1:8080/", true), ERR_OK);
	assert_int_equal(webhook_way_check(URL, ""), ERR_OK);
	assert_int_equal(webhook_way_check(URL, "0.0.0.0/0"), ERR_OK);
	/* Plain only where nobody is on the way, whatever was allowed and whenever. */
	static const char *const near[] = {
	    "10.0.0.0/8", "10.1.2.3",      "172.16.0.0/15",  "192.168.7.0/24",
	    "127.0.0.1",  "100.64.0.0/10", "169.254.9.9",    "fd00::/8",
	    "fe80::/64",  "::1",           "::ffff:10.0.0.1"};
	static const char *const far[] = {"0.0.0.0/0",    "10.0.0.0/7",    "8.8.8.8",
					  "192.0.2.0/24", "172.16.0.0/11", "::/0",
					  "2001:db8::1",  "64:ff9b::/96",  "2002::/16",
					  "fc00::/6",     "240.0.0.1",     "::ffff:8.8.8.8"};
	for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
		assert_int_equal(webhook_way_check("http://shop.example:8080/", near[i]), ERR_OK);
	}
	for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
		assert_int_equal(webhook_range_check(far[i]), ERR_OK);
		assert_int_equal(webhook_way_check("http://shop.example/", far[i]), ERR_USAGE);
		assert_non_null(strstr(err_detail(), "10.0.0.0/8"));
	}
	assert_true(may("8.8.8.8", "8.0.0.0/8", true));
	assert_false(may("8.8.8.8", "8.0.0.0/8", false));
	assert_false(may("64:ff9b::8.8.8.8", "64:ff9b::/96", false));
	assert_true(may("64:ff9b::8.8.8.8", "64:ff9b::/96", true));
	assert_true(may("10.1.2.3", "0.0.0.0/0", false));
	static const char *const bad_urls[] = {"",
					       "http://shop.example",
					       "ftp://shop.example",
					       "https://",
					       "https:///path",
					       "https://a@b/",
					       "https://a b/",
					       "https://a/#x",
					       "https://a/\nHost:"};
	for (size_t i = 0; i < sizeof bad_urls / sizeof bad_urls[0]; i++) {
		assert_int_equal(webhook_url_check(bad_urls[i], false), ERR_USAGE);
	}
}

static void test_plain_to_the_public(void **state)
{
	(void)state;
	struct hot h;
	struct webhook x;
	hot_start(&h, 10);
	assert_int_equal(
	    webhook_add(&h.w, "a", "http://8.8.8.8/", "8.0.0.0/8", WEBHOOK_HMAC, 0, &x), ERR_USAGE);
	assert_int_equal(
	    webhook_add(&h.w, "a", "http://10.8.8.8/", "10.0.0.0/8", WEBHOOK_HMAC, 0, &x), ERR_OK);
	hot_stop(&h);
}

static void add(struct hot *h, const char *name, uint64_t after)
{
	struct webhook x;
	assert_int_equal(webhook_add(&h->w, name, URL, "", WEBHOOK_HMAC, after, &x), ERR_OK);
}

static struct webhook get(struct hot *h, const char *name)
{
	struct webhook x;
	assert_int_equal(webhook_get(&h->w, name, &x), ERR_OK);
	return x;
}

/* Collects and says how it ended; returns the first event of the batch, 0 for none. */
static uint64_t deliver(struct hot *h, const char *name, bool good, uint32_t status)
{
	struct webhook_batch b;
	assert_int_equal(webhook_collect(&h->w, name, &b), ERR_OK);
	uint64_t first = b.n ? b.message[0].number : 0;
	for (size_t i = 0; i < b.n; i++) {
		assert_int_equal(b.message[i].number, first + i);
	}
	if (b.n) {
		struct webhook_outcome o = {
		    .taken = good ? b.n : 0, .failed = !good, .status = status};
		assert_int_equal(webhook_record(&h->w, &b, &o), ERR_OK);
	}
	webhook_batch_free(&b);
	return first;
}

static void test_in_order(void **state)
{
	(void)state;
	struct hot h;
	struct webhook_batch b;
	struct watcher_status s;
	hot_start(&h, 30);
	hot_sync(&h);
	add(&h, "shop", 0);
	add(&h, "late", UINT64_MAX);
	assert_int_equal(deliver(&h, "late", true, 200), 4); /* its own addition */
	assert_int_equal(webhook_collect(&h.w, "shop", &b), ERR_OK);
	assert_true(b.n >= 3);
	assert_int_equal(b.message[0].number, 1);
	static const char body[] = "{\"number\":1,\"event\":{\"kind\":\"created\",";
	assert_memory_equal(b.message[0].body.p, body, sizeof body - 1);
	/* Nothing is said before the outcome: a stop now means the same once more. */
	struct webhook_outcome two = {.taken = 2, .failed = true, .status = 500};
	assert_int_equal(webhook_record(&h.w, &b, &two), ERR_OK);
	struct webhook x = get(&h, "shop");
	assert_int_equal(x.position, 2);
	assert_int_equal(x.delivered, 2);
	assert_int_equal(x.last_status, 500);
	/* The same outcome told again changes nothing. */
	assert_int_equal(webhook_record(&h.w, &b, &two), ERR_OK);
	assert_int_equal(get(&h, "shop").position, 2);
	webhook_batch_free(&b);
	h.now += 21;
	assert_int_equal(deliver(&h, "shop", true, 204), 3);
	while (deliver(&h, "shop", true, 200)) {
	}
	assert_int_equal(watcher_status(&h.w, &s), ERR_OK);
	assert_int_equal(get(&h, "shop").position, s.events);
	assert_int_equal(get(&h, "shop").failing_since, 0);
	struct webhooks_state st;
	while (deliver(&h, "late", true, 200)) {
	}
	assert_int_equal(webhooks_state(&h.w, &st), ERR_OK);
	assert_int_equal(st.pending, 0);
	assert_int_equal(st.next_try, UINT64_MAX);
	hot_stop(&h);
}

/* Waits grow from 10 s to an hour; after 72 hours an event is given up, and not before. */
static void test_failing(void **state)
{
	(void)state;
	struct hot h;
	struct webhooks_state s;
	hot_start(&h, 30);
	add(&h, "shop", 0);
	uint64_t start = h.now, last = 0;
	unsigned attempts = 0;
	while (h.now - start < WEBHOOK_DEAD_SECONDS) {
		assert_int_equal(deliver(&h, "shop", false, 503), 1);
		attempts++;
		struct webhook x = get(&h, "shop");
		assert_int_equal(x.attempts, attempts);
		uint64_t wait = x.next_try - h.now;
		assert_in_range(wait, attempts == 1 ? 10 : last / 4, 3600);
		last = wait;
		assert_int_equal(x.dead, 0);
		if (wait) {
			h.now += wait - 1;
			assert_int_equal(deliver(&h, "shop", false, 503), 0); /* not yet */
		}
		h.now++;
	}
	assert_in_range(attempts, 72, 200);
	assert_in_range(last, 1800, 3600);
	assert_int_equal(webhooks_state(&h.w, &s), ERR_OK);
	assert_in_range(s.oldest_seconds, WEBHOOK_DEAD_SECONDS, WEBHOOK_DEAD_SECONDS + HOUR);
	assert_int_equal(s.failing, 1);
	/* Its time is over with a last try; the next event has its own. */
	assert_int_equal(deliver(&h, "shop", false, 503), 1);
	assert_int_equal(deliver(&h, "shop", false, 503), 2);
	assert_int_equal(get(&h, "shop").dead, 1);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	for (h.now += HOUR, start = h.now; h.now - start < WEBHOOK_DEAD_SECONDS - HOUR;
	     h.now += HOUR) {
		assert_int_equal(deliver(&h, "shop", false, 503), 2);
	}
	assert_int_equal(get(&h, "shop").dead, 1);
	h.now += HOUR;
	assert_int_equal(deliver(&h, "shop", false, 503), 2);
	assert_int_equal(deliver(&h, "shop", false, 503), 0);
	assert_int_equal(get(&h, "shop").dead, 2);
	assert_int_equal(watcher_verify_books(&h.w), ERR_OK);
	/* Once more from the first dead letter on. */
	assert_int_equal(webhook_retry(&h.w, "shop"), ERR_OK);
	assert_int_equal(deliver(&h, "shop", true, 200), 1);
	assert_int_equal(get(&h, "shop").failing_since, 0);
	hot_stop(&h);
}

/* One event that the receiver will not have costs no other. */
static void test_refused(void **state)
{
	(void)state;
	struct hot h;
	hot_start(&h, 30);
	hot_sync(&h);
	add(&h, "shop", 0);
	uint64_t start = h.now;
	while (h.now - start < WEBHOOK_DEAD_SECONDS + 2 * HOUR && get(&h, "shop").dead == 0) {
		uint64_t first = deliver(&h, "shop", false, 400);
		assert_int_equal(first, get(&h, "shop").dead ? 2 : 1);
		h.now += HOUR;
	}
	assert_int_equal(get(&h, "shop").dead, 1);
	assert_int_equal(deliver(&h, "shop", true, 200), 2);
	while (deliver(&h, "shop", true, 200)) {
	}
	assert_int_equal(get(&h, "shop").dead, 1);
	assert_int_equal(get(&h, "shop").failing_since, 0);
	hot_stop(&h);
}

/* Nobody tried for four days: nothing is lost without a try, nor by the first. */
static void test_long_stop(void **state)
{
	(void)state;
	struct hot h;
	hot_start(&h, 30);
	add(&h, "shop", 0);
	assert_int_equal(deliver(&h, "shop", false, 503), 1);
	h.now += 96 * HOUR;
	assert_int_equal(deliver(&h, "shop", false, 503), 1);
	h.now += HOUR;
	assert_int_equal(deliver(&h, "shop", true, 200), 1);
	assert_int_equal(get(&h, "shop").dead, 0);
	hot_stop(&h);
}

/* A clock that was a year ahead for a moment. */
static void test_clock(void **state)
{
	(void)state;
	struct hot h;
	hot_start(&h, 30);
	add(&h, "shop", 0);
	for (unsigned i = 0; i < WEBHOOK_TRIES_LEAST; i++) {
		assert_int_equal(deliver(&h, "shop", false, 503), 1);
		h.now += HOUR;
	}
	h.now += 365 * 24 * HOUR;
	struct webhook_batch b;
	assert_int_equal(webhook_collect(&h.w, "shop", &b), ERR_OK);
	assert_int_equal(b.message[0].number, 1);
	struct webhook_outcome failed = {.failed = true, .status = 503};
	assert_int_equal(webhook_record(&h.w, &b, &failed), ERR_OK);
	webhook_batch_free(&b);
	h.now -= 365 * 24 * HOUR;
	assert_int_equal(deliver(&h, "shop", false, 503), 1);
	struct webhook x = get(&h, "shop");
	assert_int_equal(x.failing_since, h.now);
	assert_in_range(x.next_try, h.now, h.now + HOUR);
	assert_int_equal(x.dead, 0);
	hot_stop(&h);
}

static void test_gone_and_rotated(void **state)
{
	(void)state;
	struct hot h;
	struct webhook x, y;
	hot_start(&h, 30);
	assert_int_equal(webhook_retry(&h.w, "shop"), ERR_NOT_FOUND);
	assert_int_equal(webhook_add(&h.w, "a b", URL, "", WEBHOOK_HMAC, 0, &x), ERR_USAGE);
	assert_int_equal(webhook_add(&h.w, "a", "http://x", "", WEBHOOK_HMAC, 0, &x), ERR_USAGE);
	assert_int_equal(webhook_add(&h.w, "shop", URL, "", WEBHOOK_HMAC, 0, &x), ERR_OK);
	assert_int_equal(webhook_add(&h.w, "shop", URL, "", WEBHOOK_HMAC, 0, &y), ERR_EXISTS);
	for (int i = 1; i < WEBHOOKS_MAX - 1; i++) {
		char name[16];
		snprintf(name, sizeof name, "shop%d", i);
		add(&h, name, 0);
	}
	add(&h, "last", 0);
	assert_int_equal(webhook_add(&h.w, "more", URL, "", WEBHOOK_HMAC, 0, &y), ERR_LIMIT);
	assert_int_equal(webhook_remove(&h.w, "last"), ERR_OK);
	assert_int_equal(webhook_rotate(&h.w, "shop", WEBHOOK_ED25519, HOUR, &y), ERR_OK);
	assert_memory_equal(y.secret[1].b, x.secret[0].b, 32);
	assert_memory_not_equal(y.secret[0].b, x.secret[0].b, 32);
	assert_int_equal(y.secret[1].until, h.now + HOUR);
	/* A third would cut the first off, unless all are to end. */
	assert_int_equal(webhook_rotate(&h.w, "shop", WEBHOOK_HMAC, HOUR, &y), ERR_STATE);
	assert_int_equal(webhook_rotate(&h.w, "shop1", WEBHOOK_HMAC, HOUR, &y), ERR_OK);
	assert_int_equal(webhook_rotate(&h.w, "shop1", WEBHOOK_HMAC, 0, &y), ERR_OK);
	assert_int_equal(y.secret[1].kind, WEBHOOK_NONE);
	assert_int_equal(webhook_rotate(&h.w, "shop1", WEBHOOK_HMAC, HOUR, &y), ERR_OK);
	assert_int_equal(deliver(&h, "shop", false, 410), 1);
	assert_true(get(&h, "shop").gone);
	h.now += 2 * HOUR;
	assert_int_equal(deliver(&h, "shop", true, 200), 0);
	assert_int_equal(webhook_retry(&h.w, "shop"), ERR_OK);
	assert_int_equal(deliver(&h, "shop", true, 200), 1);
	/* Made anew while an answer is on its way: that was another one's. */
	struct webhook_batch b;
	add(&h, "again", 0);
	assert_int_equal(webhook_collect(&h.w, "again", &b), ERR_OK);
	assert_int_equal(webhook_remove(&h.w, "again"), ERR_OK);
	assert_int_equal(webhook_add(&h.w, "again", URL "/2", "", WEBHOOK_HMAC, 0, &x), ERR_OK);
	struct webhook_outcome all = {.taken = b.n, .status = 200};
	assert_int_equal(webhook_record(&h.w, &b, &all), ERR_OK);
	assert_int_equal(get(&h, "again").delivered, 0);
	webhook_batch_free(&b);
	assert_int_equal(webhook_remove(&h.w, "shop"), ERR_OK);
	assert_int_equal(webhook_get(&h.w, "shop", &x), ERR_NOT_FOUND);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signature),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_plain_to_the_public),
	    cmocka_unit_test(test_in_order),
	    cmocka_unit_test(test_failing),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_long_stop),
	    cmocka_unit_test(test_clock),
	    cmocka_unit_test(test_gone_and_rotated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
