/* kit: [network, name, spend key, view key, birthday, [journal number, journal hash]] */
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "proto/envelope.h"
#include "proto/parts.h"
#include "proto/wire.h"

enum err kit_encode(struct buf *out, const struct kit *m)
{
	if (!text_is_plain(m->name, strlen(m->name))) {
		return err_set(ERR_USAGE, "a name holds only plain ASCII");
	}
	wire_put_list(out, 6);
	wire_put_uint(out, m->network);
	wire_put_text(out, m->name);
	wire_put_bytes(out, m->spend.b, 32);
	wire_put_bytes(out, m->view.s.b, 32);
	wire_put_uint(out, m->birthday_height);
	put_head(out, &m->journal);
	return buf_end(out);
}

enum err kit_decode(struct kit *out, struct span body)
{
	struct wire *w;
	memset(out, 0, sizeof *out);
	enum err rc = wire_open(&w, body);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire_list in = wire_root(w);
	wire_expect(&in, 6);
	out->network = (enum network)wire_uint(&in, NETWORK_COUNT - 1);
	get_name(&in, out->name);
	wire_fixed(&in, out->spend.b, 32);
	wire_fixed(&in, out->view.s.b, 32);
	out->birthday_height = wire_uint(&in, UINT64_MAX);
	get_head(&in, &out->journal);
	rc = wire_end(w);
	wire_free(w);
	if (rc == ERR_OK) {
		struct buf again;
		buf_init(&again, PROTO_MESSAGE_MAX);
		rc = wire_same(body, &again, kit_encode(&again, out));
	}
	if (rc != ERR_OK) {
		secret_wipe(out, sizeof *out);
	}
	return rc;
}
