/*
 * The person's terminal (/dev/tty) taken over for a full screen: alternate screen, so that nothing
 * stays in the scroll-back, no cursor, keys at once. It is given back as it was by terminal_close
 * and by every signal that ends the program.
 */
#ifndef AIRLOCK_OPTICAL_TERMINAL_H
#define AIRLOCK_OPTICAL_TERMINAL_H

#include <stdbool.h>

#include "common/base/bytes.h"

/* Whether there is one. */
bool terminal_there(void);

/* ERR_TERMINAL when there is none. One at a time. */
enum err MUST_CHECK terminal_open(void);
void terminal_close(void);

void terminal_size(size_t *columns, size_t *rows);

/* Writes all of it. ERR_IO. */
enum err MUST_CHECK terminal_write(struct span text);

/*
 * Waits up to `ms` for a key: '\0' when none came. A changed size ends the wait too. ERR_TERMINAL
 * when the terminal has gone.
 */
enum err MUST_CHECK terminal_key(char *key, unsigned ms);

/* No echo of what is typed into the descriptor, until terminal_echo; signals restore it too. Does
 * nothing when it is no terminal. */
void terminal_quiet(int fd);
void terminal_echo(void);

#endif
