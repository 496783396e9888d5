/*
 * Puts one message together from its parts, in whatever order and however mixed: each part is an
 * equation over GF(2) and is reduced by those before it on arrival, so that as few parts as the
 * information allows are enough, and progress is the rank: of the `need` there are, `have`.
 */
#ifndef AIRLOCK_OPTICAL_DECODER_H
#define AIRLOCK_OPTICAL_DECODER_H

#include <stdbool.h>

#include "common/optical/ur.h"

struct decoder {
	uint32_t message_size, checksum;
	size_t need, have;
	size_t fragment;
	uint8_t **rows; /* by lowest fragment: its set as bits, then its data */
	struct fountain fountain;
};

/* For the message that this part is of, which is not added yet. ERR_NO_MEMORY. */
enum err MUST_CHECK decoder_init(struct decoder *out, const struct ur_part *part);
void decoder_free(struct decoder *d);

/* Whether the part is of the same message. */
bool decoder_fits(const struct decoder *d, const struct ur_part *part);

/*
 * Adds a part that fits. *news says whether it told something new. ERR_UR_CHECKSUM when it
 * contradicts those before it: one of them lies, and the decoder is of no more use. ERR_NO_MEMORY.
 */
enum err MUST_CHECK decoder_add(struct decoder *d, bool *news, const struct ur_part *part);

/*
 * The message, once have == need; appends it to out and drops the parts. ERR_UR_CHECKSUM when it is
 * not what the parts said it would be.
 */
enum err MUST_CHECK decoder_end(struct decoder *d, struct buf *out);

/* What it keeps in memory now. */
size_t decoder_memory(const struct decoder *d);

#endif
