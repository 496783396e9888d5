/* JSON answers of monerod, read with jansson and checked field by field. */
#include "watcher/chain/rpc_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/text.h"
#include "watcher/chain/rpc_bin.h"

/*
 * Of one answer; the most are of a full pool. Each costs a hundred bytes or more of memory, and but
 * two or three of the answer.
 */
#define VALUES_MAX 400000
/* Whole numbers up to here are exact in a double. */
#define EXACT_REAL 9007199254740992.0
/* Fees are rounded up to multiples of 10^4 today; a hundred times that changes no fee much. */
#define QUANTIZATION_MOST 1000000

static enum err malformed(const char *call, const char *what)
{
	return err_set(ERR_NODE_ANSWER, "%s: the answer's %s is missing or not readable", call,
		       what);
}

static bool get_u64(const json_t *o, const char *name, uint64_t *out)
{
	const json_t *v = json_object_get(o, name);
	*out = 0;
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = (uint64_t)json_integer_value(v);
		return true;
	}
	if (json_is_real(v)) {
		double d = json_real_value(v);
		if (d >= 0 && d < EXACT_REAL && d == (double)(uint64_t)d) {
			*out = (uint64_t)d;
			return true;
		}
	}
	return false;
}

static bool get_hash(const json_t *v, struct hash *out)
{
	const char *s = json_string_value(v);
	if (!s || hex_decode(out, sizeof *out, s) != ERR_OK) {
		*out = (struct hash){0};
		return false;
	}
	return true;
}

static enum err check_status(const char *call, const json_t *o)
{
	const json_t *s = json_object_get(o, "status");
	if (!json_is_string(s)) {
		return malformed(call, "status");
	}
	return rpc_status(call, json_string_value(s), json_string_length(s));
}

/* At least as many as there are: of strings and numbers that we ask for, none holds these signs. */
static size_t count_values(struct span json)
{
	size_t n = 0;
	for (size_t i = 0; i < json.n; i++) {
		n += json.p[i] == ',' || json.p[i] == '[' || json.p[i] == '{';
	}
	return n;
}

/* An object, whatever its status says. Release *doc with json_decref. */
static enum err load(const char *call, struct span answer, size_t flags, json_t **doc)
{
	json_error_t why;
	*doc = NULL;
	if (count_values(answer) > VALUES_MAX) {
		return malformed(call, "number of values");
	}
	*doc = json_loadb(answer.n ? (const char *)answer.p : "", answer.n, flags, &why);
	if (!*doc) {
		return err_set(ERR_NODE_ANSWER, "%s: the answer is not JSON (line %d)", call,
			       why.line);
	}
	if (!json_is_object(*doc)) {
		json_decref(*doc);
		*doc = NULL;
		return malformed(call, "body");
	}
	return ERR_OK;
}

static enum err load_ok(const char *call, struct span answer, size_t flags, json_t **doc)
{
	enum err e = load(call, answer, flags, doc);
	if (e == ERR_OK) {
		e = check_status(call, *doc);
	}
	return e;
}

/* A JSON-RPC answer: `result` (borrowed from *doc) with status OK, or the node's error as ours. */
static enum err load_result(const char *call, struct span answer, json_t **doc,
			    const json_t **result)
{
	enum err e = load(call, answer, JSON_DECODE_INT_AS_REAL, doc);
	if (e != ERR_OK) {
		return e;
	}
	const json_t *error = json_object_get(*doc, "error");
	if (error && !json_is_null(error)) {
		const char *message = json_string_value(json_object_get(error, "message"));
		const json_t *code = json_object_get(error, "code");
		char safe[160];
		message = message ? message : "no message";
		/* -9: the core is busy. */
		bool busy = strcmp(message, "BUSY") == 0 || json_number_value(code) == -9.0;
		return err_set(busy ? ERR_NODE_BUSY : ERR_NODE_ANSWER, "%s: the node says \"%s\"",
			       call, text_safe(safe, sizeof safe, message, strlen(message)));
	}
	*result = json_object_get(*doc, "result");
	if (!json_is_object(*result)) {
		return malformed(call, "result");
	}
	return check_status(call, *result);
}

enum err rpc_json_info(struct chain_info *out, struct span answer)
{
	static const char call[] = "get_info";
	struct chain_info info = {0};
	json_t *doc = NULL;
	*out = info;
	/* A restricted node gives 2^64-1 for the disk's free space, which fits no signed integer.
	 */
	enum err e = load_ok(call, answer, JSON_DECODE_INT_AS_REAL, &doc);
	if (e != ERR_OK) {
		goto out;
	}
	const json_t *type = json_object_get(doc, "nettype");
	const json_t *synced = json_object_get(doc, "synchronized");
	if (!get_u64(doc, "height", &info.height) || info.height == 0) {
		e = malformed(call, "height");
		goto out;
	}
	if (!get_u64(doc, "target_height", &info.target_height)) {
		e = malformed(call, "target height");
		goto out;
	}
	if (!get_hash(json_object_get(doc, "top_block_hash"), &info.top)) {
		e = malformed(call, "top block hash");
		goto out;
	}
	if (!json_is_boolean(synced)) {
		e = malformed(call, "synchronized");
		goto out;
	}
	info.synchronized = json_is_true(synced);
	const char *name = json_string_value(type);
	if (!name) {
		e = malformed(call, "network type");
		goto out;
	}
	if (strcmp(name, "fakechain") == 0) {
		info.network = NETWORK_MAINNET;
	} else if (network_parse(&info.network, name) != ERR_OK) {
		char safe[48];
		e = err_set(ERR_NODE_NETWORK, "the node is of network \"%s\"",
			    text_safe(safe, sizeof safe, name, strlen(name)));
		goto out;
	}
	*out = info;
out:
	json_decref(doc);
	return e;
}

enum err rpc_json_header(struct rpc_header *out, struct span answer)
{
	static const char call[] = "get_block_header";
	struct rpc_header h = {0};
	json_t *doc = NULL;
	const json_t *result = NULL;
	uint64_t major = 0;
	*out = h;
	enum err e = load_result(call, answer, &doc, &result);
	if (e == ERR_OK) {
		const json_t *b = json_object_get(result, "block_header");
		if (!get_u64(b, "height", &h.height) || !get_u64(b, "timestamp", &h.time) ||
		    !get_u64(b, "major_version", &major) || major > UINT8_MAX ||
		    !get_hash(json_object_get(b, "hash"), &h.id)) {
			e = malformed(call, "block header");
		} else {
			h.major_version = (uint8_t)major;
			*out = h;
		}
	}
	json_decref(doc);
	return e;
}

enum err rpc_json_fork(uint8_t *out, struct span answer)
{
	json_t *doc = NULL;
	const json_t *result = NULL;
	uint64_t version = 0;
	*out = 0;
	enum err e = load_result("hard_fork_info", answer, &doc, &result);
	if (e == ERR_OK) {
		if (!get_u64(result, "version", &version) || version > UINT8_MAX) {
			e = malformed("hard_fork_info", "version");
		} else {
			*out = (uint8_t)version;
		}
	}
	json_decref(doc);
	return e;
}

static bool real_u64(const json_t *v, uint64_t *out)
{
	double d = json_number_value(v);
	if (!json_is_number(v) || d < 1 || d >= EXACT_REAL) {
		return false;
	}
	*out = (uint64_t)d;
	return (double)*out == d;
}

enum err rpc_json_fee(struct chain_fee *out, struct span answer)
{
	static const char call[] = "get_fee_estimate";
	struct chain_fee fee = {0};
	json_t *doc = NULL;
	const json_t *result = NULL;
	*out = fee;
	enum err e = load_result(call, answer, &doc, &result);
	if (e != ERR_OK) {
		goto out;
	}
	const json_t *fees = json_object_get(result, "fees");
	const json_t *one = json_object_get(result, "fee");
	if (json_array_size(fees) != 0 && json_array_size(fees) != 4) {
		e = malformed(call, "fee levels");
		goto out;
	}
	for (size_t i = 0; i < 4; i++) {
		const json_t *v = json_array_size(fees) ? json_array_get(fees, i) : one;
		if (!real_u64(v, &fee.per_byte[i]) ||
		    (i > 0 && fee.per_byte[i] < fee.per_byte[i - 1])) {
			e = malformed(call, "fee");
			goto out;
		}
	}
	const json_t *mask = json_object_get(result, "quantization_mask");
	fee.quantization_mask = 1;
	if (mask && (!real_u64(mask, &fee.quantization_mask) ||
		     fee.quantization_mask > QUANTIZATION_MOST)) {
		e = malformed(call, "quantization mask");
		goto out;
	}
	*out = fee;
out:
	json_decref(doc);
	return e;
}

enum err rpc_json_submit(struct span answer)
{
	static const char call[] = "send_raw_transaction";
	static const struct {
		const char *flag, *text;
	} reasons[] = {
	    {"double_spend", "an input is spent already"},
	    {"fee_too_low", "the fee is too low"},
	    {"low_mixin", "the ring size is wrong"},
	    {"invalid_input", "an input or its signature is not valid"},
	    {"invalid_output", "an output is not valid"},
	    {"too_few_outputs", "too few outputs"},
	    {"too_big", "it is too big"},
	    {"overspend", "outputs are worth more than inputs"},
	    {"tx_extra_too_big", "its extra field is too big"},
	    {"nonzero_unlock_time", "it has an unlock time"},
	    {"sanity_check_failed", "its rings are not spread as a wallet's would be"},
	};
	json_t *doc = NULL;
	enum err e = load(call, answer, 0, &doc);
	if (e != ERR_OK) {
		return e;
	}
	const char *status = json_string_value(json_object_get(doc, "status"));
	bool refused = status && strcmp(status, "Failed") == 0;
	e = refused ? ERR_NODE_REJECTED : check_status(call, doc);
	if (refused) {
		char list[384] = "";
		size_t n = 0;
		for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
			if (json_is_true(json_object_get(doc, reasons[i].flag)) &&
			    n < sizeof list) {
				n += (size_t)snprintf(list + n, sizeof list - n, "%s%s",
						      n ? "; " : "", reasons[i].text);
			}
		}
		const json_t *reason = json_object_get(doc, "reason");
		if (n == 0 && json_string_length(reason) > 0) {
			text_safe(list, 160, json_string_value(reason), json_string_length(reason));
			n = 1;
		}
		e = err_set(ERR_NODE_REJECTED, "%s",
			    n ? list
			      : "the node gives no reason (its inputs, signatures or "
				"proofs are not valid on its chain)");
	}
	json_decref(doc);
	return e;
}

enum err rpc_json_spent(uint8_t *out, size_t n, struct span answer)
{
	static const char call[] = "is_key_image_spent";
	json_t *doc = NULL;
	memset(out, 0, n);
	enum err e = load_ok(call, answer, 0, &doc);
	if (e == ERR_OK) {
		const json_t *states = json_object_get(doc, "spent_status");
		if (json_array_size(states) != n) {
			e = malformed(call, "list of states");
		}
		for (size_t i = 0; i < n && e == ERR_OK; i++) {
			const json_t *v = json_array_get(states, i);
			json_int_t state = json_integer_value(v);
			if (!json_is_integer(v) || state < 0 || state > 2) {
				memset(out, 0, n);
				e = malformed(call, "state");
				break;
			}
			out[i] = (uint8_t)state;
		}
	}
	json_decref(doc);
	return e;
}

static bool index_of(size_t *out, const struct hash *ids, size_t n, const struct hash *id)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(&ids[i], id, sizeof *id) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

enum err rpc_json_places(struct chain_tx_place *out, const struct hash *ids, size_t n,
			 struct span answer)
{
	static const char call[] = "get_transactions";
	json_t *doc = NULL;
	size_t i, at = 0;
	json_t *tx;
	memset(out, 0, n * sizeof *out);
	enum err e = load_ok(call, answer, 0, &doc);
	if (e != ERR_OK) {
		goto out;
	}
	size_t told = json_array_size(json_object_get(doc, "txs")) +
		      json_array_size(json_object_get(doc, "missed_tx"));
	if (told != n) {
		e = malformed(call, "list of transactions");
		goto out;
	}
	json_array_foreach(json_object_get(doc, "txs"), i, tx)
	{
		struct hash id;
		const json_t *in_pool = json_object_get(tx, "in_pool");
		if (!get_hash(json_object_get(tx, "tx_hash"), &id) || !index_of(&at, ids, n, &id) ||
		    !json_is_boolean(in_pool) ||
		    (json_is_false(in_pool) && !get_u64(tx, "block_height", &out[at].height))) {
			e = malformed(call, "transaction");
			goto out;
		}
		out[at].place = json_is_true(in_pool) ? TX_IN_POOL : TX_IN_BLOCK;
		out[at].double_spend_seen = json_is_true(json_object_get(tx, "double_spend_seen"));
	}
out:
	if (e != ERR_OK) {
		memset(out, 0, n * sizeof *out);
	}
	json_decref(doc);
	return e;
}

enum err rpc_json_pool_ids(struct hash **out, size_t *n, struct span answer)
{
	static const char call[] = "get_transaction_pool_hashes";
	json_t *doc = NULL;
	*out = NULL;
	*n = 0;
	enum err e = load_ok(call, answer, 0, &doc);
	if (e != ERR_OK) {
		goto out;
	}
	/* The node leaves the list out when the pool is empty. */
	const json_t *list = json_object_get(doc, "tx_hashes");
	size_t count = json_array_size(list);
	struct hash *ids = calloc(count ? count : 1, sizeof *ids);
	if (!ids) {
		e = ERR_NO_MEMORY;
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		if (!get_hash(json_array_get(list, i), &ids[i])) {
			free(ids);
			e = malformed(call, "id");
			goto out;
		}
	}
	*out = ids;
	*n = count;
out:
	json_decref(doc);
	return e;
}

/* ERR_OK and tx->blob NULL when the entry left the pool meanwhile. */
static enum err pool_tx(struct chain_pool_tx *tx, const json_t *entry, const struct hash *ids,
			size_t n)
{
	size_t at;
	struct hash got;
	const json_t *text = json_object_get(entry, "as_hex");
	*tx = (struct chain_pool_tx){0};
	if (!get_hash(json_object_get(entry, "tx_hash"), &tx->id) ||
	    !index_of(&at, ids, n, &tx->id)) {
		return malformed("get_transactions", "pool transaction");
	}
	if (!json_is_true(json_object_get(entry, "in_pool"))) {
		return ERR_OK;
	}
	tx->size = json_string_length(text) / 2;
	tx->blob = malloc(tx->size ? tx->size : 1);
	if (!tx->blob) {
		return ERR_NO_MEMORY;
	}
	if (tx->size == 0 || hex_decode(tx->blob, tx->size, json_string_value(text)) != ERR_OK ||
	    tx_id(&got, tx->blob, tx->size) != ERR_OK || memcmp(&got, &tx->id, sizeof got) != 0) {
		return err_set(ERR_NODE_ANSWER, "a pool transaction does not have its id");
	}
	return ERR_OK;
}

enum err rpc_json_pool_txs(struct chain_pool_tx *out, size_t *got, const struct hash *ids, size_t n,
			   struct span answer)
{
	json_t *doc = NULL;
	*got = 0;
	enum err e = load_ok("get_transactions", answer, 0, &doc);
	const json_t *list = json_object_get(doc, "txs");
	if (e == ERR_OK && json_array_size(list) > n) {
		e = malformed("get_transactions", "list");
	}
	for (size_t i = 0; e == ERR_OK && i < json_array_size(list); i++) {
		e = pool_tx(&out[*got], json_array_get(list, i), ids, n);
		if (out[*got].blob && e == ERR_OK) {
			(*got)++;
		} else {
			free(out[*got].blob);
			out[*got] = (struct chain_pool_tx){0};
		}
	}
	if (e != ERR_OK) {
		for (size_t i = 0; i < *got; i++) {
			free(out[i].blob);
			out[i] = (struct chain_pool_tx){0};
		}
		*got = 0;
	}
	json_decref(doc);
	return e;
}
