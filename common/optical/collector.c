#include "common/optical/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/optical/bytewords.h"

struct slot {
	bool used;
	struct decoder decoder;
	uint64_t touched; /* the line that last added to it */
};

struct collector {
	char type[UR_TYPE_MAX + 1];
	struct slot slots[COLLECTOR_MESSAGES];
	struct collector_state state;
	struct buf message;
	struct span payload; /* in message, once whole */
};

enum err collector_new(struct collector **out, const char *type)
{
	struct collector *c = calloc(1, sizeof *c);
	*out = c;
	if (!c) {
		return ERR_NO_MEMORY;
	}
	snprintf(c->type, sizeof c->type, "%s", type);
	buf_init(&c->message, UR_MESSAGE_MAX);
	return ERR_OK;
}

static void forget(struct slot *s)
{
	decoder_free(&s->decoder);
	*s = (struct slot){0};
}

void collector_free(struct collector *c)
{
	if (!c) {
		return;
	}
	for (size_t i = 0; i < COLLECTOR_MESSAGES; i++) {
		forget(&c->slots[i]);
	}
	buf_free(&c->message);
	free(c);
}

/* Which of two is the lesser loss: the one that knows less, then the one idle for longer. */
static bool lesser(const struct slot *a, const struct slot *b)
{
	if (a->decoder.have != b->decoder.have) {
		return a->decoder.have < b->decoder.have;
	}
	return a->touched < b->touched;
}

/* The least of those in use, `spare` left out; NULL when there is none. */
static struct slot *least(struct collector *c, const struct slot *spare)
{
	struct slot *found = NULL;
	for (size_t i = 0; i < COLLECTOR_MESSAGES; i++) {
		struct slot *s = &c->slots[i];
		if (s->used && s != spare && (!found || lesser(s, found))) {
			found = s;
		}
	}
	return found;
}

/* A message that fits in alone never passes the bound, so this ends with it alone at the latest. */
static void bound_memory(struct collector *c, const struct slot *kept)
{
	for (;;) {
		size_t sum = 0;
		for (size_t i = 0; i < COLLECTOR_MESSAGES; i++) {
			sum += c->slots[i].used ? decoder_memory(&c->slots[i].decoder) : 0;
		}
		struct slot *victim = sum > COLLECTOR_MEMORY ? least(c, kept) : NULL;
		if (!victim) {
			return;
		}
		forget(victim);
	}
}

static enum err slot_of(struct collector *c, struct slot **out, const struct ur_part *part)
{
	struct slot *empty = NULL;
	for (size_t i = 0; i < COLLECTOR_MESSAGES; i++) {
		struct slot *s = &c->slots[i];
		if (s->used && decoder_fits(&s->decoder, part)) {
			*out = s;
			return ERR_OK;
		}
		empty = s->used ? empty : s;
	}
	if (!empty) {
		empty = least(c, NULL);
		forget(empty);
	}
	*out = empty;
	enum err rc = decoder_init(&empty->decoder, part);
	empty->used = rc == ERR_OK;
	return rc;
}

static enum err whole(struct collector *c, enum collected *what)
{
	if (ur_unwrap(&c->payload, buf_span(&c->message)) != ERR_OK) {
		buf_reset(&c->message);
		*what = COLLECTED_BAD;
		return ERR_OK;
	}
	for (size_t i = 0; i < COLLECTOR_MESSAGES; i++) {
		forget(&c->slots[i]);
	}
	*what = COLLECTED_WHOLE;
	return ERR_OK;
}

static enum err add(struct collector *c, enum collected *what, const struct ur_part *part)
{
	struct slot *s;
	bool news;
	enum err rc = slot_of(c, &s, part);
	if (rc == ERR_OK) {
		rc = decoder_add(&s->decoder, &news, part);
	}
	if (rc == ERR_OK) {
		*what = news ? COLLECTED_NEW : COLLECTED_AGAIN;
		s->touched = news ? c->state.lines : s->touched;
		bound_memory(c, s);
		if (s->decoder.have < s->decoder.need) {
			return ERR_OK;
		}
		c->state.have = c->state.need = s->decoder.need;
		rc = decoder_end(&s->decoder, &c->message);
		if (rc == ERR_OK) {
			rc = whole(c, what);
			if (*what == COLLECTED_WHOLE) {
				return rc;
			}
		}
		forget(s);
	}
	if (rc == ERR_UR_CHECKSUM) {
		/* One of its parts lies, and nothing says which: begin again. */
		forget(s);
		*what = COLLECTED_BAD;
		rc = ERR_OK;
	}
	return rc;
}

/* A whole message in one code, or a part. */
static enum err take(struct collector *c, enum collected *what, const struct ur_line *line)
{
	struct buf bytes;
	struct ur_part part;
	enum err rc = ERR_OK;
	buf_init(&bytes, UR_LINE_MAX);
	if (bytewords_get(&bytes, line->letters, line->n) != ERR_OK) {
		*what = COLLECTED_BAD;
	} else if (line->of == 0) {
		buf_put(&c->message, bytes.p, bytes.n);
		c->state.have = c->state.need = 1;
		rc = buf_end(&c->message);
		if (rc == ERR_OK) {
			rc = whole(c, what);
		}
	} else if (ur_part_get(&part, buf_span(&bytes)) != ERR_OK || part.number != line->number ||
		   part.of != line->of) {
		*what = COLLECTED_BAD;
	} else {
		rc = add(c, what, &part);
	}
	buf_free(&bytes);
	return rc;
}

enum err collector_line(struct collector *c, enum collected *what, const char *line, size_t n)
{
	struct ur_line parsed;
	enum err rc = ERR_OK;
	*what = COLLECTED_FOREIGN;
	if (c->payload.p) {
		*what = COLLECTED_WHOLE;
		return ERR_OK;
	}
	c->state.lines++;
	if (ur_line_read(&parsed, line, n) == ERR_OK && strcmp(parsed.type, c->type) == 0) {
		rc = take(c, what, &parsed);
	}
	err_clear();
	c->state.again += *what == COLLECTED_AGAIN;
	c->state.foreign += *what == COLLECTED_FOREIGN;
	c->state.bad += *what == COLLECTED_BAD;
	return rc;
}

void collector_state(const struct collector *c, struct collector_state *out)
{
	*out = c->state;
	if (c->payload.p) {
		return;
	}
	out->have = out->need = 0;
	for (size_t i = 0; i < COLLECTOR_MESSAGES; i++) {
		const struct decoder *d = &c->slots[i].decoder;
		if (!c->slots[i].used) {
			continue;
		}
		out->messages++;
		/* The one that is nearest to its end is the one meant. */
		if (out->need == 0 || d->have * out->need > out->have * d->need) {
			out->have = d->have;
			out->need = d->need;
		}
	}
}

struct span collector_payload(const struct collector *c)
{
	return c->payload;
}
