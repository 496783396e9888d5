/* Outputs of ours: every index of them, what can be spent of them, and their credits. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/secret.h"
#include "watcher/requests/requests.h"
#include "watcher/scan/apply.h"
#include "watcher/verify/verify.h"

/* ---- the ledger's words: events are written by us, so their members stand as we write them ----
 */

static bool contains(struct span json, const char *text)
{
	return memmem(json.p, json.n, text, strlen(text)) != NULL;
}

/* 0 when there is no such member. */
static uint64_t number_of(struct span json, const char *member)
{
	const uint8_t *at = memmem(json.p, json.n, member, strlen(member));
	const uint8_t *end = json.p + json.n;
	uint64_t v = 0;
	for (at = at ? at + strlen(member) : end; at < end && *at >= '0' && *at <= '9'; at++) {
		v = 10 * v + (uint64_t)(*at - '0');
	}
	return v;
}

static enum err verify_credit(struct db_txn *t, const struct output_record *o)
{
	struct span json;
	uint8_t hash[32];
	char hex[65], index[32];
	enum err rc = ledger_read(&json, hash, &WATCHER_EVENTS, t, o->credit);
	hex_encode(hex, o->at.tx.b, 32);
	snprintf(index, sizeof index, "\"output\":%u,", o->at.index);
	if (rc == ERR_NOT_FOUND ||
	    (rc == ERR_OK && !(contains(json, "\"kind\":\"deposit_credited\"") &&
			       contains(json, hex) && contains(json, index) &&
			       number_of(json, "\"amount_atomic\":") == o->credited.atomic))) {
		rc = err_set(ERR_DB_DAMAGED, "event %" PRIu64 " is not the credit it should be",
			     o->credit);
	}
	return rc;
}

/* Whoever reserved it holds it still. */
static enum err verify_reservation(struct db_txn *t, const struct output_record *o)
{
	struct request_record r = {0};
	bool named = false;
	enum err rc = request_read(&r, t, o->reserved);
	for (size_t i = 0; rc == ERR_OK && i < r.n_txs; i++) {
		for (size_t k = 0; k < r.txs[i].n_in; k++) {
			named = named || memcmp(&r.txs[i].in[k], &o->at, sizeof o->at) == 0;
		}
	}
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && (!named || (r.info.state != REQUEST_OPEN &&
								r.info.state != REQUEST_SIGNED)))) {
		rc = err_set(ERR_DB_DAMAGED,
			     "an output is reserved by request %" PRIu64 ", which does not use it",
			     o->reserved);
	}
	request_record_free(&r);
	return rc;
}

static enum err verify_indices(struct db_txn *t, const struct output_record *o, bool in_block)
{
	struct table_key k = key_address_height(o->address, o->height);
	uint8_t point[OUTPOINT_SIZE];
	outpoint_key(point, &o->at);
	key_bytes(&k, point, sizeof point);
	enum err rc = verify_mark(t, T_OUT_HEIGHT, key_height_outpoint(o->height, &o->at), in_block,
				  "heights");
	if (rc == ERR_OK) {
		rc = verify_mark(t, T_OUT_KEY, key_one_time(&o->one_time, &o->at), in_block,
				 "one-time keys");
	}
	if (rc == ERR_OK) {
		rc = verify_mark(t, T_OUT_ADDRESS, k, in_block && o->state != DEPOSIT_OWN,
				 "addresses");
	}
	if (rc == ERR_OK && in_block) {
		rc = verify_mark(t, T_POOL, key_of_outpoint(&o->at), false, "what waits");
	}
	if (rc == ERR_OK && o->due) {
		rc =
		    verify_mark(t, T_DUE, key_height_outpoint(o->due, &o->at), true, "what is due");
	}
	return rc;
}

static enum err verify_output(struct verifying *v, struct span key, struct span value)
{
	struct output_record o;
	enum err rc = output_decode(&o, key, value);
	bool in_block = o.state != DEPOSIT_REVERSED;
	if (rc == ERR_OK) {
		v->in_blocks += in_block;
		v->by_address += in_block && o.state != DEPOSIT_OWN;
		v->due += o.due != 0;
		v->spent += o.spent;
		v->tally.deposits[o.state]++;
		v->credited += o.credited.atomic;
		rc = verify_indices(v->t, &o, in_block);
	}
	if (rc == ERR_OK && (o.credit != 0) != !amount_is_zero(o.credited)) {
		rc = verify_wrong("a deposit's credit has no event, or no amount");
	}
	if (rc == ERR_OK && o.credit && amount_cmp(o.credited, o.worth) != 0) {
		rc = verify_wrong("a deposit is credited with another amount than it is worth");
	}
	if (rc == ERR_OK && o.credit) {
		rc = verify_credit(v->t, &o);
	}
	if (rc == ERR_OK && o.reserved) {
		rc = verify_reservation(v->t, &o);
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

enum err verify_deposits(struct verifying *v, uint64_t *records)
{
	enum err rc = verify_each(v, T_OUTPUTS, verify_output, records);
	const struct {
		enum table table;
		uint64_t want;
	} counts[] = {{T_OUT_HEIGHT, v->in_blocks},
		      {T_OUT_KEY, v->in_blocks},
		      {T_OUT_ADDRESS, v->by_address},
		      {T_DUE, v->due}};
	for (size_t i = 0; rc == ERR_OK && i < sizeof counts / sizeof counts[0]; i++) {
		rc = verify_count(v, counts[i].table, counts[i].want);
	}
	return rc;
}

/* The families of outputs that share a one-time key: the best of each that is unspent, no other. */
enum err verify_unspent(struct verifying *v, uint64_t *records)
{
	struct span key, value;
	struct public_key one_time;
	enum err rc = db_first(v->t, T_OUT_KEY, db_span(NULL, 0), &key, &value);
	*records = 0;
	while (rc == ERR_OK) {
		struct outpoint best;
		struct table_key after = {0};
		bool any;
		if (key.n != 32 + OUTPOINT_SIZE) {
			return verify_wrong("a record of one-time keys has a bad key");
		}
		memcpy(one_time.b, key.p, 32);
		rc = duplicates_best(&best, &any, v->t, &one_time);
		if (rc == ERR_OK && any) {
			++*records;
			rc = verify_mark(v->t, T_UNSPENT, key_of_outpoint(&best), true,
					 "what is unspent");
		}
		/* On to the next family. */
		memset(after.b, 0xff, 32 + OUTPOINT_SIZE + 1);
		memcpy(after.b, one_time.b, 32);
		after.n = 32 + OUTPOINT_SIZE + 1;
		if (rc == ERR_OK) {
			rc = db_first(v->t, T_OUT_KEY, key_span(&after), &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? verify_count(v, T_UNSPENT, *records) : rc;
}

/* What the ledger credited, less what it reversed, is what the outputs are credited with. */
enum err verify_credits(struct verifying *v, uint64_t *records)
{
	uint64_t sum = 0;
	*records = 0;
	for (uint64_t n = 1; n <= v->events.number; n++) {
		struct span json;
		uint8_t hash[32];
		enum err rc = ledger_read(&json, hash, &WATCHER_EVENTS, v->t, n);
		if (rc != ERR_OK) {
			return rc;
		}
		if (contains(json, "\"kind\":\"deposit_credited\"")) {
			sum += number_of(json, "\"amount_atomic\":");
			++*records;
		} else if (contains(json, "\"kind\":\"deposit_reversed\"")) {
			sum -= number_of(json, "\"credited_atomic\":");
			++*records;
		}
	}
	return sum == v->credited
		   ? ERR_OK
		   : verify_wrong("the ledger's credits do not add up to the deposits'");
}
