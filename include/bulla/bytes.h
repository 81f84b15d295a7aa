/* SPDX-License-Identifier: Apache-2.0 */
/* A read-only run of bytes that somebody else owns. */
#ifndef BULLA_BYTES_H
#define BULLA_BYTES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define BULLA_API __attribute__((visibility("default")))
#define BULLA_MUST_CHECK __attribute__((warn_unused_result))
#else
#define BULLA_API
#define BULLA_MUST_CHECK
#endif

/* `data` may be NULL only where `len` is 0. Who owns the bytes, and until when they stay, is said
 * by each function that takes or gives one. */
typedef struct bulla_bytes {
    const uint8_t *data;
    size_t len;
} bulla_bytes;

#endif
