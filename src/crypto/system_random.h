/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto's generator as a random source: what a config uses unless it is given another. */
#ifndef CRYPTO_SYSTEM_RANDOM_H
#define CRYPTO_SYSTEM_RANDOM_H

#include "base/random.h"

extern const struct random_source system_random;

#endif
