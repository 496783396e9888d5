/* CRC-32 of zlib and PNG (ISO-HDLC). It finds accidents, never an attacker. */
#ifndef AIRLOCK_OPTICAL_CRC32_H
#define AIRLOCK_OPTICAL_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *p, size_t n);

#endif
