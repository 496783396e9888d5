/* Showing: the loop around a terminal, and the pictures of a folder. */
#include "common/optical/light.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/optical/png.h"
#include "common/optical/sheet.h"
#include "common/optical/show.h"
#include "common/optical/terminal.h"

#define SCREEN_MAX (1u << 20) /* one picture of the terminal, as text */
#define ANIMATION_MAX (512u << 20)
#define SCALE_FRAME 4     /* pixels a module: of many codes, for a screen */
#define SCALE_CODE 8      /* of a single one */
#define PICTURE_SIDE 1000 /* columns and rows that hold any code */

/* Digits, at most one point and one digit behind it, as tenths; 0 for what is none. */
static unsigned tenths(const char *text)
{
	unsigned v = 0;
	size_t n = strspn(text, "0123456789");
	if (n == 0 || n > 4) {
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	v *= 10;
	text += n;
	if (text[0] == '.' && text[1] >= '0' && text[1] <= '9') {
		v += (unsigned)(text[1] - '0');
		text += 2;
	}
	return *text ? 0 : v;
}

static enum err read_options(const struct light *l, size_t *density, unsigned *interval_ms)
{
	*density = SHOW_DENSITY;
	*interval_ms = SHOW_INTERVAL_MS;
	if (l->density) {
		unsigned v = tenths(l->density);
		if (v % 10 || v < 10 * SHOW_DENSITY_LEAST || v > 10 * SHOW_DENSITY_MOST) {
			return err_set(ERR_USAGE, "--density is %d to %d bytes a code",
				       SHOW_DENSITY_LEAST, SHOW_DENSITY_MOST);
		}
		*density = v / 10;
	}
	if (l->fps) {
		unsigned v = tenths(l->fps);
		if (v < 2 || v > 300) {
			return err_set(ERR_USAGE, "--fps is 0.2 to 30 codes a second");
		}
		*interval_ms = 10000 / v;
	}
	return ERR_OK;
}

enum err light_check(const struct light *l)
{
	size_t density;
	unsigned interval_ms;
	if (!light_wanted(l) && (l->density || l->fps)) {
		return err_set(ERR_USAGE, "--density and --fps go with --qr or --png");
	}
	if (l->qr && !terminal_there()) {
		return err_set(ERR_TERMINAL, "there is none here; --png FOLDER makes pictures");
	}
	if (l->png && file_exists(l->png)) {
		return err_set(ERR_EXISTS, "%s: --png makes a new folder", l->png);
	}
	return read_options(l, &density, &interval_ms);
}

/* ---- the terminal ---- */

/* After a change of size. Waits for a larger window rather than ending. */
static enum err fit(struct show *s, struct buf *text, size_t columns, size_t rows)
{
	enum err rc = show_resize(s, columns, rows);
	buf_text(text, "\033[2J");
	if (rc == ERR_TERMINAL) {
		buf_printf(text, "\033[1;1H%s\033[K\r\n%s: %s\r\nq quits\r\n", s->title,
			   err_text(rc), err_detail());
		err_clear();
		s->version = 0;
		return ERR_OK;
	}
	return rc;
}

static enum err draw(struct show *s, struct buf *text, bool resized)
{
	if (s->version) {
		show_draw(s, text);
	} else if (!resized) {
		return ERR_OK;
	}
	enum err rc = buf_end(text);
	if (rc == ERR_OK) {
		rc = terminal_write(buf_span(text));
	}
	buf_reset(text);
	return rc;
}

/* Keys until the present code has been up for its time. */
static enum err wait_for(struct show *s, const struct clock *clock, uint64_t until, bool *changed)
{
	enum err rc = ERR_OK;
	char key;
	*changed = false;
	uint64_t now = clock_steady_ms(clock);
	if (now < until) {
		rc = terminal_key(&key, (unsigned)(until - now));
		if (rc == ERR_OK && key) {
			*changed = true;
			/* Without a code that fits, only the end can be asked for. */
			if (s->version || key == 'q' || key == 3) {
				rc = show_key(s, key);
			}
		}
	}
	return rc;
}

static enum err loop(struct show *s, struct buf *text)
{
	const struct clock clock = clock_system();
	size_t columns = 0, rows = 0;
	uint64_t until = 0;
	enum err rc = ERR_OK;
	while (rc == ERR_OK && !s->over) {
		size_t now_columns, now_rows;
		bool changed = false;
		terminal_size(&now_columns, &now_rows);
		bool resized = now_columns != columns || now_rows != rows;
		if (resized) {
			columns = now_columns;
			rows = now_rows;
			rc = fit(s, text, columns, rows);
		}
		size_t side = s->qr.side;
		if (rc == ERR_OK) {
			rc = draw(s, text, resized);
		}
		until = resized || clock_steady_ms(&clock) >= until
			    ? clock_steady_ms(&clock) + s->interval_ms
			    : until;
		if (rc == ERR_OK) {
			rc = wait_for(s, &clock, until, &changed);
		}
		if (rc == ERR_OK && s->version && !changed && clock_steady_ms(&clock) >= until) {
			rc = show_tick(s);
		}
		if (s->qr.side != side) {
			buf_text(text, "\033[2J");
		}
	}
	return rc;
}

static enum err on_terminal(struct show *s)
{
	struct buf text;
	buf_init(&text, SCREEN_MAX);
	enum err rc = terminal_open();
	if (rc == ERR_OK) {
		rc = loop(s, &text);
		terminal_close();
	}
	buf_free(&text);
	return rc;
}

/* ---- pictures ---- */

static enum err write_in(const char *folder, const char *name, struct buf *bytes)
{
	char path[PATH_TEXT_MAX];
	enum err rc = buf_end(bytes);
	if (rc == ERR_OK) {
		rc = path_join(path, folder, name);
	}
	if (rc == ERR_OK) {
		rc = file_write_new(path, bytes->p, bytes->n);
	}
	buf_reset(bytes);
	return rc;
}

static enum err write_single(const struct show *s, const char *folder, struct buf *bytes)
{
	const struct buf *text = s->plain ? &s->message : &s->line;
	png_put(bytes, &s->qr, SCALE_CODE);
	enum err rc = write_in(folder, "code.png", bytes);
	if (rc == ERR_OK) {
		sheet_put(bytes, &s->qr, "Airlock", s->title, (const char *)text->p);
		rc = write_in(folder, "sheet.pdf", bytes);
	}
	return rc;
}

static enum err write_sequence(struct show *s, const char *folder, struct buf *bytes)
{
	struct buf moving;
	char name[32];
	uint32_t count = show_count(s);
	enum err rc = ERR_OK;
	buf_init(&moving, ANIMATION_MAX);
	struct png_animation a = png_animate(&moving, SCALE_FRAME, count, s->interval_ms);
	for (uint32_t i = 1; rc == ERR_OK && i <= count; i++) {
		rc = show_part(s, i);
		if (rc == ERR_OK) {
			snprintf(name, sizeof name, "frame-%04u.png", i);
			png_put(bytes, &s->qr, SCALE_FRAME);
			png_frame(&a, &s->qr);
			rc = write_in(folder, name, bytes);
		}
	}
	if (rc == ERR_OK) {
		rc = write_in(folder, "animation.png", &moving);
	}
	buf_free(&moving);
	return rc;
}

static enum err as_pictures(struct show *s, const char *folder)
{
	struct buf bytes;
	buf_init(&bytes, ANIMATION_MAX);
	enum err rc = show_resize(s, PICTURE_SIDE, PICTURE_SIDE);
	if (rc == ERR_OK) {
		rc = dir_make(folder);
	}
	if (rc == ERR_OK) {
		rc = show_count(s) == 1 ? write_single(s, folder, &bytes)
					: write_sequence(s, folder, &bytes);
	}
	buf_free(&bytes);
	return rc;
}

static enum err run(const struct light *l, struct show *s)
{
	enum err rc = read_options(l, &s->density, &s->interval_ms);
	if (rc == ERR_OK && l->png) {
		rc = as_pictures(s, l->png);
	}
	if (rc == ERR_OK && l->qr) {
		rc = on_terminal(s);
	}
	return rc;
}

enum err light_show(const struct light *l, const char *title, struct span message)
{
	struct show s;
	enum err rc = show_init(&s, title, LIGHT_TYPE, message);
	if (rc == ERR_OK) {
		rc = run(l, &s);
	}
	show_free(&s);
	return rc;
}

enum err light_show_text(const struct light *l, const char *title, const char *text)
{
	struct show s;
	enum err rc = show_init_text(&s, title, text);
	if (rc == ERR_OK) {
		rc = run(l, &s);
	}
	show_free(&s);
	return rc;
}
