/*
 * Everything derived, computed again from what it is derived from, and compared: both ways, so that
 * neither a record without its mark nor a mark without its record passes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/requests/requests.h"

static enum err wrong(const char *what)
{
	return err_set(ERR_DB_DAMAGED, "%s", what);
}

/* Whether a mark is there. */
static enum err has(bool *out, struct db_txn *t, enum table table, struct span key)
{
	struct span value;
	enum err rc = db_get(t, table, key, &value);
	*out = rc == ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err expect(struct db_txn *t, enum table table, struct table_key key, bool want,
		       const char *what)
{
	bool found;
	enum err rc = has(&found, t, table, key_span(&key));
	if (rc == ERR_OK && found != want) {
		rc = err_set(ERR_DB_DAMAGED, "a record and the index of %s disagree", what);
	}
	return rc;
}

struct verifying {
	struct db_txn *t;
	uint64_t
	    credited; /* by the outputs; wraps like the ledger's sum, which it is compared with */
	size_t in_blocks, due;
};

typedef enum err verify_one(struct verifying *v, struct span key, struct span value);

static enum err each(struct verifying *v, enum table table, verify_one *one)
{
	struct span key, value;
	enum err rc = db_first(v->t, table, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = one(v, key, value);
		if (rc == ERR_OK) {
			rc = db_next(v->t, table, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err count(size_t *n, struct db_txn *t, enum table table)
{
	struct span key, value;
	*n = 0;
	enum err rc = db_first(t, table, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		++*n;
		rc = db_next(t, table, &key, &value);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

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

/* What the ledger credited, less what it reversed. */
static enum err ledger_credits(uint64_t *sum, struct db_txn *t, uint64_t newest)
{
	*sum = 0;
	for (uint64_t n = 1; n <= newest; n++) {
		struct span json;
		uint8_t hash[32];
		enum err rc = ledger_read(&json, hash, &WATCHER_EVENTS, t, n);
		if (rc != ERR_OK) {
			return rc;
		}
		if (contains(json, "\"kind\":\"deposit_credited\"")) {
			*sum += number_of(json, "\"amount_atomic\":");
		} else if (contains(json, "\"kind\":\"deposit_reversed\"")) {
			*sum -= number_of(json, "\"credited_atomic\":");
		}
	}
	return ERR_OK;
}

/* ---- outputs ---- */

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
	enum err rc =
	    expect(t, T_OUT_HEIGHT, key_height_outpoint(o->height, &o->at), in_block, "heights");
	if (rc == ERR_OK) {
		rc = expect(t, T_OUT_KEY, key_one_time(&o->one_time, &o->at), in_block,
			    "one-time keys");
	}
	if (rc == ERR_OK) {
		rc = expect(t, T_OUT_ADDRESS, k, in_block && o->state != DEPOSIT_OWN, "addresses");
	}
	if (rc == ERR_OK && in_block) {
		rc = expect(t, T_POOL, key_of_outpoint(&o->at), false, "what waits");
	}
	if (rc == ERR_OK && o->due) {
		rc = expect(t, T_DUE, key_height_outpoint(o->due, &o->at), true, "what is due");
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
		v->due += o.due != 0;
		v->credited += o.credited.atomic;
		rc = verify_indices(v->t, &o, in_block);
	}
	if (rc == ERR_OK && (o.credit != 0) != !amount_is_zero(o.credited)) {
		rc = wrong("a deposit's credit has no event, or no amount");
	}
	if (rc == ERR_OK && o.credit && amount_cmp(o.credited, o.worth) != 0) {
		rc = wrong("a deposit is credited with another amount than it is worth");
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

static enum err verify_unspent(struct verifying *v, struct span key, struct span value)
{
	struct output_record o;
	struct outpoint at;
	(void)value;
	if (key.n != OUTPOINT_SIZE) {
		return wrong("a record of unspent outputs has a bad key");
	}
	outpoint_of_key(&at, key.p);
	enum err rc = output_read(&o, v->t, &at);
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && (o.spent || o.state == DEPOSIT_REVERSED))) {
		rc = wrong("an output is held for unspent that is spent, or gone");
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err verify_image(struct verifying *v, struct span key, struct span value)
{
	struct key_image image;
	struct image_record r;
	struct output_record o;
	(void)value;
	if (key.n != 32) {
		return wrong("a record of key images has a bad key");
	}
	memcpy(image.b, key.p, 32);
	enum err rc = image_read(&r, v->t, &image);
	if (rc == ERR_OK && r.spent) {
		rc = expect(v->t, T_SPENT_HEIGHT, key_height_image(r.height, &image), true,
			    "spends");
	}
	if (rc == ERR_OK) {
		rc = output_read(&o, v->t, &r.at);
	}
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && o.spent != r.spent)) {
		rc = wrong("a key image and its output disagree");
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err verify_spend(struct verifying *v, struct span key, struct span value)
{
	struct key_image image;
	struct image_record r;
	(void)value;
	if (key.n != 40) {
		return wrong("a record of spends has a bad key");
	}
	memcpy(image.b, key.p + 8, 32);
	enum err rc = image_read(&r, v->t, &image);
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !(r.spent && r.height == load64_be(key.p)))
		   ? wrong("the index of spends names a key image that is not spent there")
		   : rc;
}

/* ---- payouts, requests, transactions ---- */

static const struct {
	enum payout_state payout;
	enum sent_state sent;
} TOGETHER[] = {
    {PAYOUT_SIGNED, SENT_SIGNED},     {PAYOUT_BROADCAST, SENT_BROADCAST},
    {PAYOUT_IN_BLOCK, SENT_IN_BLOCK}, {PAYOUT_CONFIRMED, SENT_CONFIRMED},
    {PAYOUT_FAILED, SENT_REJECTED},
};

static enum err verify_paid(struct db_txn *t, const struct payout *p, enum sent_state want)
{
	struct sent_tx s;
	bool named = false;
	enum err rc = sent_read(&s, t, &p->tx);
	for (size_t i = 0; rc == ERR_OK && i < s.n_payouts; i++) {
		named = named || s.payouts[i] == p->number;
	}
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && (!named || s.state != want))) {
		rc = err_set(ERR_DB_DAMAGED, "payout %s is %s, its transaction is not", p->id,
			     payout_state_name(p->state));
	}
	secret_wipe(&s, sizeof s);
	return rc;
}

static enum err verify_payout(struct verifying *v, struct span key, struct span value)
{
	struct payout p, named;
	enum err rc = payout_decode(&p, key, value);
	if (rc == ERR_OK) {
		rc = payout_find(&named, v->t, p.id);
		if (rc == ERR_NOT_FOUND || (rc == ERR_OK && named.number != p.number)) {
			rc = wrong("a payout is not found by its id");
		}
	}
	if (rc == ERR_OK) {
		rc = expect(v->t, T_QUEUE, key_queue(&p), p.state == PAYOUT_QUEUED, "the queue");
	}
	if (rc == ERR_OK && p.state == PAYOUT_REQUESTED) {
		rc = expect(v->t, T_REQUEST_OPEN, key_height(p.request), true, "open requests");
	}
	for (size_t i = 0; rc == ERR_OK && i < sizeof TOGETHER / sizeof TOGETHER[0]; i++) {
		if (p.state == TOGETHER[i].payout) {
			rc = verify_paid(v->t, &p, TOGETHER[i].sent);
		}
	}
	return rc;
}

static enum err verify_queued(struct verifying *v, struct span key, struct span value)
{
	struct payout p;
	(void)value;
	if (key.n != 9) {
		return wrong("a record of the queue has a bad key");
	}
	enum err rc = payout_read(&p, v->t, load64_be(key.p + 1));
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && p.state != PAYOUT_QUEUED)
		   ? wrong("the queue names a payout that is not queued")
		   : rc;
}

static enum err verify_request(struct verifying *v, struct span key, struct span value)
{
	struct request_record r = {0};
	enum err rc = request_record_decode(&r, key, value);
	bool open = rc == ERR_OK && r.info.state == REQUEST_OPEN;
	if (rc == ERR_OK) {
		rc = expect(v->t, T_REQUEST_OPEN, key_height(r.info.number), open, "open requests");
	}
	for (size_t i = 0; rc == ERR_OK && open && i < r.n_txs; i++) {
		for (size_t k = 0; rc == ERR_OK && k < r.txs[i].n_in; k++) {
			struct output_record o;
			rc = output_read(&o, v->t, &r.txs[i].in[k]);
			if (rc == ERR_OK && o.reserved != r.info.number) {
				rc = wrong("an open request does not hold an input of its own");
			}
			secret_wipe(&o, sizeof o);
		}
	}
	request_record_free(&r);
	return rc == ERR_NOT_FOUND ? wrong("a request names an output that is not there") : rc;
}

static enum err verify_sent(struct verifying *v, struct span key, struct span value)
{
	struct sent_tx s;
	struct table_key open = {0};
	enum err rc = sent_decode(&s, key, value);
	key_bytes(&open, s.id.b, 32);
	if (rc == ERR_OK) {
		rc = expect(v->t, T_SENT_OPEN, open, s.state != SENT_CONFIRMED,
			    "transactions on the way");
	}
	secret_wipe(&s, sizeof s);
	return rc;
}

static enum err verify_counts(struct verifying *v)
{
	const struct {
		enum table table;
		size_t want;
	} counts[] = {{T_OUT_HEIGHT, v->in_blocks}, {T_OUT_KEY, v->in_blocks}, {T_DUE, v->due}};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		size_t n;
		enum err rc = count(&n, v->t, counts[i].table);
		if (rc == ERR_OK && n != counts[i].want) {
			rc = err_set(ERR_DB_DAMAGED, "the index %s has %zu records, not %zu",
				     WATCHER_TABLES[counts[i].table], n, counts[i].want);
		}
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

static enum err verify_all(struct verifying *v, const struct watcher *w)
{
	static const struct {
		enum table table;
		verify_one *one;
	} tables[] = {
	    {T_OUTPUTS, verify_output},     {T_UNSPENT, verify_unspent}, {T_IMAGES, verify_image},
	    {T_SPENT_HEIGHT, verify_spend}, {T_PAYOUTS, verify_payout},  {T_QUEUE, verify_queued},
	    {T_REQUESTS, verify_request},   {T_SENT, verify_sent},
	};
	struct ledger_head head;
	uint64_t credits;
	enum err rc = ledger_verify(&head, &WATCHER_EVENTS, v->t);
	if (rc == ERR_OK) {
		rc = journal_check(w, v->t);
	}
	if (rc == ERR_OK) {
		rc = invoices_verify(v->t);
	}
	for (size_t i = 0; rc == ERR_OK && i < sizeof tables / sizeof tables[0]; i++) {
		rc = each(v, tables[i].table, tables[i].one);
	}
	if (rc == ERR_OK) {
		rc = verify_counts(v);
	}
	if (rc == ERR_OK) {
		rc = ledger_credits(&credits, v->t, head.number);
	}
	if (rc == ERR_OK && credits != v->credited) {
		rc = wrong("the ledger's credits do not add up to the deposits'");
	}
	return rc;
}

enum err watcher_verify(const struct watcher *w)
{
	struct verifying v = {0};
	enum err rc = db_begin(&v.t, w->db, false);
	if (rc == ERR_OK) {
		rc = verify_all(&v, w);
		db_abort(v.t);
	}
	return rc;
}
