/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness that is the same in each run: what a seed gives, it gives again. */
#ifndef ENGINE_SEEDED_H
#define ENGINE_SEEDED_H

#include "base/random.h"

struct seeded {
    uint64_t state;
};

struct seeded seeded_of(uint64_t seed);
uint64_t seeded_next(struct seeded *seeded);
/* 0 to bound - 1; `bound` is not 0. */
size_t seeded_below(struct seeded *seeded, size_t bound);
/* True once in `times`. */
bool seeded_once_in(struct seeded *seeded, size_t times);
/* A bulla_random_function over a struct seeded. */
int seeded_fill(void *seeded, uint8_t *out, size_t len);
struct random_source seeded_source(struct seeded *seeded);

#endif
