/* Every record's fields, in the order they are stored: see record.h. */
#include "watcher/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

#define RECORD_MAX (4u << 20)

/* Either writes (out) or reads (in). */
struct codec {
	struct buf *out;
	struct reader *in;
};

static void c_bytes(struct codec *c, void *p, size_t n)
{
	if (c->out) {
		buf_put(c->out, p, n);
	} else {
		read_bytes(c->in, p, n);
	}
}

static void c_u8(struct codec *c, uint8_t *v)
{
	if (c->out) {
		buf_u8(c->out, *v);
	} else {
		*v = read_u8(c->in);
	}
}

static void c_u32(struct codec *c, uint32_t *v)
{
	if (c->out) {
		buf_u32le(c->out, *v);
	} else {
		*v = read_u32le(c->in);
	}
}

static void c_u64(struct codec *c, uint64_t *v)
{
	if (c->out) {
		buf_u64le(c->out, *v);
	} else {
		*v = read_u64le(c->in);
	}
}

static void c_bool(struct codec *c, bool *v)
{
	uint8_t b = *v;
	c_u8(c, &b);
	if (c->in && b > 1) {
		reader_fail(c->in, ERR_PARSE_VALUE);
	}
	*v = b == 1;
}

/* A number from `least` to `most`. */
static unsigned c_enum(struct codec *c, unsigned v, unsigned least, unsigned most)
{
	uint32_t n = v;
	c_u32(c, &n);
	if (c->in && (n < least || n > most)) {
		reader_fail(c->in, ERR_PARSE_VALUE);
		n = least;
	}
	return n;
}

static size_t c_count(struct codec *c, size_t v, size_t most)
{
	return c_enum(c, (unsigned)v, 0, (unsigned)most);
}

/* Text in an array of `size`. */
static void c_text(struct codec *c, char *text, size_t size)
{
	size_t n = c_count(c, c->out ? strnlen(text, size - 1) : 0, size - 1);
	c_bytes(c, text, n);
	text[n] = '\0';
}

static void c_amount(struct codec *c, struct amount *a)
{
	uint64_t v = a->atomic;
	c_u64(c, &v);
	*a = amount_of(v);
}

static void c_outpoint(struct codec *c, struct outpoint *at)
{
	c_bytes(c, at->tx.b, 32);
	c_u32(c, &at->index);
}

static void c_output(struct codec *c, struct output_record *r)
{
	c_bytes(c, r->one_time.b, 32);
	c_bytes(c, r->tx_public.b, 32);
	c_bytes(c, r->commitment.b, 32);
	c_u32(c, &r->address.major);
	c_u32(c, &r->address.minor);
	c_amount(c, &r->amount);
	c_bytes(c, r->mask.s.b, 32);
	c_u64(c, &r->global_index);
	c_u64(c, &r->height);
	c_u64(c, &r->unlock_time);
	c_u64(c, &r->due);
	c_amount(c, &r->credited);
	c_u64(c, &r->credit);
	c_u64(c, &r->was);
	c_amount(c, &r->worth);
	c_amount(c, &r->judged);
	c_u64(c, &r->reserved);
	c_bool(c, &r->coinbase);
	c_bool(c, &r->spent);
	r->state = c_enum(c, r->state, DEPOSIT_IN_BLOCK, DEPOSIT_DUPLICATE);
}

static void c_pool(struct codec *c, struct pool_record *r)
{
	c_u32(c, &r->address.major);
	c_u32(c, &r->address.minor);
	c_amount(c, &r->amount);
	c_u64(c, &r->unlock_time);
}

static void c_image(struct codec *c, struct image_record *r)
{
	c_outpoint(c, &r->at);
	c_bool(c, &r->spent);
	c_u64(c, &r->height);
	c_bytes(c, r->by.b, 32);
	c_bytes(c, r->signed_by.b, 32);
}

static void c_account(struct codec *c, struct account_record *r)
{
	c_u32(c, &r->next);
	c_u32(c, &r->covered);
}

static void c_payout(struct codec *c, struct payout *p)
{
	c_text(c, p->id, sizeof p->id);
	c_bytes(c, p->wire.b, sizeof p->wire.b);
	p->to.network = c_enum(c, p->to.network, 0, NETWORK_COUNT - 1);
	p->to.kind = c_enum(c, p->to.kind, ADDRESS_STANDARD, ADDRESS_INTEGRATED);
	c_bytes(c, p->to.spend.b, 32);
	c_bytes(c, p->to.view.b, 32);
	c_bytes(c, p->to.payment_id, 8);
	c_amount(c, &p->amount);
	c_text(c, p->reference, sizeof p->reference);
	p->priority = c_enum(c, p->priority, PAYOUT_HIGH, PAYOUT_LOW);
	c_u64(c, &p->not_before);
	c_bool(c, &p->forgotten);
	p->state = c_enum(c, p->state, PAYOUT_QUEUED, PAYOUT_FAILED);
	c_u64(c, &p->time);
	c_u64(c, &p->request);
	c_u64(c, &p->invoice);
	c_bytes(c, p->tx.b, 32);
	p->refused = c_enum(c, p->refused, 0, 0xffff);
	c_bool(c, &p->tied);
	c_u64(c, &p->tied_in);
	c_outpoint(c, &p->tie);
}

static void c_invoice(struct codec *c, struct invoice *v)
{
	c_text(c, v->id, sizeof v->id);
	c_text(c, v->label, sizeof v->label);
	c_u32(c, &v->at.major);
	c_u32(c, &v->at.minor);
	c_amount(c, &v->amount);
	c_amount(c, &v->tolerance);
	c_u64(c, &v->lasts);
	c_bool(c, &v->in_blocks);
	v->rules.under = c_enum(c, v->rules.under, INVOICE_HOLD, INVOICE_REFUND);
	v->rules.over = c_enum(c, v->rules.over, INVOICE_HOLD, INVOICE_REFUND);
	v->rules.late = c_enum(c, v->rules.late, INVOICE_HOLD, INVOICE_REFUND);
	v->rules.after_close = c_enum(c, v->rules.after_close, INVOICE_HOLD, INVOICE_REFUND);
	c_u64(c, &v->created);
	c_u64(c, &v->created_height);
	c_u64(c, &v->changed);
	c_u64(c, &v->expires_time);
	c_u64(c, &v->late_from);
	c_u64(c, &v->closed_from);
	c_amount(c, &v->refunded);
	c_u64(c, &v->refunds);
	v->is.state = c_enum(c, v->is.state, INVOICE_OPEN, INVOICE_REFUNDED);
	c_amount(c, &v->is.received);
	c_amount(c, &v->is.counted);
	c_amount(c, &v->is.held);
	c_amount(c, &v->is.refund);
}

static void c_request_tx(struct codec *c, struct request_tx_record *t)
{
	t->n_in = (uint32_t)c_count(c, t->n_in, TX_INPUTS_MAX);
	t->n_out = (uint32_t)c_count(c, t->n_out, TX_OUTPUTS_MAX);
	for (size_t i = 0; i < t->n_in; i++) {
		c_outpoint(c, &t->in[i]);
	}
	for (size_t i = 0; i < t->n_out; i++) {
		c_u64(c, &t->payout[i]);
	}
}

static enum err c_request(struct codec *c, struct request_record *r)
{
	uint64_t n_payouts = r->info.n_payouts, n_inputs = r->info.n_inputs;
	c_bytes(c, r->info.hash.b, 32);
	r->info.state = c_enum(c, r->info.state, REQUEST_OPEN, REQUEST_EXPIRED);
	c_u64(c, &r->info.time);
	c_u64(c, &r->info.expires);
	c_u64(c, &n_payouts);
	c_u64(c, &n_inputs);
	c_amount(c, &r->info.amount);
	c_amount(c, &r->info.fee);
	c_bool(c, &r->never_left);
	c_bytes(c, r->reply.b, 32);
	r->n_txs = (uint32_t)c_count(c, r->n_txs, REQUEST_TXS_MAX);
	r->info.n_payouts = n_payouts;
	r->info.n_inputs = n_inputs;
	r->info.n_txs = r->n_txs;
	if (c->in) {
		r->txs = calloc(r->n_txs ? r->n_txs : 1, sizeof *r->txs);
		if (!r->txs) {
			return ERR_NO_MEMORY;
		}
	}
	for (size_t i = 0; i < r->n_txs; i++) {
		c_request_tx(c, &r->txs[i]);
	}
	return ERR_OK;
}

static void c_sent(struct codec *c, struct sent_tx *s)
{
	c_u64(c, &s->request);
	c_u32(c, &s->place);
	s->state = c_enum(c, s->state, SENT_SIGNED, SENT_INVALID);
	c_u64(c, &s->height);
	c_u64(c, &s->time);
	c_amount(c, &s->fee);
	s->n_keys = c_count(c, s->n_keys, 1 + TX_OUTPUTS_MAX);
	s->n_images = c_count(c, s->n_images, TX_INPUTS_MAX);
	s->n_payouts = c_count(c, s->n_payouts, TX_OUTPUTS_MAX);
	for (size_t i = 0; i < s->n_keys; i++) {
		c_bytes(c, s->keys[i].b, 32);
	}
	for (size_t i = 0; i < s->n_images; i++) {
		c_bytes(c, s->images[i].b, 32);
	}
	for (size_t i = 0; i < s->n_payouts; i++) {
		c_u64(c, &s->payouts[i]);
	}
	s->blob.n = c_count(c, s->blob.n, PROTO_TX_BLOB_MAX);
	if (c->out) {
		buf_put(c->out, s->blob.p, s->blob.n);
	} else {
		s->blob.p = read_span(c->in, s->blob.n);
	}
}

/* What reading came to. */
static enum err end(const struct reader *r, const char *what)
{
	if (reader_end(r) != ERR_OK) {
		return err_set(ERR_DB_DAMAGED, "a record of %s does not read back", what);
	}
	return ERR_OK;
}

static enum err bad_key(const char *what)
{
	return err_set(ERR_DB_DAMAGED, "a record of %s has a bad key", what);
}

/* Puts what is in b and frees it. */
static enum err put(struct db_txn *t, enum table table, struct span key, struct buf *b)
{
	enum err rc = buf_end(b);
	if (rc == ERR_OK) {
		rc = db_put(t, table, key, buf_span(b));
	}
	buf_free(b);
	return rc;
}

void outpoint_key(uint8_t out[static OUTPOINT_SIZE], const struct outpoint *at)
{
	memcpy(out, at->tx.b, 32);
	store32_be(out + 32, at->index);
}

void outpoint_of_key(struct outpoint *out, const uint8_t key[static OUTPOINT_SIZE])
{
	memcpy(out->tx.b, key, 32);
	out->index = load32_be(key + 32);
}

enum err output_write(struct db_txn *t, const struct output_record *r)
{
	struct output_record copy;
	struct buf b;
	uint8_t key[OUTPOINT_SIZE];
	enum err rc = output_read(&copy, t, &r->at);
	if (rc == ERR_OK || rc == ERR_NOT_FOUND) {
		rc = tally_deposit(t, rc == ERR_OK ? copy.state : 0, r->state);
	}
	if (rc != ERR_OK) {
		secret_wipe(&copy, sizeof copy);
		return rc;
	}
	copy = *r;
	buf_init(&b, RECORD_MAX);
	c_output(&(struct codec){&b, NULL}, &copy);
	secret_wipe(&copy, sizeof copy);
	outpoint_key(key, &r->at);
	return put(t, T_OUTPUTS, db_span(key, sizeof key), &b);
}

enum err output_decode(struct output_record *r, struct span key, struct span value)
{
	*r = (struct output_record){0};
	if (key.n != OUTPOINT_SIZE) {
		return bad_key("outputs");
	}
	struct reader in = reader_of(value.p, value.n);
	outpoint_of_key(&r->at, key.p);
	c_output(&(struct codec){NULL, &in}, r);
	return end(&in, "outputs");
}

enum err output_read(struct output_record *r, struct db_txn *t, const struct outpoint *at)
{
	struct span value;
	uint8_t key[OUTPOINT_SIZE];
	outpoint_key(key, at);
	enum err rc = db_get(t, T_OUTPUTS, db_span(key, sizeof key), &value);
	return rc == ERR_OK ? output_decode(r, db_span(key, sizeof key), value) : rc;
}

enum err pool_write(struct db_txn *t, const struct pool_record *r)
{
	struct pool_record copy = *r;
	struct buf b;
	uint8_t key[OUTPOINT_SIZE];
	buf_init(&b, RECORD_MAX);
	c_pool(&(struct codec){&b, NULL}, &copy);
	outpoint_key(key, &r->at);
	return put(t, T_POOL, db_span(key, sizeof key), &b);
}

enum err pool_decode(struct pool_record *r, struct span key, struct span value)
{
	*r = (struct pool_record){0};
	if (key.n != OUTPOINT_SIZE) {
		return bad_key("the pool");
	}
	struct reader in = reader_of(value.p, value.n);
	outpoint_of_key(&r->at, key.p);
	c_pool(&(struct codec){NULL, &in}, r);
	return end(&in, "the pool");
}

enum err image_write(struct db_txn *t, const struct key_image *image, const struct image_record *r)
{
	struct image_record copy = *r;
	struct buf b;
	buf_init(&b, RECORD_MAX);
	c_image(&(struct codec){&b, NULL}, &copy);
	return put(t, T_IMAGES, db_span(image->b, 32), &b);
}

enum err image_read(struct image_record *r, struct db_txn *t, const struct key_image *image)
{
	struct span value;
	*r = (struct image_record){0};
	enum err rc = db_get(t, T_IMAGES, db_span(image->b, 32), &value);
	if (rc != ERR_OK) {
		return rc;
	}
	struct reader in = reader_of(value.p, value.n);
	c_image(&(struct codec){NULL, &in}, r);
	return end(&in, "key images");
}

enum err images_each(struct db_txn *t, image_visit *one, void *ctx)
{
	struct span key, value;
	enum err rc = db_first(t, T_IMAGES, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct key_image image;
		struct image_record r;
		if (key.n != sizeof image.b) {
			return err_set(ERR_DB_DAMAGED, "a record of key images has a bad key");
		}
		memcpy(image.b, key.p, sizeof image.b);
		rc = image_read(&r, t, &image);
		if (rc == ERR_OK) {
			rc = one(ctx, t, &image, &r);
		}
		if (rc == ERR_OK) {
			key = db_span(image.b, sizeof image.b);
			rc = db_next(t, T_IMAGES, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err account_write(struct db_txn *t, uint32_t major, const struct account_record *r)
{
	struct account_record copy = *r;
	struct table_key key = {0};
	struct buf b;
	key_u32(&key, major);
	buf_init(&b, RECORD_MAX);
	c_account(&(struct codec){&b, NULL}, &copy);
	return put(t, T_ACCOUNTS, key_span(&key), &b);
}

enum err account_read(struct account_record *r, struct db_txn *t, uint32_t major)
{
	struct table_key key = {0};
	struct span value;
	*r = (struct account_record){major == 0, 0};
	key_u32(&key, major);
	enum err rc = db_get(t, T_ACCOUNTS, key_span(&key), &value);
	if (rc != ERR_OK) {
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	struct reader in = reader_of(value.p, value.n);
	c_account(&(struct codec){NULL, &in}, r);
	return end(&in, "accounts");
}

enum err payout_write(struct db_txn *t, const struct payout *p)
{
	struct payout copy;
	struct table_key key = {0};
	struct buf b;
	enum err rc = payout_read(&copy, t, p->number);
	if (rc == ERR_OK || rc == ERR_NOT_FOUND) {
		rc = tally_payout(t, rc == ERR_OK ? copy.state : 0, p->state);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	copy = *p;
	key_u64(&key, p->number);
	buf_init(&b, RECORD_MAX);
	c_payout(&(struct codec){&b, NULL}, &copy);
	return put(t, T_PAYOUTS, key_span(&key), &b);
}

enum err payout_decode(struct payout *p, struct span key, struct span value)
{
	*p = (struct payout){0};
	if (key.n != 8) {
		return bad_key("payouts");
	}
	struct reader in = reader_of(value.p, value.n);
	p->number = load64_be(key.p);
	c_payout(&(struct codec){NULL, &in}, p);
	return end(&in, "payouts");
}

enum err payout_read(struct payout *p, struct db_txn *t, uint64_t number)
{
	struct table_key key = {0};
	struct span value;
	key_u64(&key, number);
	enum err rc = db_get(t, T_PAYOUTS, key_span(&key), &value);
	return rc == ERR_OK ? payout_decode(p, key_span(&key), value) : rc;
}

enum err payout_find(struct payout *p, struct db_txn *t, const char *id)
{
	struct span value;
	size_t n = strnlen(id, PAYOUT_ID_MAX + 1);
	*p = (struct payout){0};
	if (n == 0 || n > PAYOUT_ID_MAX) {
		return ERR_NOT_FOUND;
	}
	enum err rc = db_get(t, T_PAYOUT_IDS, db_span(id, n), &value);
	if (rc != ERR_OK) {
		return rc;
	}
	return value.n == 8 ? payout_read(p, t, load64_be(value.p)) : bad_key("payout ids");
}

void request_record_free(struct request_record *r)
{
	free(r->txs);
	*r = (struct request_record){0};
}

enum err request_write(struct db_txn *t, const struct request_record *r)
{
	struct request_record copy = *r;
	struct table_key key = {0};
	struct buf b;
	key_u64(&key, r->info.number);
	buf_init(&b, RECORD_MAX);
	enum err rc = c_request(&(struct codec){&b, NULL}, &copy);
	enum err put_rc = put(t, T_REQUESTS, key_span(&key), &b);
	rc = rc != ERR_OK ? rc : put_rc;
	if (rc == ERR_OK && r->info.state == REQUEST_OPEN) {
		return db_put(t, T_REQUEST_OPEN, key_span(&key), db_span("", 1));
	}
	if (rc == ERR_OK) {
		rc = db_del(t, T_REQUEST_OPEN, key_span(&key));
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err request_record_decode(struct request_record *r, struct span key, struct span value)
{
	*r = (struct request_record){0};
	if (key.n != 8) {
		return bad_key("requests");
	}
	struct reader in = reader_of(value.p, value.n);
	r->info.number = load64_be(key.p);
	enum err rc = c_request(&(struct codec){NULL, &in}, r);
	if (rc == ERR_OK) {
		rc = end(&in, "requests");
	}
	if (rc != ERR_OK) {
		request_record_free(r);
	}
	return rc;
}

enum err request_read(struct request_record *r, struct db_txn *t, uint64_t number)
{
	struct table_key key = {0};
	struct span value;
	*r = (struct request_record){0};
	key_u64(&key, number);
	enum err rc = db_get(t, T_REQUESTS, key_span(&key), &value);
	return rc == ERR_OK ? request_record_decode(r, key_span(&key), value) : rc;
}

enum err sent_write(struct db_txn *t, const struct sent_tx *s)
{
	struct sent_tx copy = *s;
	struct buf b;
	buf_init(&b, RECORD_MAX);
	c_sent(&(struct codec){&b, NULL}, &copy);
	secret_wipe(&copy, sizeof copy);
	return put(t, T_SENT, db_span(s->id.b, 32), &b);
}

enum err sent_decode(struct sent_tx *s, struct span key, struct span value)
{
	*s = (struct sent_tx){0};
	if (key.n != 32) {
		return bad_key("sent transactions");
	}
	struct reader in = reader_of(value.p, value.n);
	memcpy(s->id.b, key.p, 32);
	c_sent(&(struct codec){NULL, &in}, s);
	return end(&in, "sent transactions");
}

enum err sent_read(struct sent_tx *s, struct db_txn *t, const struct hash *id)
{
	struct span value;
	enum err rc = db_get(t, T_SENT, db_span(id->b, 32), &value);
	return rc == ERR_OK ? sent_decode(s, db_span(id->b, 32), value) : rc;
}

enum err invoice_write(struct db_txn *t, const struct invoice *v)
{
	struct invoice copy = *v;
	struct table_key key = {0};
	struct buf b;
	key_u64(&key, v->number);
	buf_init(&b, RECORD_MAX);
	c_invoice(&(struct codec){&b, NULL}, &copy);
	return put(t, T_INVOICES, key_span(&key), &b);
}

enum err invoice_decode(struct invoice *v, struct span key, struct span value)
{
	*v = (struct invoice){0};
	if (key.n != 8) {
		return bad_key("invoices");
	}
	struct reader in = reader_of(value.p, value.n);
	v->number = load64_be(key.p);
	c_invoice(&(struct codec){NULL, &in}, v);
	return end(&in, "invoices");
}

enum err invoice_read(struct invoice *v, struct db_txn *t, uint64_t number)
{
	struct table_key key = {0};
	struct span value;
	key_u64(&key, number);
	enum err rc = db_get(t, T_INVOICES, key_span(&key), &value);
	return rc == ERR_OK ? invoice_decode(v, key_span(&key), value) : rc;
}
