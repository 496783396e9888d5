/*
 * Uniform Resources (BCR-2020-005): a message as text that fits QR codes.
 *
 *     ur:TYPE/LETTERS                   the whole message
 *     ur:TYPE/NUMBER-OF/LETTERS         one part of it
 *
 * The message is one CBOR byte string; a part is [number, of, message size, CRC-32 of the message,
 * data]. Both are small and fixed enough to be read here with the bounded cursor.
 */
#ifndef AIRLOCK_OPTICAL_UR_H
#define AIRLOCK_OPTICAL_UR_H

#include "common/base/bytes.h"
#include "common/optical/fountain.h"

#define UR_TYPE_MAX 32
#define UR_LINE_MAX 5000          /* letters: more than the largest QR code holds */
#define UR_MESSAGE_MAX (4u << 20) /* larger ones go by file */
#define UR_FRAGMENT_LEAST 10      /* data bytes of a part */

struct ur_part {
	uint32_t number;
	uint32_t of;
	uint32_t message_size;
	uint32_t checksum;
	struct span data;
};

/* Appends the CBOR of a part. */
void ur_part_put(struct buf *out, const struct ur_part *part);
/*
 * Reads it; data points into cbor. ERR_UR_FORMAT for anything but the shortest form, and for
 * numbers that contradict each other or pass the bounds above.
 */
enum err MUST_CHECK ur_part_get(struct ur_part *out, struct span cbor);

/* Appends the payload as a CBOR byte string. */
void ur_wrap(struct buf *out, struct span payload);
/* What is in it; points into message. ERR_UR_FORMAT. */
enum err MUST_CHECK ur_unwrap(struct span *payload, struct span message);

/* A line of text, taken apart. */
struct ur_line {
	char type[UR_TYPE_MAX + 1]; /* in lower case */
	uint32_t number, of;        /* 0, 0: the whole message */
	const char *letters;        /* points into the line */
	size_t n;
};
/* Blanks and line ends around it do not count. ERR_UR_FORMAT: it is no UR. */
enum err MUST_CHECK ur_line_read(struct ur_line *out, const char *line, size_t n);

/* Makes the parts of one message. */
struct ur_encoder {
	char type[UR_TYPE_MAX + 1];
	uint8_t *message; /* padded with zeros to n fragments */
	size_t message_size;
	size_t fragment; /* data bytes of each part */
	size_t n;        /* fragments; 1: the message is one code */
	struct fountain fountain;
};

/*
 * For a message (of one CBOR item), in parts of at most `most` bytes of data. ERR_MSG_SIZE when it
 * has more than UR_MESSAGE_MAX bytes or would need more than FOUNTAIN_PARTS_MAX parts;
 * ERR_NO_MEMORY. Release with ur_encoder_free.
 */
enum err MUST_CHECK ur_encoder_init(struct ur_encoder *out, const char *type, struct span message,
				    size_t most);
void ur_encoder_free(struct ur_encoder *e);

/* Appends the text of part `number` (from 1, of which there is no last), in lower case. */
enum err MUST_CHECK ur_encoder_part(struct ur_encoder *e, struct buf *out, uint32_t number);

/* How long that text is; it does not get shorter as numbers rise. */
size_t ur_encoder_length(const struct ur_encoder *e, uint32_t number);

#endif
