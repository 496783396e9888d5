/* From a message to any number of parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "common/optical/bytewords.h"
#include "common/optical/crc32.h"
#include "common/optical/ur.h"

enum err ur_encoder_init(struct ur_encoder *out, const char *type, struct span message, size_t most)
{
	*out = (struct ur_encoder){0};
	CHECK(strlen(type) <= UR_TYPE_MAX && message.n >= 1 && most >= UR_FRAGMENT_LEAST);
	if (message.n > UR_MESSAGE_MAX) {
		return err_set(ERR_MSG_SIZE, "%zu bytes are too much for codes; carry it as a file",
			       message.n);
	}
	memcpy(out->type, type, strlen(type));
	out->message_size = message.n;
	out->fragment = fountain_fragment_size(message.n, UR_FRAGMENT_LEAST, most);
	out->n = (message.n + out->fragment - 1) / out->fragment;
	if (out->n > FOUNTAIN_PARTS_MAX) {
		return err_set(ERR_MSG_SIZE,
			       "%zu bytes in codes of %zu are more than %u codes; make them denser "
			       "or carry it as a file",
			       message.n, out->fragment, FOUNTAIN_PARTS_MAX);
	}
	out->message = calloc(out->n, out->fragment);
	if (!out->message) {
		return ERR_NO_MEMORY;
	}
	memcpy(out->message, message.p, message.n);
	enum err rc = fountain_init(&out->fountain, out->n, crc32_of(message.p, message.n));
	if (rc != ERR_OK) {
		ur_encoder_free(out);
	}
	return rc;
}

void ur_encoder_free(struct ur_encoder *e)
{
	if (e->message) {
		/* A kit holds the view key. */
		secret_wipe(e->message, e->n * e->fragment);
	}
	free(e->message);
	fountain_free(&e->fountain);
	*e = (struct ur_encoder){0};
}

static void mix(struct ur_encoder *e, uint8_t *data, uint32_t number)
{
	uint64_t bits[FOUNTAIN_WORDS(FOUNTAIN_PARTS_MAX)];
	memset(data, 0, e->fragment);
	fountain_choose(&e->fountain, number, bits);
	for (size_t i = 0; i < e->n; i++) {
		if (fountain_has(bits, i)) {
			fountain_mix(data, e->message + i * e->fragment, e->fragment);
		}
	}
}

/* Puts the part's CBOR, with the data of its number or with zeros. */
static enum err put_cbor(struct ur_encoder *e, struct buf *out, uint32_t number)
{
	uint8_t *data = malloc(e->fragment);
	if (!data) {
		return ERR_NO_MEMORY;
	}
	mix(e, data, number);
	const struct ur_part part = {number,
				     (uint32_t)e->n,
				     (uint32_t)e->message_size,
				     e->fountain.checksum,
				     {data, e->fragment}};
	ur_part_put(out, &part);
	secret_wipe(data, e->fragment);
	free(data);
	return buf_end(out);
}

enum err ur_encoder_part(struct ur_encoder *e, struct buf *out, uint32_t number)
{
	CHECK(number >= 1);
	if (e->n == 1) {
		buf_printf(out, "ur:%s/", e->type);
		bytewords_put(out, (struct span){e->message, e->message_size});
		return buf_end(out);
	}
	struct buf cbor;
	buf_init(&cbor, e->fragment + 64);
	enum err rc = put_cbor(e, &cbor, number);
	if (rc == ERR_OK) {
		buf_printf(out, "ur:%s/%u-%zu/", e->type, number, e->n);
		bytewords_put(out, buf_span(&cbor));
		rc = buf_end(out);
	}
	buf_free(&cbor);
	return rc;
}

static size_t head_size(uint64_t v)
{
	return v < 24 ? 1 : v <= UINT8_MAX ? 2 : v <= UINT16_MAX ? 3 : 5;
}

size_t ur_encoder_length(const struct ur_encoder *e, uint32_t number)
{
	size_t around = strlen("ur:/") + strlen(e->type);
	if (e->n == 1) {
		return around + bytewords_length(e->message_size);
	}
	size_t cbor = 1 + head_size(number) + head_size(e->n) + head_size(e->message_size) +
		      head_size(e->fountain.checksum) + head_size(e->fragment) + e->fragment;
	return around + (size_t)snprintf(NULL, 0, "%u-%zu/", number, e->n) + bytewords_length(cbor);
}
