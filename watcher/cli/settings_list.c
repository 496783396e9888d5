/* Every setting there is, and how those are read that are more than a text or a number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "watcher/chain/rpc.h"
#include "watcher/cli/cli.h"
#include "watcher/metrics/server.h"

#define LOGIN_MAX 1024

static enum err copy(char *out, size_t size, const char *value, const char *what)
{
	size_t n = strlen(value);
	if (n == 0 || n >= size) {
		return err_set(ERR_CONFIG, "%s has 1 to %zu characters", what, size - 1);
	}
	memcpy(out, value, n + 1);
	return ERR_OK;
}

static enum err login_of(struct node_settings *n, const char *value)
{
	const char *colon = strchr(value, ':');
	if (!colon || colon == value || (size_t)(colon - value) >= sizeof n->user) {
		return err_set(ERR_CONFIG, "a login is USER:PASSWORD");
	}
	memcpy(n->user, value, (size_t)(colon - value));
	n->user[colon - value] = '\0';
	return copy(n->password, sizeof n->password, colon + 1, "a password");
}

/* The first line of a file, so that the login can be handed over by systemd and rotated. */
static enum err login_from(struct node_settings *n, const char *path)
{
	struct buf b;
	enum err rc = copy(n->login_file, sizeof n->login_file, path, "a path");
	if (rc == ERR_OK) {
		/* What stands here may be the login itself: no message names it. */
		rc = file_readable(path);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&b, LOGIN_MAX);
	if (file_read(&b, path, LOGIN_MAX - 1) != ERR_OK) {
		rc = err_set(ERR_CONFIG, "the file it names cannot be read, or is too large");
	} else {
		buf_u8(&b, '\0');
		rc = buf_end(&b);
	}
	if (rc == ERR_OK) {
		char *line = (char *)b.p;
		line[strcspn(line, "\r\n")] = '\0';
		rc = login_of(n, line);
	}
	buf_free(&b);
	return rc;
}

static enum err read_ca_into(char *out, size_t size, const char *path)
{
	enum err rc = copy(out, size, path, "a path");
	return rc == ERR_OK ? certificates_check(path) : rc;
}

/* One or more of sha256//BASE64, with ; between them. */
static enum err read_pin_into(char *out, size_t size, const char *value)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	const char *at = value;
	for (bool more = true; more; at += more) {
		if (strncmp(at, "sha256//", 8) != 0 || strspn(at + 8, letters) != 43 ||
		    at[51] != '=' || (at[52] != ';' && at[52] != '\0')) {
			return err_set(ERR_CONFIG, "a pin is sha256// and 44 characters of base64");
		}
		at += 52;
		more = *at == ';';
	}
	return copy(out, size, value, "a pin");
}

static enum err read_proxy_into(char *out, size_t size, const char *value)
{
	const char *colon = strrchr(value, ':');
	uint64_t port = 0;
	if (!colon || colon == value || strpbrk(value, "/ \t") ||
	    option_number(&port, colon + 1, 65535, "") != ERR_OK || port == 0) {
		return err_set(ERR_CONFIG, "a SOCKS5 proxy is HOST:PORT");
	}
	return copy(out, size, value, "a proxy");
}

static enum err read_login(struct settings *s, char *value)
{
	return login_of(&s->node, value);
}

static enum err read_login_file(struct settings *s, char *value)
{
	return login_from(&s->node, value);
}

static enum err read_pin(struct settings *s, char *value)
{
	return read_pin_into(s->node.tls_pin, sizeof s->node.tls_pin, value);
}

static enum err read_proxy(struct settings *s, char *value)
{
	return read_proxy_into(s->node.proxy, sizeof s->node.proxy, value);
}

static enum err read_broadcast_proxy(struct settings *s, char *value)
{
	return read_proxy_into(s->broadcast_proxy, sizeof s->broadcast_proxy, value);
}

static enum err read_node_word(struct node_settings *n, const char *word)
{
	const char *equals = strchr(word, '=');
	const char *v = equals ? equals + 1 : "";
	if (strncmp(word, "login-file=", 11) == 0) {
		return login_from(n, v);
	}
	if (strncmp(word, "pin=", 4) == 0) {
		return read_pin_into(n->tls_pin, sizeof n->tls_pin, v);
	}
	if (strncmp(word, "ca=", 3) == 0) {
		return read_ca_into(n->tls_ca, sizeof n->tls_ca, v);
	}
	if (strncmp(word, "proxy=", 6) == 0) {
		return read_proxy_into(n->proxy, sizeof n->proxy, v);
	}
	if (strcmp(word, "without-tls") == 0) {
		n->without_tls = true;
		return ERR_OK;
	}
	if (strcmp(word, "without-login") == 0) {
		n->without_login = true;
		return ERR_OK;
	}
	return err_set(ERR_CONFIG, "after the address come login-file=, pin=, ca=, proxy=, "
				   "without-tls, without-login, and nothing else");
}

/*
 * "URL login-file=FILE pin=... ca=... proxy=... without-tls without-login". A word that is wrong is
 * named by its place: it may be a password.
 */
static enum err read_node_words(struct node_settings *n, char *value)
{
	char *rest = NULL;
	char *word = strtok_r(value, " \t", &rest);
	enum err rc = copy(n->url, sizeof n->url, word ? word : "", "a node's address");
	for (unsigned i = 2; rc == ERR_OK && (word = strtok_r(NULL, " \t", &rest)); i++) {
		rc = read_node_word(n, word);
		if (rc != ERR_OK) {
			rc = err_wrap(rc, "word %u", i);
		}
	}
	return rc;
}

static enum err read_witness(struct settings *s, char *value)
{
	if (s->n_witnesses == WITNESSES_MAX) {
		return err_set(ERR_CONFIG, "at most %d witnesses", WITNESSES_MAX);
	}
	struct node_settings *n = &s->witness[s->n_witnesses++];
	n->line = s->reading;
	return read_node_words(n, value);
}

/* "0.1:1 10:10 *:20": up to each amount, so many blocks; amounts rise, depths do not fall. */
static enum err read_credit(struct settings *s, char *value)
{
	struct watcher_config *c = &s->rules;
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

static enum err read_under(struct settings *s, char *value)
{
	return invoice_rule_parse(&s->rules.invoices.under, value);
}

static enum err read_over(struct settings *s, char *value)
{
	return invoice_rule_parse(&s->rules.invoices.over, value);
}

static enum err read_late(struct settings *s, char *value)
{
	return invoice_rule_parse(&s->rules.invoices.late, value);
}

static enum err read_after_close(struct settings *s, char *value)
{
	return invoice_rule_parse(&s->rules.invoices.after_close, value);
}

static enum err read_recipient(struct settings *s, char *value)
{
	if (!text_is_plain(value, strlen(value))) {
		return err_set(ERR_CONFIG, "printable ASCII characters");
	}
	return copy(s->rules.recipient, sizeof s->rules.recipient, value, "a name");
}

static enum err read_vault(struct settings *s, char *value)
{
	enum err rc = address_parse(&s->rules.vault, value);
	if (rc == ERR_OK) {
		return rc;
	}
	const char *detail = err_detail();
	return err_set(ERR_CONFIG, "%s%s%s", err_text(rc), *detail ? ": " : "", detail);
}

static enum err read_fee(struct settings *s, char *value)
{
	if (fee_level_parse(&s->rules.fee_level, value) != ERR_OK) {
		return err_set(ERR_CONFIG, "slow, normal, fast or fastest");
	}
	return ERR_OK;
}

static enum err read_metrics(struct settings *s, char *value)
{
	enum err rc = metrics_where_check(value);
	return rc == ERR_OK ? copy(s->metrics, sizeof s->metrics, value, "metrics") : rc;
}

#define HEAD(text)                                                                                 \
	{                                                                                          \
		.about = text                                                                      \
	}
#define TEXT(n, field, sample, text)                                                               \
	{                                                                                          \
		.name = n, .example = sample, .about = text, .kind = SET_TEXT,                     \
		.at = offsetof(struct settings, field),                                            \
		.size = sizeof((struct settings *)0)->field                                        \
	}
#define CERTIFICATES(n, field, text)                                                               \
	{                                                                                          \
		.name = n, .example = "FILE", .about = text, .kind = SET_FILE,                     \
		.at = offsetof(struct settings, field),                                            \
		.size = sizeof((struct settings *)0)->field                                        \
	}
#define FLAG(n, field, sample, text)                                                               \
	{                                                                                          \
		.name = n, .example = sample, .about = text, .kind = SET_FLAG,                     \
		.at = offsetof(struct settings, field),                                            \
		.size = sizeof((struct settings *)0)->field                                        \
	}
/* Into a uint64_t: least to most, times unit. */
#define NUMBER(n, field, low, high, times, sample, text)                                           \
	{                                                                                          \
		.name = n, .example = sample, .about = text, .kind = SET_NUMBER,                   \
		.at = offsetof(struct settings, field),                                            \
		.size = sizeof((struct settings *)0)->field, .least = low, .most = high,           \
		.unit = times                                                                      \
	}
#define AMOUNT(n, field, sample, text)                                                             \
	{                                                                                          \
		.name = n, .example = sample, .about = text, .kind = SET_AMOUNT,                   \
		.at = offsetof(struct settings, field),                                            \
		.size = sizeof((struct settings *)0)->field                                        \
	}
#define OTHER(n, reader, sample, text)                                                             \
	{                                                                                          \
		.name = n, .example = sample, .about = text, .read = reader                        \
	}

const struct setting SETTINGS[] = {
    HEAD("the node"),
    TEXT("node", node.url, "http://127.0.0.1:18081",
	 "The monerod to follow: host, host:port, http://... or https://..."),
    OTHER("node-login", read_login, "USER:PASSWORD",
	  "Its RPC login (--rpc-login), if it has one: here, or the first line of a file. Read "
	  "again on\nSIGHUP."),
    OTHER("node-login-file", read_login_file, "FILE", ""),
    OTHER("node-tls-pin", read_pin, "sha256//BASE64",
	  "TLS: the pinned public key of the node, or the authority to trust."),
    CERTIFICATES("node-tls-ca", node.tls_ca, ""),
    OTHER("node-proxy", read_proxy, "127.0.0.1:9050", "A SOCKS5 proxy (Tor) on the way to it."),
    FLAG("node-without-tls", node.without_tls, "no",
	 "A node on another machine must have TLS and a login, unless it is forced here."),
    FLAG("node-without-login", node.without_login, "no", ""),
    {.name = "witness",
     .read = read_witness,
     .repeats = true,
     .example = "URL login-file=FILE pin=sha256//BASE64",
     .about = "Other nodes, one a line, asked whether they see the same chain. After the address:\n"
	      "login-file=, pin=, ca=, proxy=, without-tls, without-login."},
    NUMBER("witnesses-needed", rules.witnesses_needed, 0, WITNESSES_MAX, 1, "1",
	   "So many of them must agree before anything is credited or planned."),
    NUMBER("stall-minutes", rules.stall_seconds, 0, 10080, 60, "60",
	   "No block for so long means that the node stands still; 0: never."),

    TEXT("broadcast-node", broadcast_node, "http://abcdefghijklmnop.onion:18081",
	 "Give transactions out by another node and way than everything else."),
    OTHER("broadcast-proxy", read_broadcast_proxy, "127.0.0.1:9050", "A SOCKS5 proxy (Tor) to it."),
    FLAG("broadcast-without-tls", broadcast_without_tls, "no", ""),

    HEAD("deposits"),
    OTHER(
	"credit", read_credit, "0.1:1 10:10 *:20",
	"Deposits up to so many XMR are credited so many blocks deep; * is the rest. What counts\n"
	"is the sum for one transaction, and for one address in as many blocks as the last."),
    FLAG("credit-locked", rules.credit_locked, "no",
	 "Credit also what its sender locked for longer than usual, before the lock ends."),

    HEAD("invoices"),
    OTHER("invoice-under", read_under, "hold",
	  "Payments that do not fit: hold (for a person to decide), accept (count them) or refund\n"
	  "(list them to be paid back). Too little when the time is over:"),
    OTHER("invoice-over", read_over, "hold", "What is above the amount:"),
    OTHER("invoice-late", read_late, "hold", "What is mined after the time:"),
    OTHER("invoice-after-close", read_after_close, "hold", "What is mined after it was closed:"),
    OTHER("invoice-recipient", read_recipient, "Our Shop", "The payee's name in payment URIs."),

    HEAD("payouts"),
    OTHER("fee", read_fee, "normal", "The fee level: slow, normal, fast, fastest."),
    AMOUNT("fee-most", rules.fee_most, "0.01",
	   "XMR that a transaction, and a byte of its weight, may cost at most, whatever the node\n"
	   "says: as in the signer's policy. The mainnet asks for up to 0.00000002 (slow),\n"
	   "0.00000008, 0.00000032 and 0.000004 (fastest) a byte."),
    AMOUNT("fee-per-byte-most", rules.fee_per_byte_most, "0.0000003", ""),
    NUMBER("request-hours", rules.request_seconds, 1, 8760, 3600, "168",
	   "How long a request may be signed."),
    NUMBER("request-grace-hours", rules.request_grace, 0, 8760, 3600, "24",
	   "So long after that its reply is waited for; then the payouts return to the queue."),
    NUMBER("change-outputs", rules.change_outputs, 1, 1000, 1, "1",
	   "Change is split until there are so many outputs to pay from, each of at least so many\n"
	   "XMR: a thin float then does not wait 10 blocks after each payout."),
    AMOUNT("change-least", rules.change_least, "0.1", ""),

    HEAD("what is forgotten"),
    NUMBER(
	"keep-labels-days", rules.keep_labels, 0, 36500, 86400, "800",
	"For so many days labels of addresses are kept, references of payouts that are done with,\n"
	"ids and labels of invoices that are done with (since they last changed), and raw\n"
	"transactions and requests; 0: for ever. Balances are proven without them."),
    NUMBER("keep-references-days", rules.keep_references, 0, 36500, 86400, "400", ""),
    NUMBER("keep-invoices-days", rules.keep_invoices, 0, 36500, 86400, "400", ""),
    NUMBER("keep-blobs-days", rules.keep_blobs, 0, 36500, 86400, "30", ""),

    HEAD("sweeping"),
    OTHER(
	"vault", read_vault, "ADDRESS",
	"Where what lies above the float goes; list it in the signer's policy as your own vault."),
    AMOUNT("float", rules.float_amount, "0",
	   "XMR that stay to pay from, besides what queued payouts need."),
    AMOUNT(
	"sweep-above", rules.sweep_above, "0",
	"With so many XMR above the float, or with more unlocked outputs than this, run writes a\n"
	"request to sweep them; 0: never."),
    NUMBER("sweep-outputs", rules.sweep_outputs, 0, 1000000, 1, "0", ""),
    TEXT("sweep-folder", sweep_folder, "FOLDER",
	 "Where run writes these requests, as sweep-NUMBER.request."),

    HEAD("webhooks and metrics"),
    CERTIFICATES("webhook-ca", webhook_ca,
		 "Authorities to trust for webhooks (webhook add ...), instead of the system's."),
    OTHER("metrics", read_metrics, "127.0.0.1:9750",
	  "A page for Prometheus: 127.0.0.1:PORT or unix:PATH."),
    FLAG("metrics-balances", metrics_balances, "no", "Whether it tells balances."),
};
const size_t SETTING_COUNT = sizeof SETTINGS / sizeof SETTINGS[0];

struct chain_rpc_options followed_options(const struct settings *s, enum network network)
{
	struct chain_rpc_options o = node_options(&s->node, network);
	o.submit_url = s->broadcast_node[0] ? s->broadcast_node : NULL;
	o.submit_proxy = s->broadcast_proxy[0] ? s->broadcast_proxy : NULL;
	o.submit_plain = s->broadcast_without_tls;
	return o;
}

struct chain_rpc_options broadcast_options(const struct settings *s, enum network network)
{
	return (struct chain_rpc_options){
	    .url = s->broadcast_node,
	    .proxy = s->broadcast_proxy[0] ? s->broadcast_proxy : NULL,
	    .network = network,
	    .allow_plain = s->broadcast_without_tls,
	    .allow_no_login = true,
	};
}

struct chain_rpc_options node_options(const struct node_settings *n, enum network network)
{
	return (struct chain_rpc_options){
	    .url = n->url,
	    .user = n->user[0] ? n->user : NULL,
	    .password = n->user[0] ? n->password : NULL,
	    .tls_pin = n->tls_pin[0] ? n->tls_pin : NULL,
	    .tls_ca = n->tls_ca[0] ? n->tls_ca : NULL,
	    .proxy = n->proxy[0] ? n->proxy : NULL,
	    .network = network,
	    .allow_plain = n->without_tls,
	    .allow_no_login = n->without_login,
	};
}
