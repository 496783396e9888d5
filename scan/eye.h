/* QR codes in pictures, and a camera's pictures: the one place of zbar. */
#ifndef AIRLOCK_SCAN_EYE_H
#define AIRLOCK_SCAN_EYE_H

#include "scan/picture.h"

struct eye;

/* What is called with each code's text, n bytes that are not terminated. */
typedef void eye_found(void *ctx, const char *text, size_t n);

enum err MUST_CHECK eye_new(struct eye **out, eye_found *found, void *ctx);
void eye_free(struct eye *r);

/* Calls `found` for each QR code in the picture; *count says how many. ERR_NO_MEMORY. */
enum err MUST_CHECK eye_scan(struct eye *r, const struct picture *p, size_t *count);

/* Opens a camera, before the sandbox. ERR_IO with the reason. */
enum err MUST_CHECK eye_camera(struct eye *r, const char *device);
/* Scans its next picture. ERR_IO. */
enum err MUST_CHECK eye_frame(struct eye *r, size_t *count);

#endif
