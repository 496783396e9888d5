/* DIR/airlock.conf: read whole and refused whole, with the line that is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "watcher/cli/cli.h"

#define CONF_NAME "airlock.conf"
#define CONF_MAX 65536

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	size_t n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1])) {
		s[--n] = '\0';
	}
	return s;
}

static enum err copy(char *out, size_t size, const char *value)
{
	size_t n = strlen(value);
	if (n >= size) {
		return err_set(ERR_CONFIG, "too long");
	}
	memcpy(out, value, n + 1);
	return ERR_OK;
}

static enum err read_login(struct settings *s, const char *value)
{
	const char *colon = strchr(value, ':');
	if (!colon || (size_t)(colon - value) >= sizeof s->login_user) {
		return err_set(ERR_CONFIG, "a login is USER:PASSWORD");
	}
	memcpy(s->login_user, value, (size_t)(colon - value));
	return copy(s->login_password, sizeof s->login_password, colon + 1);
}

/* "0.1:1 10:10 *:20": up to each amount, so many blocks; amounts rise, depths do not fall. */
static enum err read_credit(struct watcher_config *c, char *value)
{
	char *rest = NULL;
	uint64_t depth = 0, last = 1;
	bool done = false;
	c->n_steps = 0;
	for (char *word = strtok_r(value, " \t", &rest); word;
	     word = strtok_r(NULL, " \t", &rest)) {
		char *colon = strchr(word, ':');
		struct amount up_to = {0};
		if (!colon || done) {
			return err_set(ERR_CONFIG, "credit is AMOUNT:BLOCKS ... *:BLOCKS");
		}
		*colon = '\0';
		enum err rc = option_number(&depth, colon + 1, 10000, "a depth");
		if (rc != ERR_OK || depth < last) {
			return err_set(ERR_CONFIG, "a depth is 1 to 10000 and does not fall");
		}
		last = depth;
		done = strcmp(word, "*") == 0;
		if (done) {
			c->depth_above = (uint32_t)depth;
			continue;
		}
		rc = amount_parse(&up_to, word);
		if (rc != ERR_OK || c->n_steps == CREDIT_STEPS_MAX ||
		    (c->n_steps && amount_cmp(up_to, c->step[c->n_steps - 1].up_to) <= 0)) {
			return err_set(ERR_CONFIG, "amounts of credit rise, at most %d of them",
				       CREDIT_STEPS_MAX);
		}
		c->step[c->n_steps++] = (struct credit_step){up_to, (uint32_t)depth};
	}
	return done ? ERR_OK : err_set(ERR_CONFIG, "credit ends with *:BLOCKS");
}

static enum err read_fee(struct watcher_config *c, const char *value)
{
	enum fee_level level;
	if (fee_level_parse(&level, value) != ERR_OK) {
		return err_set(ERR_CONFIG, "fee is slow, normal, fast or fastest");
	}
	c->fee_level = level;
	return ERR_OK;
}

static enum err read_expiry(struct watcher_config *c, const char *value)
{
	uint64_t hours;
	if (option_number(&hours, value, 8760, "hours") != ERR_OK || hours == 0) {
		return err_set(ERR_CONFIG, "request-hours is 1 to 8760");
	}
	c->request_seconds = 3600 * hours;
	return ERR_OK;
}

static enum err read_line(struct settings *s, const char *name, char *value)
{
	if (strcmp(name, "node") == 0) {
		return copy(s->node, sizeof s->node, value);
	}
	if (strcmp(name, "node-login") == 0) {
		return read_login(s, value);
	}
	if (strcmp(name, "node-tls-pin") == 0) {
		return copy(s->tls_pin, sizeof s->tls_pin, value);
	}
	if (strcmp(name, "node-tls-ca") == 0) {
		return copy(s->tls_ca, sizeof s->tls_ca, value);
	}
	if (strcmp(name, "node-proxy") == 0) {
		return copy(s->proxy, sizeof s->proxy, value);
	}
	if (strcmp(name, "insecure-node") == 0) {
		s->insecure_node = strcmp(value, "yes") == 0;
		return s->insecure_node || strcmp(value, "no") == 0
			   ? ERR_OK
			   : err_set(ERR_CONFIG, "insecure-node is yes or no");
	}
	if (strcmp(name, "credit") == 0) {
		return read_credit(&s->rules, value);
	}
	if (strcmp(name, "fee") == 0) {
		return read_fee(&s->rules, value);
	}
	if (strcmp(name, "request-hours") == 0) {
		return read_expiry(&s->rules, value);
	}
	return err_set(ERR_CONFIG, "no such setting");
}

static enum err read_text(struct settings *out, char *text)
{
	char *rest = text, *line;
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		char *s = trim(line);
		if (*s == '\0' || *s == '#') {
			continue;
		}
		char *equals = strchr(s, '=');
		if (!equals) {
			return err_set(ERR_CONFIG, "%s line %u: no =", CONF_NAME, number);
		}
		*equals = '\0';
		const char *name = trim(s);
		enum err rc = read_line(out, name, trim(equals + 1));
		if (rc != ERR_OK) {
			return err_wrap(rc, "%s line %u, %s: ", CONF_NAME, number, name);
		}
	}
	return ERR_OK;
}

enum err settings_read(struct settings *out, const char *dir)
{
	char path[PATH_TEXT_MAX];
	struct buf b;
	*out = (struct settings){0};
	watcher_config_default(&out->rules);
	buf_init(&b, CONF_MAX);
	enum err rc = path_join(path, dir, CONF_NAME);
	if (rc == ERR_OK) {
		rc = file_read(&b, path, CONF_MAX - 1);
	}
	if (rc == ERR_OK) {
		buf_u8(&b, '\0');
		rc = buf_end(&b);
	}
	if (rc == ERR_OK && strlen((char *)b.p) + 1 != b.n) {
		rc = err_set(ERR_CONFIG, "%s is not text", CONF_NAME);
	}
	if (rc == ERR_OK) {
		rc = read_text(out, (char *)b.p);
	}
	buf_free(&b);
	return rc;
}

enum err settings_write_new(const char *dir, const char *node, bool insecure_node)
{
	char path[PATH_TEXT_MAX];
	struct buf b;
	if (strlen(node) >= 512 || strpbrk(node, "\n\r")) {
		return err_set(ERR_USAGE, "--node is no address of a node");
	}
	buf_init(&b, CONF_MAX);
	buf_printf(&b,
		   "# airlock-watcher: one setting a line.\n"
		   "\n"
		   "# The monerod to follow: host, host:port, http://... or https://...\n"
		   "node = %s\n"
		   "# Its RPC login (--rpc-login), if it has one.\n"
		   "#node-login = USER:PASSWORD\n"
		   "# TLS: the pinned public key of the node, or the authority to trust.\n"
		   "#node-tls-pin = sha256//BASE64\n"
		   "#node-tls-ca = FILE\n"
		   "# A SOCKS5 proxy (Tor) on the way to the node.\n"
		   "#node-proxy = 127.0.0.1:9050\n"
		   "# Allow a node on another machine without TLS.\n"
		   "insecure-node = %s\n"
		   "\n"
		   "# Deposits up to so many XMR are credited so many blocks deep; * is the rest.\n"
		   "#credit = 0.1:1 10:10 *:20\n"
		   "# The fee level of payouts: slow, normal, fast, fastest.\n"
		   "#fee = normal\n"
		   "# How long a request may be signed.\n"
		   "#request-hours = 168\n",
		   node, insecure_node ? "yes" : "no");
	enum err rc = buf_end(&b);
	if (rc == ERR_OK) {
		rc = path_join(path, dir, CONF_NAME);
	}
	if (rc == ERR_OK) {
		rc = file_write_new(path, b.p, b.n);
	}
	buf_free(&b);
	return rc;
}
