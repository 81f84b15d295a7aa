/* SPDX-License-Identifier: Apache-2.0 */
/* The version of these headers, and of the library that is linked. */
#ifndef BULLA_VERSION_H
#define BULLA_VERSION_H

#include <bulla/bytes.h>

#define BULLA_VERSION_MAJOR 0
#define BULLA_VERSION_MINOR 1
#define BULLA_VERSION_PATCH 0
#define BULLA_VERSION "0.1.0"

/* The linked library's BULLA_VERSION. */
BULLA_API const char *bulla_version(void);

#endif
