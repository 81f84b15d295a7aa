/* SPDX-License-Identifier: Apache-2.0 */
/* A 64-bit counter through a mixing function (splitmix64): no cryptography, but every seed gives
 * a stream of its own. */
#include "engine/seeded.h"

static bool source_fill(void *context, uint8_t *out, size_t len);

struct seeded seeded_of(uint64_t seed) {
    return (struct seeded){.state = seed};
}

uint64_t seeded_next(struct seeded *seeded) {
    seeded->state += 0x9e3779b97f4a7c15U;
    uint64_t mixed = seeded->state;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31;
}

size_t seeded_below(struct seeded *seeded, size_t bound) {
    return (size_t)(seeded_next(seeded) % bound);
}

bool seeded_once_in(struct seeded *seeded, size_t times) {
    return seeded_below(seeded, times) == 0;
}

int seeded_fill(void *context, uint8_t *out, size_t len) {
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(seeded_next(context) >> 56);
    }
    return 1;
}

struct random_source seeded_source(struct seeded *seeded) {
    return (struct random_source){.fill = source_fill, .context = seeded};
}

static bool source_fill(void *context, uint8_t *out, size_t len) {
    return seeded_fill(context, out, len) == 1;
}
