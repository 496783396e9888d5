/* Pictures from files, as grey pixels: the one place of libpng. */
#ifndef AIRLOCK_SCAN_PICTURE_H
#define AIRLOCK_SCAN_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define PICTURE_PIXELS_MAX (64u << 20)

struct picture {
	uint8_t *grey; /* width * height, from the top left */
	unsigned width, height;
};

/*
 * Reads the PNG that fd holds. ERR_MSG_FORMAT when it is none or damaged, ERR_MSG_SIZE when it has
 * more than PICTURE_PIXELS_MAX pixels, ERR_NO_MEMORY. Release with picture_free.
 */
enum err MUST_CHECK picture_read(struct picture *out, int fd);
void picture_free(struct picture *p);

/* Half as large, averaged. ERR_NO_MEMORY. */
enum err MUST_CHECK picture_halve(struct picture *out, const struct picture *p);

#endif
