/* One code on a page of A4 to print: a PDF that needs no font but the built-in ones. */
#ifndef AIRLOCK_OPTICAL_SHEET_H
#define AIRLOCK_OPTICAL_SHEET_H

#include "common/base/bytes.h"
#include "common/optical/qr.h"

/* Below the title and the line under it the code, and below that its text. All are plain ASCII. */
void sheet_put(struct buf *out, const struct qr *qr, const char *title, const char *line,
	       const char *text);

#endif
