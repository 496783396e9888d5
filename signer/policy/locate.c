#include "signer/policy/locate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"

#define DEPTH_MAX 16

struct scan {
	struct span text;
	size_t at;
};

static char here(const struct scan *s)
{
	return s->at < s->text.n ? (char)s->text.p[s->at] : '\0';
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->text.n && strchr(" \t\r\n", here(s)) && here(s)) {
		s->at++;
	}
}

/* From the opening quote to behind the closing one; the characters between, as they are written. */
static struct span skip_string(struct scan *s)
{
	size_t from = ++s->at;
	while (s->at < s->text.n && here(s) != '"') {
		s->at += here(s) == '\\' ? 2 : 1;
	}
	size_t end = s->at < s->text.n ? s->at : s->text.n;
	s->at = end < s->text.n ? end + 1 : end;
	return (struct span){s->text.p + from, end > from ? end - from : 0};
}

/* Behind one value, whatever is nested in it. */
static void skip_value(struct scan *s)
{
	size_t depth = 0;
	do {
		skip_blanks(s);
		char c = here(s);
		if (c == '"') {
			(void)skip_string(s);
		} else if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
			s->at++;
		} else if (c == ',' || c == ':') {
			s->at++;
		} else {
			/* A step at least: strchr takes a zero byte for one of the set. */
			do {
				s->at++;
			} while (s->at < s->text.n && !strchr(",:{}[]\" \t\r\n", here(s)));
		}
	} while (depth > 0 && s->at < s->text.n);
}

static bool is_name(struct span name, const char *wanted)
{
	return name.n == strlen(wanted) && secret_equal(name.p, wanted, name.n);
}

/* From an object's or a list's opening bracket to the value of the step; false: it is not there. */
static bool enter(struct scan *s, const struct json_place *step)
{
	char open = here(s);
	if (open != (step->name ? '{' : '[')) {
		return false;
	}
	s->at++;
	for (size_t i = 0; s->at < s->text.n; i++) {
		skip_blanks(s);
		if (step->name) {
			if (here(s) != '"') {
				return false;
			}
			struct span name = skip_string(s);
			skip_blanks(s);
			if (here(s) != ':') {
				return false;
			}
			s->at++;
			skip_blanks(s);
			if (is_name(name, step->name)) {
				return true;
			}
		} else if (here(s) == ']' || i == step->index) {
			return here(s) != ']';
		}
		skip_value(s);
		skip_blanks(s);
		if (here(s) != ',') {
			return false;
		}
		s->at++;
	}
	return false;
}

unsigned json_line(struct span text, const struct json_place *at)
{
	const struct json_place *steps[DEPTH_MAX];
	struct scan s = {text, 0};
	size_t n = 0, found;
	unsigned line = 1;
	for (; at; at = at->in) {
		CHECK(n < DEPTH_MAX);
		steps[n++] = at;
	}
	skip_blanks(&s);
	found = s.at;
	while (n > 0 && enter(&s, steps[n - 1])) {
		found = s.at;
		n--;
	}
	for (size_t i = 0; i < found && i < text.n; i++) {
		line += text.p[i] == '\n';
	}
	return line;
}

char *json_path(char *out, size_t size, const struct json_place *at)
{
	CHECK(size > 0);
	out[0] = '\0';
	if (!at) {
		return out;
	}
	json_path(out, size, at->in);
	size_t n = strlen(out);
	if (at->name) {
		snprintf(out + n, size - n, "%s%.60s", n ? "." : "", at->name);
	} else {
		snprintf(out + n, size - n, "[%zu]", at->index + 1);
	}
	return out;
}
