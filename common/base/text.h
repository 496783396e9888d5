/*
 * Text from strangers before it reaches a terminal or a log. Plain ASCII 0x20..0x7e passes;
 * anything else (control characters, escape codes, bidirectional overrides, look-alike letters)
 * does not.
 */
#ifndef AIRLOCK_BASE_TEXT_H
#define AIRLOCK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether all n bytes are printable ASCII. */
bool text_is_plain(const char *s, size_t n);

/*
 * Copies s so that it is safe to print: each other byte becomes "\xNN"; cut with "..." when it
 * would not fit. Always terminated; returns out.
 */
char *text_safe(char *out, size_t size, const char *s, size_t n);

#endif
