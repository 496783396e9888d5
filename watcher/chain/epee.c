/* Portable storage: a bounded reader in place and a small writer. */
#include "watcher/chain/epee.h"

#include <string.h>

#include "common/base/check.h"

#define EPEE_ARRAY 0x80u
/* No answer of the node nests deeper than 4; the bound keeps our own stack small. */
#define EPEE_DEPTH 8

static const uint8_t head[9] = {0x01, 0x11, 0x01, 0x01, 0x01, 0x01, 0x02, 0x01, 0x01};

/* The two lowest bits of the first byte say how many bytes the number has. */
static uint64_t read_size(struct reader *r)
{
	if (r->failed != ERR_OK || r->left < 1) {
		reader_fail(r, ERR_PARSE_END);
		return 0;
	}
	size_t bytes = (size_t)1 << (r->p[0] & 3);
	uint64_t v = 0;
	uint8_t raw[8] = {0};
	read_bytes(r, raw, bytes);
	v = load64_le(raw);
	return v >> 2;
}

/* The fewest bytes a value of the type takes; 0 for a type that is not known. */
static size_t least_size(enum epee_type type)
{
	switch (type) {
	case EPEE_INT64:
	case EPEE_UINT64:
	case EPEE_DOUBLE:
		return 8;
	case EPEE_INT32:
	case EPEE_UINT32:
		return 4;
	case EPEE_INT16:
	case EPEE_UINT16:
		return 2;
	case EPEE_INT8:
	case EPEE_UINT8:
	case EPEE_BOOL:
	case EPEE_STRING:
	case EPEE_OBJECT:
		return 1;
	default:
		return 0;
	}
}

struct reader epee_open(const void *p, size_t n)
{
	struct reader r = reader_of(p, n);
	uint8_t got[sizeof head];
	read_bytes(&r, got, sizeof got);
	if (r.failed == ERR_OK && memcmp(got, head, sizeof head) != 0) {
		reader_fail(&r, ERR_PARSE_VALUE);
	}
	return r;
}

size_t epee_section(struct reader *r)
{
	uint64_t n = read_size(r);
	/* A field is at least a length, a letter, a type and a byte. */
	if (n > r->left / 4) {
		reader_fail(r, ERR_PARSE_END);
		return 0;
	}
	return (size_t)n;
}

struct epee_value epee_field(struct reader *r, struct span *name)
{
	struct epee_value none = {.type = EPEE_STRING, .array = true, .n = 0};
	*name = (struct span){NULL, 0};
	size_t n = read_u8(r);
	const uint8_t *p = read_span(r, n);
	uint8_t type = read_u8(r);
	bool array = type & EPEE_ARRAY;
	struct epee_value v = {
	    .type = (enum epee_type)(type & ~EPEE_ARRAY), .array = array, .n = 1};
	size_t least = least_size(v.type);
	if (r->failed == ERR_OK && (n == 0 || least == 0)) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
	if (array) {
		uint64_t count = read_size(r);
		if (r->failed == ERR_OK && count > r->left / least) {
			reader_fail(r, ERR_PARSE_END);
		}
		v.n = (size_t)count;
	}
	if (r->failed != ERR_OK) {
		return none;
	}
	*name = (struct span){p, n};
	return v;
}

bool epee_is(struct span name, const char *text)
{
	return name.n == strlen(text) && memcmp(name.p, text, name.n) == 0;
}

uint64_t epee_u64(struct reader *r, const struct epee_value *v)
{
	size_t n = least_size(v->type);
	bool is_signed = v->type <= EPEE_INT8;
	uint8_t raw[8] = {0};
	if (v->type > EPEE_UINT8) {
		reader_fail(r, ERR_PARSE_VALUE);
		return 0;
	}
	read_bytes(r, raw, n);
	if (is_signed && raw[n - 1] & 0x80) {
		reader_fail(r, ERR_PARSE_VALUE);
		return 0;
	}
	return load64_le(raw);
}

bool epee_bool(struct reader *r, const struct epee_value *v)
{
	if (v->type != EPEE_BOOL) {
		reader_fail(r, ERR_PARSE_VALUE);
		return false;
	}
	uint8_t b = read_u8(r);
	if (b > 1) {
		reader_fail(r, ERR_PARSE_VALUE);
		return false;
	}
	return b;
}

struct span epee_string(struct reader *r, const struct epee_value *v)
{
	if (v->type != EPEE_STRING) {
		reader_fail(r, ERR_PARSE_VALUE);
		return (struct span){NULL, 0};
	}
	uint64_t n = read_size(r);
	if (n > r->left) {
		reader_fail(r, ERR_PARSE_END);
		return (struct span){NULL, 0};
	}
	const uint8_t *p = read_span(r, (size_t)n);
	return (struct span){p, p ? (size_t)n : 0};
}

void epee_blob(struct reader *r, const struct epee_value *v, void *out, size_t n)
{
	struct span s = epee_string(r, v);
	if (s.n != n || v->array) {
		reader_fail(r, ERR_PARSE_VALUE);
		memset(out, 0, n);
		return;
	}
	memcpy(out, s.p, n);
}

void epee_expect(struct reader *r, const struct epee_value *v, enum epee_type type, bool array)
{
	if (v->type != type || v->array != array) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
}

static void skip(struct reader *r, const struct epee_value *v, unsigned depth)
{
	if (depth == 0) {
		reader_fail(r, ERR_PARSE_VALUE);
		return;
	}
	if (v->type != EPEE_STRING && v->type != EPEE_OBJECT) {
		/* n was bounded by the bytes left, so the product fits. */
		(void)read_span(r, v->n * least_size(v->type));
		return;
	}
	for (size_t i = 0; i < v->n && r->failed == ERR_OK; i++) {
		if (v->type == EPEE_STRING) {
			(void)epee_string(r, v);
			continue;
		}
		size_t fields = epee_section(r);
		for (size_t j = 0; j < fields && r->failed == ERR_OK; j++) {
			struct span name;
			struct epee_value inner = epee_field(r, &name);
			skip(r, &inner, depth - 1);
		}
	}
}

void epee_skip(struct reader *r, const struct epee_value *v)
{
	skip(r, v, EPEE_DEPTH);
}

void epee_put_size(struct buf *b, uint64_t n)
{
	CHECK(n < (uint64_t)1 << 62);
	uint8_t raw[8];
	unsigned mark = n < 1u << 6 ? 0 : n < 1u << 14 ? 1 : n < 1u << 30 ? 2 : 3;
	store64_le(raw, n << 2 | mark);
	buf_put(b, raw, (size_t)1 << mark);
}

void epee_begin(struct buf *b, size_t fields)
{
	buf_put(b, head, sizeof head);
	epee_put_size(b, fields);
}

static void put_name(struct buf *b, const char *name, unsigned type)
{
	size_t n = strlen(name);
	CHECK(n > 0 && n < 256);
	buf_u8(b, (uint8_t)n);
	buf_put(b, name, n);
	buf_u8(b, (uint8_t)type);
}

void epee_put_u64(struct buf *b, const char *name, uint64_t v)
{
	put_name(b, name, EPEE_UINT64);
	buf_u64le(b, v);
}

void epee_put_bool(struct buf *b, const char *name, bool v)
{
	put_name(b, name, EPEE_BOOL);
	buf_u8(b, v);
}

void epee_put_string(struct buf *b, const char *name, const void *p, size_t n)
{
	put_name(b, name, EPEE_STRING);
	epee_put_size(b, n);
	buf_put(b, p, n);
}

void epee_put_objects(struct buf *b, const char *name, size_t n)
{
	put_name(b, name, EPEE_OBJECT | EPEE_ARRAY);
	epee_put_size(b, n);
}

void epee_put_u64s(struct buf *b, const char *name, const uint64_t *v, size_t n)
{
	put_name(b, name, EPEE_UINT64 | EPEE_ARRAY);
	epee_put_size(b, n);
	for (size_t i = 0; i < n; i++) {
		buf_u64le(b, v[i]);
	}
}
