/*
 * How invoices are found by the caller's id, also when the id itself is forgotten: its hash stays
 * in the index, so that an id means one invoice for ever.
 */
#include <string.h>

#include "common/base/text.h"
#include "watcher/invoices/invoices.h"

/* A zero, which is in no id, and the hash. */
static struct table_key forgotten_key(const char *id)
{
	struct table_key k = {.n = 1};
	uint8_t hash[32];
	id_hash(hash, "airlock invoice", id);
	key_bytes(&k, hash, sizeof hash);
	return k;
}

/* Of "%NUMBER", which is no id; 0 when it is not written so. */
static uint64_t number_written(const char *name)
{
	uint64_t v = 0;
	size_t n = strlen(name);
	bool good = name[0] == '%' && n > 1 && n < 20 && strspn(name + 1, "0123456789") == n - 1;
	for (size_t i = 1; good && i < n; i++) {
		v = 10 * v + (uint64_t)(name[i] - '0');
	}
	return v;
}

static enum err number_of(uint64_t *out, struct db_txn *t, const char *id)
{
	struct span value;
	size_t n = strnlen(id, INVOICE_ID_MAX + 1);
	*out = 0;
	if (n == 0 || n > INVOICE_ID_MAX) {
		return ERR_NOT_FOUND;
	}
	*out = number_written(id);
	if (*out) {
		return ERR_OK;
	}
	enum err rc = db_get(t, T_INVOICE_IDS, db_span(id, n), &value);
	if (rc == ERR_NOT_FOUND) {
		struct table_key k = forgotten_key(id);
		rc = db_get(t, T_INVOICE_IDS, key_span(&k), &value);
	}
	if (rc == ERR_OK && value.n != 8) {
		return err_set(ERR_DB_DAMAGED, "an invoice's id has a bad record");
	}
	if (rc == ERR_OK) {
		*out = load64_be(value.p);
	}
	return rc;
}

enum err invoice_find(struct invoice *out, struct db_txn *t, const char *id)
{
	uint64_t number;
	char safe[80];
	*out = (struct invoice){0};
	enum err rc = number_of(&number, t, id);
	if (rc == ERR_OK) {
		rc = invoice_read(out, t, number);
	}
	return rc == ERR_NOT_FOUND
		   ? err_set(rc, "there is no invoice %s",
			     text_safe(safe, sizeof safe, id, strnlen(id, INVOICE_ID_MAX + 1)))
		   : rc;
}

enum err invoice_name(struct db_txn *t, const struct invoice *v)
{
	struct table_key number = key_height(v->number);
	return db_put_new(t, T_INVOICE_IDS, db_span(v->id, strlen(v->id)), key_span(&number));
}

enum err invoice_forget(struct db_txn *t, struct invoice *v)
{
	struct table_key number = key_height(v->number), k = forgotten_key(v->id);
	enum err rc = unmark(t, T_INVOICE_IDS, db_span(v->id, strlen(v->id)));
	if (rc == ERR_OK) {
		rc = db_put_new(t, T_INVOICE_IDS, key_span(&k), key_span(&number));
	}
	memset(v->id, 0, sizeof v->id);
	memset(v->label, 0, sizeof v->label);
	return rc == ERR_OK ? invoice_write(t, v) : rc;
}

/* An entry names an invoice that has this id, or none any more. */
static enum err verify_name(struct db_txn *t, struct span key, struct span value)
{
	struct invoice v;
	bool hashed = key.n > 0 && key.p[0] == 0;
	if (value.n != 8) {
		return err_set(ERR_DB_DAMAGED, "an invoice's id has a bad record");
	}
	enum err rc = invoice_read(&v, t, load64_be(value.p));
	bool same =
	    rc == ERR_OK &&
	    (hashed ? v.id[0] == '\0' : strlen(v.id) == key.n && memcmp(v.id, key.p, key.n) == 0);
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !same)
		   ? err_set(ERR_DB_DAMAGED, "an invoice is not found by its id")
		   : rc;
}

enum err invoice_names_verify(struct db_txn *t, size_t invoices)
{
	struct span key, value;
	size_t n = 0;
	enum err rc = db_first(t, T_INVOICE_IDS, db_span(NULL, 0), &key, &value);
	for (; rc == ERR_OK; n++) {
		rc = verify_name(t, key, value);
		if (rc == ERR_OK) {
			rc = db_next(t, T_INVOICE_IDS, &key, &value);
		}
	}
	if (rc == ERR_NOT_FOUND) {
		rc = n == invoices ? ERR_OK
				   : err_set(ERR_DB_DAMAGED, "%zu invoices, and %zu ids of them",
					     invoices, n);
	}
	return rc;
}
