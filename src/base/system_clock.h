/* SPDX-License-Identifier: Apache-2.0 */
/* The system's clock: what a config uses unless it is given another. */
#ifndef BASE_SYSTEM_CLOCK_H
#define BASE_SYSTEM_CLOCK_H

#include <stdint.h>

/* Seconds since 1970, UTC. `context` is not used. */
int64_t system_clock(void *context);

#endif
