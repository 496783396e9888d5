#include "signer/journal/record.h"

#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/text.h"
#include "proto/wire.h"
#include "signer/review/json.h"

enum field {
	FIELD_END,
	FIELD_NUMBER,
	FIELD_INDEX,
	FIELD_COUNT,
	FIELD_HASH,
	FIELD_ID,
	FIELD_CODE,
	FIELD_RULE,
	FIELD_CONSENT,
	FIELD_COUNTED,
	FIELD_FEE,
	FIELD_TEXT,
	FIELD_PAYOUTS,
	FIELD_IMAGES,
	FIELD_INPUTS,
};

#define FIELDS_MAX 12
#define COMMON_FIELDS 3

struct kind {
	enum record_kind kind;
	const char *name;
	struct {
		enum field field;
		const char *name;
	} fields[FIELDS_MAX];
};

static const struct kind kinds[] = {
    {RECORD_INIT, "init", {{FIELD_ID, "identity"}, {FIELD_NUMBER, "birthday"}}},
    {RECORD_PAIRING, "pairing", {{FIELD_ID, "identity"}, {FIELD_TEXT, "name"}}},
    {RECORD_POLICY_SUBMITTED,
     "policy_submitted",
     {{FIELD_HASH, "policy_hash"}, {FIELD_NUMBER, "effective"}, {FIELD_TEXT, "policy"}}},
    {RECORD_POLICY_EFFECTIVE,
     "policy_effective",
     {{FIELD_HASH, "policy_hash"}, {FIELD_TEXT, "policy"}}},
    {RECORD_REQUEST,
     "request",
     {{FIELD_HASH, "request"}, {FIELD_NUMBER, "request_number"}, {FIELD_COUNT, "transactions"}}},
    {RECORD_SIGNED,
     "signed",
     {{FIELD_HASH, "request"},
      {FIELD_INDEX, "index"},
      {FIELD_ID, "txid"},
      {FIELD_COUNTED, "counted"},
      {FIELD_COUNT, "count"},
      {FIELD_FEE, "fee"},
      {FIELD_RULE, "rule"},
      {FIELD_CONSENT, "consent"},
      {FIELD_PAYOUTS, "payouts"},
      {FIELD_IMAGES, "key_images"},
      {FIELD_INPUTS, "outputs"}}},
    {RECORD_REFUSED,
     "refused",
     {{FIELD_HASH, "request"},
      {FIELD_INDEX, "index"},
      {FIELD_CODE, "code"},
      {FIELD_RULE, "rule"},
      {FIELD_TEXT, "reason"}}},
    {RECORD_REQUEST_REFUSED,
     "request_refused",
     {{FIELD_HASH, "request"},
      {FIELD_NUMBER, "request_number"},
      {FIELD_CODE, "code"},
      {FIELD_RULE, "rule"},
      {FIELD_TEXT, "reason"}}},
    {RECORD_KEY_IMAGES, "key_images", {{FIELD_HASH, "request"}, {FIELD_COUNT, "count"}}},
    {RECORD_PASSPHRASE, "passphrase", {{FIELD_END, NULL}}},
    {RECORD_BACKUP, "backup", {{FIELD_END, NULL}}},
    {RECORD_RESTORED, "restored", {{FIELD_NUMBER, "entries"}}},
    {RECORD_APPROVAL,
     "approval",
     {{FIELD_HASH, "request"}, {FIELD_ID, "key"}, {FIELD_TEXT, "name"}}},
    {RECORD_CLOCK, "clock_confirmed", {{FIELD_NUMBER, "newest"}}},
    {RECORD_CATCH_UP,
     "caught_up",
     {{FIELD_HASH, "head"}, {FIELD_NUMBER, "first"}, {FIELD_COUNT, "entries"}}},
};

static const struct kind *find(uint64_t kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].kind == kind) {
			return &kinds[i];
		}
	}
	return NULL;
}

const char *record_kind_name(enum record_kind kind)
{
	const struct kind *k = find(kind);
	return k ? k->name : "unknown";
}

static size_t n_fields(const struct kind *k)
{
	size_t n = 0;
	while (n < FIELDS_MAX && k->fields[n].field != FIELD_END) {
		n++;
	}
	return n;
}

static void put_payouts(struct buf *out, const struct record *r)
{
	wire_put_list(out, r->n_payouts);
	for (size_t i = 0; i < r->n_payouts; i++) {
		wire_put_list(out, 4);
		wire_put_bytes(out, r->payouts[i].id.b, sizeof r->payouts[i].id.b);
		wire_put_text(out, r->payouts[i].address);
		wire_put_uint(out, r->payouts[i].amount.atomic);
		wire_put_bytes(out, r->payouts[i].content.b, 32);
	}
}

static void put_field(struct buf *out, const struct record *r, enum field field)
{
	switch (field) {
	case FIELD_NUMBER:
		wire_put_uint(out, r->number);
		break;
	case FIELD_INDEX:
		wire_put_uint(out, r->index);
		break;
	case FIELD_COUNT:
		wire_put_uint(out, r->count);
		break;
	case FIELD_HASH:
		wire_put_bytes(out, r->hash.b, 32);
		break;
	case FIELD_ID:
		wire_put_bytes(out, r->id.b, 32);
		break;
	case FIELD_CODE:
		wire_put_uint(out, r->code);
		break;
	case FIELD_RULE:
		wire_put_text(out, r->rule);
		break;
	case FIELD_CONSENT:
		wire_put_uint(out, r->consent);
		break;
	case FIELD_COUNTED:
		wire_put_uint(out, r->counted.atomic);
		break;
	case FIELD_FEE:
		wire_put_uint(out, r->fee.atomic);
		break;
	case FIELD_TEXT:
		wire_put_text(out, r->text);
		break;
	case FIELD_PAYOUTS:
		put_payouts(out, r);
		break;
	case FIELD_IMAGES:
		wire_put_list(out, r->n_images);
		for (size_t i = 0; i < r->n_images; i++) {
			wire_put_bytes(out, r->images[i].b, 32);
		}
		break;
	case FIELD_INPUTS:
		wire_put_list(out, r->n_inputs);
		for (size_t i = 0; i < r->n_inputs; i++) {
			wire_put_bytes(out, r->inputs[i].b, 32);
		}
		break;
	case FIELD_END:
		break;
	}
}

enum err record_encode(struct buf *out, const struct record *r)
{
	const struct kind *k = find(r->kind);
	CHECK(k);
	size_t n = n_fields(k);
	wire_put_list(out, COMMON_FIELDS + n);
	wire_put_uint(out, r->kind);
	wire_put_uint(out, r->wall);
	wire_put_uint(out, r->chain);
	for (size_t i = 0; i < n; i++) {
		put_field(out, r, k->fields[i].field);
	}
	return buf_end(out);
}

static void get_payouts(struct record *r, struct wire_list *in)
{
	struct wire_list list = wire_list(in, 0, TX_OUTPUTS_MAX);
	r->n_payouts = list.n;
	for (size_t i = 0; i < list.n; i++) {
		struct wire_list one = wire_list(&list, 4, 4);
		wire_fixed(&one, r->payouts[i].id.b, sizeof r->payouts[i].id.b);
		wire_text(&one, r->payouts[i].address, sizeof r->payouts[i].address);
		r->payouts[i].amount = amount_of(wire_uint(&one, UINT64_MAX));
		wire_fixed(&one, r->payouts[i].content.b, 32);
	}
}

static void get_images(struct record *r, struct wire_list *in)
{
	struct wire_list list = wire_list(in, 0, TX_INPUTS_MAX);
	r->n_images = list.n;
	for (size_t i = 0; i < list.n; i++) {
		wire_fixed(&list, r->images[i].b, 32);
	}
}

static void get_inputs(struct record *r, struct wire_list *in)
{
	struct wire_list list = wire_list(in, 0, TX_INPUTS_MAX);
	r->n_inputs = list.n;
	for (size_t i = 0; i < list.n; i++) {
		wire_fixed(&list, r->inputs[i].b, 32);
	}
}

static void get_field(struct record *r, struct wire_list *in, enum field field)
{
	switch (field) {
	case FIELD_NUMBER:
		r->number = wire_uint(in, UINT64_MAX);
		break;
	case FIELD_INDEX:
		r->index = wire_uint(in, UINT64_MAX);
		break;
	case FIELD_COUNT:
		r->count = wire_uint(in, UINT64_MAX);
		break;
	case FIELD_HASH:
		wire_fixed(in, r->hash.b, 32);
		break;
	case FIELD_ID:
		wire_fixed(in, r->id.b, 32);
		break;
	case FIELD_CODE:
		r->code = (enum err)wire_uint(in, UINT16_MAX);
		break;
	case FIELD_RULE:
		wire_text(in, r->rule, sizeof r->rule);
		break;
	case FIELD_CONSENT:
		r->consent = (enum policy_tier)wire_uint(in, TIER_APPROVED);
		break;
	case FIELD_COUNTED:
		r->counted = amount_of(wire_uint(in, UINT64_MAX));
		break;
	case FIELD_FEE:
		r->fee = amount_of(wire_uint(in, UINT64_MAX));
		break;
	case FIELD_TEXT:
		wire_text(in, r->text, sizeof r->text);
		break;
	case FIELD_PAYOUTS:
		get_payouts(r, in);
		break;
	case FIELD_IMAGES:
		get_images(r, in);
		break;
	case FIELD_INPUTS:
		get_inputs(r, in);
		break;
	case FIELD_END:
		break;
	}
}

enum err record_decode(struct record *out, struct span content)
{
	struct wire *w = NULL;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, content);
	if (rc != ERR_OK) {
		goto out;
	}
	struct wire_list root = wire_root(w);
	uint64_t number = wire_uint(&root, UINT64_MAX);
	const struct kind *k = find(number);
	if (!k) {
		rc = err_set(ERR_JOURNAL_BROKEN, "entry of kind %llu", (unsigned long long)number);
		goto out;
	}
	wire_expect(&root, COMMON_FIELDS + n_fields(k));
	out->kind = k->kind;
	out->wall = wire_uint(&root, UINT64_MAX);
	out->chain = wire_uint(&root, UINT64_MAX);
	for (size_t i = 0; i < n_fields(k); i++) {
		get_field(out, &root, k->fields[i].field);
	}
	rc = wire_end(w);
out:
	wire_free(w);
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
		return err_wrap(ERR_JOURNAL_BROKEN, "an entry's content");
	}
	return ERR_OK;
}

/* The first eight digits of a hash: enough to recognise it by. */
static void put_short(struct buf *out, const struct hash *h)
{
	char hex[17];
	hex_encode(hex, h->b, 8);
	buf_printf(out, "%s", hex);
}

static void text_payouts(struct buf *out, const struct record *r)
{
	char amount[AMOUNT_TEXT_MAX];
	for (size_t i = 0; i < r->n_payouts; i++) {
		buf_printf(out, "%s%s to %.12s...", i ? ", " : "",
			   amount_format(amount, r->payouts[i].amount), r->payouts[i].address);
	}
}

static void text_field(struct buf *out, const struct record *r, enum field field, const char *name)
{
	char amount[AMOUNT_TEXT_MAX], safe[160];
	buf_printf(out, " %s ", name);
	switch (field) {
	case FIELD_NUMBER:
		buf_printf(out, "%llu", (unsigned long long)r->number);
		break;
	case FIELD_INDEX:
		buf_printf(out, "%llu", (unsigned long long)r->index);
		break;
	case FIELD_COUNT:
		buf_printf(out, "%llu", (unsigned long long)r->count);
		break;
	case FIELD_HASH:
		put_short(out, &r->hash);
		break;
	case FIELD_ID:
		put_short(out, &r->id);
		break;
	case FIELD_CODE:
		buf_printf(out, "%s", err_name(r->code));
		break;
	case FIELD_RULE:
		buf_printf(out, "%s", text_safe(safe, sizeof safe, r->rule, strlen(r->rule)));
		break;
	case FIELD_CONSENT:
		buf_printf(out, "%s", policy_tier_name(r->consent));
		break;
	case FIELD_COUNTED:
		buf_printf(out, "%s", amount_format(amount, r->counted));
		break;
	case FIELD_FEE:
		buf_printf(out, "%s", amount_format(amount, r->fee));
		break;
	case FIELD_TEXT:
		buf_printf(out, "\"%s\"", text_safe(safe, sizeof safe, r->text, strlen(r->text)));
		break;
	case FIELD_PAYOUTS:
		text_payouts(out, r);
		break;
	case FIELD_IMAGES:
		buf_printf(out, "%zu", r->n_images);
		break;
	case FIELD_INPUTS:
		buf_printf(out, "%zu", r->n_inputs);
		break;
	case FIELD_END:
		break;
	}
}

/* A policy's text is for `policy show` and the JSON; here its hash does. */
static bool is_policy(const struct record *r)
{
	return r->kind == RECORD_POLICY_SUBMITTED || r->kind == RECORD_POLICY_EFFECTIVE;
}

void record_text(struct buf *out, const struct record *r)
{
	char time[TIME_TEXT_MAX];
	const struct kind *k = find(r->kind);
	CHECK(k);
	buf_printf(out, "%s  %-16s", time_format(time, r->wall), k->name);
	for (size_t i = 0; i < n_fields(k); i++) {
		if (k->fields[i].field != FIELD_TEXT || !is_policy(r)) {
			text_field(out, r, k->fields[i].field, k->fields[i].name);
		}
	}
}

static void json_payouts(struct buf *out, const struct record *r)
{
	char amount[AMOUNT_TEXT_MAX];
	buf_text(out, "[");
	for (size_t i = 0; i < r->n_payouts; i++) {
		buf_printf(out, "%s{\"id\":", i ? "," : "");
		json_hex(out, r->payouts[i].id.b, sizeof r->payouts[i].id.b);
		buf_text(out, ",\"address\":");
		json_text(out, r->payouts[i].address);
		buf_printf(out, ",\"amount\":\"%s\",\"content\":",
			   amount_format(amount, r->payouts[i].amount));
		json_hex(out, r->payouts[i].content.b, 32);
		buf_text(out, "}");
	}
	buf_text(out, "]");
}

static void json_images(struct buf *out, const struct record *r)
{
	buf_text(out, "[");
	for (size_t i = 0; i < r->n_images; i++) {
		buf_text(out, i ? "," : "");
		json_hex(out, r->images[i].b, 32);
	}
	buf_text(out, "]");
}

static void json_inputs(struct buf *out, const struct record *r)
{
	buf_text(out, "[");
	for (size_t i = 0; i < r->n_inputs; i++) {
		buf_text(out, i ? "," : "");
		json_hex(out, r->inputs[i].b, 32);
	}
	buf_text(out, "]");
}

static void json_field(struct buf *out, const struct record *r, enum field field)
{
	char amount[AMOUNT_TEXT_MAX];
	switch (field) {
	case FIELD_NUMBER:
		buf_printf(out, "%llu", (unsigned long long)r->number);
		break;
	case FIELD_INDEX:
		buf_printf(out, "%llu", (unsigned long long)r->index);
		break;
	case FIELD_COUNT:
		buf_printf(out, "%llu", (unsigned long long)r->count);
		break;
	case FIELD_HASH:
		json_hex(out, r->hash.b, 32);
		break;
	case FIELD_ID:
		json_hex(out, r->id.b, 32);
		break;
	case FIELD_CODE:
		json_text(out, err_name(r->code));
		break;
	case FIELD_RULE:
		json_text(out, r->rule);
		break;
	case FIELD_CONSENT:
		json_text(out, policy_tier_name(r->consent));
		break;
	case FIELD_COUNTED:
		buf_printf(out, "\"%s\"", amount_format(amount, r->counted));
		break;
	case FIELD_FEE:
		buf_printf(out, "\"%s\"", amount_format(amount, r->fee));
		break;
	case FIELD_TEXT:
		json_text(out, r->text);
		break;
	case FIELD_PAYOUTS:
		json_payouts(out, r);
		break;
	case FIELD_IMAGES:
		json_images(out, r);
		break;
	case FIELD_INPUTS:
		json_inputs(out, r);
		break;
	case FIELD_END:
		break;
	}
}

void record_json(struct buf *out, const struct record *r)
{
	const struct kind *k = find(r->kind);
	CHECK(k);
	buf_printf(out, "\"kind\":\"%s\",\"wall\":%llu,\"chain\":%llu", k->name,
		   (unsigned long long)r->wall, (unsigned long long)r->chain);
	for (size_t i = 0; i < n_fields(k); i++) {
		buf_printf(out, ",\"%s\":", k->fields[i].name);
		json_field(out, r, k->fields[i].field);
	}
}
