/* SPDX-License-Identifier: Apache-2.0 */
/* A bulla_config as the runner's flags describe it. */
#ifndef BOGO_SETUP_H
#define BOGO_SETUP_H

#include "carried.h"

/* False where the flags ask for what libbulla does not have: the test is unimplemented. The config
 * refers to `carried`. */
bool setup_config(bulla_config **out, const struct options *options, struct carried *carried);

/* The leaf of a PEM file; the bytes lie in `*out_owner`, which the caller frees. */
bool setup_read_leaf(bulla_credential **out_owner, bulla_bytes *out_leaf, const char *path);

#endif
