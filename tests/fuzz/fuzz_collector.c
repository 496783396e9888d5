/*
 * A stream of frames: the input is lines; one that begins with "+" stands for the rest of it as the
 * CBOR of a part in hexadecimal digits, so that the decoder is reached without knowing CRC-32.
 */
#include "common/base/hex.h"
#include "common/optical/bytewords.h"
#include "common/optical/collector.h"
#include "tests/fuzz/fuzz.h"

#define LINES_MAX 400

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The line that a sender of this CBOR would show. */
static void put_part(struct buf *line, const uint8_t *hex, size_t n)
{
	struct buf cbor;
	struct ur_part part;
	buf_init(&cbor, UR_LINE_MAX);
	for (size_t i = 0; i + 1 < n; i += 2) {
		int high = digit(hex[i]), low = digit(hex[i + 1]);
		if (high < 0 || low < 0) {
			break;
		}
		buf_u8(&cbor, (uint8_t)(high << 4 | low));
	}
	if (ur_part_get(&part, buf_span(&cbor)) == ERR_OK) {
		buf_printf(line, "ur:airlock/%u-%u/", part.number, part.of);
	} else {
		buf_text(line, "ur:airlock/");
	}
	bytewords_put(line, buf_span(&cbor));
	buf_free(&cbor);
}

static void feed(struct collector *c, const uint8_t *p, size_t n)
{
	enum collected what;
	struct collector_state s;
	struct buf line;
	buf_init(&line, 2 * UR_LINE_MAX);
	if (n > 0 && p[0] == '+') {
		put_part(&line, p + 1, n - 1);
	} else {
		buf_put(&line, p, n);
	}
	CHECK(collector_line(c, &what, line.p ? (const char *)line.p : "", line.n) == ERR_OK);
	collector_state(c, &s);
	CHECK(s.have <= s.need && s.messages <= COLLECTOR_MESSAGES);
	CHECK((what == COLLECTED_WHOLE) == (collector_payload(c).p != NULL));
	buf_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct collector *c;
	CHECK(collector_new(&c, "airlock") == ERR_OK);
	for (size_t lines = 0; n > 0 && lines < LINES_MAX; lines++) {
		const uint8_t *end = memchr(data, '\n', n);
		size_t size = end ? (size_t)(end - data) : n;
		feed(c, data, size);
		size += end ? 1 : 0;
		data += size;
		n -= size;
	}
	collector_free(c);
	return 0;
}
