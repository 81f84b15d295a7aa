/* SPDX-License-Identifier: Apache-2.0 */
/* What a config amounts to, in 32 bytes: see config->judgement and config->fingerprint. */
#ifndef TLS_CONFIG_DIGEST_H
#define TLS_CONFIG_DIGEST_H

#include "tls/config.h"

/* Sets both digests of a config that is otherwise complete. */
BULLA_MUST_CHECK bulla_cause config_digest(bulla_config *config);

#endif
