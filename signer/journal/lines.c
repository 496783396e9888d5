#include "signer/journal/lines.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "proto/journal.h"
#include "signer/review/json.h"

#define SIGNATURE_DIGITS 128
#define BEFORE_CONTENT ",\"content\":\""
#define BEFORE_SIGNATURE "\",\"signature\":\""
#define LINE_END "\"}"

void journal_line_start(struct buf *out, uint64_t number, const struct record *r,
			const struct hash *hash)
{
	buf_printf(out, "{\"number\":%llu,\"hash\":", (unsigned long long)number);
	json_hex(out, hash->b, 32);
	buf_text(out, ",");
	record_json(out, r);
}

enum err journal_line(struct buf *out, const struct journal_entry *e, const struct record *r,
		      const struct hash *hash)
{
	journal_line_start(out, e->number, r, hash);
	buf_text(out, ",\"content\":");
	json_hex(out, e->content.p, e->content.n);
	buf_text(out, ",\"signature\":");
	json_hex(out, e->signature, sizeof e->signature);
	buf_text(out, "}\n");
	return buf_end(out);
}

/* Takes `what` off the end of *text. */
static bool cut(struct span *text, const char *what)
{
	size_t n = strlen(what);
	if (text->n < n || memcmp(text->p + text->n - n, what, n) != 0) {
		return false;
	}
	text->n -= n;
	return true;
}

struct walk {
	struct ledger_head head;
	struct journal_times newest;
	struct identity_public signer;
	struct record record;
	uint8_t content[PROTO_ENTRY_MAX];
	char digits[2 * PROTO_ENTRY_MAX + 1];
};

static bool unhex(struct walk *w, uint8_t *out, size_t n, const uint8_t *digits)
{
	memcpy(w->digits, digits, 2 * n);
	w->digits[2 * n] = '\0';
	return hex_decode(out, n, w->digits) == ERR_OK;
}

/*
 * The bytes that the line ends with; everything before them is only looked at when it is printed
 * again.
 */
static bool find_bytes(struct journal_entry *e, struct walk *w, struct span line)
{
	if (!cut(&line, LINE_END) || line.n < SIGNATURE_DIGITS) {
		return false;
	}
	line.n -= SIGNATURE_DIGITS;
	if (!unhex(w, e->signature, sizeof e->signature, line.p + line.n) ||
	    !cut(&line, BEFORE_SIGNATURE)) {
		return false;
	}
	size_t n = 0;
	while (n < line.n && n <= 2 * PROTO_ENTRY_MAX && line.p[line.n - n - 1] != '"') {
		n++;
	}
	if (n > 2 * PROTO_ENTRY_MAX || n % 2 || !unhex(w, w->content, n / 2, line.p + line.n - n)) {
		return false;
	}
	e->content = db_span(w->content, n / 2);
	line.n -= n;
	return cut(&line, BEFORE_CONTENT);
}

static enum err broken(const struct walk *w, const char *why)
{
	return err_set(ERR_JOURNAL_BROKEN, "entry %llu %s", (unsigned long long)w->head.number + 1,
		       why);
}

/* Who signed it all: as the first entry says, which is signed itself. */
static enum err begin(struct walk *w, const struct journal_entry *e)
{
	enum err rc = record_decode(&w->record, e->content);
	if (rc == ERR_OK && w->record.kind != RECORD_INIT) {
		rc = broken(w, "does not begin a journal");
	}
	if (rc == ERR_OK) {
		memcpy(w->signer.b, w->record.id.b, sizeof w->signer.b);
	}
	return rc;
}

static enum err next(struct walk *w, struct span line)
{
	struct journal_entry e = {.number = w->head.number + 1};
	struct buf again;
	struct hash hash;
	if (!find_bytes(&e, w, line)) {
		return broken(w, "is no line of a journal");
	}
	enum err rc = w->head.number == 0 ? begin(w, &e) : ERR_OK;
	if (rc == ERR_OK) {
		rc = journal_follow(&w->head, &e, &w->signer);
	}
	if (rc == ERR_OK) {
		rc = journal_says(&w->record, &w->newest, &e);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	memcpy(hash.b, w->head.hash, sizeof hash.b);
	buf_init(&again, line.n + 1);
	rc = journal_line(&again, &e, &w->record, &hash);
	if (rc != ERR_OK || again.n != line.n + 1 || memcmp(again.p, line.p, line.n) != 0) {
		w->head.number--;
		rc = broken(w, "says in words what was not signed");
	}
	buf_free(&again);
	return rc;
}

enum err journal_lines_verify(struct ledger_head *out, struct identity_public *signer,
			      struct span text)
{
	struct walk *w = calloc(1, sizeof *w);
	enum err rc = w ? ERR_OK : ERR_NO_MEMORY;
	memset(out, 0, sizeof *out);
	memset(signer, 0, sizeof *signer);
	if (w) {
		ledger_genesis(&w->head, JOURNAL_LABEL);
	}
	while (rc == ERR_OK && text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		if (!end) {
			rc = broken(w, "is cut short");
			break;
		}
		struct span line = {text.p, (size_t)(end - text.p)};
		rc = next(w, line);
		text.p += line.n + 1;
		text.n -= line.n + 1;
	}
	if (rc == ERR_OK && w->head.number == 0) {
		rc = broken(w, "is missing");
	}
	if (rc == ERR_OK) {
		*out = w->head;
		*signer = w->signer;
	}
	free(w);
	return rc;
}
