/*
 * One line a message to standard error. Never an amount or a whole address at the default level,
 * never a secret at any level.
 */
#ifndef AIRLOCK_BASE_LOG_H
#define AIRLOCK_BASE_LOG_H

#include "common/base/err.h"

enum log_level { LOG_QUIET, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
