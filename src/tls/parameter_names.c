/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters by name (bulla/policy.h): what this engine has under every name in use, and what is
 * weak under the names of weakness.c. Short names such as "P-256" are the ones people write. */
#include "tls/parameters.h"
#include "tls/weakness.h"
#include <bulla/config.h>

struct alias {
    const char *name;
    uint16_t code;
};

static const struct alias version_names[] = {
    {"1.2", BULLA_TLS_1_2},     {"TLSv1.2", BULLA_TLS_1_2}, {"TLS1.2", BULLA_TLS_1_2},
    {"TLS 1.2", BULLA_TLS_1_2}, {"1.3", BULLA_TLS_1_3},     {"TLSv1.3", BULLA_TLS_1_3},
    {"TLS1.3", BULLA_TLS_1_3},  {"TLS 1.3", BULLA_TLS_1_3},
};

static const struct alias weak_version_names[] = {
    {"SSL 2.0", 0x0002}, {"SSL 3.0", 0x0300}, {"1.0", 0x0301},
    {"TLS1.0", 0x0301},  {"TLS 1.0", 0x0301}, {"TLS1", 0x0301},
    {"1.1", 0x0302},     {"TLS1.1", 0x0302},  {"TLS 1.1", 0x0302},
};

static const struct alias group_names[] = {
    {"prime256v1", BULLA_GROUP_SECP256R1}, {"P-256", BULLA_GROUP_SECP256R1},
    {"P256", BULLA_GROUP_SECP256R1},       {"P-384", BULLA_GROUP_SECP384R1},
    {"P384", BULLA_GROUP_SECP384R1},
};

/* OpenSSL's sigalgs. An ECDSA scheme there is not bound to its curve, as in TLS 1.2. */
static const struct alias scheme_names[] = {
    {"ECDSA+SHA256", 0x0403},   {"ECDSA+SHA384", 0x0503},   {"ECDSA+SHA512", 0x0603},
    {"RSA+SHA256", 0x0401},     {"RSA+SHA384", 0x0501},     {"RSA+SHA512", 0x0601},
    {"RSA-PSS+SHA256", 0x0804}, {"RSA-PSS+SHA384", 0x0805}, {"RSA-PSS+SHA512", 0x0806},
    {"PSS+SHA256", 0x0804},     {"PSS+SHA384", 0x0805},     {"PSS+SHA512", 0x0806},
};

static bool find(const struct alias *aliases, size_t num, const char *name, uint16_t *out_code);
static bulla_cause find_weak(bulla_parameter kind, const char *name, uint16_t *out_code);
static bool same(const char *a, const char *b);

bulla_cause bulla_version_find(const char *name, uint16_t *out_code) {
    size_t num = sizeof version_names / sizeof version_names[0];
    size_t num_weak = sizeof weak_version_names / sizeof weak_version_names[0];
    if (find(version_names, num, name, out_code)) {
        return BULLA_OK;
    }
    return find(weak_version_names, num_weak, name, out_code)
               ? BULLA_E_WEAK_VERSION
               : find_weak(BULLA_PARAMETER_VERSION, name, out_code);
}

bulla_cause bulla_suite_find(const char *name, uint16_t *out_code) {
    for (size_t i = 0; i < NUM_SUITES; i++) {
        if (same(suites[i].name, name) || same(suites[i].openssl_name, name)) {
            *out_code = suites[i].code;
            return BULLA_OK;
        }
    }
    return find_weak(BULLA_PARAMETER_SUITE, name, out_code);
}

bulla_cause bulla_group_find(const char *name, uint16_t *out_code) {
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        if (same(groups[i].name, name)) {
            *out_code = groups[i].code;
            return BULLA_OK;
        }
    }
    return find(group_names, sizeof group_names / sizeof group_names[0], name, out_code)
               ? BULLA_OK
               : find_weak(BULLA_PARAMETER_GROUP, name, out_code);
}

bulla_cause bulla_signature_scheme_find(const char *name, uint16_t *out_code) {
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        if (same(signature_schemes[i].name, name)) {
            *out_code = signature_schemes[i].code;
            return BULLA_OK;
        }
    }
    return find(scheme_names, sizeof scheme_names / sizeof scheme_names[0], name, out_code)
               ? BULLA_OK
               : find_weak(BULLA_PARAMETER_SIGNATURE_SCHEME, name, out_code);
}

static bool find(const struct alias *aliases, size_t num, const char *name, uint16_t *out_code) {
    for (size_t i = 0; i < num; i++) {
        if (same(aliases[i].name, name)) {
            *out_code = aliases[i].code;
            return true;
        }
    }
    return false;
}

static bulla_cause find_weak(bulla_parameter kind, const char *name, uint16_t *out_code) {
    size_t num;
    const struct weakness *list = weaknesses_of(kind, &num);
    for (size_t i = 0; i < num; i++) {
        if (same(list[i].name, name) ||
            (list[i].other_name[0] != '\0' && same(list[i].other_name, name))) {
            *out_code = list[i].code;
            return weakness_refusal(kind, list[i].code);
        }
    }
    return BULLA_E_API_MISUSE;
}

/* Whatever the case of ASCII letters, and whatever the locale. */
static bool same(const char *a, const char *b) {
    size_t i = 0;
    for (; a[i] != '\0'; i++) {
        char x = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] - 'A' + 'a') : a[i];
        char y = b[i] >= 'A' && b[i] <= 'Z' ? (char)(b[i] - 'A' + 'a') : b[i];
        if (x != y) {
            return false;
        }
    }
    return b[i] == '\0';
}
