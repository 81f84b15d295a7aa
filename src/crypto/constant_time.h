/* SPDX-License-Identifier: Apache-2.0 */
/* How our own primitives keep their secrets out of time: a wall that the optimizer does not see
 * through, and a word for tests/ct, in which valgrind takes secrets for undefined memory and cries
 * where a branch or an address comes of one. */
#ifndef CRYPTO_CONSTANT_TIME_H
#define CRYPTO_CONSTANT_TIME_H

#include "base/bytes.h"

/* The same value, of which the compiler knows nothing any more: what it may be, it can't branch
 * on. */
static inline uint8_t opaque(uint8_t value) {
    volatile uint8_t hidden = value;
    return hidden;
}

/* From here on these bytes, which come of secrets, are for everybody: they go over the wire. */
#ifdef BULLA_CONSTANT_TIME_TEST
void declare_public(const uint8_t *bytes, size_t len); /* defined in tests/ct */
#else
static inline void declare_public(const uint8_t *bytes, size_t len) {
    (void)bytes;
    (void)len;
}
#endif

#endif
