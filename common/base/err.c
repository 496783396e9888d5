/* The error table's look-ups and this thread's detail text. */
#include "common/base/err.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct row {
	enum err code;
	enum err_category category;
	const char *name;
	const char *text;
};

static const struct row table[] = {
#define X(name, number, category, text) {name, category, #name, text},
    ERR_TABLE(X)
#undef X
};

static _Thread_local char detail[512];
static _Thread_local char lowered[48];

static const struct row *find(enum err e)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (table[i].code == e) {
			return &table[i];
		}
	}
	return NULL;
}

const char *err_name(enum err e)
{
	const struct row *row = find(e);
	if (!row) {
		return "unknown";
	}
	const char *name = row->name + strlen("ERR_");
	size_t n = 0;
	for (; name[n] && n + 1 < sizeof lowered; n++) {
		lowered[n] = (char)tolower((unsigned char)name[n]);
	}
	lowered[n] = '\0';
	return lowered;
}

const char *err_text(enum err e)
{
	const struct row *row = find(e);
	return row ? row->text : "unknown error";
}

enum err_category err_category(enum err e)
{
	const struct row *row = find(e);
	return row ? row->category : CAT_FAILED;
}

int err_exit_code(enum err e)
{
	return (int)err_category(e);
}

int err_known(uint64_t n)
{
	return n <= 0xffff && find((enum err)n) != NULL;
}

enum err err_set(enum err e, const char *fmt, ...)
{
	/* The arguments may point into the present detail, so it is built aside first. */
	char fresh[sizeof detail];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(fresh, sizeof fresh, fmt, ap);
	va_end(ap);
	memcpy(detail, fresh, sizeof detail);
	return e;
}

enum err err_wrap(enum err e, const char *fmt, ...)
{
	char fresh[sizeof detail];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(fresh, sizeof fresh, fmt, ap);
	va_end(ap);
	size_t n = strlen(fresh);
	if (detail[0]) {
		snprintf(fresh + n, sizeof fresh - n, ": %s", detail);
	}
	memcpy(detail, fresh, sizeof detail);
	return e;
}

const char *err_detail(void)
{
	return detail;
}

void err_clear(void)
{
	detail[0] = '\0';
}
