/*
 * Messages across the gap by light, as commands use it: light_show puts one on the screen or into
 * pictures, light_scan takes one from lines of text that a camera's reader or a hand-held scanner
 * writes. Nothing here exists in only one program.
 */
#ifndef AIRLOCK_OPTICAL_LIGHT_H
#define AIRLOCK_OPTICAL_LIGHT_H

#include <stdbool.h>

#include "common/base/bytes.h"

#define LIGHT_TYPE "airlock" /* the UR type of all messages */

/* The options of a command that makes a message. Texts as the command line has them, or NULL. */
struct light {
	bool qr;             /* on the terminal */
	const char *png;     /* as pictures in this new folder */
	const char *density; /* bytes a code */
	const char *fps;     /* codes a second */
};

/* Whether the message goes by light at all. */
static inline bool light_wanted(const struct light *l)
{
	return l->qr || l->png;
}

/* Checks before anything is made: the texts (ERR_USAGE), that there is a terminal, that the folder
 * is new (ERR_EXISTS). */
enum err MUST_CHECK light_check(const struct light *l);

/*
 * Shows a message. `title` says what it is and what to compare, in a line of plain ASCII. On the
 * terminal it returns when the person has seen enough; pictures are frame-0001.png and so on with
 * animation.png, or, of a single code, code.png and sheet.pdf. ERR_TERMINAL, ERR_MSG_SIZE,
 * ERR_EXISTS (the folder), ERR_IO.
 */
enum err MUST_CHECK light_show(const struct light *l, const char *title, struct span message);

/* The same of a text that other programs read, such as a monero: link. */
enum err MUST_CHECK light_show_text(const struct light *l, const char *title, const char *text);

/*
 * Collects one message from lines of text until it is whole, with its progress on standard error.
 * ERR_UR_INCOMPLETE when the lines end before, saying what was seen; ERR_IO.
 */
enum err MUST_CHECK light_scan(struct buf *out, int fd);

#endif
