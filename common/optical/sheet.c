#include "common/optical/sheet.h"

#include <string.h>

/* In points, from the lower left corner. */
#define PAGE_WIDTH 595
#define PAGE_HEIGHT 842
#define MARGIN 57
#define WIDTH (PAGE_WIDTH - 2 * MARGIN)
#define TITLE_AT (PAGE_HEIGHT - MARGIN - 16)
#define LINE_AT (TITLE_AT - 24)
#define CODE_TOP (LINE_AT - 16)
#define TEXT_AT (CODE_TOP - WIDTH - 16)
#define TEXT_COLUMNS 100
#define TEXT_LINES 24

#define OBJECTS 6

static void put_string(struct buf *out, const char *s, size_t n)
{
	buf_text(out, "(");
	for (size_t i = 0; i < n; i++) {
		if (strchr("()\\", s[i])) {
			buf_text(out, "\\");
		}
		buf_u8(out, s[i] >= ' ' && s[i] <= '~' ? (uint8_t)s[i] : '?');
	}
	buf_text(out, ")");
}

static void put_words(struct buf *out, const char *font, unsigned size, int y, const char *s,
		      size_t n)
{
	buf_printf(out, "BT /%s %u Tf %d %d Td ", font, size, MARGIN, y);
	put_string(out, s, n);
	buf_text(out, " Tj ET\n");
}

/* Runs of dark modules as rectangles, on a grid scaled to the page's width. */
static void put_code(struct buf *out, const struct qr *qr)
{
	size_t n = qr_whole(qr);
	buf_printf(out, "q %u.%04u 0 0 %u.%04u %d %d cm\n", (unsigned)(WIDTH / n),
		   (unsigned)(WIDTH % n * 10000 / n), (unsigned)(WIDTH / n),
		   (unsigned)(WIDTH % n * 10000 / n), MARGIN, CODE_TOP - WIDTH);
	for (size_t y = 0; y < n; y++) {
		for (size_t x = 0, run; x < n; x += run + 1) {
			for (run = 0; qr_dark(qr, x + run, y); run++) {
			}
			if (run) {
				buf_printf(out, "%zu %zu %zu 1 re\n", x, n - 1 - y, run);
			}
		}
	}
	buf_text(out, "f Q\n");
}

static void put_content(struct buf *out, const struct qr *qr, const char *title, const char *line,
			const char *text)
{
	put_words(out, "F1", 16, TITLE_AT, title, strlen(title));
	put_words(out, "F1", 12, LINE_AT, line, strlen(line));
	put_code(out, qr);
	size_t left = strlen(text);
	for (int i = 0; left && i < TEXT_LINES; i++) {
		size_t n = left < TEXT_COLUMNS ? left : TEXT_COLUMNS;
		put_words(out, "F2", 8, TEXT_AT - 10 * i, text, n);
		text += n;
		left -= n;
	}
}

void sheet_put(struct buf *out, const struct qr *qr, const char *title, const char *line,
	       const char *text)
{
	struct buf content;
	size_t start = out->n, at[OBJECTS];
	buf_init(&content, 1 << 20);
	put_content(&content, qr, title, line, text);
	buf_text(out, "%PDF-1.4\n");
	at[0] = out->n;
	buf_text(out, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
	at[1] = out->n;
	buf_text(out, "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n");
	at[2] = out->n;
	buf_printf(out,
		   "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
		   "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>\nendobj\n",
		   PAGE_WIDTH, PAGE_HEIGHT);
	at[3] = out->n;
	buf_printf(out, "4 0 obj\n<< /Length %zu >>\nstream\n", content.n);
	buf_put(out, content.p, content.n);
	buf_text(out, "endstream\nendobj\n");
	at[4] = out->n;
	buf_text(out, "5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n");
	at[5] = out->n;
	buf_text(out, "6 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>\nendobj\n");
	size_t table = out->n - start;
	buf_printf(out, "xref\n0 %u\n0000000000 65535 f \n", OBJECTS + 1);
	for (size_t i = 0; i < OBJECTS; i++) {
		buf_printf(out, "%010zu 00000 n \n", at[i] - start);
	}
	buf_printf(out, "trailer\n<< /Size %u /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n",
		   OBJECTS + 1, table);
	out->failed |= content.failed;
	buf_free(&content);
}
