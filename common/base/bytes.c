/* Cursor over foreign bytes and growing output buffer: see the header for the rules. */
#include "common/base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

struct reader reader_of(const void *p, size_t n)
{
	return (struct reader){p, n, ERR_OK};
}

void reader_fail(struct reader *r, enum err e)
{
	if (r->failed == ERR_OK) {
		r->failed = e;
	}
	r->left = 0;
}

const uint8_t *read_span(struct reader *r, size_t n)
{
	if (r->failed != ERR_OK || n > r->left) {
		reader_fail(r, ERR_PARSE_END);
		return NULL;
	}
	if (n == 0) {
		return NULL;
	}
	const uint8_t *at = r->p;
	r->p += n;
	r->left -= n;
	return at;
}

void read_bytes(struct reader *r, void *out, size_t n)
{
	const uint8_t *at = read_span(r, n);
	if (n == 0) {
		return;
	}
	if (at) {
		memcpy(out, at, n);
	} else {
		memset(out, 0, n);
	}
}

uint8_t read_u8(struct reader *r)
{
	uint8_t v;
	read_bytes(r, &v, 1);
	return v;
}

uint32_t read_u32le(struct reader *r)
{
	uint8_t b[4];
	read_bytes(r, b, sizeof b);
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

uint64_t read_u64le(struct reader *r)
{
	uint8_t b[8];
	read_bytes(r, b, sizeof b);
	return load64_le(b);
}

uint64_t read_varint(struct reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte = read_u8(r);
		if (r->failed != ERR_OK) {
			return 0;
		}
		if ((shift == 63 && byte > 1) || (byte == 0 && shift != 0)) {
			break;
		}
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			return v;
		}
	}
	reader_fail(r, ERR_PARSE_VALUE);
	return 0;
}

size_t read_count(struct reader *r, size_t least)
{
	uint64_t n = read_varint(r);
	if (n > r->left / (least ? least : 1)) {
		reader_fail(r, ERR_PARSE_END);
		return 0;
	}
	return (size_t)n;
}

enum err reader_end(const struct reader *r)
{
	if (r->failed != ERR_OK) {
		return r->failed;
	}
	return r->left ? ERR_PARSE_TRAILING : ERR_OK;
}

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
	if (b->p) {
		sodium_memzero(b->p, b->cap);
		free(b->p);
	}
	*b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

static bool reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->max - b->n) {
		b->failed = true;
		return false;
	}
	if (n <= b->cap - b->n) {
		return true;
	}
	size_t cap = b->cap ? b->cap : 256;
	while (cap < b->n + n) {
		cap *= 2;
	}
	/* Not realloc: what it leaves behind would not be wiped. */
	uint8_t *p = malloc(cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	if (b->p) {
		memcpy(p, b->p, b->n);
		sodium_memzero(b->p, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (reserve(b, n) && n) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}

void buf_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void buf_u32le(struct buf *b, uint32_t v)
{
	uint8_t o[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	buf_put(b, o, sizeof o);
}

void buf_u64le(struct buf *b, uint64_t v)
{
	uint8_t o[8];
	store64_le(o, v);
	buf_put(b, o, sizeof o);
}

void buf_u32be(struct buf *b, uint32_t v)
{
	uint8_t o[4];
	store32_be(o, v);
	buf_put(b, o, sizeof o);
}

void buf_u64be(struct buf *b, uint64_t v)
{
	uint8_t o[8];
	store64_be(o, v);
	buf_put(b, o, sizeof o);
}

void buf_varint(struct buf *b, uint64_t v)
{
	uint8_t o[10];
	buf_put(b, o, varint_encode(o, v));
}

void buf_text(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* One more than needed: vsnprintf ends with a zero byte that is not kept. */
	if (n >= 0 && reserve(b, (size_t)n + 1)) {
		vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	} else {
		b->failed = true;
	}
	va_end(again);
}

enum err buf_end(const struct buf *b)
{
	return b->failed ? ERR_LIMIT : ERR_OK;
}

size_t varint_encode(uint8_t out[static 10], uint64_t v)
{
	size_t n = 0;
	while (v >= 0x80) {
		out[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (uint8_t)v;
	return n;
}

size_t varint_size(uint64_t v)
{
	uint8_t o[10];
	return varint_encode(o, v);
}

uint64_t load64_le(const void *p)
{
	const uint8_t *b = p;
	uint64_t v = 0;
	for (int i = 7; i >= 0; i--) {
		v = v << 8 | b[i];
	}
	return v;
}

void store64_le(void *p, uint64_t v)
{
	uint8_t *b = p;
	for (int i = 0; i < 8; i++) {
		b[i] = (uint8_t)(v >> (8 * i));
	}
}

uint64_t load64_be(const void *p)
{
	const uint8_t *b = p;
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | b[i];
	}
	return v;
}

void store64_be(void *p, uint64_t v)
{
	uint8_t *b = p;
	for (int i = 0; i < 8; i++) {
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	}
}

uint32_t load32_be(const void *p)
{
	const uint8_t *b = p;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

void store32_be(void *p, uint32_t v)
{
	uint8_t *b = p;
	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}
