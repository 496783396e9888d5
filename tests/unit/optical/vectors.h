/* The vectors of the UR specification, from the JSON file that the first argument names. */
#ifndef AIRLOCK_TESTS_OPTICAL_VECTORS_H
#define AIRLOCK_TESTS_OPTICAL_VECTORS_H

#include <jansson.h>

#include "common/base/bytes.h"

/* Reads the file; ends the test program when it cannot. */
void vectors_open(int argc, char **argv);
/* A member, borrowed; ends the program when it is absent. "a/b" goes down. */
json_t *vector(const char *path);
/* A member of an object as text, and as bytes of hexadecimal (free). */
const char *vector_text(json_t *object, const char *name);
struct buf vector_hex(json_t *object, const char *name);
size_t vector_number(json_t *object, const char *name);

/* n bytes as the vectors have them: drawn from xoshiro seeded with "Wolf" (free). */
uint8_t *vector_message(size_t n);

#endif
