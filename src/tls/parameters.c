/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of parameters.h: RFC 8446 B.4, 4.2.7 and 4.2.3, RFC 5289,
 * RFC 7905 and draft-ietf-tls-ecdhe-mlkem 3. */
#include "tls/parameters.h"

#include <bulla/connection.h>

const struct suite suites[NUM_SUITES] = {
    {BULLA_TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256",
     BULLA_TLS_1_3, AEAD_AES_128_GCM, HASH_SHA256, SIGNER_ANY},
    {BULLA_TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384",
     BULLA_TLS_1_3, AEAD_AES_256_GCM, HASH_SHA384, SIGNER_ANY},
    {BULLA_TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256",
     "TLS_CHACHA20_POLY1305_SHA256", BULLA_TLS_1_3, AEAD_CHACHA20_POLY1305, HASH_SHA256,
     SIGNER_ANY},
    {BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
     "ECDHE-ECDSA-AES128-GCM-SHA256", BULLA_TLS_1_2, AEAD_AES_128_GCM, HASH_SHA256, SIGNER_ECDSA},
    {BULLA_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
     "ECDHE-RSA-AES128-GCM-SHA256", BULLA_TLS_1_2, AEAD_AES_128_GCM, HASH_SHA256, SIGNER_RSA},
    {BULLA_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
     "ECDHE-ECDSA-AES256-GCM-SHA384", BULLA_TLS_1_2, AEAD_AES_256_GCM, HASH_SHA384, SIGNER_ECDSA},
    {BULLA_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
     "ECDHE-RSA-AES256-GCM-SHA384", BULLA_TLS_1_2, AEAD_AES_256_GCM, HASH_SHA384, SIGNER_RSA},
    {BULLA_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
     "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
     BULLA_TLS_1_2, AEAD_CHACHA20_POLY1305, HASH_SHA256, SIGNER_ECDSA},
    {BULLA_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
     "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", BULLA_TLS_1_2,
     AEAD_CHACHA20_POLY1305, HASH_SHA256, SIGNER_RSA},
};

const struct group groups[NUM_GROUPS] = {
    {BULLA_GROUP_X25519MLKEM768, "X25519MLKEM768", KEY_EXCHANGE_X25519MLKEM768},
    {BULLA_GROUP_X25519, "x25519", KEY_EXCHANGE_X25519},
    {BULLA_GROUP_SECP256R1, "secp256r1", KEY_EXCHANGE_P256},
    {BULLA_GROUP_SECP384R1, "secp384r1", KEY_EXCHANGE_P384},
};

const struct signature_scheme signature_schemes[NUM_SIGNATURE_SCHEMES] = {
    {0x0403, "ecdsa_secp256r1_sha256", SIGNATURE_ECDSA, HASH_SHA256, KEY_KIND_EC_P256, false},
    {0x0807, "ed25519", SIGNATURE_ED25519, HASH_INVALID, KEY_KIND_ED25519, false},
    {0x0503, "ecdsa_secp384r1_sha384", SIGNATURE_ECDSA, HASH_SHA384, KEY_KIND_EC_P384, false},
    {0x0603, "ecdsa_secp521r1_sha512", SIGNATURE_ECDSA, HASH_SHA512, KEY_KIND_EC_P521, false},
    {0x0804, "rsa_pss_rsae_sha256", SIGNATURE_RSA_PSS, HASH_SHA256, KEY_KIND_RSA, false},
    {0x0805, "rsa_pss_rsae_sha384", SIGNATURE_RSA_PSS, HASH_SHA384, KEY_KIND_RSA, false},
    {0x0806, "rsa_pss_rsae_sha512", SIGNATURE_RSA_PSS, HASH_SHA512, KEY_KIND_RSA, false},
    {0x0401, "rsa_pkcs1_sha256", SIGNATURE_RSA_PKCS1, HASH_SHA256, KEY_KIND_RSA, true},
    {0x0501, "rsa_pkcs1_sha384", SIGNATURE_RSA_PKCS1, HASH_SHA384, KEY_KIND_RSA, true},
    {0x0601, "rsa_pkcs1_sha512", SIGNATURE_RSA_PKCS1, HASH_SHA512, KEY_KIND_RSA, true},
};

const struct suite *suite_find(uint16_t code) {
    for (size_t i = 0; i < NUM_SUITES; i++) {
        if (suites[i].code == code) {
            return &suites[i];
        }
    }
    return NULL;
}

const struct group *group_find(uint16_t code) {
    for (size_t i = 0; i < NUM_GROUPS; i++) {
        if (groups[i].code == code) {
            return &groups[i];
        }
    }
    return NULL;
}

bool group_is_hybrid(const struct group *group) {
    return key_exchange_half(group->exchange) != KEY_EXCHANGE_INVALID;
}

const struct signature_scheme *signature_scheme_find(uint16_t code) {
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        if (signature_schemes[i].code == code) {
            return &signature_schemes[i];
        }
    }
    return NULL;
}

enum suite_signer suite_signer_of_key(enum key_kind key) {
    return key == KEY_KIND_RSA ? SIGNER_RSA : SIGNER_ECDSA;
}

uint32_t suite_bit(const struct suite *suite) {
    return (uint32_t)1 << (suite - suites);
}

uint32_t signature_scheme_bit(const struct signature_scheme *scheme) {
    return (uint32_t)1 << (scheme - signature_schemes);
}

bool signature_scheme_fits(const struct signature_scheme *scheme, uint16_t version,
                           enum key_kind key, unsigned key_bits) {
    if (scheme->kind == SIGNATURE_RSA_PSS && key == KEY_KIND_RSA) {
        /* Hash, salt of the same length and two bytes more have to have room: RFC 8017 9.1.1. */
        return key_bits >= 8 * (2 * hash_len(scheme->hash) + 2);
    }
    if (version == BULLA_TLS_1_2 && scheme->kind == SIGNATURE_ECDSA) {
        return key == KEY_KIND_EC_P256 || key == KEY_KIND_EC_P384 || key == KEY_KIND_EC_P521;
    }
    return scheme->key == key && (version == BULLA_TLS_1_2 || !scheme->certificates_only);
}

const struct signature_scheme *signature_scheme_for_key(const struct signature_scheme *const *list,
                                                        size_t num_list, uint16_t version,
                                                        enum key_kind key, unsigned key_bits,
                                                        uint32_t allowed) {
    const struct signature_scheme *second = NULL;
    for (size_t i = 0; i < num_list; i++) {
        const struct signature_scheme *scheme = list[i];
        if ((allowed & signature_scheme_bit(scheme)) == 0 ||
            !signature_scheme_fits(scheme, version, key, key_bits)) {
            continue;
        }
        if (scheme->key == key) {
            return scheme; /* the curve's own hash before another one */
        }
        second = second == NULL ? scheme : second;
    }
    return second;
}

const char *bulla_version_name(uint16_t version) {
    return version == BULLA_TLS_1_3 ? "TLSv1.3" : version == BULLA_TLS_1_2 ? "TLSv1.2" : "unknown";
}

const char *bulla_suite_name(uint16_t code) {
    const struct suite *suite = suite_find(code);
    return suite == NULL ? "unknown" : suite->name;
}

const char *bulla_group_name(uint16_t code) {
    const struct group *group = group_find(code);
    return group == NULL ? "unknown" : group->name;
}

const char *bulla_signature_scheme_name(uint16_t code) {
    const struct signature_scheme *scheme = signature_scheme_find(code);
    return scheme == NULL ? "unknown" : scheme->name;
}
