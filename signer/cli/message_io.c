/*
 * How messages come and go: as files, or by light. Pictures and cameras are not looked at here:
 * what decodes them is a program of its own, airlock-scan, that hands over text.
 */
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "signer/cli/cli.h"

static enum err by_light(struct buf *out, const struct options *o)
{
	if (o->n_args > 0) {
		return err_set(ERR_USAGE, "a file and --scan are one too many");
	}
	if (strcmp(o->scan, "-") != 0) {
		return err_set(
		    ERR_USAGE,
		    "--scan - reads codes as lines of text; cameras and pictures come by "
		    "`airlock-scan ... | airlock-signer ... --scan -`");
	}
	return light_scan(out, STDIN_FILENO);
}

enum err message_read(struct buf *out, const struct options *o, const char *what, size_t max)
{
	const char *path;
	if (o->scan) {
		return by_light(out, o);
	}
	enum err rc = option_file(&path, o, what);
	return rc == ERR_OK ? file_read(out, path, max) : rc;
}

enum err message_write(const struct options *o, const struct buf *message)
{
	return o->out ? file_write(o->out, message->p, message->n) : ERR_OK;
}

enum err message_show(const struct options *o, const char *title, const struct buf *message)
{
	return light_wanted(&o->light) ? light_show(&o->light, title, buf_span(message)) : ERR_OK;
}
