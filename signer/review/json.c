#include "signer/review/json.h"

/* UTF-8 is escaped byte by byte as Latin-1 would be: unusual text stays visible and harmless. */
void json_text(struct buf *out, const char *s)
{
	buf_u8(out, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\') {
			buf_u8(out, '\\');
			buf_u8(out, c);
		} else if (c < 0x20 || c > 0x7e) {
			buf_printf(out, "\\u%04x", c);
		} else {
			buf_u8(out, c);
		}
	}
	buf_u8(out, '"');
}

void json_hex(struct buf *out, const void *p, size_t n)
{
	const unsigned char *at = p;
	buf_u8(out, '"');
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%02x", at[i]);
	}
	buf_u8(out, '"');
}
