/* Meta values, marks, blocks, events: see store.h. */
#include "watcher/store/store.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/crypto/keccak.h"

#define EVENT_MAX 65536

const char *const WATCHER_TABLES[] = {
    [T_META] = "meta",
    [T_BLOCKS] = "blocks",
    [T_OUTPUTS] = "outputs",
    [T_OUT_HEIGHT] = "outputs_by_height",
    [T_OUT_KEY] = "outputs_by_key",
    [T_DUE] = "outputs_due",
    [T_UNSPENT] = "outputs_unspent",
    [T_IMAGES] = "key_images",
    [T_SPENT_HEIGHT] = "spends_by_height",
    [T_SUBADDRESS] = "subaddresses",
    [T_ACCOUNTS] = "accounts",
    [T_ADDRESSES] = "addresses",
    [T_PAYOUTS] = "payouts",
    [T_PAYOUT_IDS] = "payout_ids",
    [T_QUEUE] = "payout_queue",
    [T_REQUESTS] = "requests",
    [T_BODIES] = "request_bodies",
    [T_SENT] = "transactions",
    [T_SENT_OPEN] = "transactions_open",
    [T_EVENTS] = "events",
    [T_JOURNAL] = "journal",
    [T_OUT_ADDRESS] = "outputs_by_address",
    [T_POOL] = "pool",
    [T_WEBHOOKS] = "webhooks",
    [T_DEAD_LETTERS] = "dead_letters",
    [T_INVOICES] = "invoices",
    [T_INVOICE_IDS] = "invoice_ids",
    [T_INVOICE_AT] = "invoice_addresses",
    [T_INVOICE_ENDS] = "invoice_expiries",
    [T_INVOICE_LATE] = "invoices_late",
    [T_INVOICE_NEWS] = "invoices_changed",
    [T_REQUEST_OPEN] = "requests_open",
};
const unsigned WATCHER_TABLE_COUNT = T_COUNT;
_Static_assert(sizeof WATCHER_TABLES / sizeof WATCHER_TABLES[0] == T_COUNT, "a table has no name");

const struct ledger WATCHER_EVENTS = {T_EVENTS, WATCHER_LEDGER_LABEL};

enum err txn_end(struct db_txn *t, enum err rc)
{
	if (rc == ERR_OK) {
		return db_commit(t);
	}
	db_abort(t);
	return rc;
}

enum err meta_put(struct db_txn *t, const char *name, struct span value)
{
	return db_put(t, T_META, db_span(name, strlen(name)), value);
}

enum err meta_get(struct db_txn *t, const char *name, void *out, size_t n)
{
	struct span value;
	memset(out, 0, n);
	enum err rc = db_get(t, T_META, db_span(name, strlen(name)), &value);
	if (rc != ERR_OK) {
		return rc;
	}
	if (value.n != n) {
		return err_set(ERR_DB_DAMAGED, "the meta record \"%s\" has the wrong size", name);
	}
	memcpy(out, value.p, n);
	return ERR_OK;
}

enum err counter_get(struct db_txn *t, enum counter which, uint64_t *out)
{
	uint8_t b[8 * COUNTERS];
	enum err rc = meta_get(t, META_COUNTERS, b, sizeof b);
	*out = load64_le(b + 8 * which);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err may_go_on(const struct watcher *w)
{
	return w->stopped && w->stopped(w->stopped_ctx)
		   ? err_set(ERR_CANCELLED, "stopped during a walk of the store")
		   : ERR_OK;
}

enum err counter_next(struct db_txn *t, enum counter which, uint64_t *out)
{
	uint8_t b[8 * COUNTERS];
	enum err rc = meta_get(t, META_COUNTERS, b, sizeof b);
	if (rc != ERR_OK && rc != ERR_NOT_FOUND) {
		return rc;
	}
	*out = load64_le(b + 8 * which) + 1;
	store64_le(b + 8 * which, *out);
	return meta_put(t, META_COUNTERS, db_span(b, sizeof b));
}

enum err counter_raise(struct db_txn *t, enum counter which, uint64_t above)
{
	uint8_t b[8 * COUNTERS];
	enum err rc = meta_get(t, META_COUNTERS, b, sizeof b);
	if ((rc != ERR_OK && rc != ERR_NOT_FOUND) || load64_le(b + 8 * which) >= above) {
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	store64_le(b + 8 * which, above);
	return meta_put(t, META_COUNTERS, db_span(b, sizeof b));
}

bool id_is_good(const char *id, size_t most)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:/+@#=-";
	size_t n = strnlen(id, most + 1);
	return n > 0 && n <= most && strspn(id, allowed) == n;
}

void id_hash(uint8_t out[static 32], const char *label, const char *id)
{
	struct keccak k;
	keccak_init(&k);
	keccak_update(&k, label, strlen(label) + 1);
	keccak_update(&k, id, strlen(id));
	keccak_final(&k, out);
}

enum err mark(struct db_txn *t, enum table table, struct span key)
{
	return db_put(t, table, key, db_span("", 1));
}

enum err unmark(struct db_txn *t, enum table table, struct span key)
{
	enum err rc = db_del(t, table, key);
	return rc == ERR_NOT_FOUND ? err_set(ERR_DB_DAMAGED, "an index lacks a record") : rc;
}

enum err unmark_any(struct db_txn *t, enum table table, struct span key)
{
	enum err rc = db_del(t, table, key);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

struct table_key key_height(uint64_t height)
{
	struct table_key k = {0};
	key_u64(&k, height);
	return k;
}

static void put_outpoint(struct table_key *k, const struct outpoint *at)
{
	outpoint_key(k->b + k->n, at);
	k->n += OUTPOINT_SIZE;
}

struct table_key key_of_outpoint(const struct outpoint *at)
{
	struct table_key k = {0};
	put_outpoint(&k, at);
	return k;
}

struct table_key key_height_outpoint(uint64_t height, const struct outpoint *at)
{
	struct table_key k = key_height(height);
	put_outpoint(&k, at);
	return k;
}

struct table_key key_height_image(uint64_t height, const struct key_image *image)
{
	struct table_key k = key_height(height);
	key_bytes(&k, image->b, 32);
	return k;
}

struct table_key key_queue(const struct payout *p)
{
	struct table_key k = {.b = {(uint8_t)p->priority}, .n = 1};
	key_u64(&k, p->number);
	return k;
}

struct table_key key_address_height(struct subaddress at, uint64_t height)
{
	struct table_key k = {0};
	key_u32(&k, at.major);
	key_u32(&k, at.minor);
	key_u64(&k, height);
	return k;
}

struct table_key key_one_time(const struct public_key *one_time, const struct outpoint *at)
{
	struct table_key k = {0};
	key_bytes(&k, one_time->b, 32);
	put_outpoint(&k, at);
	return k;
}

enum err block_put(struct db_txn *t, const struct block_record *b)
{
	uint8_t value[40];
	struct table_key k = key_height(b->height);
	memcpy(value, b->id.b, 32);
	store64_le(value + 32, b->time);
	return db_put(t, T_BLOCKS, key_span(&k), db_span(value, sizeof value));
}

static enum err block_of(struct block_record *b, struct span key, struct span value)
{
	if (key.n != 8 || value.n != 40) {
		return err_set(ERR_DB_DAMAGED, "a record of blocks does not read back");
	}
	b->height = load64_be(key.p);
	memcpy(b->id.b, value.p, 32);
	b->time = load64_le(value.p + 32);
	return ERR_OK;
}

enum err block_get(struct block_record *b, struct db_txn *t, uint64_t height)
{
	struct span value;
	struct table_key k = key_height(height);
	*b = (struct block_record){0};
	enum err rc = db_get(t, T_BLOCKS, key_span(&k), &value);
	return rc == ERR_OK ? block_of(b, key_span(&k), value) : rc;
}

enum err block_top(struct block_record *b, struct db_txn *t)
{
	struct span key, value;
	*b = (struct block_record){0};
	enum err rc = db_last(t, T_BLOCKS, db_span(NULL, 0), &key, &value);
	return rc == ERR_OK ? block_of(b, key, value) : rc;
}

enum err block_still_top(struct db_txn *t, const struct block_record *top)
{
	struct block_record now;
	enum err rc = block_top(&now, t);
	if (rc == ERR_OK && memcmp(now.id.b, top->id.b, sizeof now.id.b) != 0) {
		rc = err_set(ERR_LOCKED, "another process followed the chain meanwhile");
	}
	return rc;
}

enum err block_oldest(struct block_record *b, struct db_txn *t)
{
	struct span key, value;
	*b = (struct block_record){0};
	enum err rc = db_first(t, T_BLOCKS, db_span(NULL, 0), &key, &value);
	return rc == ERR_OK ? block_of(b, key, value) : rc;
}

void event_begin(struct event_writer *e, const char *kind, uint64_t time)
{
	buf_init(&e->b, EVENT_MAX);
	buf_printf(&e->b, "{\"kind\":\"%s\",\"time\":%" PRIu64, kind, time);
}

void event_text(struct event_writer *e, const char *name, const char *text)
{
	CHECK(!strpbrk(text, "\"\\"));
	buf_printf(&e->b, ",\"%s\":\"%s\"", name, text);
}

void event_number(struct event_writer *e, const char *name, uint64_t v)
{
	buf_printf(&e->b, ",\"%s\":%" PRIu64, name, v);
}

void event_hash(struct event_writer *e, const char *name, const struct hash *h)
{
	char hex[65];
	hex_encode(hex, h->b, 32);
	event_text(e, name, hex);
}

/* As every printed amount: XMR as text, and the atomic units beside it. */
void event_amount(struct event_writer *e, const char *name, struct amount a)
{
	char text[AMOUNT_TEXT_MAX];
	buf_printf(&e->b, ",\"%s\":\"%s\",\"%s_atomic\":%" PRIu64, name, amount_format(text, a),
		   name, a.atomic);
}

enum err event_end(struct event_writer *e, struct db_txn *t, uint64_t *number)
{
	struct ledger_head head = {0};
	buf_u8(&e->b, '}');
	enum err rc = buf_end(&e->b);
	if (rc == ERR_OK) {
		rc = ledger_append(&head, &WATCHER_EVENTS, t, buf_span(&e->b));
	}
	buf_free(&e->b);
	if (number) {
		*number = head.number;
	}
	return rc;
}
