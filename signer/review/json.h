/* The few pieces of JSON that the signer prints by hand, appended to a buffer. */
#ifndef AIRLOCK_SIGNER_JSON_H
#define AIRLOCK_SIGNER_JSON_H

#include "common/base/bytes.h"

/* A string; quotes, backslashes and whatever is not plain ASCII are escaped. */
void json_text(struct buf *out, const char *s);
/* Bytes as a string of hexadecimal digits. */
void json_hex(struct buf *out, const void *p, size_t n);

#endif
