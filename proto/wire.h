/*
 * CBOR as the messages use it: unsigned integers, byte strings, text strings and arrays, all in the
 * one deterministic form of RFC 8949 section 4.2.1. Everything else is refused. The reader has a
 * sticky failure, as in base/bytes.h: after the first value that does not fit, zeros follow, and
 * wire_end tells why. wire.c is the one place of libcbor.
 */
#ifndef AIRLOCK_PROTO_WIRE_H
#define AIRLOCK_PROTO_WIRE_H

#include <stdbool.h>

#include "common/base/bytes.h"

void wire_put_uint(struct buf *b, uint64_t v);
/* The head of an array of n; its elements follow. */
void wire_put_list(struct buf *b, size_t n);
void wire_put_bytes(struct buf *b, const void *p, size_t n);
void wire_put_text(struct buf *b, const char *s);

/* A parsed message. */
struct wire;

/* A place in one of its arrays. */
struct wire_list {
	struct wire *wire;
	void *array; /* NULL after a failure */
	size_t at, n;
};

/*
 * Checks and parses the bytes, which stay the caller's and need not live on. ERR_MSG_TRUNCATED,
 * ERR_MSG_CANONICAL, ERR_MSG_SIZE (too many values, too deep), ERR_MSG_FORMAT. The outermost value
 * is an array.
 */
enum err MUST_CHECK wire_open(struct wire **out, struct span bytes);
/* Wipes and frees; fine on NULL. */
void wire_free(struct wire *w);

/* The outermost array. */
struct wire_list wire_root(struct wire *w);
/* Fails unless the array has exactly n elements. */
void wire_expect(const struct wire_list *in, size_t n);
/* Fails with an error of the caller's; the first failure stays. Returns the one that stands. */
enum err wire_fail(struct wire *w, enum err e, const char *what);

uint64_t wire_uint(struct wire_list *in, uint64_t max);
/* A byte string of exactly n. */
void wire_fixed(struct wire_list *in, void *out, size_t n);
/* A byte string of at most max, borrowed from the wire. */
struct span wire_bytes(struct wire_list *in, size_t max);
/* Text of at most size - 1 bytes, terminated in out; a zero byte inside is refused. */
void wire_text(struct wire_list *in, char *out, size_t size);
/* An array of min to max elements. */
struct wire_list wire_list(struct wire_list *in, size_t min, size_t max);

/* ERR_OK when nothing failed. */
enum err MUST_CHECK wire_end(const struct wire *w);

/*
 * The end of every decoder: `again` is what its message encodes to, with the encoder's result.
 * ERR_MSG_CANONICAL unless it is `body` to the byte. Frees `again`.
 */
enum err MUST_CHECK wire_same(struct span body, struct buf *again, enum err encoded);

/* Whether n bytes are UTF-8 (shortest forms, no surrogates) without a zero byte. */
bool wire_is_text(const char *s, size_t n);

#endif
