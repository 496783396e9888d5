/* Payouts, the requests they are in, and the transactions that pay them. */
#include <inttypes.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/requests/requests.h"
#include "watcher/verify/verify.h"

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
		v->tally.payouts[p.state]++;
		rc = payout_find(&named, v->t, p.id);
		if (rc == ERR_NOT_FOUND || (rc == ERR_OK && named.number != p.number)) {
			rc = verify_wrong("a payout is not found by its id");
		}
	}
	if (rc == ERR_OK) {
		rc = verify_mark(v->t, T_QUEUE, key_queue(&p), p.state == PAYOUT_QUEUED,
				 "the queue");
	}
	if (rc == ERR_OK && p.state == PAYOUT_REQUESTED) {
		rc =
		    verify_mark(v->t, T_REQUEST_OPEN, key_height(p.request), true, "open requests");
	}
	if (rc == ERR_OK && p.tied) {
		rc = verify_mark(v->t, T_REQUESTS, key_height(p.tied_in), true, "requests");
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
		return verify_wrong("a record of the queue has a bad key");
	}
	enum err rc = payout_read(&p, v->t, load64_be(key.p + 1));
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && p.state != PAYOUT_QUEUED)
		   ? verify_wrong("the queue names a payout that is not queued")
		   : rc;
}

static enum err verify_request(struct verifying *v, struct span key, struct span value)
{
	struct request_record r = {0};
	enum err rc = request_record_decode(&r, key, value);
	bool open = rc == ERR_OK && r.info.state == REQUEST_OPEN;
	if (rc == ERR_OK) {
		rc = verify_mark(v->t, T_REQUEST_OPEN, key_height(r.info.number), open,
				 "open requests");
	}
	if (rc == ERR_OK && open) {
		rc = verify_mark(v->t, T_BODIES, key_height(r.info.number), true, "request bodies");
	}
	for (size_t i = 0; rc == ERR_OK && open && i < r.n_txs; i++) {
		for (size_t k = 0; rc == ERR_OK && k < r.txs[i].n_in; k++) {
			struct output_record o;
			rc = output_read(&o, v->t, &r.txs[i].in[k]);
			if (rc == ERR_OK && o.reserved != r.info.number) {
				rc = verify_wrong(
				    "an open request does not hold an input of its own");
			}
			secret_wipe(&o, sizeof o);
		}
	}
	request_record_free(&r);
	return rc == ERR_NOT_FOUND ? verify_wrong("a request names an output that is not there")
				   : rc;
}

static bool is_on_the_way(const struct sent_tx *s)
{
	return s->state == SENT_SIGNED || s->state == SENT_BROADCAST || s->state == SENT_IN_BLOCK;
}

static enum err verify_sent(struct verifying *v, struct span key, struct span value)
{
	struct sent_tx s;
	struct table_key open = {0};
	enum err rc = sent_decode(&s, key, value);
	key_bytes(&open, s.id.b, 32);
	if (rc == ERR_OK) {
		/* A rejected one leaves once the one that won is confirmed. */
		rc = s.state == SENT_REJECTED
			 ? ERR_OK
			 : verify_mark(v->t, T_SENT_OPEN, open, s.state != SENT_CONFIRMED,
				       "transactions on the way");
	}
	/* Either may be needed until its block is too deep to be replaced. */
	if (rc == ERR_OK && is_on_the_way(&s)) {
		rc = verify_mark(v->t, T_BODIES, key_height(s.request), true, "request bodies");
		if (rc == ERR_OK && s.blob.n == 0) {
			rc = verify_wrong("a transaction on the way has no bytes");
		}
	}
	secret_wipe(&s, sizeof s);
	return rc;
}

/* An index of payouts by the caller's id names the payout of that id. */
static enum err verify_id(struct verifying *v, struct span key, struct span value)
{
	struct payout p;
	enum err rc = value.n == 8 ? payout_read(&p, v->t, load64_be(value.p)) : ERR_NOT_FOUND;
	bool same = rc == ERR_OK && strlen(p.id) == key.n && memcmp(p.id, key.p, key.n) == 0;
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !same)
		   ? verify_wrong("an id names a payout of another")
		   : rc;
}

enum err verify_payouts(struct verifying *v, uint64_t *records)
{
	enum err rc = verify_each(v, T_PAYOUTS, verify_payout, records);
	if (rc == ERR_OK) {
		rc = verify_each(v, T_QUEUE, verify_queued, NULL);
	}
	return rc == ERR_OK ? verify_each(v, T_PAYOUT_IDS, verify_id, NULL) : rc;
}

static enum err verify_open_request(struct verifying *v, struct span key, struct span value)
{
	struct request_record r = {0};
	(void)value;
	enum err rc = key.n == 8 ? request_read(&r, v->t, load64_be(key.p)) : ERR_NOT_FOUND;
	bool open = rc == ERR_OK && r.info.state == REQUEST_OPEN;
	request_record_free(&r);
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !open)
		   ? verify_wrong("the index of open requests names one that is not open")
		   : rc;
}

static enum err verify_body(struct verifying *v, struct span key, struct span value)
{
	struct request_record r = {0};
	struct request body = {0};
	enum err rc = key.n == 8 ? request_read(&r, v->t, load64_be(key.p)) : ERR_NOT_FOUND;
	if (rc == ERR_OK) {
		rc = request_decode(&body, value);
		if (rc != ERR_OK || body.number != r.info.number || body.n_txs != r.n_txs) {
			rc = err_set(ERR_DB_DAMAGED,
				     "the body of request %" PRIu64 " is not its own",
				     r.info.number);
		}
	}
	request_free(&body);
	request_record_free(&r);
	return rc == ERR_NOT_FOUND ? verify_wrong("a request has a body, but no record") : rc;
}

enum err verify_requests(struct verifying *v, uint64_t *records)
{
	enum err rc = verify_each(v, T_REQUESTS, verify_request, records);
	if (rc == ERR_OK) {
		rc = verify_each(v, T_REQUEST_OPEN, verify_open_request, NULL);
	}
	return rc == ERR_OK ? verify_each(v, T_BODIES, verify_body, NULL) : rc;
}

static enum err verify_open_sent(struct verifying *v, struct span key, struct span value)
{
	struct sent_tx s;
	struct hash id;
	(void)value;
	if (key.n != 32) {
		return verify_wrong("a record of open transactions is bad");
	}
	memcpy(id.b, key.p, 32);
	enum err rc = sent_read(&s, v->t, &id);
	bool open = rc == ERR_OK && s.state != SENT_CONFIRMED;
	secret_wipe(&s, sizeof s);
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !open)
		   ? verify_wrong("the index of transactions on the way names one that is not")
		   : rc;
}

enum err verify_transactions(struct verifying *v, uint64_t *records)
{
	enum err rc = verify_each(v, T_SENT, verify_sent, records);
	return rc == ERR_OK ? verify_each(v, T_SENT_OPEN, verify_open_sent, NULL) : rc;
}
