/*
 * Where a webhook may go. The address that is connected to is judged, not the name it came from, so
 * that no name can be pointed at the machines behind the watcher later on.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/text.h"
#include "watcher/webhooks/webhooks.h"

/* IPv4 as ::ffff:a.b.c.d. */
struct range {
	uint8_t b[16];
	unsigned bits;
};

static bool address_of_text(uint8_t out[static 16], const char *text, bool *v4)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	*v4 = inet_pton(AF_INET, text, out + 12) == 1;
	if (*v4) {
		memcpy(out, mapped, sizeof mapped);
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

static bool range_of_text(struct range *out, const char *text)
{
	char host[WEBHOOK_RANGE_MAX + 1];
	bool v4 = false;
	size_t n = strcspn(text, "/");
	*out = (struct range){.bits = 128};
	if (strlen(text) > WEBHOOK_RANGE_MAX) {
		return false;
	}
	memcpy(host, text, n);
	host[n] = '\0';
	if (!address_of_text(out->b, host, &v4)) {
		return false;
	}
	if (text[n] == '\0') {
		return true;
	}
	const char *digits = text + n + 1;
	size_t k = strlen(digits);
	if (k == 0 || k > 3 || strspn(digits, "0123456789") != k) {
		return false;
	}
	unsigned bits = 0;
	for (size_t i = 0; i < k; i++) {
		bits = 10 * bits + (unsigned)(digits[i] - '0');
	}
	out->bits = bits + (v4 ? 96 : 0);
	return out->bits <= 128 && (!v4 || bits <= 32);
}

static bool within(const uint8_t a[static 16], const struct range *r)
{
	size_t whole = r->bits / 8;
	unsigned rest = r->bits % 8;
	if (memcmp(a, r->b, whole) != 0) {
		return false;
	}
	return rest == 0 || ((a[whole] ^ r->b[whole]) >> (8 - rest)) == 0;
}

/* Not of the public internet: IANA's special-purpose registries for IPv4 and IPv6. */
static const char *const SPECIAL[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20",
};

static bool is_public(const uint8_t a[static 16])
{
	struct range r;
	static const struct range global = {{0x20}, 3};
	static const struct range mapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
	if (!within(a, &global) && !within(a, &mapped)) {
		return false;
	}
	for (size_t i = 0; i < sizeof SPECIAL / sizeof SPECIAL[0]; i++) {
		if (!range_of_text(&r, SPECIAL[i]) || within(a, &r)) {
			return false;
		}
	}
	return true;
}

/* This machine and private networks: what nobody else on the way can read along. */
static const char *const PRIVATE[] = {
    "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16", "::1",           "fc00::/7",    "fe80::/10",
};

static bool is_private(const struct range *r)
{
	struct range p;
	for (size_t i = 0; i < sizeof PRIVATE / sizeof PRIVATE[0]; i++) {
		if (range_of_text(&p, PRIVATE[i]) && r->bits >= p.bits && within(r->b, &p)) {
			return true;
		}
	}
	return false;
}

bool webhook_may_connect(const struct sockaddr *address, const char *range, bool tls)
{
	struct range r;
	struct range one = {.b = {[10] = 0xff, [11] = 0xff}, .bits = 128};
	uint8_t *a = one.b;
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		memcpy(a + 12, &in.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, address, sizeof in);
		memcpy(a, &in.sin6_addr, 16);
	} else {
		return false;
	}
	if (range[0] && range_of_text(&r, range) && within(a, &r)) {
		return tls || is_private(&one);
	}
	return tls && is_public(a);
}

enum err webhook_range_check(const char *range)
{
	struct range r;
	return range_of_text(&r, range)
		   ? ERR_OK
		   : err_set(ERR_USAGE, "a range is an address, or ADDRESS/BITS: 10.0.0.0/8");
}

enum err webhook_url_check(const char *url, bool range)
{
	size_t n = strlen(url);
	bool tls = strncmp(url, "https://", 8) == 0;
	const char *host = url + (tls ? 8 : 7);
	if (n > WEBHOOK_URL_MAX || !text_is_plain(url, n) || strpbrk(url, " \"\\<>^`{}|#")) {
		return err_set(ERR_USAGE, "a URL is at most %d printable characters",
			       WEBHOOK_URL_MAX);
	}
	if (!tls && strncmp(url, "http://", 7) != 0) {
		return err_set(ERR_USAGE, "a webhook's URL begins with https://");
	}
	if (!tls && !range) {
		return err_set(ERR_USAGE, "without TLS a webhook goes to a private address alone: "
					  "name it with --allow");
	}
	size_t authority = strcspn(host, "/?");
	if (authority == 0 || memchr(host, '@', authority)) {
		return err_set(ERR_USAGE, "a URL has a host, and no user in it");
	}
	return ERR_OK;
}

enum err webhook_way_check(const char *url, const char *range)
{
	struct range r;
	if (strncmp(url, "https://", 8) == 0 || (range_of_text(&r, range) && is_private(&r))) {
		return ERR_OK;
	}
	return err_set(
	    ERR_USAGE,
	    "without TLS others on the way can read along, so --allow has to lie within one of "
	    "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16, "
	    "127.0.0.0/8, fc00::/7, fe80::/10, ::1");
}
