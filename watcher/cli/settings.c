/* The configuration as text: see settings.h. */
#include "watcher/cli/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/secret.h"

#define PROBLEM_MAX 512

struct parsing {
	struct settings *out;
	settings_problem *problem;
	void *ctx;
	unsigned seen[128]; /* line of each setting; 0: none */
	unsigned n_problems;
	char first[PROBLEM_MAX];
};

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	size_t n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1])) {
		s[--n] = '\0';
	}
	return s;
}

static void complain(struct parsing *p, unsigned line, const char *what)
{
	if (p->n_problems++ == 0) {
		if (line) {
			snprintf(p->first, sizeof p->first, "%s line %u: %s", SETTINGS_NAME, line,
				 what);
		} else {
			snprintf(p->first, sizeof p->first, "%s: %s", SETTINGS_NAME, what);
		}
	}
	if (p->problem) {
		p->problem(p->ctx, line, what);
	}
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
	case SET_TEXT:
		if (n == 0 || n >= s->size) {
			return err_set(ERR_CONFIG, "a text of 1 to %zu characters", s->size - 1);
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

static void read_line(struct parsing *p, unsigned line, char *s)
{
	char what[PROBLEM_MAX];
	size_t i = 0;
	char *equals = strchr(s, '=');
	if (!equals) {
		complain(p, line, "no \"name = value\"");
		return;
	}
	*equals = '\0';
	const char *name = trim(s);
	while (i < SETTING_COUNT && (!SETTINGS[i].name || strcmp(SETTINGS[i].name, name) != 0)) {
		i++;
	}
	if (i == SETTING_COUNT) {
		snprintf(what, sizeof what, "there is no setting \"%.64s\"", name);
		complain(p, line, what);
		return;
	}
	if (p->seen[i] && !SETTINGS[i].repeats) {
		snprintf(what, sizeof what, "%s stands on line %u already", name, p->seen[i]);
		complain(p, line, what);
		return;
	}
	p->seen[i] = line;
	if (read_value(p->out, &SETTINGS[i], trim(equals + 1)) != ERR_OK) {
		snprintf(what, sizeof what, "%s: %.400s", name, err_detail());
		complain(p, line, what);
		err_clear();
	}
}

enum err settings_parse(struct settings *out, char *text, settings_problem *problem, void *ctx)
{
	struct parsing p = {.out = out, .problem = problem, .ctx = ctx};
	char *rest = text, *line;
	*out = (struct settings){0};
	watcher_config_default(&out->rules);
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		char *s = trim(line);
		if (*s != '\0' && *s != '#') {
			read_line(&p, number, s);
		}
	}
	if (p.n_problems == 0 && settings_agree(out) != ERR_OK) {
		char what[PROBLEM_MAX];
		snprintf(what, sizeof what, "%s", err_detail());
		complain(&p, 0, what);
	}
	if (p.n_problems == 0) {
		return ERR_OK;
	}
	settings_wipe(out);
	return p.n_problems == 1 ? err_set(ERR_CONFIG, "%s", p.first)
				 : err_set(ERR_CONFIG, "%s (and %u more: check-config tells all)",
					   p.first, p.n_problems - 1);
}

enum err settings_read(struct settings *out, const char *dir, settings_problem *problem, void *ctx)
{
	char path[PATH_TEXT_MAX];
	struct buf b;
	*out = (struct settings){0};
	buf_init(&b, SETTINGS_MAX);
	enum err rc = path_join(path, dir, SETTINGS_NAME);
	if (rc == ERR_OK) {
		rc = file_read(&b, path, SETTINGS_MAX - 1);
	}
	if (rc == ERR_OK) {
		buf_u8(&b, '\0');
		rc = buf_end(&b);
	}
	if (rc == ERR_OK && strlen((char *)b.p) + 1 != b.n) {
		rc = err_set(ERR_CONFIG, "%s is not text", SETTINGS_NAME);
	}
	if (rc == ERR_OK) {
		rc = settings_parse(out, (char *)b.p, problem, ctx);
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
