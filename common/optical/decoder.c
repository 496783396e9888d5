#include "common/optical/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "common/optical/crc32.h"

static size_t bits_size(const struct decoder *d)
{
	return FOUNTAIN_WORDS(d->need) * sizeof(uint64_t);
}

static size_t row_size(const struct decoder *d)
{
	return bits_size(d) + d->fragment;
}

enum err decoder_init(struct decoder *out, const struct ur_part *part)
{
	*out = (struct decoder){
	    .message_size = part->message_size,
	    .checksum = part->checksum,
	    .need = part->of,
	    .fragment = part->data.n,
	    .rows = calloc(part->of, sizeof *out->rows),
	};
	enum err rc =
	    out->rows ? fountain_init(&out->fountain, part->of, part->checksum) : ERR_NO_MEMORY;
	if (rc != ERR_OK) {
		decoder_free(out);
	}
	return rc;
}

static void drop(const struct decoder *d, uint8_t *row)
{
	if (row) {
		secret_wipe(row, row_size(d));
		free(row);
	}
}

void decoder_free(struct decoder *d)
{
	for (size_t i = 0; d->rows && i < d->need; i++) {
		drop(d, d->rows[i]);
	}
	free(d->rows);
	fountain_free(&d->fountain);
	*d = (struct decoder){0};
}

bool decoder_fits(const struct decoder *d, const struct ur_part *part)
{
	return part->of == d->need && part->message_size == d->message_size &&
	       part->checksum == d->checksum && part->data.n == d->fragment;
}

/* The lowest fragment in a row from `from` on, or `need`. */
static size_t lowest(const struct decoder *d, const uint8_t *row, size_t from)
{
	for (size_t word = from / 64; word < FOUNTAIN_WORDS(d->need); word++) {
		uint64_t v;
		memcpy(&v, row + word * sizeof v, sizeof v);
		if (word == from / 64) {
			v &= ~UINT64_C(0) << from % 64;
		}
		if (v) {
			return word * 64 + (size_t)__builtin_ctzll(v);
		}
	}
	return d->need;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++) {
		any |= p[i];
	}
	return any == 0;
}

enum err decoder_add(struct decoder *d, bool *news, const struct ur_part *part)
{
	uint64_t bits[FOUNTAIN_WORDS(FOUNTAIN_PARTS_MAX)];
	*news = false;
	CHECK(decoder_fits(d, part));
	uint8_t *row = malloc(row_size(d));
	if (!row) {
		return ERR_NO_MEMORY;
	}
	fountain_choose(&d->fountain, part->number, bits);
	memcpy(row, bits, bits_size(d));
	memcpy(row + bits_size(d), part->data.p, d->fragment);
	size_t at = lowest(d, row, 0);
	while (at < d->need && d->rows[at]) {
		fountain_mix(row, d->rows[at], row_size(d));
		at = lowest(d, row, at + 1);
	}
	if (at < d->need) {
		d->rows[at] = row;
		d->have++;
		*news = true;
		return ERR_OK;
	}
	bool agrees = is_zero(row + bits_size(d), d->fragment);
	drop(d, row);
	return agrees ? ERR_OK : err_set(ERR_UR_CHECKSUM, "parts contradict each other");
}

/* From the last row up, each is freed of the fragments that later rows are. */
static void substitute(struct decoder *d)
{
	for (size_t i = d->need; i-- > 0;) {
		size_t at = lowest(d, d->rows[i], i + 1);
		while (at < d->need) {
			fountain_mix(d->rows[i], d->rows[at], row_size(d));
			at = lowest(d, d->rows[i], at + 1);
		}
	}
}

enum err decoder_end(struct decoder *d, struct buf *out)
{
	size_t before = out->n, left = d->message_size;
	CHECK(d->have == d->need);
	substitute(d);
	for (size_t i = 0; i < d->need; i++) {
		size_t n = left < d->fragment ? left : d->fragment;
		buf_put(out, d->rows[i] + bits_size(d), n);
		left -= n;
		drop(d, d->rows[i]);
		d->rows[i] = NULL;
	}
	d->have = 0;
	enum err rc = buf_end(out);
	if (rc == ERR_OK && crc32_of(out->p + before, d->message_size) != d->checksum) {
		rc = err_set(ERR_UR_CHECKSUM, "the message does not match its checksum");
	}
	if (rc != ERR_OK) {
		out->n = before;
	}
	return rc;
}

size_t decoder_memory(const struct decoder *d)
{
	size_t tables = sizeof *d->rows + sizeof *d->fountain.pool +
			sizeof *d->fountain.degrees.chance + sizeof *d->fountain.degrees.alias;
	return d->need * tables + d->have * row_size(d);
}
