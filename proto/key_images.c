/* key images: the list of [one-time key, key image, proof], in the order they were asked for. */
#include <stdlib.h>
#include <string.h>

#include "proto/envelope.h"
#include "proto/parts.h"
#include "proto/wire.h"

void key_images_free(struct key_images *m)
{
	free(m->images);
	memset(m, 0, sizeof *m);
}

enum err key_images_encode(struct buf *out, const struct key_images *m)
{
	if (m->n > PROTO_KEY_IMAGES_MAX) {
		return err_set(ERR_LIMIT, "%zu key images do not fit a message", m->n);
	}
	wire_put_list(out, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct output_image *o = &m->images[i];
		wire_put_list(out, 3);
		wire_put_bytes(out, o->one_time.b, 32);
		wire_put_bytes(out, o->image.b, 32);
		wire_put_bytes(out, o->signature, sizeof o->signature);
	}
	return buf_end(out);
}

static void get_images(struct wire_list *in, struct key_images *m)
{
	if (in->n > PROTO_KEY_IMAGES_MAX) {
		err_ignore(wire_fail(in->wire, ERR_MSG_SIZE, "too many key images"));
		return;
	}
	m->images = parts_alloc(in->wire, in->n, sizeof *m->images);
	m->n = m->images ? in->n : 0;
	for (size_t i = 0; i < m->n; i++) {
		struct output_image *o = &m->images[i];
		struct wire_list fields = wire_list(in, 3, 3);
		wire_fixed(&fields, o->one_time.b, 32);
		wire_fixed(&fields, o->image.b, 32);
		wire_fixed(&fields, o->signature, sizeof o->signature);
	}
}

enum err key_images_decode(struct key_images *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	get_images(&in, out);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, key_images_encode(&again, out));
	}
	if (rc != ERR_OK) {
		key_images_free(out);
	}
	return rc;
}
