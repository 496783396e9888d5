/* QR codes as squares of dark and light: the one place of libqrencode. */
#ifndef AIRLOCK_OPTICAL_QR_H
#define AIRLOCK_OPTICAL_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define QR_VERSION_MAX 40
#define QR_SIDE_MAX 177
#define QR_QUIET 4 /* light modules around a code */

struct qr {
	size_t side; /* modules, without the quiet zone */
	uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX];
};

/* Modules along the side of a version, without the quiet zone. */
static inline size_t qr_side(unsigned version)
{
	return 17 + 4 * (size_t)version;
}

/* How many characters of the alphanumeric set (0-9 A-Z $%*+-./: and blank) a version holds. */
size_t qr_capacity(unsigned version);
/* The smallest version that holds n such characters; 0 when none does. */
unsigned qr_version(size_t n);

/*
 * The code of a text, at error correction level L, in the given version or the next that holds it
 * (0: the smallest). Upper-case text goes by the alphanumeric set, which is denser by half.
 * ERR_MSG_SIZE when no version holds it; ERR_NO_MEMORY.
 */
enum err MUST_CHECK qr_make(struct qr *out, const char *text, unsigned version);

/* Whether a module is dark, counted from the quiet zone's corner; all outside the code is light. */
static inline bool qr_dark(const struct qr *qr, size_t x, size_t y)
{
	size_t in_x = x - QR_QUIET, in_y = y - QR_QUIET;
	return in_x < qr->side && in_y < qr->side && qr->dark[in_y * qr->side + in_x];
}

/* Modules along the side with the quiet zone. */
static inline size_t qr_whole(const struct qr *qr)
{
	return qr->side + 2 * QR_QUIET;
}

#endif
