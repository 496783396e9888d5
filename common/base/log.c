#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/clock.h"

static enum log_level shown = LOG_INFO;

void log_set_level(enum log_level level)
{
	shown = level;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = {"", "warning", "info", "debug"};
	if (level == LOG_QUIET || level > shown) {
		return;
	}
	char when[TIME_TEXT_MAX];
	struct clock clock = clock_system();
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s %s: %s\n", time_format(when, clock_wall(&clock)), names[level], text);
}
