/*
 * On which line of a JSON text a value stands: jansson tells it for syntax errors alone. For texts
 * that are JSON already; of anything else it finds no more, and never reads beyond the end.
 */
#ifndef AIRLOCK_SIGNER_LOCATE_H
#define AIRLOCK_SIGNER_LOCATE_H

#include "common/base/bytes.h"

/* A place, from the innermost outwards: a member's name, or (name NULL) an element's index. */
struct json_place {
	const struct json_place *in; /* NULL: the text's own value */
	const char *name;
	size_t index;
};

/*
 * The line (from 1) of the value at the place, or of the nearest one around it that is there. A
 * member whose name is written with escapes counts as not there.
 */
unsigned json_line(struct span text, const struct json_place *at);

/* "limits.payout", "destinations[2].name"; cut when it would not fit. Returns out. */
char *json_path(char *out, size_t size, const struct json_place *at);

#endif
