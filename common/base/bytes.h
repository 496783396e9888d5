/*
 * Bytes in and out. `struct reader` walks foreign bytes with a sticky failure: after the first
 * short or bad read every further read gives zeros, and reader_end() reports once. `struct buf`
 * grows on the heap up to a cap fixed at the start, with a sticky failure too.
 */
#ifndef AIRLOCK_BASE_BYTES_H
#define AIRLOCK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Borrowed bytes; whoever hands out a span says how long it lives. */
struct span {
	const uint8_t *p;
	size_t n;
};

struct reader {
	const uint8_t *p;
	size_t left;
	enum err failed; /* ERR_OK, ERR_PARSE_END or ERR_PARSE_VALUE */
};

struct reader reader_of(const void *p, size_t n);

/* Marks the reader failed (the first failure stays) and empties it. */
void reader_fail(struct reader *r, enum err e);

uint8_t read_u8(struct reader *r);
uint32_t read_u32le(struct reader *r);
uint64_t read_u64le(struct reader *r);

/* Copies n bytes; zeros `out` on failure. */
void read_bytes(struct reader *r, void *out, size_t n);

/* n bytes in place, valid as long as the underlying buffer; NULL on failure (and when n is 0). */
const uint8_t *read_span(struct reader *r, size_t n);

/* LEB128 as Monero writes it: 1 to 10 bytes, below 2^64, shortest form only. */
uint64_t read_varint(struct reader *r);

/*
 * A varint that counts elements of at least `least` bytes each: fails unless the bytes left could
 * hold them all, so that nothing is allocated on the word of a stranger.
 */
size_t read_count(struct reader *r, size_t least);

/* ERR_OK when nothing failed and nothing is left over; else the failure or ERR_PARSE_TRAILING. */
enum err MUST_CHECK reader_end(const struct reader *r);

struct buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max;
	bool failed;
};

/* Empty; grows to at most max bytes. Release with buf_free. */
void buf_init(struct buf *b, size_t max);
/* Wipes the content and frees it; fine on a zeroed struct. */
void buf_free(struct buf *b);
/* Forgets the content (and a failure), keeps the memory. */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_u32le(struct buf *b, uint32_t v);
void buf_u64le(struct buf *b, uint64_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);
void buf_varint(struct buf *b, uint64_t v);
/* The text without its terminator. */
void buf_text(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ERR_OK, or ERR_LIMIT when the cap was passed or memory ran out. */
enum err MUST_CHECK buf_end(const struct buf *b);

static inline struct span buf_span(const struct buf *b)
{
	return (struct span){b->p, b->n};
}

/* Writes the varint to out (up to 10 bytes); returns its length. */
size_t varint_encode(uint8_t out[static 10], uint64_t v);
size_t varint_size(uint64_t v);

uint64_t load64_le(const void *p);
void store64_le(void *p, uint64_t v);
uint64_t load64_be(const void *p);
void store64_be(void *p, uint64_t v);
uint32_t load32_be(const void *p);
void store32_be(void *p, uint32_t v);

#endif
