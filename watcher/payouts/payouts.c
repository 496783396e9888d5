/*
 * Obligations to pay. The caller's id makes them idempotent: a script that runs twice queues once.
 */
#include "watcher/store/store.h"

#include <string.h>

#include "common/base/text.h"
#include "common/crypto/keccak.h"

static const char *const STATES[] = {
    [PAYOUT_QUEUED] = "queued",       [PAYOUT_REQUESTED] = "requested",
    [PAYOUT_SIGNED] = "signed",       [PAYOUT_BROADCAST] = "broadcast",
    [PAYOUT_IN_BLOCK] = "in_block",   [PAYOUT_CONFIRMED] = "confirmed",
    [PAYOUT_CANCELLED] = "cancelled", [PAYOUT_REFUSED] = "refused",
    [PAYOUT_FAILED] = "failed",
};

const char *payout_state_name(enum payout_state s)
{
	return STATES[s];
}

static bool id_is_good(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:/+@#=-";
	size_t n = strnlen(id, PAYOUT_ID_MAX + 1);
	return n > 0 && n <= PAYOUT_ID_MAX && strspn(id, allowed) == n;
}

/* What crosses the gap for an id: the same on every watcher, so that the signer knows it again. */
static void wire_id(struct payout_id *out, const char *id)
{
	static const char label[] = "airlock payout";
	struct keccak k;
	uint8_t h[32];
	keccak_init(&k);
	keccak_update(&k, label, sizeof label);
	keccak_update(&k, id, strlen(id));
	keccak_final(&k, h);
	memcpy(out->b, h, sizeof out->b);
}

static enum err payout_event(const struct watcher *w, struct db_txn *t, const char *kind,
			     const struct payout *p)
{
	struct event_writer e;
	event_begin(&e, kind, watcher_now(w));
	event_text(&e, "id", p->id);
	event_amount(&e, "amount", p->amount);
	return event_end(&e, t, NULL);
}

static enum err check(const struct watcher *w, const char *id, const struct address *to,
		      struct amount amount, const char *reference)
{
	size_t n = strnlen(reference, PROTO_REFERENCE_MAX + 1);
	if (!id_is_good(id)) {
		return err_set(ERR_USAGE,
			       "a payout id is 1 to %d letters, digits or . _ : / + @ # = -",
			       PAYOUT_ID_MAX);
	}
	if (n > PROTO_REFERENCE_MAX || !text_is_plain(reference, n)) {
		return err_set(ERR_USAGE, "a reference is at most %d printable ASCII characters",
			       PROTO_REFERENCE_MAX);
	}
	if (amount_is_zero(amount)) {
		return err_set(ERR_AMOUNT, "payout %s: nothing to pay", id);
	}
	if (to->network != w->account.network) {
		return err_set(ERR_ADDR_NETWORK, "payout %s: an address of %s", id,
			       network_name(to->network));
	}
	return ERR_OK;
}

static enum err add(struct watcher *w, struct db_txn *t, struct payout *p)
{
	struct payout old;
	uint8_t number[8];
	enum err rc = payout_find(&old, t, p->id);
	if (rc == ERR_OK) {
		bool same = address_equal(&old.to, &p->to) &&
			    amount_cmp(old.amount, p->amount) == 0 &&
			    strcmp(old.reference, p->reference) == 0;
		*p = old;
		return same ? ERR_OK
			    : err_set(ERR_CONFLICT,
				      "payout %s was queued before with other content", p->id);
	}
	if (rc == ERR_NOT_FOUND) {
		rc = counter_next(t, COUNT_PAYOUTS, &p->number);
	}
	if (rc == ERR_OK) {
		rc = payout_write(t, p);
	}
	store64_be(number, p->number);
	if (rc == ERR_OK) {
		rc = db_put(t, T_PAYOUT_IDS, db_span(p->id, strlen(p->id)),
			    db_span(number, sizeof number));
	}
	if (rc == ERR_OK) {
		rc = mark(t, T_QUEUE, db_span(number, sizeof number));
	}
	return rc == ERR_OK ? payout_event(w, t, "payout_queued", p) : rc;
}

enum err watcher_add_payout(struct watcher *w, const char *id, const struct address *to,
			    struct amount amount, const char *reference, struct payout *out)
{
	struct db_txn *t = NULL;
	struct payout p = {.to = *to, .amount = amount, .state = PAYOUT_QUEUED};
	enum err rc = check(w, id, to, amount, reference);
	if (rc != ERR_OK) {
		return rc;
	}
	p.time = watcher_now(w);
	memcpy(p.id, id, strlen(id));
	memcpy(p.reference, reference, strlen(reference));
	wire_id(&p.wire, id);
	rc = db_begin(&t, w->db, true);
	if (rc == ERR_OK) {
		rc = txn_end(t, add(w, t, &p));
	}
	if (rc == ERR_OK && out) {
		*out = p;
	}
	return rc;
}

static enum err unknown(const char *id)
{
	char safe[80];
	return err_set(ERR_NOT_FOUND, "there is no payout %s",
		       text_safe(safe, sizeof safe, id, strlen(id)));
}

static enum err cancel(struct watcher *w, struct db_txn *t, const char *id)
{
	struct payout p;
	enum err rc = payout_find(&p, t, id);
	if (rc == ERR_NOT_FOUND) {
		return unknown(id);
	}
	if (rc != ERR_OK || p.state == PAYOUT_CANCELLED) {
		return rc;
	}
	if (p.state != PAYOUT_QUEUED && p.state != PAYOUT_REFUSED) {
		return err_set(ERR_STATE, "payout %s is %s; only a queued one can be cancelled", id,
			       payout_state_name(p.state));
	}
	if (p.tied) {
		return err_set(ERR_STATE,
			       "payout %s may have been signed in request %llu; it can be paid but "
			       "not cancelled",
			       id, (unsigned long long)p.request);
	}
	if (p.state == PAYOUT_QUEUED) {
		struct table_key k = key_height(p.number);
		rc = unmark(t, T_QUEUE, key_span(&k));
	}
	p.state = PAYOUT_CANCELLED;
	if (rc == ERR_OK) {
		rc = payout_write(t, &p);
	}
	return rc == ERR_OK ? payout_event(w, t, "payout_cancelled", &p) : rc;
}

enum err watcher_cancel_payout(struct watcher *w, const char *id)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	return rc == ERR_OK ? txn_end(t, cancel(w, t, id)) : rc;
}

static enum err retry(struct watcher *w, struct db_txn *t, const char *id)
{
	struct payout p;
	enum err rc = payout_find(&p, t, id);
	if (rc == ERR_NOT_FOUND) {
		return unknown(id);
	}
	if (rc != ERR_OK || p.state == PAYOUT_QUEUED) {
		return rc;
	}
	if (p.state != PAYOUT_REFUSED) {
		return err_set(ERR_STATE, "payout %s is %s; only a refused one can be queued again",
			       id, payout_state_name(p.state));
	}
	struct table_key k = key_height(p.number);
	p.state = PAYOUT_QUEUED;
	p.refused = ERR_OK;
	rc = mark(t, T_QUEUE, key_span(&k));
	if (rc == ERR_OK) {
		rc = payout_write(t, &p);
	}
	return rc == ERR_OK ? payout_event(w, t, "payout_queued_again", &p) : rc;
}

enum err watcher_retry_payout(struct watcher *w, const char *id)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, true);
	return rc == ERR_OK ? txn_end(t, retry(w, t, id)) : rc;
}

enum err watcher_get_payout(const struct watcher *w, const char *id, struct payout *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = payout_find(out, t, id);
	db_abort(t);
	return rc == ERR_NOT_FOUND ? unknown(id) : rc;
}

enum err watcher_get_payout_by_number(const struct watcher *w, uint64_t number, struct payout *out)
{
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = payout_read(out, t, number);
	db_abort(t);
	return rc;
}

enum err watcher_payouts(const struct watcher *w, payout_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	struct payout p;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_PAYOUTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = payout_decode(&p, key, value);
		if (rc != ERR_OK || !visit(ctx, &p)) {
			break;
		}
		rc = db_next(t, T_PAYOUTS, &key, &value);
	}
	db_abort(t);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
