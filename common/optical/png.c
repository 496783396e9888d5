#include "common/optical/png.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/optical/crc32.h"

#define BLOCK_MAX 65535 /* of stored deflate */

static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

/* Begins a chunk; its length is known at the end. */
static size_t chunk_begin(struct buf *out, const char *type)
{
	size_t at = out->n;
	buf_u32be(out, 0);
	buf_put(out, type, 4);
	return at;
}

static void chunk_end(struct buf *out, size_t at)
{
	if (out->failed) {
		return;
	}
	store32_be(out->p + at, (uint32_t)(out->n - at - 8));
	buf_u32be(out, crc32_of(out->p + at + 4, out->n - at - 4));
}

static void header(struct buf *out, size_t side)
{
	buf_put(out, signature, sizeof signature);
	size_t at = chunk_begin(out, "IHDR");
	buf_u32be(out, (uint32_t)side);
	buf_u32be(out, (uint32_t)side);
	/* 1 bit, grey; the only compression, filter and order that every reader knows. */
	buf_put(out, "\1\0\0\0\0", 5);
	chunk_end(out, at);
}

static void end(struct buf *out)
{
	chunk_end(out, chunk_begin(out, "IEND"));
}

/* Rows of a filter byte (none) and pixels, 1 is light. */
static void pixels(struct buf *out, const struct qr *qr, unsigned scale)
{
	uint8_t row[1 + (QR_SIDE_MAX + 2 * QR_QUIET) * 16 / 8 + 1];
	size_t side = qr_whole(qr) * scale, size = 1 + (side + 7) / 8;
	CHECK(scale >= 1 && scale <= 16 && size <= sizeof row);
	for (size_t y = 0; y < qr_whole(qr); y++) {
		memset(row, 0, size);
		for (size_t x = 0; x < side; x++) {
			if (!qr_dark(qr, x / scale, y)) {
				row[1 + x / 8] |= (uint8_t)(0x80 >> x % 8);
			}
		}
		for (unsigned i = 0; i < scale; i++) {
			buf_put(out, row, size);
		}
	}
}

static uint32_t adler32(const uint8_t *p, size_t n)
{
	uint32_t a = 1, b = 0;
	for (size_t i = 0; i < n; i++) {
		a = (a + p[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* A zlib stream of stored blocks. */
static void put_data(struct buf *out, const struct qr *qr, unsigned scale)
{
	struct buf raw;
	size_t side = qr_whole(qr) * scale;
	buf_init(&raw, side * (2 + side / 8));
	pixels(&raw, qr, scale);
	buf_put(out, "\x78\x01", 2);
	for (size_t at = 0; at < raw.n;) {
		size_t n = raw.n - at < BLOCK_MAX ? raw.n - at : BLOCK_MAX;
		uint8_t head[5] = {at + n == raw.n, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n,
				   (uint8_t)(~n >> 8)};
		buf_put(out, head, sizeof head);
		buf_put(out, raw.p + at, n);
		at += n;
	}
	buf_u32be(out, adler32(raw.p, raw.n));
	out->failed |= raw.failed;
	buf_free(&raw);
}

void png_put(struct buf *out, const struct qr *qr, unsigned scale)
{
	header(out, qr_whole(qr) * scale);
	size_t at = chunk_begin(out, "IDAT");
	put_data(out, qr, scale);
	chunk_end(out, at);
	end(out);
}

struct png_animation png_animate(struct buf *out, unsigned scale, uint32_t frames,
				 unsigned interval_ms)
{
	CHECK(frames >= 1);
	return (struct png_animation){out, scale, interval_ms, frames, 0};
}

/* How long and where the frame that follows stands. */
static void control(struct png_animation *a, size_t side)
{
	size_t at = chunk_begin(a->out, "fcTL");
	buf_u32be(a->out, a->sequence++);
	buf_u32be(a->out, (uint32_t)side);
	buf_u32be(a->out, (uint32_t)side);
	buf_u64be(a->out, 0);
	/* interval / 1000 seconds; nothing disposed of, nothing blended. */
	buf_u8(a->out, (uint8_t)(a->interval_ms >> 8));
	buf_u8(a->out, (uint8_t)a->interval_ms);
	buf_put(a->out, "\x03\xe8\0\0", 4);
	chunk_end(a->out, at);
}

void png_frame(struct png_animation *a, const struct qr *qr)
{
	size_t side = qr_whole(qr) * a->scale, at;
	bool first = a->sequence == 0;
	CHECK(a->frames > 0);
	if (first) {
		header(a->out, side);
		at = chunk_begin(a->out, "acTL");
		buf_u32be(a->out, a->frames);
		buf_u32be(a->out, 0); /* for ever */
		chunk_end(a->out, at);
	}
	control(a, side);
	at = chunk_begin(a->out, first ? "IDAT" : "fdAT");
	if (!first) {
		buf_u32be(a->out, a->sequence++);
	}
	put_data(a->out, qr, a->scale);
	chunk_end(a->out, at);
	if (--a->frames == 0) {
		end(a->out);
	}
}
