/* outputs: the list of [one-time key, tx public key, index, account, subaddress] asked about. */
#include <stdlib.h>
#include <string.h>

#include "proto/envelope.h"
#include "proto/parts.h"
#include "proto/wire.h"

void outputs_free(struct outputs *m)
{
	free(m->claims);
	memset(m, 0, sizeof *m);
}

enum err outputs_encode(struct buf *out, const struct outputs *m)
{
	if (m->n > PROTO_KEY_IMAGES_MAX) {
		return err_set(ERR_LIMIT, "%zu outputs do not fit a message", m->n);
	}
	wire_put_list(out, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct output_claim *c = &m->claims[i];
		wire_put_list(out, 5);
		wire_put_bytes(out, c->one_time.b, 32);
		wire_put_bytes(out, c->tx_public.b, 32);
		wire_put_uint(out, c->output_index);
		wire_put_uint(out, c->at.major);
		wire_put_uint(out, c->at.minor);
	}
	return buf_end(out);
}

static void get_claims(struct wire_list *in, struct outputs *m)
{
	if (in->n > PROTO_KEY_IMAGES_MAX) {
		err_ignore(wire_fail(in->wire, ERR_MSG_SIZE, "too many outputs"));
		return;
	}
	m->claims = parts_alloc(in->wire, in->n, sizeof *m->claims);
	m->n = m->claims ? in->n : 0;
	for (size_t i = 0; i < m->n; i++) {
		struct output_claim *c = &m->claims[i];
		struct wire_list fields = wire_list(in, 5, 5);
		wire_fixed(&fields, c->one_time.b, 32);
		wire_fixed(&fields, c->tx_public.b, 32);
		c->output_index = wire_uint(&fields, UINT64_MAX);
		c->at.major = (uint32_t)wire_uint(&fields, UINT32_MAX);
		c->at.minor = (uint32_t)wire_uint(&fields, UINT32_MAX);
	}
}

enum err outputs_decode(struct outputs *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	get_claims(&in, out);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, outputs_encode(&again, out));
	}
	if (rc != ERR_OK) {
		outputs_free(out);
	}
	return rc;
}
