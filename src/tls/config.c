/* SPDX-License-Identifier: Apache-2.0 */
/* A config's life: its builder with the defaults, the check of the whole, and its owners. See
 * bulla/config.h for what each setting means. */
#include "tls/config_builder.h"

#include "base/system_clock.h"
#include "crypto/system_random.h"
#include "tls/config_digest.h"
#include "tls/credential_choice.h"
#include "tls/hello.h"
#include "tls/messages.h"
#include "x509/pins.h"
#include "x509/verify.h"

#include <stdlib.h>

enum { TICKETS_DEFAULT = 2, TICKET_LIFETIME_DEFAULT = 7200 };

static bulla_cause defaults_set(bulla_config *config, bulla_role role);
static bulla_cause config_finish(bulla_config *config);
static bulla_cause config_check(const bulla_config *config);
static void release_all(bulla_config *config);
static bool random_through_function(void *context, uint8_t *out, size_t len);
static int random_of_system(void *context, uint8_t *out, size_t len);

bulla_cause bulla_config_builder_new(bulla_config_builder **out, bulla_role role) {
    if (role != BULLA_CLIENT && role != BULLA_SERVER) {
        return BULLA_E_API_MISUSE;
    }
    bulla_config_builder *builder = calloc(1, sizeof *builder);
    bulla_config *config = calloc(1, sizeof *config);
    if (builder == NULL || config == NULL) {
        free(builder);
        free(config);
        return BULLA_E_OUT_OF_MEMORY;
    }
    builder->cause = defaults_set(config, role);
    builder->config = config;
    *out = builder;
    return BULLA_OK;
}

void bulla_config_builder_free(bulla_config_builder *builder) {
    if (builder != NULL) {
        bulla_config_free(builder->config);
        free(builder);
    }
}

void builder_remember(bulla_config_builder *builder, bulla_cause cause) {
    if (builder->cause == BULLA_OK) {
        builder->cause = cause;
    }
}

bulla_cause bulla_config_build(bulla_config_builder *builder, bulla_config **out) {
    bulla_cause cause = builder->cause;
    if (cause == BULLA_OK) {
        cause = config_finish(builder->config);
    }
    if (cause != BULLA_OK) {
        bulla_config_builder_free(builder);
        return cause;
    }
    *out = builder->config;
    free(builder);
    return BULLA_OK;
}

bulla_config *bulla_config_ref(bulla_config *config) {
    atomic_fetch_add_explicit(&config->num_owners, 1, memory_order_relaxed);
    return config;
}

void bulla_config_free(bulla_config *config) {
    if (config == NULL ||
        atomic_fetch_sub_explicit(&config->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    release_all(config);
    free(config);
}

bool suite_in_range(const bulla_config *config, const struct suite *suite) {
    return config->version_min <= suite->version && suite->version <= config->version_max;
}

static bulla_cause defaults_set(bulla_config *config, bulla_role role) {
    atomic_init(&config->num_owners, 1);
    config->role = role;
    config->client_auth = BULLA_CLIENT_AUTH_NONE;
    config->num_tickets = TICKETS_DEFAULT;
    config->ticket_lifetime = TICKET_LIFETIME_DEFAULT;
    config->name_authorities = role == BULLA_SERVER;
    config->grease = role == BULLA_CLIENT;
    config->verify_depth = BULLA_VERIFY_DEPTH_DEFAULT;
    config->profile = BULLA_PROFILE_PRIVATE;
    config->purpose = role == BULLA_CLIENT ? BULLA_PURPOSE_SERVER_AUTH : BULLA_PURPOSE_CLIENT_AUTH;
    config->revocation = BULLA_REVOCATION_OFF;
    config->record_size = RECORD_PLAINTEXT_LEN_MAX;
    config->padding = 1;
    config->clock = system_clock;
    config->random_function = random_of_system;
    config->random = (struct random_source){random_through_function, config};
    return policy_apply(config, BULLA_POLICY_INTERMEDIATE);
}

/* What is computed once for all connections comes last: it depends on every setting. */
static bulla_cause config_finish(bulla_config *config) {
    bulla_cause cause = config_check(config);
    if (cause == BULLA_OK) {
        cause = config_policy_settle(config);
    }
    if (cause == BULLA_OK) {
        cause = resumption_check(config);
    }
    if (cause == BULLA_OK) {
        cause = credential_index_new(&config->index, config);
    }
    if (cause == BULLA_OK) {
        cause = certificate_compress_all(config);
    }
    if (cause == BULLA_OK) {
        cause = config_digest(config);
    }
    if (cause == BULLA_OK && config->strikes != NULL) {
        strike_register_begin(config->strikes, config->clock(config->clock_context));
    }
    return cause;
}

static bulla_cause config_check(const bulla_config *config) {
    bool asks_peer = config->role == BULLA_CLIENT || config->client_auth != BULLA_CLIENT_AUTH_NONE;
    bool can_judge = config->trust != NULL || pins_are_alone(config->pins) ||
                     (config->ask & BULLA_ASK_VERIFY) != 0;
    if (asks_peer && !can_judge) {
        return BULLA_E_API_MISUSE;
    }
    if (config->role == BULLA_SERVER && config->num_credentials == 0 &&
        (config->ask & BULLA_ASK_CREDENTIAL) == 0) {
        return BULLA_E_NO_CREDENTIAL;
    }
    return BULLA_OK;
}

static void release_all(bulla_config *config) {
    bulla_trust_free(config->trust);
    bulla_crls_free(config->crls);
    bulla_pins_free(config->pins);
    bulla_memo_free(config->memo);
    bulla_session_cache_free(config->session_cache);
    bulla_ticket_keys_free(config->ticket_keys);
    bulla_session_store_free(config->session_store);
    bulla_strike_register_free(config->strikes);
    credential_index_free(config->index);
    certificate_compressed_free(config);
    for (size_t i = 0; i < config->num_credentials; i++) {
        bulla_credential_free(config->credentials[i]);
    }
    free(config->credentials);
    free(config->alpn);
}

static bool random_through_function(void *context, uint8_t *out, size_t len) {
    const bulla_config *config = context;
    return config->random_function(config->random_context, out, len) == 1;
}

static int random_of_system(void *context, uint8_t *out, size_t len) {
    (void)context;
    return random_fill(&system_random, out, len) ? 1 : 0;
}
