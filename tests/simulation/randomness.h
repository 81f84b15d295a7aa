/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto's own randomness, which the nonces of ECDSA and the salts of PSS come from
 * (docs/decisions.md): taken over for this program alone, so that those are replayed too. */
#ifndef SIMULATION_RANDOMNESS_H
#define SIMULATION_RANDOMNESS_H

#include <stdint.h>

void randomness_take_over(void);
/* From here on what is drawn follows from `seed`. Before each call into the engine: how much
 * libcrypto draws depends on what it still has from earlier (RSA's blinding). */
void randomness_reseed(uint64_t seed);

#endif
