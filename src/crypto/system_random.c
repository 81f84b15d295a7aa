/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto's generator as a random source. libcrypto seeds it from the operating system and keeps
 * one for each thread, so that drawing from it takes no lock. */
#include "crypto/libcrypto.h"

#include "crypto/system_random.h"

#include <limits.h>
#include <openssl/rand.h>

static bool fill(void *context, uint8_t *out, size_t len);

const struct random_source system_random = {.fill = fill, .context = NULL};

static bool fill(void *context, uint8_t *out, size_t len) {
    (void)context;
    return len <= INT_MAX && RAND_bytes(out, (int)len) == 1;
}
