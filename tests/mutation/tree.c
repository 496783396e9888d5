/* Changes of form: see mutate.h. A body is a tree of CBOR values; an edit is a splice of bytes. */
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "proto/wire.h"
#include "tests/mutation/mutate.h"

#define ITEMS_MAX 4096

enum major { UINT = 0, BYTES = 2, TEXT = 3, LIST = 4 };

struct item {
	size_t at, body, end; /* head, what follows the head, one past the last byte */
	enum major major;
	uint64_t value; /* the number, or the length */
	size_t parent;  /* of the outermost: itself */
};

struct tree {
	size_t n;
	struct item items[ITEMS_MAX];
};

/* The order of draws is the same whatever compiler made this, so that a seed says it all. */
void flip_bit(uint8_t *p, size_t n, const struct rng *rng)
{
	size_t at = rng_below(rng, n);
	p[at] ^= (uint8_t)(1 << rng_below(rng, 8));
}

/* Reads a head; false where there is none that a body may hold. */
static bool read_head(struct item *out, const struct buf *b, size_t at)
{
	if (at >= b->n) {
		return false;
	}
	unsigned info = b->p[at] & 31;
	size_t more = info < 24 ? 0 : info <= 27 ? (size_t)1 << (info - 24) : 99;
	out->at = at;
	out->major = (enum major)(b->p[at] >> 5);
	out->value = info;
	if (more > 8 || at + 1 + more > b->n) {
		return false;
	}
	for (size_t i = 0; i < more; i++) {
		out->value = (i ? out->value << 8 : 0) | b->p[at + 1 + i];
	}
	out->body = out->end = at + 1 + more;
	return true;
}

/* Reads the value at `at` and all in it; 0 when it is none, else where it ends. */
static size_t read_item(struct tree *t, const struct buf *b, size_t at, size_t parent)
{
	size_t self = t->n;
	struct item *item = &t->items[self];
	if (t->n == ITEMS_MAX || !read_head(item, b, at)) {
		return 0;
	}
	t->n++;
	item->parent = parent;
	if (item->major == LIST) {
		for (uint64_t i = 0; item->end && i < item->value; i++) {
			item->end = read_item(t, b, item->end, self);
		}
	} else if (item->major == BYTES || item->major == TEXT) {
		item->end = item->value <= b->n - item->body ? item->body + item->value : 0;
	} else if (item->major != UINT) {
		item->end = 0;
	}
	return item->end;
}

/* Replaces bytes [at, end) by n others. */
static void splice(struct buf *b, size_t at, size_t end, const void *p, size_t n)
{
	struct buf out;
	buf_init(&out, PROTO_MESSAGE_MAX);
	buf_put(&out, b->p, at);
	buf_put(&out, p, n);
	buf_put(&out, b->p + end, b->n - end);
	CHECK(buf_end(&out) == ERR_OK);
	buf_free(b);
	*b = out;
}

static void put_head(struct buf *out, enum major major, uint64_t value)
{
	size_t at = out->n;
	wire_put_uint(out, value);
	CHECK(buf_end(out) == ERR_OK);
	out->p[at] |= (uint8_t)(major << 5);
}

static void set_head(struct buf *b, const struct item *item, uint64_t value)
{
	struct buf head;
	buf_init(&head, 16);
	put_head(&head, item->major, value);
	splice(b, item->at, item->body, head.p, head.n);
	buf_free(&head);
}

static void change_uint(struct buf *b, const struct tree *t, const struct item *item,
			const struct rng *rng)
{
	const struct item *other = &t->items[rng_below(rng, t->n)];
	uint64_t value = item->value;
	switch (rng_below(rng, 4)) {
	case 0:
		value += rng_below(rng, 5) - 2;
		break;
	case 1:
		value ^= UINT64_C(1) << rng_below(rng, 64);
		break;
	case 2:
		value = other->value;
		break;
	default:
		value = UINT64_C(1) << rng_below(rng, 64);
		value -= rng_below(rng, 2);
		break;
	}
	set_head(b, item, value);
}

/* A string of other bytes; now and then of another length. */
static void change_string(struct buf *b, const struct tree *t, const struct item *item,
			  const struct rng *rng)
{
	uint8_t bytes[64];
	size_t n = item->end - item->body;
	switch (rng_below(rng, 5)) {
	case 0: /* one bit */
		if (n) {
			flip_bit(b->p + item->body, n, rng);
		}
		return;
	case 1: /* a run of random bytes */
		rng_fill(rng, bytes, sizeof bytes);
		n = n < sizeof bytes ? n : sizeof bytes;
		memcpy(b->p + item->body, bytes, n);
		return;
	case 2: /* one value, all over */
		memset(b->p + item->body, rng_below(rng, 2) ? 0 : 0xff, n);
		return;
	case 3: { /* what another string of the same length holds */
		const struct item *other = &t->items[rng_below(rng, t->n)];
		for (size_t i = 0;
		     i < 32 && (other->major != item->major || other->end - other->body != n);
		     i++) {
			other = &t->items[rng_below(rng, t->n)];
		}
		if (other->major == item->major && other->end - other->body == n) {
			memmove(b->p + item->body, b->p + other->body, n);
		}
		return;
	}
	default: /* longer or shorter */
		rng_fill(rng, bytes, sizeof bytes);
		size_t put = rng_below(rng, 3);
		splice(b, item->end, item->end, bytes, put);
		set_head(b, item, item->value + put);
		return;
	}
}

/* An element of a list dropped, doubled, or exchanged with the one after it. */
static void change_list(struct buf *b, const struct tree *t, const struct item *item,
			const struct rng *rng)
{
	const struct item *parent = &t->items[item->parent], *next = NULL;
	struct buf copy;
	buf_init(&copy, PROTO_MESSAGE_MAX);
	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i].at == item->end && t->items[i].parent == item->parent) {
			next = &t->items[i];
		}
	}
	switch (rng_below(rng, 3)) {
	case 0:
		splice(b, item->at, item->end, NULL, 0);
		set_head(b, parent, parent->value - 1);
		break;
	case 1:
		buf_put(&copy, b->p + item->at, item->end - item->at);
		splice(b, item->end, item->end, copy.p, copy.n);
		set_head(b, parent, parent->value + 1);
		break;
	default:
		if (next) {
			buf_put(&copy, b->p + next->at, next->end - next->at);
			buf_put(&copy, b->p + item->at, item->end - item->at);
			splice(b, item->at, next->end, copy.p, copy.n);
		}
		break;
	}
	buf_free(&copy);
}

/* Another value of the message in its place, whatever it is. */
static void transplant(struct buf *b, const struct tree *t, const struct item *item,
		       const struct rng *rng)
{
	const struct item *other = &t->items[rng_below(rng, t->n)];
	struct buf copy;
	buf_init(&copy, PROTO_MESSAGE_MAX);
	buf_put(&copy, b->p + other->at, other->end - other->at);
	splice(b, item->at, item->end, copy.p, copy.n);
	buf_free(&copy);
}

static void change_bytes(struct buf *b, const struct rng *rng)
{
	uint8_t byte = (uint8_t)rng_below(rng, 256);
	size_t at = rng_below(rng, b->n);
	switch (rng_below(rng, 4)) {
	case 0:
		flip_bit(b->p + at, 1, rng);
		break;
	case 1:
		b->p[at] = byte;
		break;
	case 2:
		splice(b, at, at + 1, NULL, 0);
		break;
	default:
		splice(b, at, at, &byte, 1);
		break;
	}
}

/* Places in rings are most of all values; what stands beside them is looked at as often. */
static const struct item *choose(const struct tree *t, const struct rng *rng)
{
	const struct item *item = &t->items[rng_below(rng, t->n)];
	for (int i = 0; i < 4 && t->items[item->parent].value == RING_SIZE; i++) {
		item = &t->items[rng_below(rng, t->n)];
	}
	return item;
}

void tree_change(struct buf *body, const struct rng *rng)
{
	struct tree *t = malloc(sizeof *t);
	CHECK(t);
	t->n = 0;
	if (body->n == 0 || rng_below(rng, 16) == 0 || read_item(t, body, 0, 0) == 0) {
		if (body->n) {
			change_bytes(body, rng);
		}
		free(t);
		return;
	}
	const struct item *item = choose(t, rng);
	uint64_t how = rng_below(rng, 8);
	if (how == 0) {
		transplant(body, t, item, rng);
	} else if (how == 1 && item->at != 0) {
		change_list(body, t, item, rng);
	} else if (item->major == UINT) {
		change_uint(body, t, item, rng);
	} else if (item->major == LIST) {
		set_head(body, item, item->value + rng_below(rng, 3) - 1);
	} else {
		change_string(body, t, item, rng);
	}
	free(t);
}
