/* Requests as they are kept: listed, sealed again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/requests/requests.h"

enum err request_body(struct request *out, struct db_txn *t, uint64_t number)
{
	struct span value;
	struct table_key k = key_height(number);
	enum err rc = db_get(t, T_BODIES, key_span(&k), &value);
	return rc == ERR_OK ? request_decode(out, value) : rc;
}

static enum err unknown(enum err rc, uint64_t number)
{
	return rc == ERR_NOT_FOUND ? err_set(rc, "there is no request %" PRIu64, number) : rc;
}

enum err watcher_get_request(const struct watcher *w, uint64_t number, struct request *out)
{
	struct db_txn *t = NULL;
	*out = (struct request){0};
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = request_body(out, t, number);
	db_abort(t);
	return unknown(rc, number);
}

enum err watcher_reseal_request(const struct watcher *w, uint64_t number, struct buf *file)
{
	struct request_record rec = {0};
	struct db_txn *t = NULL;
	struct span body;
	struct hash hash;
	struct table_key k = key_height(number);
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = request_read(&rec, t, number);
	if (rc == ERR_OK &&
	    (rec.info.state == REQUEST_CANCELLED || rec.info.state == REQUEST_EXPIRED)) {
		rc = err_set(ERR_STATE, "request %" PRIu64 " is %s", number,
			     request_state_name(rec.info.state));
	}
	if (rc == ERR_OK) {
		rc = db_get(t, T_BODIES, key_span(&k), &body);
	}
	if (rc == ERR_OK) {
		rc = envelope_seal(file, &hash, MSG_REQUEST, w->account.network, number, body,
				   &w->identity, &w->signer);
	}
	if (rc == ERR_OK && memcmp(hash.b, rec.info.hash.b, 32) != 0) {
		rc = err_set(ERR_INTERNAL, "request %" PRIu64 " did not seal to the same hash",
			     number);
	}
	db_abort(t);
	request_record_free(&rec);
	return unknown(rc, number);
}

enum err watcher_requests(const struct watcher *w, request_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_REQUESTS, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct request_record rec;
		rc = request_record_decode(&rec, key, value);
		if (rc != ERR_OK) {
			break;
		}
		bool more = visit(ctx, &rec.info);
		request_record_free(&rec);
		if (!more) {
			break;
		}
		rc = db_next(t, T_REQUESTS, &key, &value);
	}
	db_abort(t);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
