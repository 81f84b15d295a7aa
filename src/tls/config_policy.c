/* SPDX-License-Identifier: Apache-2.0 */
/* What a config lets be negotiated: versions, suites, groups and signature schemes, as named
 * policies and one by one. The policies are those of Mozilla's Server Side TLS, without
 * finite-field groups. What is weak is refused with a cause of its own. */
#include "tls/config_builder.h"
#include "tls/hello.h"
#include "tls/weakness.h"

static bool has_suite(const bulla_config *config, const struct suite *suite);
static bool has_group(const bulla_config *config, const struct group *group);
static bool has_scheme(const bulla_config *config, const struct signature_scheme *scheme);
static bool version_is_equipped(const bulla_config *config, uint16_t version);

void bulla_config_set_policy(bulla_config_builder *builder, bulla_policy policy) {
    builder_remember(builder, policy_apply(builder->config, policy));
}

bulla_cause policy_apply(bulla_config *config, bulla_policy policy) {
    if (policy != BULLA_POLICY_MODERN && policy != BULLA_POLICY_INTERMEDIATE) {
        return BULLA_E_API_MISUSE;
    }
    config->version_min = policy == BULLA_POLICY_MODERN ? BULLA_TLS_1_3 : BULLA_TLS_1_2;
    config->version_max = BULLA_TLS_1_3;
    config->num_suites = 0;
    for (size_t i = 0; i < NUM_SUITES; i++) {
        if (suite_in_range(config, &suites[i])) {
            config->suites[config->num_suites++] = &suites[i];
        }
    }
    config->num_groups = NUM_GROUPS;
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        config->groups[i] = &groups[i];
    }
    config->num_schemes = NUM_SIGNATURE_SCHEMES;
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        config->schemes[i] = &signature_schemes[i];
    }
    return BULLA_OK;
}

void bulla_config_set_versions(bulla_config_builder *builder, uint16_t min, uint16_t max) {
    const uint16_t versions[] = {min, max};
    for (size_t i = 0; i < 2; i++) {
        if (versions[i] != BULLA_TLS_1_2 && versions[i] != BULLA_TLS_1_3) {
            builder_remember(builder, weakness_refusal(BULLA_PARAMETER_VERSION, versions[i]));
            return;
        }
    }
    if (min > max) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->version_min = min;
    builder->config->version_max = max;
}

/* A list has no entry twice, so it cannot outgrow the table either. */
void bulla_config_set_suites(bulla_config_builder *builder, const uint16_t *codes,
                             size_t num_codes) {
    bulla_config *config = builder->config;
    config->num_suites = 0;
    for (size_t i = 0; i < num_codes; i++) {
        const struct suite *suite = suite_find(codes[i]);
        if (suite == NULL || has_suite(config, suite)) {
            builder_remember(builder, weakness_refusal(BULLA_PARAMETER_SUITE, codes[i]));
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
        if (group == NULL || has_group(config, group)) {
            builder_remember(builder, weakness_refusal(BULLA_PARAMETER_GROUP, codes[i]));
            return;
        }
        config->groups[config->num_groups++] = group;
    }
}

void bulla_config_set_signature_schemes(bulla_config_builder *builder, const uint16_t *codes,
                                        size_t num_codes) {
    bulla_config *config = builder->config;
    config->num_schemes = 0;
    for (size_t i = 0; i < num_codes; i++) {
        const struct signature_scheme *scheme = signature_scheme_find(codes[i]);
        if (scheme == NULL || has_scheme(config, scheme)) {
            builder_remember(builder, weakness_refusal(BULLA_PARAMETER_SIGNATURE_SCHEME, codes[i]));
            return;
        }
        config->schemes[config->num_schemes++] = scheme;
    }
}

void bulla_config_set_extended_master_secret(bulla_config_builder *builder, int required) {
    builder->config->extended_master_secret_required = required != 0;
}

/* Lists that leave a version nothing to come to a handshake with have left the version out. */
bulla_cause config_policy_settle(bulla_config *config) {
    while (config->version_min <= config->version_max &&
           !version_is_equipped(config, config->version_min)) {
        config->version_min++;
    }
    while (config->version_min <= config->version_max &&
           !version_is_equipped(config, config->version_max)) {
        config->version_max--;
    }
    return config->version_min > config->version_max ? BULLA_E_API_MISUSE : BULLA_OK;
}

static bool version_is_equipped(const bulla_config *config, uint16_t version) {
    bool suite_there = false;
    bool scheme_there = false;
    bool group_there = false;
    for (size_t i = 0; i < config->num_groups; i++) {
        group_there =
            group_there || version == BULLA_TLS_1_3 || !group_is_hybrid(config->groups[i]);
    }
    for (size_t i = 0; i < config->num_suites; i++) {
        suite_there = suite_there || config->suites[i]->version == version;
    }
    for (size_t i = 0; i < config->num_schemes; i++) {
        scheme_there =
            scheme_there || version == BULLA_TLS_1_2 || !config->schemes[i]->certificates_only;
    }
    return suite_there && scheme_there && group_there;
}

static bool has_suite(const bulla_config *config, const struct suite *suite) {
    for (size_t i = 0; i < config->num_suites; i++) {
        if (config->suites[i] == suite) {
            return true;
        }
    }
    return false;
}

static bool has_group(const bulla_config *config, const struct group *group) {
    for (size_t i = 0; i < config->num_groups; i++) {
        if (config->groups[i] == group) {
            return true;
        }
    }
    return false;
}

static bool has_scheme(const bulla_config *config, const struct signature_scheme *scheme) {
    for (size_t i = 0; i < config->num_schemes; i++) {
        if (config->schemes[i] == scheme) {
            return true;
        }
    }
    return false;
}

bulla_cause bulla_policy_find(const char *name, bulla_policy *out) {
    bulla_bytes text = bytes_of_text(name);
    *out = bytes_equal(text, BYTES_OF("modern"))         ? BULLA_POLICY_MODERN
           : bytes_equal(text, BYTES_OF("intermediate")) ? BULLA_POLICY_INTERMEDIATE
                                                         : BULLA_POLICY_INVALID;
    return *out == BULLA_POLICY_INVALID ? BULLA_E_API_MISUSE : BULLA_OK;
}
