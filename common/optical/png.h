/*
 * Codes as PNG pictures, one or a sequence that moves (APNG, which old viewers show as its first
 * frame). One bit a pixel, stored without compression: a writer of a hundred lines that parses
 * nothing, where a library would bring the signer a decoder it must not have; and the
 * distribution's libpng writes no animations.
 */
#ifndef AIRLOCK_OPTICAL_PNG_H
#define AIRLOCK_OPTICAL_PNG_H

#include "common/base/bytes.h"
#include "common/optical/qr.h"

/* A picture of one code, `scale` pixels a module, its quiet zone included. */
void png_put(struct buf *out, const struct qr *qr, unsigned scale);

struct png_animation {
	struct buf *out;
	unsigned scale;
	unsigned interval_ms;
	uint32_t frames;
	uint32_t sequence;
};

/* Frames of one size follow: exactly `frames` calls of png_frame, the last of which ends it. */
struct png_animation png_animate(struct buf *out, unsigned scale, uint32_t frames,
				 unsigned interval_ms);
void png_frame(struct png_animation *a, const struct qr *qr);

#endif
