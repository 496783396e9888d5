#include "scan/eye.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zbar.h>

#include "common/base/file.h"

struct eye {
	zbar_image_scanner_t *scanner;
	zbar_video_t *video;
	eye_found *found;
	void *ctx;
};

enum err eye_new(struct eye **out, eye_found *found, void *ctx)
{
	struct eye *r = calloc(1, sizeof *r);
	*out = r;
	if (!r) {
		return ERR_NO_MEMORY;
	}
	r->found = found;
	r->ctx = ctx;
	r->scanner = zbar_image_scanner_create();
	if (!r->scanner) {
		return ERR_NO_MEMORY;
	}
	/* Other kinds of code find lines in a QR code that are none. */
	zbar_image_scanner_set_config(r->scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(r->scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	return ERR_OK;
}

void eye_free(struct eye *r)
{
	if (!r) {
		return;
	}
	if (r->video) {
		zbar_video_destroy(r->video);
	}
	if (r->scanner) {
		zbar_image_scanner_destroy(r->scanner);
	}
	free(r);
}

static size_t scan(struct eye *r, zbar_image_t *image)
{
	size_t count = 0;
	if (zbar_scan_image(r->scanner, image) <= 0) {
		return 0;
	}
	for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s; s = zbar_symbol_next(s)) {
		r->found(r->ctx, zbar_symbol_get_data(s), zbar_symbol_get_data_length(s));
		count++;
	}
	return count;
}

/* The picture stays the caller's. */
static void keep(zbar_image_t *image)
{
	(void)image;
}

enum err eye_scan(struct eye *r, const struct picture *p, size_t *count)
{
	zbar_image_t *image = zbar_image_create();
	*count = 0;
	if (!image) {
		return ERR_NO_MEMORY;
	}
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, p->width, p->height);
	zbar_image_set_data(image, p->grey, (unsigned long)p->width * p->height, keep);
	*count = scan(r, image);
	zbar_image_destroy(image);
	return ERR_OK;
}

enum err eye_camera(struct eye *r, const char *device)
{
	r->video = zbar_video_create();
	if (!r->video) {
		return ERR_NO_MEMORY;
	}
	if (access(device, R_OK | W_OK) != 0) {
		return err_errno(errno, "cannot use camera", device);
	}
	if (zbar_video_open(r->video, device) != 0) {
		return err_set(ERR_IO, "%s cannot be opened as a camera", device);
	}
	/* Larger pictures help dense codes; a camera that has none of this size gives its next. */
	zbar_video_request_size(r->video, 1280, 720);
	if (zbar_negotiate_format(r->video, NULL) != 0 || zbar_video_enable(r->video, 1) != 0) {
		return err_set(ERR_IO, "camera %s gives no pictures of a kind that is known",
			       device);
	}
	return ERR_OK;
}

enum err eye_frame(struct eye *r, size_t *count)
{
	*count = 0;
	zbar_image_t *raw = zbar_video_next_image(r->video);
	if (!raw) {
		return err_set(ERR_IO, "the camera gives no more pictures");
	}
	zbar_image_t *grey = zbar_image_convert(raw, zbar_fourcc('Y', '8', '0', '0'));
	if (grey) {
		*count = scan(r, grey);
		zbar_image_destroy(grey);
	}
	zbar_image_destroy(raw);
	return grey ? ERR_OK : err_set(ERR_IO, "the camera's pictures are of an unknown kind");
}
