/* SPDX-License-Identifier: Apache-2.0 */
/* The version that was built; see bulla/version.h. */
#include <bulla/version.h>

const char *bulla_version(void) {
    return BULLA_VERSION;
}
