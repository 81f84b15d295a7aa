/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness and the clock as parameters: whoever needs them is handed them, so that a connection
 * can be replayed, simulated and fuzzed. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/bytes.h"

struct random_source {
    /* Fills `out` with `len` unpredictable bytes; false where that failed. */
    bool (*fill)(void *context, uint8_t *out, size_t len);
    void *context;
};

BULLA_MUST_CHECK static inline bool random_fill(const struct random_source *source, uint8_t *out,
                                                size_t len) {
    return source->fill(source->context, out, len);
}

#endif
