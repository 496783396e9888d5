/* The configuration as text: see settings.h. */
#include "watcher/cli/settings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/secret.h"

#define CERTIFICATES_MAX (1u << 22)

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	size_t n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1])) {
		s[--n] = '\0';
	}
	return s;
}

void problem_tell(struct problems *p, unsigned line, const char *fmt, ...)
{
	char what[PROBLEM_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (p->n++ == 0) {
		p->first_line = line;
		memcpy(p->first, what, sizeof what);
	}
	if (p->told) {
		p->told(p->ctx, line, what);
	}
}

enum err problems_verdict(const struct problems *p)
{
	if (p->n == 0) {
		return ERR_OK;
	}
	char line[32] = "", more[64] = "";
	if (p->first_line) {
		snprintf(line, sizeof line, " line %u", p->first_line);
	}
	if (p->n > 1) {
		snprintf(more, sizeof more, " (and %u more: check-config tells all)", p->n - 1);
	}
	return err_set(ERR_CONFIG, "%s%s: %.360s%s", SETTINGS_NAME, line, p->first, more);
}

enum err certificates_check(const char *path)
{
	static const char begin[] = "CERTIFICATE-----";
	struct buf b;
	enum err rc = file_readable(path);
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&b, CERTIFICATES_MAX);
	rc = file_read(&b, path, CERTIFICATES_MAX);
	if (rc != ERR_OK || b.n == 0 || !memmem(b.p, b.n, begin, sizeof begin - 1)) {
		rc = err_set(ERR_CONFIG, "a file of certificates (PEM), which this one is not");
	}
	buf_free(&b);
	return rc;
}

static enum err read_number(const struct setting *s, const char *value, uint64_t *out)
{
	size_t n = strlen(value);
	uint64_t v = 0;
	bool good = n > 0 && n < 19 && strspn(value, "0123456789") == n;
	for (size_t i = 0; good && i < n; i++) {
		v = 10 * v + (uint64_t)(value[i] - '0');
	}
	if (!good || v < s->least || v > s->most) {
		return err_set(ERR_CONFIG, "a number from %" PRIu64 " to %" PRIu64, s->least,
			       s->most);
	}
	*out = v * s->unit;
	return ERR_OK;
}

static enum err read_value(struct settings *out, const struct setting *s, char *value)
{
	char *field = (char *)out + s->at;
	size_t n = strlen(value);
	struct amount amount = {0};
	switch (s->kind) {
	case SET_OTHER:
		return s->read(out, value);
	case SET_FILE:
	case SET_TEXT:
		if (n == 0 || n >= s->size) {
			return err_set(ERR_CONFIG, "a text of 1 to %zu characters", s->size - 1);
		}
		if (s->kind == SET_FILE) {
			enum err rc = certificates_check(value);
			if (rc != ERR_OK) {
				return rc;
			}
		}
		memcpy(field, value, n + 1);
		return ERR_OK;
	case SET_FLAG: {
		bool yes = strcmp(value, "yes") == 0;
		if (!yes && strcmp(value, "no") != 0) {
			return err_set(ERR_CONFIG, "yes or no");
		}
		memcpy(field, &yes, sizeof yes);
		return ERR_OK;
	}
	case SET_NUMBER: {
		uint64_t v = 0;
		enum err rc = read_number(s, value, &v);
		if (rc == ERR_OK) {
			memcpy(field, &v, sizeof v);
		}
		return rc;
	}
	case SET_AMOUNT:
		if (amount_parse(&amount, value) != ERR_OK) {
			return err_set(ERR_CONFIG, "an amount of XMR, such as 1.5");
		}
		memcpy(field, &amount, sizeof amount);
		return ERR_OK;
	}
	return ERR_INTERNAL;
}

/* What looks like a comment behind the value, and would silently be part of it. */
static bool has_comment(const char *value)
{
	for (const char *at = value; (at = strchr(at, '#')); at++) {
		bool before = at == value || strchr(" \t", at[-1]);
		if (before && strchr(" \t", at[1])) {
			return true; /* the end, too */
		}
	}
	return false;
}

/* A name that is none may be anything, a password that ends in = too: only words are shown. */
static void unknown(struct problems *p, unsigned line, const char *name)
{
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")] == '\0') {
		problem_tell(p, line, "there is no setting \"%.64s\"", name);
	} else {
		problem_tell(p, line, "there is no such setting");
	}
}

static void read_line(struct settings *out, char *s, struct problems *p)
{
	unsigned line = out->reading;
	size_t i = 0;
	char *equals = strchr(s, '=');
	if (!equals || equals == s) {
		problem_tell(p, line, "no \"name = value\"");
		return;
	}
	*equals = '\0';
	const char *name = trim(s);
	char *value = trim(equals + 1);
	while (i < SETTING_COUNT && (!SETTINGS[i].name || strcmp(SETTINGS[i].name, name) != 0)) {
		i++;
	}
	if (i == SETTING_COUNT) {
		unknown(p, line, name);
		return;
	}
	CHECK(i < SETTINGS_COUNT_MAX);
	if (out->line[i] && !SETTINGS[i].repeats) {
		problem_tell(p, line, "%s stands on line %u already", name, out->line[i]);
		return;
	}
	out->line[i] = line;
	if (has_comment(value)) {
		problem_tell(p, line,
			     "%s: a comment has a line of its own; behind a value # is part of it",
			     name);
		return;
	}
	err_clear();
	if (read_value(out, &SETTINGS[i], value) != ERR_OK) {
		problem_tell(p, line, "%s: %s", name, err_detail());
		err_clear();
	}
}

static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
			return false;
		}
	}
	return true;
}

enum err settings_parse(struct settings *out, char *text, size_t n, struct problems *p)
{
	*out = (struct settings){0};
	watcher_config_default(&out->rules);
	/* Some editors begin a file with a byte order mark. */
	char *end = text + n, *next = text + (strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
	while (next < end) {
		char *s = next;
		char *stop = memchr(s, '\n', (size_t)(end - s));
		stop = stop ? stop : end;
		next = stop + 1;
		*stop = '\0';
		out->reading++;
		if (!is_text(s, (size_t)(stop - s))) {
			problem_tell(p, out->reading, "a byte that stands in no text");
			continue;
		}
		s = trim(s);
		if (*s != '\0' && *s != '#') {
			read_line(out, s, p);
		}
	}
	if (p->n == 0) {
		settings_agree(out, p);
	}
	if (p->n) {
		settings_wipe(out);
	}
	return problems_verdict(p);
}

enum err settings_read(struct settings *out, const char *dir, struct problems *p)
{
	char path[PATH_TEXT_MAX];
	struct buf b;
	*out = (struct settings){0};
	buf_init(&b, SETTINGS_MAX);
	enum err rc = path_join(path, dir, SETTINGS_NAME);
	if (rc == ERR_OK) {
		rc = file_read(&b, path, SETTINGS_MAX - 1);
	}
	if (rc == ERR_MSG_SIZE) {
		rc = err_set(ERR_CONFIG, "%s is larger than %d bytes", path, SETTINGS_MAX - 1);
	}
	if (rc == ERR_OK) {
		buf_u8(&b, '\0');
		rc = buf_end(&b);
	}
	if (rc == ERR_OK) {
		rc = settings_parse(out, (char *)b.p, b.n - 1, p);
	}
	buf_free(&b);
	return rc;
}

void settings_wipe(struct settings *s)
{
	secret_wipe(s, sizeof *s);
}

/* Comment lines: the text with "# " before each line. */
static void put_comment(struct buf *b, const char *text)
{
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n");
		buf_printf(b, "# %.*s\n", (int)n, at);
		at += n + (at[n] == '\n');
	}
}

enum err settings_write_new(const char *dir, const char *node, bool insecure_node)
{
	char path[PATH_TEXT_MAX];
	struct buf b;
	if (strlen(node) >= sizeof((struct node_settings *)0)->url || strpbrk(node, "\n\r")) {
		return err_set(ERR_USAGE, "--node is no address of a node");
	}
	buf_init(&b, SETTINGS_MAX);
	buf_text(&b, "# airlock-watcher: one setting a line. check-config says what is wrong with "
		     "this file.\n");
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &SETTINGS[i];
		if (!s->name) {
			buf_printf(&b, "\n# ---- %s ----\n", s->about);
			continue;
		}
		put_comment(&b, s->about);
		if (strcmp(s->name, "node") == 0) {
			buf_printf(&b, "node = %s\n", node);
		} else if (insecure_node && strncmp(s->name, "node-without-", 13) == 0) {
			buf_printf(&b, "%s = yes\n", s->name);
		} else {
			buf_printf(&b, "#%s = %s\n", s->name, s->example);
		}
	}
	enum err rc = buf_end(&b);
	if (rc == ERR_OK) {
		rc = path_join(path, dir, SETTINGS_NAME);
	}
	if (rc == ERR_OK) {
		rc = file_write_new(path, b.p, b.n);
	}
	buf_free(&b);
	return rc;
}
