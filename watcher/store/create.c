/* What makes a watcher: written once from the kit, loaded at each start. */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/store/store.h"

#define FORM 3 /* of the store; another is refused */
#define ACCOUNT_SIZE (4 + 1 + 32 + 32 + 32 + 32 + 8 + PROTO_NAME_MAX)

enum err watcher_create(struct db *db, const struct kit *kit, const struct identity_public *signer,
			const uint8_t seed[static 32], const struct clock *clock)
{
	struct account_view account = {0};
	struct db_txn *t = NULL;
	struct event_writer e;
	uint8_t *b = NULL, head[40];
	enum err rc = account_view_init(&account, kit->network, &kit->view, &kit->spend);
	if (rc != ERR_OK) {
		goto out;
	}
	b = secret_alloc(ACCOUNT_SIZE);
	if (!b) {
		rc = ERR_NO_MEMORY;
		goto out;
	}
	store32_be(b, FORM);
	b[4] = (uint8_t)kit->network;
	memcpy(b + 5, kit->spend.b, 32);
	memcpy(b + 37, kit->view.s.b, 32);
	memcpy(b + 69, seed, 32);
	memcpy(b + 101, signer->b, 32);
	store64_le(b + 133, kit->birthday_height);
	memcpy(b + 141, kit->name, strnlen(kit->name, PROTO_NAME_MAX));
	store64_le(head, kit->journal.number);
	memcpy(head + 8, kit->journal.hash, 32);

	rc = db_begin(&t, db, true);
	if (rc != ERR_OK) {
		goto out;
	}
	rc = db_put_new(t, T_META, db_span(META_ACCOUNT, strlen(META_ACCOUNT)),
			db_span(b, ACCOUNT_SIZE));
	if (rc == ERR_OK) {
		rc = meta_put(t, META_JOURNAL, db_span(head, sizeof head));
	}
	if (rc == ERR_OK) {
		rc = meta_put(t, META_JOURNAL_START, db_span(head, sizeof head));
	}
	if (rc == ERR_OK) {
		rc = subaddress_cover(t, &account, (struct subaddress){0, 0});
	}
	if (rc == ERR_OK) {
		event_begin(&e, "created", clock_wall(clock));
		event_text(&e, "network", network_name(kit->network));
		rc = event_end(&e, t, NULL);
	}
	rc = txn_end(t, rc);
out:
	secret_free(b);
	secret_wipe(&account, sizeof account);
	return rc;
}

static enum err load(struct watcher *w, const uint8_t *b)
{
	struct view_key view;
	struct public_key spend;
	if (load32_be(b) != FORM) {
		return err_set(
		    ERR_DB_FORM,
		    "it is of form %u, this version's is %u; use the version that made it",
		    load32_be(b), FORM);
	}
	if (b[4] >= NETWORK_COUNT) {
		return err_set(ERR_DB_DAMAGED, "the store is of no network");
	}
	memcpy(spend.b, b + 5, 32);
	memcpy(view.s.b, b + 37, 32);
	identity_from_seed(&w->identity, b + 69);
	memcpy(w->signer.b, b + 101, 32);
	w->birthday = load64_le(b + 133);
	memcpy(w->name, b + 141, PROTO_NAME_MAX);
	enum err rc = account_view_init(&w->account, (enum network)b[4], &view, &spend);
	secret_wipe(&view, sizeof view);
	return rc;
}

enum err watcher_open(struct watcher *w, struct db *db, struct chain chain, struct clock clock,
		      struct rng rng)
{
	struct db_txn *t = NULL;
	*w = (struct watcher){.db = db, .chain = chain, .clock = clock, .rng = rng};
	watcher_config_default(&w->config);
	uint8_t *b = secret_alloc(ACCOUNT_SIZE);
	if (!b) {
		return ERR_NO_MEMORY;
	}
	enum err rc = db_begin(&t, db, false);
	if (rc == ERR_OK) {
		rc = meta_get(t, META_ACCOUNT, b, ACCOUNT_SIZE);
		db_abort(t);
	}
	if (rc == ERR_NOT_FOUND) {
		rc = err_set(ERR_STATE, "no watcher was made here yet: run init");
	} else if (rc == ERR_OK) {
		rc = load(w, b);
	}
	secret_free(b);
	if (rc != ERR_OK) {
		watcher_close(w);
	}
	return rc;
}

void watcher_close(struct watcher *w)
{
	secret_wipe(w, sizeof *w);
}

void watcher_config_default(struct watcher_config *out)
{
	*out = (struct watcher_config){
	    .n_steps = 2,
	    .step = {{amount_of(ATOMIC_PER_XMR / 10), 1}, {amount_of(10 * ATOMIC_PER_XMR), 10}},
	    .depth_above = 20,
	    .invoices = {INVOICE_HOLD, INVOICE_HOLD, INVOICE_HOLD, INVOICE_HOLD},
	    .fee_level = FEE_NORMAL,
	    .fee_most = amount_of(ATOMIC_PER_XMR / 100),
	    .fee_per_byte_most = amount_of(300000),
	    .request_seconds = 7 * 86400,
	    .stall_seconds = 3600,
	    .witnesses_needed = 1,
	    .request_grace = 86400,
	    .change_outputs = 1,
	    .change_least = amount_of(ATOMIC_PER_XMR / 10),
	    .keep_labels = UINT64_C(800) * 86400,
	    .keep_references = UINT64_C(400) * 86400,
	    .keep_invoices = UINT64_C(400) * 86400,
	    .keep_blobs = UINT64_C(30) * 86400,
	};
}

enum err watcher_pairing(const struct watcher *w, struct buf *out)
{
	struct pairing m = {0};
	struct hash hash;
	struct buf body;
	memcpy(m.name, w->name, sizeof m.name);
	buf_init(&body, PROTO_MESSAGE_MAX);
	enum err rc = pairing_encode(&body, &m);
	if (rc == ERR_OK) {
		rc = envelope_seal(out, &hash, MSG_PAIRING, w->account.network, 1, buf_span(&body),
				   &w->identity, NULL);
	}
	buf_free(&body);
	return rc;
}
