/* SPDX-License-Identifier: Apache-2.0 */
/* See randomness.h. libcrypto has one source for the whole process, and so has this file. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "simulation/randomness.h"

#include "engine/authority.h"

#include <openssl/rand.h>

static struct seeded stream;

static int draw(unsigned char *out, int len) {
    return seeded_fill(&stream, out, (size_t)len);
}

static int ready(void) {
    return 1;
}

void randomness_take_over(void) {
    static const RAND_METHOD method = {.bytes = draw, .pseudorand = draw, .status = ready};
    must(RAND_set_rand_method(&method) == 1, "take libcrypto's randomness over");
}

void randomness_reseed(uint64_t seed) {
    stream = seeded_of(seed);
}
