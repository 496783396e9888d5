/* cmocka and what it needs in front of it. */
#ifndef AIRLOCK_TESTS_UNIT_H
#define AIRLOCK_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
