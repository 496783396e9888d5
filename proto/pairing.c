/* pairing: [name]; the watcher's identity is the envelope's sender. */
#include <string.h>

#include "common/base/text.h"
#include "proto/envelope.h"
#include "proto/parts.h"
#include "proto/wire.h"

enum err pairing_encode(struct buf *out, const struct pairing *m)
{
	if (!text_is_plain(m->name, strlen(m->name))) {
		return err_set(ERR_USAGE, "a name holds only plain ASCII");
	}
	wire_put_list(out, 1);
	wire_put_text(out, m->name);
	return buf_end(out);
}

enum err pairing_decode(struct pairing *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	wire_expect(&in, 1);
	get_name(&in, out->name);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, pairing_encode(&again, out));
	}
	if (rc != ERR_OK) {
		memset(out, 0, sizeof *out);
	}
	return rc;
}
