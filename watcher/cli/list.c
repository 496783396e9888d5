/* What every command that lists has in common: the store open to read, one array of all. */
#include "watcher/cli/cli.h"

enum err list_all(const struct options *o, const char *name, list_fill *fill)
{
	struct opened p;
	struct out out;
	enum err rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_open(&out, name, '[');
		rc = fill(&p.w, o, &out);
		json_close(&out, ']');
		json_close(&out, '}');
		if (rc == ERR_OK) {
			rc = out_end(&out);
		} else {
			buf_free(&out.b);
		}
	}
	opened_close(&p);
	return rc;
}
