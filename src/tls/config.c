/* SPDX-License-Identifier: Apache-2.0 */
/* Building configs: setters that remember their first failure, one check at the end. See
 * bulla/config.h for what each setting means. */
#include "tls/config.h"

#include "base/system_clock.h"
#include "crypto/system_random.h"
#include "x509/pins.h"
#include "x509/verify.h"

#include <stdlib.h>

struct bulla_config_builder {
    bulla_cause cause; /* the first failure */
    bulla_config *config;
};

enum { RECORD_SIZE_MIN = 64 };

static bool random_through_function(void *context, uint8_t *out, size_t len);
static int random_of_system(void *context, uint8_t *out, size_t len);
static void remember(bulla_config_builder *builder, bulla_cause cause);
static void defaults_set(bulla_config *config, bulla_role role);
static bulla_cause config_check(const bulla_config *config);

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
    defaults_set(config, role);
    builder->cause = BULLA_OK;
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

bulla_cause bulla_config_build(bulla_config_builder *builder, bulla_config **out) {
    bulla_cause cause = builder->cause;
    if (cause == BULLA_OK) {
        cause = config_check(builder->config);
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
    bulla_trust_free(config->trust);
    bulla_crls_free(config->crls);
    bulla_pins_free(config->pins);
    bulla_memo_free(config->memo);
    for (size_t i = 0; i < config->num_credentials; i++) {
        bulla_credential_free(config->credentials[i]);
    }
    free(config->alpn);
    free(config);
}

void bulla_config_set_trust(bulla_config_builder *builder, bulla_trust *trust) {
    if (trust == NULL) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_trust_free(builder->config->trust);
    builder->config->trust = bulla_trust_ref(trust);
}

void bulla_config_add_credential(bulla_config_builder *builder, bulla_credential *credential) {
    bulla_config *config = builder->config;
    if (credential == NULL || config->num_credentials == CREDENTIALS_MAX) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    config->credentials[config->num_credentials++] = bulla_credential_ref(credential);
}

void bulla_config_set_client_auth(bulla_config_builder *builder, bulla_client_auth mode) {
    if (builder->config->role != BULLA_SERVER || mode < BULLA_CLIENT_AUTH_NONE ||
        mode > BULLA_CLIENT_AUTH_REQUIRE) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->client_auth = mode;
}

void bulla_config_add_alpn(bulla_config_builder *builder, bulla_bytes protocol) {
    bulla_config *config = builder->config;
    if (protocol.len == 0 || protocol.len > ALPN_LEN_MAX || config->num_alpn == ALPN_MAX) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    struct alpn_protocol *more =
        realloc(config->alpn, (config->num_alpn + 1) * sizeof *config->alpn);
    if (more == NULL) {
        remember(builder, BULLA_E_OUT_OF_MEMORY);
        return;
    }
    config->alpn = more;
    more[config->num_alpn].len = (uint8_t)protocol.len;
    bytes_copy(more[config->num_alpn].name, ALPN_LEN_MAX, protocol);
    config->num_alpn++;
}

void bulla_config_set_suites(bulla_config_builder *builder, const uint16_t *codes,
                             size_t num_codes) {
    bulla_config *config = builder->config;
    config->num_suites = 0;
    for (size_t i = 0; i < num_codes; i++) {
        const struct suite *suite = suite_find(codes[i]);
        if (suite == NULL || config->num_suites == NUM_SUITES) {
            remember(builder, BULLA_E_API_MISUSE);
            return;
        }
        config->suites[config->num_suites++] = suite;
    }
}

void bulla_config_set_groups(bulla_config_builder *builder, const uint16_t *codes,
                             size_t num_codes) {
    bulla_config *config = builder->config;
    config->num_groups = 0;
    for (size_t i = 0; i < num_codes; i++) {
        const struct group *group = group_find(codes[i]);
        if (group == NULL || config->num_groups == NUM_GROUPS) {
            remember(builder, BULLA_E_API_MISUSE);
            return;
        }
        config->groups[config->num_groups++] = group;
    }
}

void bulla_config_set_ask(bulla_config_builder *builder, unsigned ask) {
    if ((ask & ~(unsigned)(BULLA_ASK_VERIFY | BULLA_ASK_SIGN | BULLA_ASK_CREDENTIAL)) != 0) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->ask = ask;
}

void bulla_config_set_verify_depth(bulla_config_builder *builder, unsigned depth_max) {
    builder->config->verify_depth = depth_max;
}

void bulla_config_set_profile(bulla_config_builder *builder, bulla_profile profile) {
    if (profile < BULLA_PROFILE_PRIVATE || profile > BULLA_PROFILE_STRICT) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->profile = profile;
}

void bulla_config_set_purpose(bulla_config_builder *builder, bulla_purpose purpose) {
    if (purpose < BULLA_PURPOSE_SERVER_AUTH || purpose > BULLA_PURPOSE_SVID_CLIENT) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->purpose = purpose;
}

void bulla_config_set_revocation(bulla_config_builder *builder, bulla_revocation mode,
                                 bulla_crls *crls) {
    if (mode < BULLA_REVOCATION_OFF || mode > BULLA_REVOCATION_HARD) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->revocation = mode;
    bulla_crls_free(builder->config->crls);
    builder->config->crls = crls == NULL ? NULL : bulla_crls_ref(crls);
}

void bulla_config_set_pins(bulla_config_builder *builder, bulla_pins *pins) {
    bulla_pins_free(builder->config->pins);
    builder->config->pins = pins == NULL ? NULL : bulla_pins_ref(pins);
}

void bulla_config_set_memo(bulla_config_builder *builder, bulla_memo *memo) {
    bulla_memo_free(builder->config->memo);
    builder->config->memo = memo == NULL ? NULL : bulla_memo_ref(memo);
}

void bulla_config_set_record_size(bulla_config_builder *builder, size_t len_max) {
    if (len_max < RECORD_SIZE_MIN || len_max > RECORD_PLAINTEXT_LEN_MAX) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->record_size = len_max;
}

void bulla_config_set_padding(bulla_config_builder *builder, size_t multiple) {
    if (multiple == 0 || multiple > RECORD_PLAINTEXT_LEN_MAX) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->padding = multiple;
}

void bulla_config_set_clock(bulla_config_builder *builder, bulla_clock_function clock,
                            void *context) {
    if (clock == NULL) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->clock = clock;
    builder->config->clock_context = context;
}

void bulla_config_set_random(bulla_config_builder *builder, bulla_random_function random,
                             void *context) {
    if (random == NULL) {
        remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->random_function = random;
    builder->config->random_context = context;
}

void bulla_config_set_key_log(bulla_config_builder *builder, bulla_key_log_function log,
                              void *context) {
    builder->config->key_log = log;
    builder->config->key_log_context = context;
}

void config_set_replay(bulla_config_builder *builder, const struct replay_message *messages,
                       size_t num_messages) {
    builder->config->replay = messages;
    builder->config->num_replay = num_messages;
}

static void defaults_set(bulla_config *config, bulla_role role) {
    atomic_init(&config->num_owners, 1);
    config->role = role;
    config->client_auth = BULLA_CLIENT_AUTH_NONE;
    config->num_suites = NUM_SUITES;
    for (size_t i = 0; i < NUM_SUITES; i++) {
        config->suites[i] = &suites[i];
    }
    config->num_groups = NUM_GROUPS;
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        config->groups[i] = &groups[i];
    }
    config->verify_depth = BULLA_VERIFY_DEPTH_DEFAULT;
    config->profile = BULLA_PROFILE_PRIVATE;
    config->purpose = role == BULLA_CLIENT ? BULLA_PURPOSE_SERVER_AUTH : BULLA_PURPOSE_CLIENT_AUTH;
    config->revocation = BULLA_REVOCATION_OFF;
    config->record_size = RECORD_PLAINTEXT_LEN_MAX;
    config->padding = 1;
    config->clock = system_clock;
    config->random_function = random_of_system;
    config->random = (struct random_source){random_through_function, config};
}

static bulla_cause config_check(const bulla_config *config) {
    bool asks_peer = config->role == BULLA_CLIENT || config->client_auth != BULLA_CLIENT_AUTH_NONE;
    bool can_judge = config->trust != NULL || pins_are_alone(config->pins) ||
                     (config->ask & BULLA_ASK_VERIFY) != 0;
    if (config->num_suites == 0 || config->num_groups == 0 || (asks_peer && !can_judge)) {
        return BULLA_E_API_MISUSE;
    }
    if (config->role == BULLA_SERVER && config->num_credentials == 0 &&
        (config->ask & BULLA_ASK_CREDENTIAL) == 0) {
        return BULLA_E_NO_CREDENTIAL;
    }
    return BULLA_OK;
}

static void remember(bulla_config_builder *builder, bulla_cause cause) {
    if (builder->cause == BULLA_OK) {
        builder->cause = cause;
    }
}

static bool random_through_function(void *context, uint8_t *out, size_t len) {
    const bulla_config *config = context;
    return config->random_function(config->random_context, out, len) == 1;
}

static int random_of_system(void *context, uint8_t *out, size_t len) {
    (void)context;
    return random_fill(&system_random, out, len) ? 1 : 0;
}
