/* journal: a copy of the signer's journal or of a part of it, and how it is verified. */
#include "proto/journal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "proto/parts.h"
#include "proto/wire.h"

void journal_free(struct journal *m)
{
	free(m->entries);
	free(m->contents);
	memset(m, 0, sizeof *m);
}

enum err journal_encode(struct buf *out, const struct journal *m)
{
	if (m->n_entries > PROTO_COPY_ENTRIES_MAX) {
		return err_set(ERR_LIMIT, "%zu entries do not fit a message", m->n_entries);
	}
	wire_put_list(out, 4);
	wire_put_bytes(out, m->signer.b, 32);
	put_head(out, &m->before);
	enum err rc = put_entries(out, m->entries, m->n_entries);
	put_head(out, &m->head);
	return rc == ERR_OK ? buf_end(out) : rc;
}

enum err journal_decode(struct journal *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	wire_expect(&in, 4);
	wire_fixed(&in, out->signer.b, 32);
	get_head(&in, &out->before);
	get_entries(&in, PROTO_COPY_ENTRIES_MAX, body.n, &out->entries, &out->n_entries,
		    &out->contents);
	get_head(&in, &out->head);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, journal_encode(&again, out));
	}
	if (rc != ERR_OK) {
		journal_free(out);
	}
	return rc;
}

static enum err broken(uint64_t number, const char *why)
{
	return err_set(ERR_JOURNAL_BROKEN, "entry %llu %s", (unsigned long long)number, why);
}

enum err journal_follow(struct ledger_head *head, const struct journal_entry *e,
			const struct identity_public *signer)
{
	uint8_t hash[32];
	if (head->number == UINT64_MAX || e->number != head->number + 1) {
		return broken(head->number + 1, "is missing");
	}
	ledger_hash(hash, JOURNAL_LABEL, e->number, head->hash, e->content);
	if (crypto_sign_verify_detached(e->signature, hash, sizeof hash, signer->b) != 0) {
		return broken(e->number,
			      "does not follow from those before it, or its signature is wrong");
	}
	head->number = e->number;
	memcpy(head->hash, hash, sizeof hash);
	return ERR_OK;
}

enum err journal_walk(const struct journal *m)
{
	struct ledger_head head = m->before, genesis;
	enum err rc = ERR_OK;
	ledger_genesis(&genesis, JOURNAL_LABEL);
	if (head.number == 0 && memcmp(head.hash, genesis.hash, sizeof head.hash) != 0) {
		return broken(1, "does not begin a journal");
	}
	for (size_t i = 0; rc == ERR_OK && i < m->n_entries; i++) {
		rc = journal_follow(&head, &m->entries[i], &m->signer);
	}
	if (rc == ERR_OK && (head.number != m->head.number ||
			     memcmp(head.hash, m->head.hash, sizeof head.hash) != 0)) {
		rc = broken(m->head.number,
			    "is said to be the newest, but the entries end elsewhere");
	}
	return rc;
}

static enum err open_any(struct envelope *e, struct buf *plain, struct span file,
			 const struct identity *self)
{
	enum err rc = ERR_MSG_NETWORK;
	for (unsigned n = 0; rc == ERR_MSG_NETWORK && n < NETWORK_COUNT; n++) {
		buf_free(plain);
		rc = envelope_open(e, plain, file, MSG_JOURNAL, (enum network)n, self, NULL);
	}
	return rc;
}

enum err journal_open(struct journal *out, struct span file, enum network network,
		      const struct identity *self)
{
	struct envelope e;
	struct buf plain = {0};
	memset(out, 0, sizeof *out);
	enum err rc = network == NETWORK_COUNT
			  ? open_any(&e, &plain, file, self)
			  : envelope_open(&e, &plain, file, MSG_JOURNAL, network, self, NULL);
	if (rc == ERR_OK) {
		rc = journal_decode(out, e.body);
	}
	if (rc == ERR_OK && (rc = journal_walk(out)) != ERR_OK) {
		journal_free(out);
	}
	buf_free(&plain);
	return rc;
}

bool identity_is(const struct identity_public *id, const char *text)
{
	char print[FINGERPRINT_TEXT_MAX], hex[65];
	hex_encode(hex, id->b, sizeof id->b);
	return strcmp(text, hex) == 0 || strcmp(text, identity_fingerprint(print, id)) == 0;
}
