/*
 * A message as the codes of a screen: which part is shown, how dense, how fast, and the picture of
 * it all as text for a terminal. Input and output are elsewhere (light.c): keys, time and size come
 * in, text goes out.
 *
 * Parts 1 to 2n are shown over and over: a receiver that decodes by elimination is done soonest,
 * one that peels (all other implementations) nearly so, and both whenever they join.
 */
#ifndef AIRLOCK_OPTICAL_SHOW_H
#define AIRLOCK_OPTICAL_SHOW_H

#include <stdbool.h>

#include "common/optical/qr.h"
#include "common/optical/ur.h"

#define SHOW_DENSITY 250 /* data bytes of a code, unless told otherwise */
#define SHOW_DENSITY_LEAST UR_FRAGMENT_LEAST
#define SHOW_DENSITY_MOST 2000
#define SHOW_INTERVAL_MS 200
#define SHOW_INTERVAL_LEAST 33
#define SHOW_INTERVAL_MOST 5000
#define SHOW_TITLE_MAX 120

struct show {
	char title[SHOW_TITLE_MAX]; /* what it is, and the code to compare */
	struct buf message;         /* for parts; or, when `plain`, the text of a single code */
	bool plain;
	struct ur_encoder encoder;
	struct buf line;      /* the text of the present part, in upper case */
	unsigned version;     /* of all codes of the sequence */
	unsigned version_max; /* that the screen has room for */
	size_t density;       /* wished for */
	size_t columns, rows; /* of the screen */
	unsigned interval_ms;
	bool paused;
	bool over;       /* the person has seen enough */
	uint32_t number; /* of the present part */
	struct qr qr;
};

/* The payload as a UR of the type. Size comes with show_resize. ERR_MSG_SIZE. */
enum err MUST_CHECK show_init(struct show *out, const char *title, const char *type,
			      struct span payload);
/* A text as it is, in one code: a payment link. */
enum err MUST_CHECK show_init_text(struct show *out, const char *title, const char *text);
void show_free(struct show *s);

/*
 * Chooses version and fragments for a screen of columns by rows characters, and for the density;
 * starts over unless nothing changes. ERR_TERMINAL when no code fits, with what would.
 */
enum err MUST_CHECK show_resize(struct show *s, size_t columns, size_t rows);

/* How many codes a round has: 2n, or 1. */
uint32_t show_count(const struct show *s);

/* Makes the code of one part (from 1) the present one. */
enum err MUST_CHECK show_part(struct show *s, uint32_t number);
/* The next one, unless paused. */
enum err MUST_CHECK show_tick(struct show *s);

/* What a key does; others do nothing. ERR_TERMINAL never: what does not fit stays as it was. */
enum err MUST_CHECK show_key(struct show *s, char key);

/* Appends the whole screen: control sequences and text. */
void show_draw(const struct show *s, struct buf *out);

#endif
