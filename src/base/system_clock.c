/* SPDX-License-Identifier: Apache-2.0 */
/* The one call of time() in the library. */
#include "base/system_clock.h"

#include <time.h>

int64_t system_clock(void *context) {
    (void)context;
    return (int64_t)time(NULL);
}
