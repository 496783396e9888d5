/* What is shown: fitting, stepping, keys. show_draw.c paints it. */
#include "common/optical/show.h"

#include <stdio.h>
#include <string.h>

#include "common/base/check.h"

/* Pictures have no screen to fit: these columns and rows hold any code. */
#define HEADER_ROWS 1

static enum err init(struct show *out, const char *title)
{
	memset(out, 0, sizeof *out);
	snprintf(out->title, sizeof out->title, "%s", title);
	buf_init(&out->message, UR_MESSAGE_MAX);
	buf_init(&out->line, UR_LINE_MAX);
	out->density = SHOW_DENSITY;
	out->interval_ms = SHOW_INTERVAL_MS;
	return ERR_OK;
}

enum err show_init(struct show *out, const char *title, const char *type, struct span payload)
{
	enum err rc = init(out, title);
	CHECK(strlen(type) <= UR_TYPE_MAX);
	memcpy(out->encoder.type, type, strlen(type));
	ur_wrap(&out->message, payload);
	if (buf_end(&out->message) != ERR_OK) {
		rc = err_set(ERR_MSG_SIZE, "%zu bytes are too much for codes; carry them as a file",
			     payload.n);
	}
	return rc;
}

enum err show_init_text(struct show *out, const char *title, const char *text)
{
	enum err rc = init(out, title);
	out->plain = true;
	buf_text(&out->message, text);
	buf_u8(&out->message, 0);
	return rc == ERR_OK ? buf_end(&out->message) : rc;
}

void show_free(struct show *s)
{
	ur_encoder_free(&s->encoder);
	buf_free(&s->message);
	buf_free(&s->line);
	memset(s, 0, sizeof *s);
}

uint32_t show_count(const struct show *s)
{
	return s->plain || s->encoder.n == 1 ? 1 : (uint32_t)(2 * s->encoder.n);
}

enum err show_part(struct show *s, uint32_t number)
{
	enum err rc = ERR_OK;
	s->number = number;
	if (s->plain) {
		return qr_make(&s->qr, (const char *)s->message.p, s->version);
	}
	buf_reset(&s->line);
	rc = ur_encoder_part(&s->encoder, &s->line, number);
	for (size_t i = 0; i < s->line.n; i++) {
		uint8_t c = s->line.p[i];
		s->line.p[i] = (uint8_t)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
	}
	buf_u8(&s->line, 0);
	if (rc == ERR_OK) {
		rc = buf_end(&s->line);
	}
	return rc == ERR_OK ? qr_make(&s->qr, (const char *)s->line.p, s->version) : rc;
}

/* The greatest version that fits; 0 when none does. */
static unsigned room(size_t columns, size_t rows)
{
	size_t high = rows > HEADER_ROWS ? 2 * (rows - HEADER_ROWS) : 0;
	size_t side = columns < high ? columns : high;
	if (side < qr_side(1) + 2 * QR_QUIET) {
		return 0;
	}
	size_t version = (side - 2 * QR_QUIET - 17) / 4;
	return version < QR_VERSION_MAX ? (unsigned)version : QR_VERSION_MAX;
}

static enum err too_small(const struct show *s, unsigned version)
{
	size_t side = qr_side(version) + 2 * QR_QUIET;
	return err_set(ERR_TERMINAL,
		       "%zu columns by %zu rows; this needs %zu by %zu: enlarge the window or "
		       "shrink its font",
		       s->columns, s->rows, side, (side + 1) / 2 + HEADER_ROWS);
}

/* The densest fragments up to `density` whose longest code fits version_max. */
static enum err fit_parts(struct show *s)
{
	struct ur_encoder fresh;
	size_t capacity = qr_capacity(s->version_max), most = s->density;
	for (;;) {
		enum err rc = ur_encoder_init(&fresh, s->encoder.type, buf_span(&s->message), most);
		if (rc != ERR_OK) {
			return rc;
		}
		size_t length = ur_encoder_length(&fresh, (uint32_t)(2 * fresh.n));
		if (length <= capacity) {
			s->version = qr_version(length);
			ur_encoder_free(&s->encoder);
			s->encoder = fresh;
			return ERR_OK;
		}
		size_t over = (length - capacity + 1) / 2;
		size_t now = fresh.fragment < most ? fresh.fragment : most;
		ur_encoder_free(&fresh);
		if (now < over + UR_FRAGMENT_LEAST) {
			return too_small(s, 4);
		}
		most = now - over;
	}
}

static enum err fit_plain(struct show *s)
{
	enum err rc = qr_make(&s->qr, (const char *)s->message.p, 0);
	if (rc == ERR_OK) {
		s->version = (unsigned)((s->qr.side - 17) / 4);
	}
	return rc == ERR_OK && s->version > s->version_max ? too_small(s, s->version) : rc;
}

enum err show_resize(struct show *s, size_t columns, size_t rows)
{
	size_t fragment = s->encoder.fragment;
	s->columns = columns;
	s->rows = rows;
	s->version_max = room(columns, rows);
	if (s->version_max == 0) {
		return too_small(s, 4);
	}
	enum err rc = s->plain ? fit_plain(s) : fit_parts(s);
	if (rc != ERR_OK) {
		return rc;
	}
	bool same = s->number && s->encoder.fragment == fragment;
	return show_part(s, same ? s->number : 1);
}

enum err show_tick(struct show *s)
{
	return s->paused || show_count(s) == 1 ? ERR_OK
					       : show_part(s, s->number % show_count(s) + 1);
}

/* In steps of a fifth; what does not fit the screen or the bounds changes nothing. */
static enum err change_density(struct show *s, bool denser)
{
	size_t before = s->density;
	/* From what is shown, not from a wish the screen has no room for. */
	size_t from =
	    s->encoder.n > 1 && s->encoder.fragment < before ? s->encoder.fragment : before;
	size_t wish = denser ? before + before / 5 + 1 : from - from / 5;
	if (s->plain || wish < SHOW_DENSITY_LEAST || wish > SHOW_DENSITY_MOST) {
		return ERR_OK;
	}
	s->density = wish;
	enum err rc = show_resize(s, s->columns, s->rows);
	if (rc == ERR_TERMINAL || rc == ERR_MSG_SIZE) {
		err_clear();
		s->density = before;
		rc = show_resize(s, s->columns, s->rows);
	}
	return rc;
}

static void change_speed(struct show *s, bool faster)
{
	unsigned wish = faster ? s->interval_ms * 4 / 5 : s->interval_ms * 5 / 4;
	if (wish >= SHOW_INTERVAL_LEAST && wish <= SHOW_INTERVAL_MOST) {
		s->interval_ms = wish;
	}
}

enum err show_key(struct show *s, char key)
{
	switch (key) {
	case 'f':
		change_speed(s, true);
		return ERR_OK;
	case 's':
		change_speed(s, false);
		return ERR_OK;
	case 'd':
		return change_density(s, true);
	case 'c':
		return change_density(s, false);
	case 'p':
	case ' ':
		s->paused = !s->paused;
		return ERR_OK;
	case 'n':
		s->paused = true;
		return show_part(s, s->number % show_count(s) + 1);
	case 'r':
		return show_part(s, 1);
	case 'q':
	case '\r':
	case '\n':
	case 3: /* Ctrl-C, which a raw terminal hands over as a key */
	case 4: /* Ctrl-D */
		s->over = true;
		return ERR_OK;
	default:
		return ERR_OK;
	}
}
