/* SPDX-License-Identifier: Apache-2.0 */
/* A config's settings of resumption and early data: RFC 8446 2.2, 2.3 and 8, RFC 5077. Refused:
 * what belongs to the other role, two ways at once for a server to know its sessions again, and
 * early data that could be replayed or never comes. */
#include "tls/config_builder.h"

static unsigned num_session_keepers(const bulla_config *config);
static bulla_cause early_data_check(const bulla_config *config);

void bulla_config_set_session_cache(bulla_config_builder *builder, bulla_session_cache *cache) {
    bulla_config *config = builder->config;
    if (config->role != BULLA_CLIENT && cache != NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_session_cache *old = config->session_cache;
    config->session_cache = cache == NULL ? NULL : bulla_session_cache_ref(cache);
    bulla_session_cache_free(old);
}

void bulla_config_set_ticket_keys(bulla_config_builder *builder, bulla_ticket_keys *keys) {
    bulla_config *config = builder->config;
    if (config->role != BULLA_SERVER && keys != NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_ticket_keys *old = config->ticket_keys;
    config->ticket_keys = keys == NULL ? NULL : bulla_ticket_keys_ref(keys);
    bulla_ticket_keys_free(old);
}

void bulla_config_set_session_store(bulla_config_builder *builder, bulla_session_store *store) {
    bulla_config *config = builder->config;
    if (config->role != BULLA_SERVER && store != NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_session_store *old = config->session_store;
    config->session_store = store == NULL ? NULL : bulla_session_store_ref(store);
    bulla_session_store_free(old);
}

void bulla_config_set_tickets(bulla_config_builder *builder, unsigned num_tickets,
                              uint32_t lifetime) {
    if (num_tickets > TICKETS_MAX || lifetime == 0 || lifetime > TICKET_LIFETIME_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->num_tickets = num_tickets;
    builder->config->ticket_lifetime = lifetime;
}

void bulla_config_set_early_data(bulla_config_builder *builder, uint32_t len_max) {
    if (len_max == 0 || len_max > EARLY_DATA_LEN_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->early_data_max = len_max;
}

void bulla_config_set_strike_register(bulla_config_builder *builder,
                                      bulla_strike_register *strikes) {
    bulla_config *config = builder->config;
    if (config->role != BULLA_SERVER && strikes != NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_strike_register *old = config->strikes;
    config->strikes = strikes == NULL ? NULL : bulla_strike_register_ref(strikes);
    bulla_strike_register_free(old);
}

void bulla_config_set_judgement(bulla_config_builder *builder, bulla_bytes identity) {
    bulla_config *config = builder->config;
    if (identity.len == 0 || identity.len > JUDGEMENT_IDENTITY_LEN_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bytes_copy(config->judgement_identity, sizeof config->judgement_identity, identity);
    config->judgement_identity_len = identity.len;
}

bulla_cause resumption_check(const bulla_config *config) {
    if (config->role == BULLA_SERVER && num_session_keepers(config) > 1) {
        return BULLA_E_API_MISUSE;
    }
    return config->early_data_max == 0 ? BULLA_OK : early_data_check(config);
}

static unsigned num_session_keepers(const bulla_config *config) {
    return (config->ticket_keys != NULL ? 1U : 0U) + (config->session_store != NULL ? 1U : 0U) +
           ((config->ask & BULLA_ASK_SESSION) != 0 ? 1U : 0U);
}

/* A server that would never be sent any, or could not tell a replay, was not meant so. */
static bulla_cause early_data_check(const bulla_config *config) {
    bool spoken = config->version_max == BULLA_TLS_1_3;
    bool invited = num_session_keepers(config) != 0 && config->num_tickets != 0;
    bool guarded = config->strikes != NULL || (config->ask & BULLA_ASK_STRIKE) != 0;
    if (!spoken || (config->role == BULLA_SERVER && !(invited && guarded))) {
        return BULLA_E_API_MISUSE;
    }
    return BULLA_OK;
}
