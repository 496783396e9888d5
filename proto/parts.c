/* The parts of messages that several of them share. */
#include "proto/parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"

void put_head(struct buf *b, const struct ledger_head *head)
{
	wire_put_list(b, 2);
	wire_put_uint(b, head->number);
	wire_put_bytes(b, head->hash, 32);
}

void get_head(struct wire_list *in, struct ledger_head *out)
{
	struct wire_list list = wire_list(in, 2, 2);
	out->number = wire_uint(&list, UINT64_MAX);
	wire_fixed(&list, out->hash, 32);
}

void get_name(struct wire_list *in, char out[static PROTO_NAME_MAX + 1])
{
	wire_text(in, out, PROTO_NAME_MAX + 1);
	if (!text_is_plain(out, strlen(out))) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "a name is not plain ASCII"));
	}
}

void put_address(struct buf *b, const struct address *a)
{
	bool integrated = a->kind == ADDRESS_INTEGRATED;
	wire_put_list(b, integrated ? 5 : 4);
	wire_put_uint(b, a->network);
	wire_put_uint(b, a->kind);
	wire_put_bytes(b, a->spend.b, 32);
	wire_put_bytes(b, a->view.b, 32);
	if (integrated) {
		wire_put_bytes(b, a->payment_id, sizeof a->payment_id);
	}
}

void get_address(struct wire_list *in, struct address *out)
{
	struct wire_list list = wire_list(in, 4, 5);
	out->network = (enum network)wire_uint(&list, NETWORK_COUNT - 1);
	out->kind = (enum address_kind)wire_uint(&list, ADDRESS_INTEGRATED);
	wire_fixed(&list, out->spend.b, 32);
	wire_fixed(&list, out->view.b, 32);
	wire_expect(&list, out->kind == ADDRESS_INTEGRATED ? 5 : 4);
	if (out->kind == ADDRESS_INTEGRATED) {
		wire_fixed(&list, out->payment_id, sizeof out->payment_id);
	}
}

enum err put_entries(struct buf *b, const struct journal_entry *entries, size_t n)
{
	wire_put_list(b, n);
	for (size_t i = 0; i < n; i++) {
		const struct journal_entry *e = &entries[i];
		if (e->content.n > PROTO_ENTRY_MAX) {
			return err_set(ERR_LIMIT, "a journal entry of %zu bytes", e->content.n);
		}
		wire_put_list(b, 3);
		wire_put_uint(b, e->number);
		wire_put_bytes(b, e->content.p, e->content.n);
		wire_put_bytes(b, e->signature, sizeof e->signature);
	}
	return ERR_OK;
}

void get_entries(struct wire_list *in, size_t max, size_t room, struct journal_entry **entries,
		 size_t *n, uint8_t **contents)
{
	struct wire_list list = wire_list(in, 0, max);
	size_t at = 0;
	*entries = parts_alloc(in->wire, list.n, sizeof **entries);
	*contents = parts_alloc(in->wire, room, 1);
	*n = *entries && *contents ? list.n : 0;
	for (size_t i = 0; i < *n; i++) {
		struct journal_entry *e = &(*entries)[i];
		struct wire_list fields = wire_list(&list, 3, 3);
		e->number = wire_uint(&fields, UINT64_MAX);
		struct span content = wire_bytes(&fields, PROTO_ENTRY_MAX);
		if (content.n > 0) {
			memcpy(*contents + at, content.p, content.n);
		}
		e->content = (struct span){*contents + at, content.n};
		at += content.n;
		wire_fixed(&fields, e->signature, sizeof e->signature);
	}
}

void *parts_alloc(struct wire *w, size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p) {
		err_ignore(wire_fail(w, ERR_NO_MEMORY, "out of memory"));
	}
	return p;
}
