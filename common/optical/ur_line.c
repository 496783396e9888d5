/* The text around the letters: ur:type/number-of/letters. */
#include <string.h>

#include "common/optical/ur.h"

/* What is left of the line. */
struct rest {
	const char *p;
	size_t n;
};

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void trim(struct rest *r)
{
	while (r->n && (unsigned char)r->p[r->n - 1] <= ' ') {
		r->n--;
	}
	while (r->n && (unsigned char)*r->p <= ' ') {
		r->p++;
		r->n--;
	}
}

/* Takes what stands before `mark`, and the mark; NULL when there is none. */
static const char *take(struct rest *r, char mark, size_t *n)
{
	const char *start = r->p;
	const char *at = r->n ? memchr(start, mark, r->n) : NULL;
	if (!at) {
		return NULL;
	}
	*n = (size_t)(at - start);
	r->n -= *n + 1;
	r->p = at + 1;
	return start;
}

static int read_type(char out[static UR_TYPE_MAX + 1], const char *p, size_t n)
{
	if (n == 0 || n > UR_TYPE_MAX) {
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		char c = lower(p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
			return 0;
		}
		out[i] = c;
	}
	out[n] = '\0';
	return 1;
}

/* 1 to 2^32 - 1, without leading zeros; 0 for what is none. */
static uint32_t read_number(const char *p, size_t n)
{
	uint64_t v = 0;
	if (n == 0 || n > 10 || *p == '0') {
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9') {
			return 0;
		}
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	return v <= UINT32_MAX ? (uint32_t)v : 0;
}

enum err ur_line_read(struct ur_line *out, const char *line, size_t n)
{
	struct rest r = {line, n};
	size_t size = 0;
	*out = (struct ur_line){0};
	trim(&r);
	const char *word = r.n <= UR_LINE_MAX ? take(&r, ':', &size) : NULL;
	if (!word || size != 2 || lower(word[0]) != 'u' || lower(word[1]) != 'r') {
		return err_set(ERR_UR_FORMAT, "no code of a message (ur:...)");
	}
	word = take(&r, '/', &size);
	if (!word || !read_type(out->type, word, size)) {
		goto bad;
	}
	word = take(&r, '/', &size);
	if (word) {
		struct rest sequence = {word, size};
		const char *number = take(&sequence, '-', &size);
		out->number = number ? read_number(number, size) : 0;
		out->of = read_number(sequence.p, sequence.n);
		if (!out->number || !out->of) {
			goto bad;
		}
	}
	if (r.n == 0 || memchr(r.p, '/', r.n)) {
		goto bad;
	}
	out->letters = r.p;
	out->n = r.n;
	return ERR_OK;
bad:
	*out = (struct ur_line){0};
	return err_set(ERR_UR_FORMAT, "a code that is not ur:type/letters");
}
