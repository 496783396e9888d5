/* What commands print: one JSON value on a line, or lines for people. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/hex.h"
#include "watcher/cli/cli.h"

#define OUT_MAX (1u << 30)

void out_begin(struct out *o, bool json)
{
	*o = (struct out){.json = json};
	buf_init(&o->b, OUT_MAX);
}

enum err out_end(struct out *o)
{
	if (o->json) {
		buf_u8(&o->b, '\n');
	}
	enum err rc = buf_end(&o->b);
	if (rc == ERR_OK && o->b.n) {
		rc = file_write("-", o->b.p, o->b.n);
	}
	buf_free(&o->b);
	return rc;
}

static void quoted(struct out *o, const char *s)
{
	buf_u8(&o->b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\') {
			buf_u8(&o->b, '\\');
			buf_u8(&o->b, c);
		} else if (c < 0x20 || c >= 0x7f) {
			buf_printf(&o->b, "\\u%04x", c);
		} else {
			buf_u8(&o->b, c);
		}
	}
	buf_u8(&o->b, '"');
}

static bool member(struct out *o, const char *name)
{
	if (!o->json) {
		return false;
	}
	if (o->comma) {
		buf_u8(&o->b, ',');
	}
	o->comma = true;
	if (name) {
		quoted(o, name);
		buf_u8(&o->b, ':');
	}
	return true;
}

void json_open(struct out *o, const char *name, char bracket)
{
	if (member(o, name)) {
		buf_u8(&o->b, (uint8_t)bracket);
		o->comma = false;
	}
}

void json_close(struct out *o, char bracket)
{
	if (o->json) {
		buf_u8(&o->b, (uint8_t)bracket);
		o->comma = true;
	}
}

void json_text(struct out *o, const char *name, const char *text)
{
	if (member(o, name)) {
		quoted(o, text);
	}
}

void json_number(struct out *o, const char *name, uint64_t v)
{
	if (member(o, name)) {
		buf_printf(&o->b, "%" PRIu64, v);
	}
}

void json_bool(struct out *o, const char *name, bool v)
{
	if (member(o, name)) {
		buf_text(&o->b, v ? "true" : "false");
	}
}

void json_amount(struct out *o, const char *name, struct amount a)
{
	char text[AMOUNT_TEXT_MAX], atomic[64];
	json_text(o, name, amount_format(text, a));
	snprintf(atomic, sizeof atomic, "%s_atomic", name);
	json_number(o, atomic, a.atomic);
}

void json_bytes(struct out *o, const char *name, const void *p, size_t n)
{
	char hex[2 * 64 + 1];
	hex_encode(hex, p, n);
	json_text(o, name, hex);
}

void json_raw(struct out *o, const char *name, struct span value)
{
	if (member(o, name)) {
		buf_put(&o->b, value.p, value.n);
	}
}

void say(struct out *o, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	if (o->json) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	buf_text(&o->b, line);
	buf_u8(&o->b, '\n');
}
