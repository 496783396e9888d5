/*
 * From lines of text, as a camera or a scanner hands them over, to a message. Whatever else is in
 * view is counted and ignored; several messages in view are told apart, and the first that is whole
 * is the result. Memory stays below COLLECTOR_MEMORY besides the message itself, whatever comes.
 */
#ifndef AIRLOCK_OPTICAL_COLLECTOR_H
#define AIRLOCK_OPTICAL_COLLECTOR_H

#include <stdbool.h>

#include "common/optical/decoder.h"

#define COLLECTOR_MEMORY (7u << 20)
#define COLLECTOR_MESSAGES 4 /* told apart at a time */

enum collected {
	COLLECTED_FOREIGN, /* no UR, or one of another type */
	COLLECTED_BAD,     /* ours, but damaged, or it contradicts what came before */
	COLLECTED_AGAIN,   /* nothing new */
	COLLECTED_NEW,
	COLLECTED_WHOLE, /* the message is there; what comes later does not count */
};

/* What has been seen so far. */
struct collector_state {
	size_t have, need; /* of the message nearest to its end; 0, 0 before the first part */
	size_t messages;   /* in view */
	uint64_t lines, again, foreign, bad;
};

struct collector;

/* For messages of one type. ERR_NO_MEMORY. */
enum err MUST_CHECK collector_new(struct collector **out, const char *type);
void collector_free(struct collector *c);

/* Takes one line. An error is one of ours (ERR_NO_MEMORY), never the line's. */
enum err MUST_CHECK collector_line(struct collector *c, enum collected *what, const char *line,
				   size_t n);

void collector_state(const struct collector *c, struct collector_state *out);

/* Once whole: the payload, borrowed; NULL before. */
struct span collector_payload(const struct collector *c);

#endif
