#include "signer/session/state.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/crypto/keccak.h"
#include "proto/wire.h"

#define KEY_WATCHER "watcher"
#define KEY_POLICY "policy"
#define KEY_PENDING "policy-pending"
#define KEY_NUMBER "number "
#define NUMBER_KEY_SIZE (sizeof KEY_NUMBER - 1 + sizeof(struct identity_public))

static struct span text_span(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

/* Our own record, with a checksum that held, does not read back: our bug or a foreign version. */
static enum err unreadable(const char *what)
{
	return err_set(ERR_DB_DAMAGED, "the record of %s cannot be read", what);
}

static enum err get_meta(struct span *value, struct db_txn *t, const char *key)
{
	return db_get(t, TABLE_META, text_span(key), value);
}

static enum err put_meta(struct db_txn *t, const char *key, const struct buf *value)
{
	enum err rc = buf_end(value);
	return rc == ERR_OK ? db_put(t, TABLE_META, text_span(key), buf_span(value)) : rc;
}

enum err state_watcher(struct identity_public *out, char name[PROTO_NAME_MAX + 1], struct db_txn *t)
{
	struct span value;
	memset(out, 0, sizeof *out);
	enum err rc = get_meta(&value, t, KEY_WATCHER);
	if (rc == ERR_NOT_FOUND) {
		return err_set(ERR_STATE, "no watcher is paired; use `pair` first");
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (value.n < 32 || value.n > 32 + PROTO_NAME_MAX) {
		return unreadable("the watcher");
	}
	memcpy(out->b, value.p, 32);
	if (name) {
		memcpy(name, value.p + 32, value.n - 32);
		name[value.n - 32] = '\0';
	}
	return ERR_OK;
}

enum err state_set_watcher(struct db_txn *t, const struct identity_public *watcher,
			   const char *name)
{
	struct buf value;
	buf_init(&value, 32 + PROTO_NAME_MAX);
	buf_put(&value, watcher->b, 32);
	buf_text(&value, name);
	enum err rc = put_meta(t, KEY_WATCHER, &value);
	buf_free(&value);
	return rc;
}

enum err state_policy(struct policy *out, struct db_txn *t, enum network network)
{
	struct span value;
	memset(out, 0, sizeof *out);
	enum err rc = get_meta(&value, t, KEY_POLICY);
	if (rc == ERR_NOT_FOUND) {
		return err_set(ERR_NO_POLICY, "set one with `policy set FILE`");
	}
	return rc == ERR_OK ? policy_parse(out, value, network) : rc;
}

enum err state_set_policy(struct db_txn *t, const struct policy *p)
{
	struct buf value;
	buf_init(&value, POLICY_FILE_MAX);
	enum err rc = policy_format(&value, p);
	if (rc == ERR_OK) {
		rc = put_meta(t, KEY_POLICY, &value);
	}
	buf_free(&value);
	return rc;
}

enum err state_pending(struct state_pending *out, struct db_txn *t, enum network network)
{
	struct span value;
	memset(out, 0, sizeof *out);
	enum err rc = get_meta(&value, t, KEY_PENDING);
	if (rc != ERR_OK) {
		return rc;
	}
	if (value.n < 16) {
		return unreadable("the policy that waits");
	}
	out->wall = load64_be(value.p);
	out->chain = load64_be(value.p + 8);
	return policy_parse(&out->policy, (struct span){value.p + 16, value.n - 16}, network);
}

enum err state_set_pending(struct db_txn *t, const struct state_pending *p)
{
	struct buf value;
	if (!p) {
		enum err gone = db_del(t, TABLE_META, text_span(KEY_PENDING));
		return gone == ERR_NOT_FOUND ? ERR_OK : gone;
	}
	buf_init(&value, 16 + POLICY_FILE_MAX);
	buf_u64be(&value, p->wall);
	buf_u64be(&value, p->chain);
	enum err rc = policy_format(&value, &p->policy);
	if (rc == ERR_OK) {
		rc = put_meta(t, KEY_PENDING, &value);
	}
	buf_free(&value);
	return rc;
}

/* One a watcher, kept for ever: whoever is paired again goes on where it was. */
static struct span number_key(uint8_t key[static NUMBER_KEY_SIZE],
			      const struct identity_public *watcher)
{
	memcpy(key, KEY_NUMBER, sizeof KEY_NUMBER - 1);
	memcpy(key + sizeof KEY_NUMBER - 1, watcher->b, sizeof watcher->b);
	return db_span(key, NUMBER_KEY_SIZE);
}

enum err state_request_number(uint64_t *out, struct db_txn *t,
			      const struct identity_public *watcher)
{
	struct span value;
	uint8_t key[NUMBER_KEY_SIZE];
	*out = 0;
	enum err rc = db_get(t, TABLE_META, number_key(key, watcher), &value);
	if (rc == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	if (rc == ERR_OK && value.n != 8) {
		rc = unreadable("the newest request number");
	}
	if (rc == ERR_OK) {
		*out = load64_be(value.p);
	}
	return rc;
}

enum err state_set_request_number(struct db_txn *t, const struct identity_public *watcher,
				  uint64_t number)
{
	uint8_t value[8], key[NUMBER_KEY_SIZE];
	store64_be(value, number);
	return db_put(t, TABLE_META, number_key(key, watcher), db_span(value, sizeof value));
}

enum err state_reply(struct buf *out, enum err *outcome, struct db_txn *t,
		     const struct hash *request)
{
	struct span value;
	*outcome = ERR_OK;
	enum err rc = db_get(t, TABLE_REPLY, db_span(request->b, 32), &value);
	if (rc != ERR_OK) {
		return rc;
	}
	if (value.n < 4) {
		return unreadable("a reply");
	}
	if (value.n == 4) {
		return err_set(ERR_REPLY_LOST,
			       "take it from where it was put then, or cancel the request on the "
			       "watcher and build another");
	}
	*outcome = (enum err)load32_be(value.p);
	buf_put(out, value.p + 4, value.n - 4);
	return buf_end(out);
}

enum err state_set_reply(struct db_txn *t, const struct hash *request, enum err outcome,
			 struct span reply)
{
	struct buf value;
	buf_init(&value, PROTO_MESSAGE_MAX + 1024);
	buf_u32be(&value, outcome);
	buf_put(&value, reply.p, reply.n);
	enum err rc = buf_end(&value);
	if (rc == ERR_OK) {
		rc = db_put(t, TABLE_REPLY, db_span(request->b, 32), buf_span(&value));
	}
	buf_free(&value);
	return rc;
}

enum err state_set_reply_lost(struct db_txn *t, const struct hash *request)
{
	static const uint8_t nothing[4];
	return db_put(t, TABLE_REPLY, db_span(request->b, 32), db_span(nothing, sizeof nothing));
}

void state_payout_content(struct hash *out, const struct request_payout *p)
{
	struct buf b;
	char address[ADDRESS_TEXT_MAX];
	/* Fits by construction: an address, an amount and a reference have fixed bounds. */
	buf_init(&b, 512);
	wire_put_text(&b, address_format(address, &p->to));
	wire_put_uint(&b, p->amount.atomic);
	wire_put_text(&b, p->reference);
	keccak256(out->b, b.p, b.n);
	buf_free(&b);
}
