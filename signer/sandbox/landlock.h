/* Landlock: the kernel itself keeps this process from writing anywhere but in its places. */
#ifndef AIRLOCK_SIGNER_LANDLOCK_H
#define AIRLOCK_SIGNER_LANDLOCK_H

#include "signer/sandbox/sandbox.h"

/*
 * *abi is the kernel's version of Landlock, or 0 where it is absent or older than we can use; then
 * nothing is restricted and that is no error. ERR_SANDBOX when it is there and does not work. Sets
 * no_new_privs.
 */
enum err MUST_CHECK landlock_enter(int *abi, const struct sandbox_places *places);

#endif
