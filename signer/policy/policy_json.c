/*
 * The policy's file: JSON, read strictly. The one place where the signer reads JSON. Each error
 * names the line and the field; a misspelt field is an error too, or its limit would be none.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "signer/policy/minisign.h"
#include "signer/policy/locate.h"

#define VERSION 1
#define COUNT_MAX 1000000

struct file {
	struct span text;
	enum network network;
	struct policy *out;
};

/* A value and where it stands; value NULL: it is missing. */
struct found {
	struct json_place at;
	json_t *value;
};

PRINTF_LIKE(3, 4)
static enum err bad(const struct file *f, const struct json_place *at, const char *fmt, ...)
{
	char what[200], path[160];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (!at) {
		return err_set(ERR_POLICY_FILE, "line %u: %s", json_line(f->text, NULL), what);
	}
	return err_set(ERR_POLICY_FILE, "line %u, field %s: %s", json_line(f->text, at),
		       json_path(path, sizeof path, at), what);
}

/* Places point at each other, so whoever looks into a value keeps its struct found meanwhile. */
static struct found member(const struct found *in, const char *name)
{
	const bool is_root = !in->at.in && !in->at.name;
	return (struct found){{is_root ? NULL : &in->at, name, 0},
			      json_object_get(in->value, name)};
}

static struct found element(const struct found *in, size_t i)
{
	return (struct found){{&in->at, NULL, i}, json_array_get(in->value, i)};
}

/* An object with no other member than `known` (NULL ended). */
static enum err object(const struct file *f, const struct found *v, const char *const *known)
{
	const char *name;
	json_t *value;
	if (!v->value) {
		return bad(f, &v->at, "is missing");
	}
	if (!json_is_object(v->value)) {
		return bad(f, &v->at, "must be an object, as {...}");
	}
	json_object_foreach(v->value, name, value)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], name) != 0) {
			i++;
		}
		if (!known[i]) {
			struct found unknown = member(v, name);
			return bad(f, &unknown.at, "there is no such field");
		}
	}
	return ERR_OK;
}

static enum err list(const struct file *f, const struct found *v, size_t most)
{
	if (!v->value) {
		return bad(f, &v->at, "is missing");
	}
	if (!json_is_array(v->value)) {
		return bad(f, &v->at, "must be a list, as [...]");
	}
	if (json_array_size(v->value) > most) {
		return bad(f, &v->at, "has %zu entries, %zu are the most",
			   json_array_size(v->value), most);
	}
	return ERR_OK;
}

static enum err text_of(const char **out, const struct file *f, const struct found *v,
			const char *what)
{
	*out = "";
	if (!v->value) {
		return bad(f, &v->at, "is missing");
	}
	if (!json_is_string(v->value) ||
	    strlen(json_string_value(v->value)) != json_string_length(v->value)) {
		return bad(f, &v->at, "must be %s", what);
	}
	*out = json_string_value(v->value);
	return ERR_OK;
}

static enum err read_amount(struct amount *out, const struct file *f, const struct found *in,
			    const char *name)
{
	const struct found v = member(in, name);
	const char *text;
	enum err rc = text_of(&text, f, &v, "XMR as text, as \"1.5\"");
	if (rc == ERR_OK && amount_parse(out, text) != ERR_OK) {
		rc = bad(f, &v.at, "is not an amount of XMR, as \"1.5\"");
	}
	return rc;
}

static enum err read_cap(struct policy_cap *out, const struct file *f, const struct found *in,
			 const char *name)
{
	out->set = json_object_get(in->value, name) != NULL;
	return out->set ? read_amount(&out->most, f, in, name) : ERR_OK;
}

static enum err read_whole(uint64_t *out, const struct file *f, const struct found *in,
			   const char *name, uint64_t least, uint64_t most)
{
	const struct found v = member(in, name);
	if (!v.value) {
		return bad(f, &v.at, "is missing");
	}
	if (!json_is_integer(v.value) || json_integer_value(v.value) < (json_int_t)least ||
	    json_integer_value(v.value) > (json_int_t)most) {
		return bad(f, &v.at, "must be a whole number from %llu to %llu",
			   (unsigned long long)least, (unsigned long long)most);
	}
	*out = (uint64_t)json_integer_value(v.value);
	return ERR_OK;
}

/* false when it is not there */
static enum err read_flag(bool *out, const struct file *f, const struct found *in, const char *name)
{
	const struct found v = member(in, name);
	*out = json_is_true(v.value);
	return !v.value || json_is_boolean(v.value) ? ERR_OK
						    : bad(f, &v.at, "must be true or false");
}

static enum err read_name(char out[static POLICY_NAME_MAX + 1], const struct file *f,
			  const struct found *in)
{
	const struct found v = member(in, "name");
	const char *text;
	enum err rc = text_of(&text, f, &v, "text");
	size_t n = strlen(text);
	if (rc != ERR_OK) {
		return rc;
	}
	if (n == 0 || n > POLICY_NAME_MAX || !text_is_plain(text, n) || strpbrk(text, "\"\\") ||
	    text[0] == ' ' || text[n - 1] == ' ') {
		return bad(f, &v.at, "must be 1 to %d plain ASCII characters, no quotes",
			   POLICY_NAME_MAX);
	}
	memcpy(out, text, n + 1);
	return ERR_OK;
}

static enum err read_limits(struct file *f, const struct found *root)
{
	static const char *const known[] = {
	    "payout", "transaction", "day",          "day_count",         "week",
	    "month",  "fee",         "fee_per_byte", "requests_per_hour", NULL};
	struct policy_limits *out = &f->out->limits;
	const struct found v = member(root, "limits");
	const struct {
		const char *name;
		struct amount *to;
	} amounts[] = {{"payout", &out->payout},
		       {"transaction", &out->transaction},
		       {"day", &out->day},
		       {"fee", &out->fee},
		       {"fee_per_byte", &out->fee_per_byte}};
	enum err rc = object(f, &v, known);
	for (size_t i = 0; rc == ERR_OK && i < sizeof amounts / sizeof amounts[0]; i++) {
		rc = read_amount(amounts[i].to, f, &v, amounts[i].name);
	}
	if (rc == ERR_OK) {
		rc = read_whole(&out->day_count, f, &v, "day_count", 0, COUNT_MAX);
	}
	if (rc == ERR_OK) {
		rc = read_cap(&f->out->week, f, &v, "week");
	}
	if (rc == ERR_OK) {
		rc = read_cap(&f->out->month, f, &v, "month");
	}
	if (rc == ERR_OK && json_object_get(v.value, "requests_per_hour")) {
		rc = read_whole(&f->out->requests_per_hour, f, &v, "requests_per_hour", 1,
				COUNT_MAX);
	}
	return rc;
}

static enum err read_destination(struct file *f, const struct found *v)
{
	static const char *const known[] = {"name", "address", "vault", NULL};
	struct policy *p = f->out;
	struct policy_destination *d = &p->listed[p->n_listed];
	const struct found address = member(v, "address");
	const char *text = "";
	enum err rc = object(f, v, known);
	if (rc == ERR_OK) {
		rc = read_name(d->name, f, v);
	}
	if (rc == ERR_OK) {
		rc = text_of(&text, f, &address, "an address");
	}
	if (rc == ERR_OK) {
		rc = read_flag(&d->vault, f, v, "vault");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	enum err parsed = address_parse_for(&d->to, text, f->network);
	if (parsed != ERR_OK) {
		return bad(f, &address.at, "%s", err_text(parsed));
	}
	if (policy_listed(p, &d->to)) {
		return bad(f, &address.at, "stands in the list already");
	}
	for (size_t i = 0; i < p->n_listed; i++) {
		if (strcmp(p->listed[i].name, d->name) == 0) {
			return bad(f, &v->at, "its name stands in the list already");
		}
	}
	p->n_listed++;
	return ERR_OK;
}

static enum err read_book(struct file *f, const struct found *root)
{
	const struct found v = member(root, "destinations");
	enum err rc = read_flag(&f->out->only_listed, f, root, "only_listed");
	if (rc != ERR_OK || !v.value) {
		return rc;
	}
	rc = list(f, &v, POLICY_LISTED_MAX);
	for (size_t i = 0; rc == ERR_OK && i < json_array_size(v.value); i++) {
		const struct found one = element(&v, i);
		rc = read_destination(f, &one);
	}
	return rc;
}

static enum err read_reach(struct policy_reach *out, struct file *f, const struct found *tiers,
			   const char *name)
{
	static const char *const known[] = {"transaction", "day", NULL};
	const struct found v = member(tiers, name);
	if (!v.value) {
		return ERR_OK;
	}
	out->set = true;
	enum err rc = object(f, &v, known);
	if (rc == ERR_OK) {
		rc = read_amount(&out->transaction, f, &v, "transaction");
	}
	return rc == ERR_OK ? read_amount(&out->day, f, &v, "day") : rc;
}

static enum err read_approver(struct file *f, const struct found *v)
{
	static const char *const known[] = {"name", "key", NULL};
	struct policy *p = f->out;
	struct policy_approver *a = &p->approvers[p->n_approvers];
	const struct found key = member(v, "key");
	const char *text = "";
	enum err rc = object(f, v, known);
	if (rc == ERR_OK) {
		rc = read_name(a->name, f, v);
	}
	if (rc == ERR_OK) {
		rc = text_of(&text, f, &key, "a public key of minisign");
	}
	if (rc == ERR_OK && minisign_key_parse(a, text) != ERR_OK) {
		rc = bad(f, &key.at, "is not a public key of minisign, as \"RW...\"");
	}
	for (size_t i = 0; rc == ERR_OK && i < p->n_approvers; i++) {
		const struct policy_approver *other = &p->approvers[i];
		if (strcmp(other->name, a->name) == 0) {
			rc = bad(f, &v->at, "its name stands in the list already");
		} else if (secret_equal(other->key, a->key, sizeof a->key) ||
			   secret_equal(other->id, a->id, sizeof a->id)) {
			rc = bad(f, &key.at, "stands in the list already");
		}
	}
	p->n_approvers += rc == ERR_OK;
	return rc;
}

static enum err read_approvals(struct file *f, const struct found *root)
{
	static const char *const known[] = {"needed", "approvers", NULL};
	const struct found v = member(root, "approvals"), who = member(&v, "approvers");
	uint64_t needed = 0;
	if (!v.value && !f->out->confirmed.set) {
		return ERR_OK;
	}
	if (!f->out->confirmed.set) {
		return bad(f, &v.at,
			   "needs the tier `confirmed`: beyond its reach they are asked for");
	}
	enum err rc = object(f, &v, known);
	if (rc == ERR_OK) {
		rc = read_whole(&needed, f, &v, "needed", 1, POLICY_APPROVERS_MAX);
	}
	if (rc == ERR_OK) {
		rc = list(f, &who, POLICY_APPROVERS_MAX);
	}
	for (size_t i = 0; rc == ERR_OK && i < json_array_size(who.value); i++) {
		const struct found one = element(&who, i);
		rc = read_approver(f, &one);
	}
	f->out->needed = (size_t)needed;
	return rc;
}

static enum err read_tiers(struct file *f, const struct found *root)
{
	static const char *const known[] = {"unattended", "confirmed", NULL};
	const struct found v = member(root, "tiers");
	enum err rc = ERR_OK;
	if (v.value) {
		rc = object(f, &v, known);
		if (rc == ERR_OK) {
			rc = read_reach(&f->out->unattended, f, &v, "unattended");
		}
		if (rc == ERR_OK) {
			rc = read_reach(&f->out->confirmed, f, &v, "confirmed");
		}
	}
	return rc == ERR_OK ? read_approvals(f, root) : rc;
}

static enum err read_root(struct file *f, const struct found *root)
{
	static const char *const known[] = {
	    "version",      "limits",    "cool_off_hours",   "only_listed", "tiers",
	    "destinations", "approvals", "clock_jump_hours", NULL};
	uint64_t version = 0, hours = POLICY_COOL_OFF_DEFAULT / POLICY_HOUR;
	if (!json_is_object(root->value)) {
		return bad(f, NULL, "an object is expected, as {...}");
	}
	enum err rc = object(f, root, known);
	if (rc == ERR_OK) {
		rc = read_whole(&version, f, root, "version", VERSION, VERSION);
	}
	if (rc == ERR_OK && json_object_get(root->value, "cool_off_hours")) {
		rc = read_whole(&hours, f, root, "cool_off_hours", 0,
				POLICY_COOL_OFF_MAX / POLICY_HOUR);
	}
	f->out->cool_off = hours * POLICY_HOUR;
	if (rc == ERR_OK && json_object_get(root->value, "clock_jump_hours")) {
		rc = read_whole(&hours, f, root, "clock_jump_hours", 1,
				POLICY_CLOCK_JUMP_MAX / POLICY_HOUR);
		f->out->clock_jump = hours * POLICY_HOUR;
	}
	if (rc == ERR_OK) {
		rc = read_limits(f, root);
	}
	if (rc == ERR_OK) {
		rc = read_book(f, root);
	}
	return rc == ERR_OK ? read_tiers(f, root) : rc;
}

/* What a person would not have meant; the stricter of two policies may be so for a while. */
static enum err sensible(const struct file *f)
{
	const struct policy *p = f->out;
	const struct json_place approvals = {NULL, "approvals", 0}, tiers = {NULL, "tiers", 0};
	const struct json_place needed = {&approvals, "needed", 0};
	const struct json_place unattended = {&tiers, "unattended", 0};
	if (p->confirmed.set && p->needed > p->n_approvers) {
		return bad(f, &needed, "more than the %zu approvers there are", p->n_approvers);
	}
	if (p->confirmed.set && p->unattended.set &&
	    (amount_cmp(p->unattended.transaction, p->confirmed.transaction) > 0 ||
	     amount_cmp(p->unattended.day, p->confirmed.day) > 0)) {
		return bad(f, &unattended, "reaches further than the tier `confirmed`");
	}
	return ERR_OK;
}

/* Whatever is read must fit where it is kept. */
static enum err fits(const struct file *f)
{
	struct buf text;
	buf_init(&text, POLICY_FILE_MAX);
	enum err rc = policy_format(&text, f->out);
	buf_free(&text);
	return rc == ERR_LIMIT ? err_wrap(ERR_POLICY_FILE, "written out") : rc;
}

static enum err parse(struct policy *out, struct span text, enum network network, bool is_new)
{
	json_error_t error;
	struct file f = {text, network, out};
	enum err rc;
	memset(out, 0, sizeof *out);
	if (text.n > POLICY_FILE_MAX) {
		return err_set(ERR_POLICY_FILE, "longer than %d bytes", POLICY_FILE_MAX);
	}
	/* jansson skips some zero bytes; no text has any. */
	if (text.n && memchr(text.p, '\0', text.n)) {
		return err_set(ERR_POLICY_FILE, "it holds a zero byte: it is not a text file");
	}
	const struct found root = {
	    {0}, json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error)};
	if (!root.value) {
		return err_set(ERR_POLICY_FILE, "line %d, column %d: %.80s", error.line,
			       error.column, error.text);
	}
	rc = read_root(&f, &root);
	if (rc == ERR_OK && is_new) {
		rc = sensible(&f);
	}
	if (rc == ERR_OK) {
		rc = fits(&f);
	}
	json_decref(root.value);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}

enum err policy_parse(struct policy *out, struct span text, enum network network)
{
	return parse(out, text, network, false);
}

enum err policy_parse_new(struct policy *out, struct span text, enum network network)
{
	return parse(out, text, network, true);
}
