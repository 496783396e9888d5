/* What every fuzz target includes: libFuzzer's entry point, and a check that aborts. */
#ifndef AIRLOCK_TESTS_FUZZ_H
#define AIRLOCK_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/check.h"

/* Returns 0; whatever is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
