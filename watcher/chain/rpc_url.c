/* "host:port" and http(s) URLs without path, query or login. */
#include "watcher/chain/rpc_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 253

static unsigned default_port(enum network network)
{
	static const unsigned ports[NETWORK_COUNT] = {18081, 28081, 38081};
	return ports[network];
}

static bool is_local(const char *host, size_t n)
{
	char text[HOST_MAX + 1];
	struct in_addr v4;
	struct in6_addr v6;
	snprintf(text, sizeof text, "%.*s", (int)n, host);
	if (strcasecmp(text, "localhost") == 0) {
		return true;
	}
	if (inet_pton(AF_INET, text, &v4) == 1) {
		return (ntohl(v4.s_addr) >> 24) == 127;
	}
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool host_is_plain(const char *host, size_t n, bool v6)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-";
	struct in6_addr address;
	char text[HOST_MAX + 1];
	snprintf(text, sizeof text, "%.*s", (int)n, host);
	if (v6) {
		return inet_pton(AF_INET6, text, &address) == 1;
	}
	return strspn(text, letters) == n && text[0] != '-' && text[0] != '.';
}

enum err rpc_url_parse(struct rpc_url *out, const char *url, enum network network)
{
	unsigned port = default_port(network);
	*out = (struct rpc_url){0};
	if (!url) {
		url = "127.0.0.1";
	}
	const char *p = url;
	if (strncasecmp(p, "https://", 8) == 0) {
		out->tls = true;
		p += 8;
	} else if (strncasecmp(p, "http://", 7) == 0) {
		p += 7;
	}
	bool v6 = *p == '[';
	p += v6;
	size_t n = strcspn(p, v6 ? "]" : ":/");
	const char *rest = p + n;
	if (n == 0 || n > HOST_MAX || !host_is_plain(p, n, v6) || (v6 && *rest++ != ']')) {
		goto bad;
	}
	if (*rest == ':') {
		size_t digits = strspn(++rest, "0123456789");
		port = 0;
		for (size_t i = 0; i < digits && port <= 65535; i++) {
			port = 10 * port + (unsigned)(rest[i] - '0');
		}
		rest += digits;
		if (port == 0 || port > 65535) {
			goto bad;
		}
	}
	if (*rest == '/') {
		rest++;
	}
	if (*rest) {
		goto bad;
	}
	out->local = is_local(p, n);
	out->onion = n > 6 && strncasecmp(p + n - 6, ".onion", 6) == 0;
	snprintf(out->base, sizeof out->base, "%s://%s%.*s%s:%u", out->tls ? "https" : "http",
		 v6 ? "[" : "", (int)n, p, v6 ? "]" : "", port);
	return ERR_OK;
bad:
	*out = (struct rpc_url){0};
	return err_set(ERR_USAGE, "the node's address must be host:port, http:// or https://"
				  "host:port");
}
