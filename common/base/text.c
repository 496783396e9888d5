#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

#include "common/base/check.h"

bool text_is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] < 0x20 || s[i] > 0x7e) {
			return false;
		}
	}
	return true;
}

static size_t safe_length(char c)
{
	return text_is_plain(&c, 1) && c != '\\' ? 1 : 4;
}

char *text_safe(char *out, size_t size, const char *s, size_t n)
{
	CHECK(size >= 8);
	size_t whole = 0;
	for (size_t i = 0; i < n && whole < size; i++) {
		whole += safe_length(s[i]);
	}
	size_t room = whole < size ? size : size - 3;
	size_t at = 0;
	for (size_t i = 0; i < n && at + safe_length(s[i]) < room; i++) {
		if (safe_length(s[i]) == 1) {
			out[at++] = s[i];
		} else {
			snprintf(out + at, 5, "\\x%02x", (unsigned char)s[i]);
			at += 4;
		}
	}
	memcpy(out + at, whole < size ? "" : "...", whole < size ? 1 : 4);
	return out;
}
