/* Addresses that were given out, with the operator's label. */
#include <string.h>

#include "common/base/text.h"
#include "watcher/store/store.h"

#define ACCOUNT_MOST (1u << 20)
#define INDEX_MOST (1u << 30)

enum err address_write(struct db_txn *t, const struct address_entry *e)
{
	uint8_t value[8 + LABEL_MAX];
	size_t n = strlen(e->label);
	struct table_key k = {0};
	key_u32(&k, e->at.major);
	key_u32(&k, e->at.minor);
	store64_le(value, e->time);
	memcpy(value + 8, e->label, n);
	return db_put(t, T_ADDRESSES, key_span(&k), db_span(value, 8 + n));
}

enum err address_decode(struct address_entry *e, struct span key, struct span value)
{
	*e = (struct address_entry){0};
	if (key.n != 8 || value.n < 8 || value.n > 8 + LABEL_MAX) {
		return err_set(ERR_DB_DAMAGED, "a record of addresses does not read back");
	}
	e->at = (struct subaddress){load32_be(key.p), load32_be(key.p + 4)};
	e->time = load64_le(value.p);
	memcpy(e->label, value.p + 8, value.n - 8);
	return ERR_OK;
}

enum err address_make(const struct watcher *w, struct db_txn *t, struct address_entry *e)
{
	struct account_record a;
	struct event_writer ev;
	enum err rc = account_read(&a, t, e->at.major);
	if (rc != ERR_OK) {
		return rc;
	}
	if (e->at.major > ACCOUNT_MOST) {
		return err_set(ERR_USAGE, "accounts go up to %u", ACCOUNT_MOST);
	}
	if (a.next >= INDEX_MOST) {
		return err_set(ERR_LIMIT, "account %u has no index left", e->at.major);
	}
	e->at.minor = a.next;
	a.next++;
	rc = account_write(t, e->at.major, &a);
	if (rc == ERR_OK) {
		rc = subaddress_cover(t, &w->account, e->at);
	}
	e->time = watcher_now(w);
	if (rc == ERR_OK) {
		rc = address_write(t, e);
	}
	if (rc == ERR_OK) {
		event_begin(&ev, "address_made", watcher_now(w));
		event_number(&ev, "account", e->at.major);
		event_number(&ev, "index", e->at.minor);
		rc = event_end(&ev, t, NULL);
	}
	return rc;
}

enum err watcher_new_address(struct watcher *w, uint32_t account, const char *label,
			     struct address_entry *out)
{
	struct db_txn *t = NULL;
	size_t n = strnlen(label, LABEL_MAX + 1);
	*out = (struct address_entry){.at = {account, 0}};
	if (n > LABEL_MAX || !text_is_plain(label, n)) {
		return err_set(ERR_USAGE, "a label is at most %d printable ASCII characters",
			       LABEL_MAX);
	}
	memcpy(out->label, label, n);
	enum err rc = db_begin(&t, w->db, true);
	if (rc == ERR_OK) {
		rc = txn_end(t, address_make(w, t, out));
	}
	if (rc == ERR_OK) {
		address_of(&out->address, &w->account, out->at);
	} else {
		*out = (struct address_entry){0};
	}
	return rc;
}

enum err watcher_addresses(const struct watcher *w, address_visit *visit, void *ctx)
{
	struct span key, value;
	struct db_txn *t = NULL;
	struct address_entry e = {.label = "primary"};
	address_of(&e.address, &w->account, e.at);
	if (!visit(ctx, &e)) {
		return ERR_OK;
	}
	enum err rc = db_begin(&t, w->db, false);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = db_first(t, T_ADDRESSES, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		rc = address_decode(&e, key, value);
		if (rc != ERR_OK) {
			break;
		}
		address_of(&e.address, &w->account, e.at);
		if (!visit(ctx, &e)) {
			break;
		}
		rc = db_next(t, T_ADDRESSES, &key, &value);
	}
	db_abort(t);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
