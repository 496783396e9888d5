/*
 * From here on the process can read what is open already, write to what is open already, and think.
 * Other calls fail with EPERM. Irrevocable.
 */
#ifndef AIRLOCK_SCAN_SANDBOX_H
#define AIRLOCK_SCAN_SANDBOX_H

#include <stdbool.h>

#include "common/base/err.h"

/* With `camera` also the calls that fetch its pictures. ERR_SANDBOX. */
enum err MUST_CHECK sandbox_enter(bool camera);

#endif
