/*
 * Secrets from a person or a script: a line from the terminal, not echoed, or from a descriptor.
 * Never from arguments or the environment.
 */
#ifndef AIRLOCK_SIGNER_SECRET_INPUT_H
#define AIRLOCK_SIGNER_SECRET_INPUT_H

#include <stdbool.h>

#include "common/base/bytes.h"

#define SECRET_LINE_MAX 1024

/*
 * One line, without its end, in secret_alloc memory (secret_free). fd -1 asks `prompt` on the
 * terminal; ERR_STATE when there is none. ERR_USAGE when the line is too long, ERR_IO.
 */
enum err MUST_CHECK secret_line(char **out, int fd, const char *prompt, bool echo);

/* A new passphrase: asked for twice on the terminal, once on a descriptor; never empty. */
enum err MUST_CHECK secret_new_passphrase(char **out, int fd);

/* Shows a secret on the terminal, or writes it with a newline to fd unless that is -1. */
enum err MUST_CHECK secret_show(int fd, const char *before, const char *secret);

#endif
