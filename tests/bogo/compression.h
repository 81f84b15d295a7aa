/* SPDX-License-Identifier: Apache-2.0 */
/* The three certificate compressions that the runner knows: none compresses. */
#ifndef BOGO_COMPRESSION_H
#define BOGO_COMPRESSION_H

#include <bulla/bulla.h>
#include <stdbool.h>

/* Adds one of them by its code point, 0xff01 to 0xff03, or with 0 all. */
bool compression_add(bulla_config_builder *builder, unsigned long algorithm);

#endif
