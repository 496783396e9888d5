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

char *text_safe(char *out, size_t size, const char *s, size_t n)
{
	CHECK(size >= 8);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		bool plain = text_is_plain(s + i, 1) && s[i] != '\\';
		size_t need = plain ? 1 : 4;
		bool last = i + 1 == n;
		if (at + need + (last ? 1 : 4) > size) {
			memcpy(out + at, "...", 4);
			return out;
		}
		if (plain) {
			out[at++] = s[i];
		} else {
			snprintf(out + at, 5, "\\x%02x", (unsigned char)s[i]);
			at += 4;
		}
	}
	out[at] = '\0';
	return out;
}
