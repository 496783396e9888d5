/* Reading: lines from a descriptor into a collector, and a line of progress for the person. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/optical/collector.h"
#include "common/optical/light.h"
#include "common/optical/terminal.h"

#define BAR 24
#define PROGRESS_MS 100
#define HINT_MAX 40 /* characters of a foreign code that are shown */

struct scan {
	struct collector *collector;
	struct clock clock;
	uint64_t started, painted;
	bool live;     /* standard error is a terminal */
	bool hinted;   /* about what is foreign */
	bool told;     /* about a second message */
	bool too_long; /* the present line; the rest of it is skipped */
	size_t n;
	char line[UR_LINE_MAX];
};

static void paint(struct scan *s, bool last)
{
	struct collector_state c;
	uint64_t now = clock_steady_ms(&s->clock);
	if (!s->live || (!last && now - s->painted < PROGRESS_MS)) {
		return;
	}
	s->painted = now;
	collector_state(s->collector, &c);
	char bar[BAR + 1];
	size_t full = c.need ? c.have * BAR / c.need : 0;
	for (size_t i = 0; i < BAR; i++) {
		bar[i] = i < full ? '#' : '.';
	}
	bar[BAR] = '\0';
	uint64_t ms = now > s->started ? now - s->started : 1;
	uint64_t rate = c.lines * 10000 / ms;
	fprintf(stderr, "\r[%s] %zu of %zu, %zu missing, %llu.%llu codes/s, %llu damaged\033[K%s",
		bar, c.have, c.need, c.need - c.have, (unsigned long long)(rate / 10),
		(unsigned long long)(rate % 10), (unsigned long long)c.bad, last ? "\n" : "");
	fflush(stderr);
}

/* Each hint once: a person who points a camera cannot read a stream of them. */
static void hint(struct scan *s, enum collected what, size_t n)
{
	char safe[4 * HINT_MAX + 4];
	struct collector_state c;
	const char *begin = s->live ? "\r\033[K" : "";
	if (what == COLLECTED_FOREIGN && !s->hinted) {
		s->hinted = true;
		fprintf(stderr, "%sa code that is not Airlock's is in view and ignored: %s\n",
			begin, text_safe(safe, sizeof safe, s->line, n < HINT_MAX ? n : HINT_MAX));
	}
	collector_state(s->collector, &c);
	if (c.messages > 1 && !s->told) {
		s->told = true;
		fprintf(stderr, "%sparts of another message are in view; each is kept apart\n",
			begin);
	}
}

static enum err take_line(struct scan *s, bool *whole)
{
	enum collected what;
	size_t n = s->n;
	s->n = 0;
	if (s->too_long) {
		/* Longer than any code: to the collector it is a foreign one. */
		s->too_long = false;
		n = 1;
	}
	while (n && (unsigned char)s->line[n - 1] <= ' ') {
		n--;
	}
	if (n == 0) {
		return ERR_OK;
	}
	enum err rc = collector_line(s->collector, &what, s->line, n);
	if (rc == ERR_OK) {
		*whole = what == COLLECTED_WHOLE;
		hint(s, what, n);
		paint(s, false);
	}
	return rc;
}

static enum err take_bytes(struct scan *s, const char *p, size_t n, bool *whole)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < n && !*whole; i++) {
		/* Scanners end a code with either, or both. */
		if (p[i] == '\n' || p[i] == '\r') {
			rc = take_line(s, whole);
		} else if (s->n < sizeof s->line) {
			s->line[s->n++] = p[i];
		} else {
			s->too_long = true;
		}
	}
	return rc;
}

static enum err read_all(struct scan *s, int fd)
{
	char bytes[4096];
	bool whole = false;
	enum err rc = ERR_OK;
	while (rc == ERR_OK && !whole) {
		ssize_t got = read(fd, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return err_errno(errno, "cannot read", "the codes");
		}
		if (got == 0) {
			/* The last line may lack its end. */
			rc = take_line(s, &whole);
			break;
		}
		rc = take_bytes(s, bytes, (size_t)got, &whole);
	}
	if (rc == ERR_OK && !whole) {
		struct collector_state c;
		collector_state(s->collector, &c);
		rc = c.need ? err_set(ERR_UR_INCOMPLETE,
				      "%zu of %zu parts were seen (%llu codes, %llu damaged, %llu "
				      "foreign); scan on from the same screen",
				      c.have, c.need, (unsigned long long)c.lines,
				      (unsigned long long)c.bad, (unsigned long long)c.foreign)
			    : err_set(ERR_UR_INCOMPLETE,
				      "no code of Airlock's was seen (%llu damaged, %llu foreign)",
				      (unsigned long long)c.bad, (unsigned long long)c.foreign);
	}
	return rc;
}

enum err light_scan(struct buf *out, int fd)
{
	struct scan s = {.clock = clock_system(), .live = isatty(STDERR_FILENO) == 1};
	enum err rc = collector_new(&s.collector, LIGHT_TYPE);
	if (rc == ERR_OK) {
		s.started = clock_steady_ms(&s.clock);
		terminal_quiet(fd);
		rc = read_all(&s, fd);
		terminal_echo();
		paint(&s, true);
	}
	if (rc == ERR_OK) {
		struct span payload = collector_payload(s.collector);
		buf_put(out, payload.p, payload.n);
		rc = buf_end(out) == ERR_OK
			 ? ERR_OK
			 : err_set(ERR_MSG_SIZE, "%zu bytes are more than this message can have",
				   payload.n);
	}
	collector_free(s.collector);
	return rc;
}
