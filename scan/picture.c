#include "scan/picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

#define FILE_MAX (128u << 20)

static enum err read_file(struct buf *out, int fd)
{
	uint8_t bytes[65536];
	ssize_t got;
	while ((got = read(fd, bytes, sizeof bytes)) > 0) {
		buf_put(out, bytes, (size_t)got);
	}
	if (got < 0) {
		return err_set(ERR_IO, "cannot be read");
	}
	return buf_end(out) == ERR_OK ? ERR_OK
				      : err_set(ERR_MSG_SIZE, "more than %u bytes", FILE_MAX);
}

static enum err decode(struct picture *out, const struct buf *file)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	/* What is transparent is taken for paper. */
	const png_color white = {255, 255, 255};
	if (!png_image_begin_read_from_memory(&image, file->p, file->n)) {
		return err_set(ERR_MSG_FORMAT, "not a PNG picture: %s", image.message);
	}
	if ((uint64_t)image.width * image.height > PICTURE_PIXELS_MAX) {
		png_image_free(&image);
		return err_set(ERR_MSG_SIZE, "more than %u pixels", PICTURE_PIXELS_MAX);
	}
	image.format = PNG_FORMAT_GRAY;
	out->width = image.width;
	out->height = image.height;
	out->grey = malloc(PNG_IMAGE_SIZE(image));
	if (!out->grey) {
		png_image_free(&image);
		return ERR_NO_MEMORY;
	}
	if (!png_image_finish_read(&image, &white, out->grey, 0, NULL)) {
		picture_free(out);
		return err_set(ERR_MSG_FORMAT, "a damaged PNG picture: %s", image.message);
	}
	return ERR_OK;
}

enum err picture_read(struct picture *out, int fd)
{
	struct buf file;
	*out = (struct picture){0};
	buf_init(&file, FILE_MAX);
	enum err rc = read_file(&file, fd);
	if (rc == ERR_OK) {
		rc = decode(out, &file);
	}
	buf_free(&file);
	return rc;
}

void picture_free(struct picture *p)
{
	free(p->grey);
	*p = (struct picture){0};
}

enum err picture_halve(struct picture *out, const struct picture *p)
{
	*out = (struct picture){NULL, p->width / 2, p->height / 2};
	out->grey = malloc((size_t)out->width * out->height + 1);
	if (!out->grey) {
		return ERR_NO_MEMORY;
	}
	for (size_t y = 0; y < out->height; y++) {
		const uint8_t *row = p->grey + 2 * y * p->width;
		for (size_t x = 0; x < out->width; x++) {
			const uint8_t *at = row + 2 * x;
			unsigned sum = at[0] + at[1] + at[p->width] + at[p->width + 1];
			out->grey[y * out->width + x] = (uint8_t)(sum / 4);
		}
	}
	return ERR_OK;
}
