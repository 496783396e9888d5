/* Times, priorities and the file of many payouts: see order.h. */
#include "watcher/payouts/order.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/text.h"

enum column { COL_ID, COL_ADDRESS, COL_AMOUNT, COL_REFERENCE, COL_PRIORITY, COL_NOT_BEFORE };

static const char *const COLUMNS[ORDER_COLUMNS] = {
    [COL_ID] = "id",
    [COL_ADDRESS] = "address",
    [COL_AMOUNT] = "amount",
    [COL_REFERENCE] = "reference",
    [COL_PRIORITY] = "priority",
    [COL_NOT_BEFORE] = "not_before",
};

static const char *const PRIORITIES[] = {
    [PAYOUT_HIGH] = "high",
    [PAYOUT_NORMAL] = "normal",
    [PAYOUT_LOW] = "low",
};

const char *payout_priority_name(enum payout_priority p)
{
	return PRIORITIES[p];
}

enum err payout_priority_parse(enum payout_priority *out, const char *text)
{
	*out = PAYOUT_NORMAL;
	for (unsigned i = PAYOUT_HIGH; i <= PAYOUT_LOW; i++) {
		if (strcmp(text, PRIORITIES[i]) == 0) {
			*out = (enum payout_priority)i;
			return ERR_OK;
		}
	}
	return err_set(ERR_USAGE, "a priority is high, normal or low");
}

static int digits(const char *p, size_t n)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		v = 10 * v + (p[i] - '0');
	}
	return v;
}

enum err time_parse(uint64_t *out, const char *text)
{
	static const char form[] = "0000-00-00 00:00:00Z";
	char same[sizeof form], again[TIME_TEXT_MAX];
	bool good = strlen(text) == sizeof form - 1;
	for (size_t i = 0; good && i < sizeof form - 1; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		good = form[i] == '0' ? digit : text[i] == form[i] || (i == 10 && text[i] == 'T');
	}
	*out = 0;
	if (good) {
		struct tm tm = {
		    .tm_year = digits(text, 4) - 1900,
		    .tm_mon = digits(text + 5, 2) - 1,
		    .tm_mday = digits(text + 8, 2),
		    .tm_hour = digits(text + 11, 2),
		    .tm_min = digits(text + 14, 2),
		    .tm_sec = digits(text + 17, 2),
		};
		time_t t = timegm(&tm);
		memcpy(same, text, sizeof same);
		same[10] = ' ';
		/* What does not print as it was written is no date: the 31st of a month of 30. */
		good = t >= 0 && strcmp(time_format(again, (uint64_t)t), same) == 0;
		*out = good ? (uint64_t)t : 0;
	}
	return good ? ERR_OK
		    : err_set(ERR_USAGE, "a time is written as 2026-11-23T20:15:04Z, in UTC");
}

/* The next line without its end; false when there is none. */
static bool next_line(struct csv *c, struct span *line)
{
	if (c->left.n == 0) {
		return false;
	}
	const uint8_t *end = memchr(c->left.p, '\n', c->left.n);
	size_t n = end ? (size_t)(end - c->left.p) : c->left.n;
	*line = (struct span){c->left.p, n};
	size_t used = end ? n + 1 : n;
	c->left = (struct span){c->left.p + used, c->left.n - used};
	if (end && line->n && line->p[line->n - 1] == '\r') {
		line->n--;
	}
	c->line++;
	return true;
}

/* One field into `out` (CSV_LINE_MAX); *at moves behind it. False when it is not well formed. */
static bool next_field(char *out, const struct span *line, size_t *at)
{
	size_t n = 0, i = *at;
	bool quoted = i < line->n && line->p[i] == '"';
	i += quoted;
	for (;; i++) {
		if (quoted && i == line->n) {
			return false;
		}
		if (i == line->n || (!quoted && line->p[i] == ',')) {
			break;
		}
		if (line->p[i] == '"') {
			if (!quoted) {
				return false;
			}
			i++;
			if (i == line->n || line->p[i] != '"') {
				break;
			}
		}
		out[n++] = (char)line->p[i];
	}
	out[n] = '\0';
	*at = i;
	return i == line->n || line->p[i] == ',';
}

/* The fields of a line; as many as there are room for, and one more tells that there are more. */
static enum err split(struct csv_order *row, size_t *n, const struct csv *c,
		      const struct span *line)
{
	size_t at = 0;
	*n = 0;
	if (line->n == 0) {
		return err_set(ERR_USAGE, "line %u: empty", c->line);
	}
	if (line->n >= CSV_LINE_MAX) {
		return err_set(ERR_USAGE, "line %u: longer than %d bytes", c->line,
			       CSV_LINE_MAX - 1);
	}
	if (!text_is_plain((const char *)line->p, line->n)) {
		return err_set(ERR_USAGE, "line %u: something that is not printable ASCII",
			       c->line);
	}
	for (;; at++) {
		if (*n == ORDER_COLUMNS) {
			return err_set(ERR_USAGE, "line %u: more than %d fields", c->line,
				       ORDER_COLUMNS);
		}
		if (!next_field(row->text[*n], line, &at)) {
			return err_set(ERR_USAGE, "line %u: a quote in the wrong place", c->line);
		}
		++*n;
		if (at == line->n) {
			return ERR_OK;
		}
	}
}

enum err csv_open(struct csv *c, struct span text)
{
	struct csv_order header;
	struct span line;
	bool have[ORDER_COLUMNS] = {false};
	*c = (struct csv){.left = text};
	if (text.n > CSV_FILE_MAX) {
		return err_set(ERR_USAGE, "more than %u bytes", CSV_FILE_MAX);
	}
	if (!next_line(c, &line)) {
		return err_set(ERR_USAGE, "the file is empty");
	}
	enum err rc = split(&header, &c->n, c, &line);
	for (size_t i = 0; rc == ERR_OK && i < c->n; i++) {
		unsigned k = 0;
		while (k < ORDER_COLUMNS && strcmp(COLUMNS[k], header.text[i]) != 0) {
			k++;
		}
		if (k == ORDER_COLUMNS || have[k]) {
			char safe[40];
			rc = err_set(
			    ERR_USAGE, "line 1: the column \"%s\" %s",
			    text_safe(safe, sizeof safe, header.text[i], strlen(header.text[i])),
			    k == ORDER_COLUMNS ? "is not known" : "is there twice");
			break;
		}
		have[k] = true;
		c->column[i] = k;
	}
	if (rc == ERR_OK && !(have[COL_ID] && have[COL_ADDRESS] && have[COL_AMOUNT])) {
		rc = err_set(ERR_USAGE, "line 1: names the columns; id, address and amount are "
					"needed");
	}
	return rc;
}

static enum err read_field(struct payout_order *o, unsigned column, const char *text)
{
	switch (column) {
	case COL_ID:
		o->id = text;
		return ERR_OK;
	case COL_ADDRESS:
		return address_parse(&o->to, text);
	case COL_AMOUNT:
		return amount_parse(&o->amount, text);
	case COL_REFERENCE:
		o->reference = text;
		return ERR_OK;
	case COL_PRIORITY:
		return *text ? payout_priority_parse(&o->priority, text) : ERR_OK;
	default:
		return *text ? time_parse(&o->not_before, text) : ERR_OK;
	}
}

enum err csv_next(struct csv *c, struct csv_order *row)
{
	struct span line;
	size_t n;
	row->order = (struct payout_order){.reference = "", .priority = PAYOUT_NORMAL};
	if (!next_line(c, &line)) {
		return ERR_NOT_FOUND;
	}
	enum err rc = split(row, &n, c, &line);
	if (rc != ERR_OK) {
		return rc;
	}
	if (n != c->n) {
		return err_set(ERR_USAGE, "line %u: %zu fields, the header has %zu", c->line, n,
			       c->n);
	}
	if (++c->rows > CSV_ROWS_MAX) {
		return err_set(ERR_USAGE, "line %u: more than %d payouts in one file", c->line,
			       CSV_ROWS_MAX);
	}
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		rc = read_field(&row->order, c->column[i], row->text[i]);
		if (rc != ERR_OK) {
			rc = err_wrap(rc, "line %u, %s", c->line, COLUMNS[c->column[i]]);
		}
	}
	return rc;
}
