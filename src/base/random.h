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

/* Bytes that were drawn before they are wanted: a generator that asks the system whether it was
 * forked takes a microsecond for a call, whatever the length. Handed out in order, then what
 * remains is drawn from the source, so that a stream stays the same stream. */
enum { RANDOM_AHEAD_LEN_MAX = 192 };

struct random_ahead {
    const struct random_source *rest;
    size_t next;
    uint8_t bytes[RANDOM_AHEAD_LEN_MAX];
};

/* `source` outlives `out`; random_ahead_wipe() it either way. */
BULLA_MUST_CHECK bool random_ahead_draw(struct random_ahead *out,
                                        const struct random_source *source, size_t len);
struct random_source random_ahead_source(struct random_ahead *ahead);
void random_ahead_wipe(struct random_ahead *ahead);

#endif
