/* outputs: asks the signer for key images, of which import takes the answer. */
#include <stdio.h>
#include <string.h>

#include "watcher/cli/cli.h"

enum err cmd_outputs(const struct options *o)
{
	struct opened p = {0};
	struct buf file;
	size_t n = 0, left = 0;
	char title[64];
	buf_init(&file, PROTO_MESSAGE_MAX + 1024);
	enum err rc = message_wanted(o);
	if (rc == ERR_OK) {
		rc = opened_open(&p, o, ACCESS_READ);
	}
	if (rc == ERR_OK) {
		rc = watcher_ask_images(&p.w, &file, &n, &left);
	}
	if (rc == ERR_OK) {
		rc = message_write(o, &file);
	}
	if (rc == ERR_OK && (!o->out || strcmp(o->out, "-") != 0)) {
		struct out out;
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "outputs", n);
		json_number(&out, "left", left);
		json_close(&out, '}');
		say(&out, "%zu outputs, for airlock-signer key-images; its answer is imported", n);
		if (left) {
			say(&out, "%zu more did not fit: once more after that", left);
		}
		rc = out_end(&out);
	}
	opened_close(&p);
	if (rc == ERR_OK) {
		snprintf(title, sizeof title, "%zu outputs for the signer", n);
		rc = message_show(o, title, &file);
	}
	buf_free(&file);
	return rc;
}
