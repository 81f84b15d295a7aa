/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of a test, from its first byte to its last. */
#ifndef BOGO_CONVERSATION_H
#define BOGO_CONVERSATION_H

#include "setup.h"

/* Speaks as `options` say, or as `retry` does once the server has rejected early data. True where
 * all went as they say; else the reason is on stderr. */
bool converse(const struct options *options, const struct options *retry, struct carried *carried,
              bulla_config *config, bulla_workspace *workspace, bool is_resumption);

#endif
