/*
 * The screen: one line that says what it is, the code below it, and beside the code, or under it,
 * what the keys do. A code is dark on light whatever the terminal's theme: both colours are set,
 * from the part of the palette that themes leave alone.
 */
#include <stdio.h>
#include <string.h>

#include "common/optical/show.h"

#define LIGHT "\033[38;5;16;48;5;231m"
#define DARK "\033[48;5;16m"
#define PLAIN "\033[0m"
#define SIDE_LEAST 22 /* columns beside the code that are enough for words */
#define SIDE_LINES 8

static void at(struct buf *out, size_t row, size_t column)
{
	buf_printf(out, "\033[%zu;%zuH", row, column);
}

/* At most `room` columns of a line of plain ASCII. */
static void put_words(struct buf *out, size_t room, const char *words)
{
	buf_put(out, words, strnlen(words, room));
}

/* Two rows of modules in one of characters. A whole dark cell is a blank on dark ground, so that no
 * font can leave a gap in it. */
static void put_row(struct buf *out, const struct qr *qr, size_t y)
{
	bool dark = false;
	buf_text(out, LIGHT);
	for (size_t x = 0; x < qr_whole(qr); x++) {
		bool upper = qr_dark(qr, x, y), lower = qr_dark(qr, x, y + 1);
		if ((upper && lower) != dark) {
			dark = !dark;
			buf_text(out, dark ? DARK : LIGHT);
		}
		buf_text(out, upper == lower ? " " : upper ? "\u2580" : "\u2584");
	}
	buf_text(out, PLAIN "\033[K");
}

static void put_header(const struct show *s, struct buf *out)
{
	char line[256];
	if (show_count(s) == 1) {
		snprintf(line, sizeof line, "%s", s->title);
	} else {
		snprintf(line, sizeof line, "%s  %u/%u%s", s->title, s->number, show_count(s),
			 s->paused ? " paused" : "");
	}
	at(out, 1, 1);
	buf_text(out, PLAIN "\033[1m");
	put_words(out, s->columns, line);
	buf_text(out, PLAIN "\033[K");
}

/* What the keys do and what is shown, a line each; returns how many. */
static size_t side_lines(const struct show *s, char lines[SIDE_LINES][64])
{
	size_t n = 0;
	if (show_count(s) == 1) {
		snprintf(lines[n++], 64, "one code");
		snprintf(lines[n++], 64, "q quit");
		return n;
	}
	unsigned rate = 10000 / s->interval_ms;
	snprintf(lines[n++], 64, "%zu codes, %zu bytes", s->encoder.n, s->encoder.fragment);
	snprintf(lines[n++], 64, "%u.%u a second", rate / 10, rate % 10);
	snprintf(lines[n++], 64, "f faster   s slower");
	snprintf(lines[n++], 64, "d denser   c coarser");
	snprintf(lines[n++], 64, "p pause    n next");
	snprintf(lines[n++], 64, "r restart  q quit");
	if (s->density > s->encoder.fragment + s->encoder.fragment / 4) {
		snprintf(lines[n++], 64, "a larger window");
		snprintf(lines[n++], 64, "needs fewer codes");
	}
	return n;
}

static void put_side(const struct show *s, struct buf *out)
{
	char lines[SIDE_LINES][64];
	size_t width = qr_whole(&s->qr), high = (width + 1) / 2;
	size_t n = side_lines(s, lines);
	if (s->columns >= width + 2 + SIDE_LEAST) {
		for (size_t i = 0; i < n && i < high; i++) {
			at(out, 2 + i, width + 3);
			put_words(out, s->columns - width - 2, lines[i]);
		}
	} else if (s->rows > high + 1) {
		at(out, high + 2, 1);
		put_words(out, s->columns,
			  n > 2 ? "f faster s slower d denser c coarser p pause n next q quit"
				: "q quit");
	}
}

void show_draw(const struct show *s, struct buf *out)
{
	size_t side = qr_whole(&s->qr);
	/* Terminals that can, show all of it at once: a camera never sees half of two codes. */
	buf_text(out, "\033[?2026h");
	put_header(s, out);
	for (size_t y = 0; y < side; y += 2) {
		at(out, 2 + y / 2, 1);
		put_row(out, &s->qr, y);
	}
	put_side(s, out);
	buf_text(out, "\033[?2026l");
}
