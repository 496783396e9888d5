/* The two shapes of CBOR that a UR of ours has: a byte string, and an array of five. */
#include "common/optical/ur.h"

#define MAJOR_UINT 0
#define MAJOR_BYTES 2
#define MAJOR_ARRAY 4
#define PART_FIELDS 5

static void put_head(struct buf *out, unsigned major, uint32_t v)
{
	uint8_t first = (uint8_t)(major << 5);
	if (v < 24) {
		buf_u8(out, (uint8_t)(first | v));
	} else if (v <= UINT8_MAX) {
		buf_u8(out, first | 24);
		buf_u8(out, (uint8_t)v);
	} else if (v <= UINT16_MAX) {
		buf_u8(out, first | 25);
		buf_u8(out, (uint8_t)(v >> 8));
		buf_u8(out, (uint8_t)v);
	} else {
		buf_u8(out, first | 26);
		buf_u32be(out, v);
	}
}

/* The value of a head in its shortest form, of at most 32 bits. */
static uint32_t get_head(struct reader *r, unsigned major)
{
	uint8_t first = read_u8(r);
	uint32_t v = first & 31;
	uint32_t least = 0;
	if (first >> 5 != major || v > 26) {
		reader_fail(r, ERR_PARSE_VALUE);
		return 0;
	}
	if (v >= 24) {
		unsigned bytes = 1U << (v - 24);
		least = v == 24 ? 24 : v == 25 ? UINT8_MAX + 1 : UINT16_MAX + 1;
		v = 0;
		for (unsigned i = 0; i < bytes; i++) {
			v = v << 8 | read_u8(r);
		}
	}
	if (v < least) {
		reader_fail(r, ERR_PARSE_VALUE);
		return 0;
	}
	return v;
}

static struct span get_bytes(struct reader *r)
{
	uint32_t n = get_head(r, MAJOR_BYTES);
	struct span s = {read_span(r, n), n};
	return s.p ? s : (struct span){NULL, 0};
}

void ur_wrap(struct buf *out, struct span payload)
{
	put_head(out, MAJOR_BYTES, (uint32_t)payload.n);
	buf_put(out, payload.p, payload.n);
}

enum err ur_unwrap(struct span *payload, struct span message)
{
	struct reader r = reader_of(message.p, message.n);
	*payload = get_bytes(&r);
	if (reader_end(&r) != ERR_OK || !payload->p) {
		*payload = (struct span){NULL, 0};
		return err_set(ERR_UR_FORMAT,
			       "the message is not one byte string, or an empty one");
	}
	return ERR_OK;
}

void ur_part_put(struct buf *out, const struct ur_part *part)
{
	put_head(out, MAJOR_ARRAY, PART_FIELDS);
	put_head(out, MAJOR_UINT, part->number);
	put_head(out, MAJOR_UINT, part->of);
	put_head(out, MAJOR_UINT, part->message_size);
	put_head(out, MAJOR_UINT, part->checksum);
	put_head(out, MAJOR_BYTES, (uint32_t)part->data.n);
	buf_put(out, part->data.p, part->data.n);
}

/* The fragments hold the message, and the last of them is not empty. */
static int agrees(const struct ur_part *p)
{
	uint64_t all = (uint64_t)p->of * p->data.n;
	return p->number >= 1 && p->of >= 1 && p->of <= FOUNTAIN_PARTS_MAX &&
	       p->message_size >= 1 && p->message_size <= UR_MESSAGE_MAX && p->data.n >= 1 &&
	       all >= p->message_size && all - p->data.n < p->message_size;
}

enum err ur_part_get(struct ur_part *out, struct span cbor)
{
	struct reader r = reader_of(cbor.p, cbor.n);
	if (get_head(&r, MAJOR_ARRAY) != PART_FIELDS) {
		reader_fail(&r, ERR_PARSE_VALUE);
	}
	out->number = get_head(&r, MAJOR_UINT);
	out->of = get_head(&r, MAJOR_UINT);
	out->message_size = get_head(&r, MAJOR_UINT);
	out->checksum = get_head(&r, MAJOR_UINT);
	out->data = get_bytes(&r);
	enum err rc = ERR_OK;
	if (reader_end(&r) != ERR_OK) {
		rc = err_set(ERR_UR_FORMAT, "a part is not [number, of, size, checksum, data]");
	} else if (!agrees(out)) {
		rc = err_set(ERR_UR_FORMAT,
			     "part %u of %u with %zu bytes of a message of %u makes no sense",
			     out->number, out->of, out->data.n, out->message_size);
	}
	if (rc != ERR_OK) {
		*out = (struct ur_part){0};
	}
	return rc;
}
