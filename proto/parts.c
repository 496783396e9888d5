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

void *parts_alloc(struct wire *w, size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p) {
		err_ignore(wire_fail(w, ERR_NO_MEMORY, "out of memory"));
	}
	return p;
}
