/* The policy's file: JSON, read strictly. The one place where the signer reads JSON. */
#include "signer/policy/policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1

static enum err bad(const char *field, const char *what)
{
	return err_set(ERR_POLICY_FILE, "field %s: %s", field, what);
}

/* Every member must be one of `known` (NULL ended); a misspelt limit would be no limit. */
static enum err only(json_t *object, const char *where, const char *const *known)
{
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], name) != 0) {
			i++;
		}
		if (!known[i]) {
			return err_set(ERR_POLICY_FILE, "%s has an unknown field \"%.40s\"", where,
				       name);
		}
	}
	return ERR_OK;
}

static enum err read_amount(struct amount *out, json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	if (!value) {
		return bad(name, "is missing");
	}
	if (!json_is_string(value)) {
		return bad(name, "must be XMR as text, as \"1.5\"");
	}
	if (strlen(json_string_value(value)) != json_string_length(value) ||
	    amount_parse(out, json_string_value(value)) != ERR_OK) {
		return bad(name, "is not an amount of XMR");
	}
	return ERR_OK;
}

static enum err read_whole(uint64_t *out, json_t *object, const char *name, uint64_t most)
{
	const json_t *value = json_object_get(object, name);
	if (!value) {
		return bad(name, "is missing");
	}
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > most) {
		return bad(name, "must be a whole number within bounds");
	}
	*out = (uint64_t)json_integer_value(value);
	return ERR_OK;
}

static enum err read_limits(struct policy_limits *out, json_t *object)
{
	static const char *const known[] = {"payout", "transaction",  "day", "day_count",
					    "fee",    "fee_per_byte", NULL};
	if (!json_is_object(object)) {
		return bad("limits", "must be an object");
	}
	const struct {
		const char *name;
		struct amount *to;
	} amounts[] = {{"payout", &out->payout},
		       {"transaction", &out->transaction},
		       {"day", &out->day},
		       {"fee", &out->fee},
		       {"fee_per_byte", &out->fee_per_byte}};
	enum err rc = only(object, "limits", known);
	for (size_t i = 0; rc == ERR_OK && i < sizeof amounts / sizeof amounts[0]; i++) {
		rc = read_amount(amounts[i].to, object, amounts[i].name);
	}
	if (rc == ERR_OK) {
		rc = read_whole(&out->day_count, object, "day_count", 1000000);
	}
	return rc;
}

static enum err read_vaults(struct policy *out, json_t *list, enum network network)
{
	size_t i;
	json_t *value;
	if (!list) {
		return ERR_OK;
	}
	if (!json_is_array(list) || json_array_size(list) > POLICY_VAULTS_MAX) {
		return bad("vaults", "must be a list of at most 32 addresses");
	}
	json_array_foreach(list, i, value)
	{
		struct address *to = &out->vaults[out->n_vaults];
		if (!json_is_string(value) ||
		    address_parse_for(to, json_string_value(value), network) != ERR_OK) {
			return err_set(ERR_POLICY_FILE,
				       "field vaults: number %zu is not an address of this network",
				       i + 1);
		}
		out->n_vaults++;
	}
	return ERR_OK;
}

static enum err read_root(struct policy *p, json_t *root, enum network network)
{
	static const char *const known[] = {"version", "limits", "cool_off_hours", "vaults", NULL};
	uint64_t version = 0, hours = POLICY_COOL_OFF_DEFAULT / 3600;
	enum err rc = only(root, "the policy", known);
	if (rc == ERR_OK) {
		rc = read_whole(&version, root, "version", UINT32_MAX);
	}
	if (rc == ERR_OK && version != VERSION) {
		rc = bad("version", "must be 1");
	}
	if (rc == ERR_OK && json_object_get(root, "cool_off_hours")) {
		rc = read_whole(&hours, root, "cool_off_hours", POLICY_COOL_OFF_MAX / 3600);
	}
	p->cool_off = hours * 3600;
	if (rc == ERR_OK) {
		rc = read_limits(&p->limits, json_object_get(root, "limits"));
	}
	if (rc == ERR_OK) {
		rc = read_vaults(p, json_object_get(root, "vaults"), network);
	}
	return rc;
}

enum err policy_parse(struct policy *out, struct span text, enum network network)
{
	json_error_t error;
	enum err rc;
	memset(out, 0, sizeof *out);
	if (text.n > POLICY_FILE_MAX) {
		return err_set(ERR_POLICY_FILE, "longer than %d bytes", POLICY_FILE_MAX);
	}
	json_t *root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		return err_set(ERR_POLICY_FILE, "line %d, column %d: %.80s", error.line,
			       error.column, error.text);
	}
	rc = json_is_object(root) ? read_root(out, root, network)
				  : err_set(ERR_POLICY_FILE, "line 1: an object is expected");
	json_decref(root);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}

enum err policy_format(struct buf *out, const struct policy *p)
{
	const struct {
		const char *name;
		struct amount value;
	} amounts[] = {{"payout", p->limits.payout},
		       {"transaction", p->limits.transaction},
		       {"day", p->limits.day},
		       {"fee", p->limits.fee},
		       {"fee_per_byte", p->limits.fee_per_byte}};
	char text[AMOUNT_TEXT_MAX], address[ADDRESS_TEXT_MAX];
	buf_printf(out, "{\n  \"version\": %d,\n  \"limits\": {\n", VERSION);
	for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
		buf_printf(out, "    \"%s\": \"%s\",\n", amounts[i].name,
			   amount_format(text, amounts[i].value));
	}
	buf_printf(out, "    \"day_count\": %llu\n  },\n  \"cool_off_hours\": %llu,\n",
		   (unsigned long long)p->limits.day_count,
		   (unsigned long long)(p->cool_off / 3600));
	buf_text(out, "  \"vaults\": [");
	for (size_t i = 0; i < p->n_vaults; i++) {
		buf_printf(out, "%s\n    \"%s\"", i ? "," : "",
			   address_format(address, &p->vaults[i]));
	}
	buf_printf(out, "%s]\n}\n", p->n_vaults ? "\n  " : "");
	return buf_end(out);
}
