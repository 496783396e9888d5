/*
 * libcbor believes the sizes that it reads and allocates by them, so the bytes are walked here
 * first: only what can be there is let through, in its only form, and libcbor then cannot be
 * surprised.
 */
#include "proto/wire.h"

#include <cbor.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

#define DEPTH_MAX 8
/* The largest request has 64 transactions of 120 inputs of 26 values; each costs some 100 bytes. */
#define VALUES_MAX (1u << 18)
#define HEAD_MAX 9

enum major { MAJOR_UINT = 0, MAJOR_BYTES = 2, MAJOR_TEXT = 3, MAJOR_LIST = 4 };

struct wire {
	cbor_item_t *root;
	enum err failed;
};

void wire_put_uint(struct buf *b, uint64_t v)
{
	uint8_t head[HEAD_MAX];
	buf_put(b, head, cbor_encode_uint(v, head, sizeof head));
}

void wire_put_list(struct buf *b, size_t n)
{
	uint8_t head[HEAD_MAX];
	buf_put(b, head, cbor_encode_array_start(n, head, sizeof head));
}

void wire_put_bytes(struct buf *b, const void *p, size_t n)
{
	uint8_t head[HEAD_MAX];
	buf_put(b, head, cbor_encode_bytestring_start(n, head, sizeof head));
	buf_put(b, p, n);
}

void wire_put_text(struct buf *b, const char *s)
{
	uint8_t head[HEAD_MAX];
	buf_put(b, head, cbor_encode_string_start(strlen(s), head, sizeof head));
	buf_text(b, s);
}

bool wire_is_text(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	for (size_t i = 0; i < n;) {
		unsigned more = p[i] < 0x80 ? 0 : p[i] < 0xe0 ? 1 : p[i] < 0xf0 ? 2 : 3;
		if (p[i] == 0 || (p[i] >= 0x80 && p[i] < 0xc2) || p[i] > 0xf4 || more >= n - i) {
			return false;
		}
		/* What the lead byte leaves open: overlong forms, surrogates, above U+10FFFF. */
		uint8_t least = p[i] == 0xe0 ? 0xa0 : p[i] == 0xf0 ? 0x90 : 0x80;
		uint8_t most = p[i] == 0xed ? 0x9f : p[i] == 0xf4 ? 0x8f : 0xbf;
		for (unsigned k = 1; k <= more; k++, least = 0x80, most = 0xbf) {
			if (p[i + k] < least || p[i + k] > most) {
				return false;
			}
		}
		i += 1 + more;
	}
	return true;
}

/* The head of one value: its kind, and its number, length or count in shortest form. */
static enum err scan_head(struct reader *r, enum major *major, uint64_t *value)
{
	uint8_t first = read_u8(r);
	unsigned info = first & 31;
	*major = (enum major)(first >> 5);
	*value = info;
	if (info == 31) {
		return err_set(ERR_MSG_CANONICAL, "a value of indefinite length");
	}
	if (info > 27) {
		return err_set(ERR_MSG_FORMAT, "not a value of CBOR");
	}
	if (info >= 24) {
		static const uint64_t least[] = {24, 1u << 8, 1u << 16, UINT64_C(1) << 32};
		*value = 0;
		for (unsigned i = 0; i < 1u << (info - 24); i++) {
			*value = *value << 8 | read_u8(r);
		}
		if (r->failed == ERR_OK && *value < least[info - 24]) {
			return err_set(ERR_MSG_CANONICAL, "a number longer than it needs to be");
		}
	}
	return r->failed == ERR_OK ? ERR_OK : err_set(ERR_MSG_TRUNCATED, "a value is cut short");
}

static enum err scan_string(struct reader *r, enum major major, uint64_t size)
{
	if (size > r->left) {
		return err_set(ERR_MSG_TRUNCATED, "a string is cut short");
	}
	const uint8_t *p = read_span(r, (size_t)size);
	if (major == MAJOR_TEXT && size && !wire_is_text((const char *)p, (size_t)size)) {
		return err_set(ERR_MSG_FORMAT, "text that is not UTF-8");
	}
	return ERR_OK;
}

static enum err scan(struct span bytes)
{
	struct reader r = reader_of(bytes.p, bytes.n);
	uint64_t open[DEPTH_MAX], value; /* elements still to come at each depth */
	size_t depth = 0, values = 0;
	if (bytes.n == 0) {
		return err_set(ERR_MSG_TRUNCATED, "an empty message");
	}
	do {
		enum major major;
		enum err rc = scan_head(&r, &major, &value);
		if (rc != ERR_OK) {
			return rc;
		}
		if (++values > VALUES_MAX) {
			return err_set(ERR_MSG_SIZE, "more than %u values", VALUES_MAX);
		}
		if (depth == 0 && major != MAJOR_LIST) {
			return err_set(ERR_MSG_FORMAT, "the outermost value is no array");
		}
		if (depth > 0) {
			open[depth - 1]--;
		}
		switch (major) {
		case MAJOR_UINT:
			break;
		case MAJOR_BYTES:
		case MAJOR_TEXT:
			rc = scan_string(&r, major, value);
			if (rc != ERR_OK) {
				return rc;
			}
			break;
		case MAJOR_LIST:
			if (depth == DEPTH_MAX) {
				return err_set(ERR_MSG_SIZE, "nested more than %d deep", DEPTH_MAX);
			}
			/* An element takes a byte at least. */
			if (value > r.left) {
				return err_set(ERR_MSG_TRUNCATED, "an array is cut short");
			}
			open[depth++] = value;
			break;
		default:
			return err_set(ERR_MSG_FORMAT, "a kind of value that no message has");
		}
		while (depth > 0 && open[depth - 1] == 0) {
			depth--;
		}
	} while (depth > 0);
	return r.left ? err_set(ERR_MSG_FORMAT, "%zu bytes after the end", r.left) : ERR_OK;
}

enum err wire_open(struct wire **out, struct span bytes)
{
	*out = NULL;
	enum err rc = scan(bytes);
	if (rc != ERR_OK) {
		return rc;
	}
	struct wire *w = calloc(1, sizeof *w);
	if (!w) {
		return ERR_NO_MEMORY;
	}
	struct cbor_load_result result;
	w->root = cbor_load(bytes.p, bytes.n, &result);
	if (!w->root || result.error.code != CBOR_ERR_NONE || result.read != bytes.n) {
		rc = result.error.code == CBOR_ERR_MEMERROR ? ERR_NO_MEMORY : ERR_MSG_FORMAT;
		wire_free(w);
		return rc;
	}
	*out = w;
	return ERR_OK;
}

/* libcbor does not wipe what it frees, and a message may hold keys. */
static void wipe(cbor_item_t *item)
{
	if (cbor_isa_bytestring(item)) {
		secret_wipe(cbor_bytestring_handle(item), cbor_bytestring_length(item));
	} else if (cbor_isa_array(item)) {
		for (size_t i = 0; i < cbor_array_size(item); i++) {
			wipe(cbor_array_handle(item)[i]);
		}
	}
}

void wire_free(struct wire *w)
{
	if (!w) {
		return;
	}
	if (w->root) {
		wipe(w->root);
		cbor_decref(&w->root);
	}
	free(w);
}

enum err wire_fail(struct wire *w, enum err e, const char *what)
{
	if (w->failed == ERR_OK) {
		w->failed = err_set(e, "%s", what);
	}
	return w->failed;
}

enum err wire_end(const struct wire *w)
{
	return w->failed;
}

struct wire_list wire_root(struct wire *w)
{
	return (struct wire_list){.wire = w, .array = w->root, .n = cbor_array_size(w->root)};
}

void wire_expect(const struct wire_list *in, size_t n)
{
	if (in->array && in->n != n) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "a wrong number of fields"));
	}
}

/* The next element, or NULL when the message has failed or there is none. */
static cbor_item_t *next(struct wire_list *in)
{
	if (in->wire->failed != ERR_OK || !in->array) {
		return NULL;
	}
	if (in->at == in->n) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "a field is missing"));
		return NULL;
	}
	return cbor_array_handle(in->array)[in->at++];
}

uint64_t wire_uint(struct wire_list *in, uint64_t max)
{
	cbor_item_t *item = next(in);
	if (!item) {
		return 0;
	}
	if (!cbor_isa_uint(item) || cbor_get_int(item) > max) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "a number is missing or too large"));
		return 0;
	}
	return cbor_get_int(item);
}

struct span wire_bytes(struct wire_list *in, size_t max)
{
	cbor_item_t *item = next(in);
	if (!item) {
		return (struct span){0};
	}
	if (!cbor_isa_bytestring(item) || cbor_bytestring_length(item) > max) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "bytes are missing or too many"));
		return (struct span){0};
	}
	return (struct span){cbor_bytestring_handle(item), cbor_bytestring_length(item)};
}

void wire_fixed(struct wire_list *in, void *out, size_t n)
{
	struct span s = wire_bytes(in, n);
	memset(out, 0, n);
	if (s.n == n) {
		memcpy(out, s.p, n);
	} else {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "bytes are too few"));
	}
}

void wire_text(struct wire_list *in, char *out, size_t size)
{
	memset(out, 0, size);
	cbor_item_t *item = next(in);
	if (!item) {
		return;
	}
	if (!cbor_isa_string(item) || cbor_string_length(item) >= size) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT, "text is missing or too long"));
		return;
	}
	memcpy(out, cbor_string_handle(item), cbor_string_length(item));
}

struct wire_list wire_list(struct wire_list *in, size_t min, size_t max)
{
	struct wire_list list = {.wire = in->wire};
	cbor_item_t *item = next(in);
	if (!item) {
		return list;
	}
	if (!cbor_isa_array(item) || cbor_array_size(item) < min || cbor_array_size(item) > max) {
		err_ignore(wire_fail(in->wire, ERR_MSG_FORMAT,
				     "a list is missing, too short or too long"));
		return list;
	}
	list.array = item;
	list.n = cbor_array_size(item);
	return list;
}

enum err wire_same(struct span body, struct buf *again, enum err encoded)
{
	enum err rc = encoded;
	if (rc == ERR_OK && (again->n != body.n || memcmp(again->p, body.p, body.n) != 0)) {
		rc = err_set(ERR_MSG_CANONICAL, "the message has another form than its content");
	}
	buf_free(again);
	return rc;
}
