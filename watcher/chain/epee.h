/*
 * Monero's "portable storage", the format of the node's .bin calls: sections of named, typed
 * values. The reader walks the bytes in place, allocates nothing, and fails stickily on anything
 * short, unknown or nested too deep; the caller takes the values it knows in whatever order they
 * come and skips the rest. The writer makes requests. Source: monero
 * contrib/epee/include/storages/portable_storage*.h.
 */
#ifndef AIRLOCK_WATCHER_EPEE_H
#define AIRLOCK_WATCHER_EPEE_H

#include "common/base/bytes.h"

enum epee_type {
	EPEE_INT64 = 1,
	EPEE_INT32,
	EPEE_INT16,
	EPEE_INT8,
	EPEE_UINT64,
	EPEE_UINT32,
	EPEE_UINT16,
	EPEE_UINT8,
	EPEE_DOUBLE,
	EPEE_STRING,
	EPEE_BOOL,
	EPEE_OBJECT,
};

/* What comes next in the bytes. An array's `n` elements of the type follow one after another. */
struct epee_value {
	enum epee_type type;
	bool array;
	size_t n; /* 1 when it is no array; bounded by the bytes left */
};

/* Checks the head of the format and returns a reader at the number of fields of the root section.
 */
struct reader epee_open(const void *p, size_t n);

/* Number of fields of the section that begins here. */
size_t epee_section(struct reader *r);

/*
 * The name and kind of the next field; its value follows and must be read or skipped. Names are in
 * place. After a failure the value is an empty array of strings.
 */
struct epee_value epee_field(struct reader *r, struct span *name);
bool epee_is(struct span name, const char *text);

/*
 * One value, or one element of an array. `v` says what is there; another type than the one asked
 * for fails the reader. epee_u64 takes every whole number that is not negative.
 */
uint64_t epee_u64(struct reader *r, const struct epee_value *v);
bool epee_bool(struct reader *r, const struct epee_value *v);
struct span epee_string(struct reader *r, const struct epee_value *v);
/* A string of exactly n bytes, copied; zeros on failure. */
void epee_blob(struct reader *r, const struct epee_value *v, void *out, size_t n);

/* A value that must be one of the type (array false) or an array of it. */
void epee_expect(struct reader *r, const struct epee_value *v, enum epee_type type, bool array);

/* Steps over the whole value, arrays and sections with all they hold. */
void epee_skip(struct reader *r, const struct epee_value *v);

/* Writing: the head, then a section of `fields` fields, each put by one of the calls below. */
void epee_begin(struct buf *b, size_t fields);
void epee_put_u64(struct buf *b, const char *name, uint64_t v);
void epee_put_bool(struct buf *b, const char *name, bool v);
void epee_put_string(struct buf *b, const char *name, const void *p, size_t n);
/* n elements follow, each put as epee_put_size(fields) and its fields, or as 8 bytes. */
void epee_put_objects(struct buf *b, const char *name, size_t n);
void epee_put_u64s(struct buf *b, const char *name, const uint64_t *v, size_t n);
/* The format's own variable-length number: of elements, of fields, of bytes. */
void epee_put_size(struct buf *b, uint64_t n);

#endif
