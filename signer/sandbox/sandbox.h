/*
 * From here on the process can do no more than it needs: no sockets, no other programs, no looking
 * into other processes, no kernel doors. Denied calls fail with EPERM. Irrevocable.
 */
#ifndef AIRLOCK_SIGNER_SANDBOX_H
#define AIRLOCK_SIGNER_SANDBOX_H

#include "common/base/err.h"

/* ERR_SANDBOX with the reason. After secret_start, before any foreign byte is read. */
enum err MUST_CHECK sandbox_enter(void);

/* How many kinds of call are denied: for `status`. */
unsigned sandbox_denied(void);

#endif
