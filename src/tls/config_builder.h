/* SPDX-License-Identifier: Apache-2.0 */
/* A config while it is made: config.c begins and ends it, the setters stand in config_set.c,
 * config_policy.c and config_resumption.c. */
#ifndef TLS_CONFIG_BUILDER_H
#define TLS_CONFIG_BUILDER_H

#include "tls/config.h"

struct bulla_config_builder {
    bulla_cause cause; /* the first failure */
    bulla_config *config;
};

/* Keeps the first failure; `cause` may be BULLA_OK. */
void builder_remember(bulla_config_builder *builder, bulla_cause cause);

/* config_policy.c: BULLA_E_API_MISUSE for one that has no name. */
BULLA_MUST_CHECK bulla_cause policy_apply(bulla_config *config, bulla_policy policy);
/* config_policy.c: leaves out the versions that lack something. */
BULLA_MUST_CHECK bulla_cause config_policy_settle(bulla_config *config);
/* config_resumption.c: whether what is set can work together. */
BULLA_MUST_CHECK bulla_cause resumption_check(const bulla_config *config);

#endif
