/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of parameters.h: RFC 8446 B.4, 4.2.7 and 4.2.3, and
 * draft-ietf-tls-ecdhe-mlkem 3. */
#include "tls/parameters.h"

#include <bulla/connection.h>

const struct suite suites[NUM_SUITES] = {
    {BULLA_TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", AEAD_AES_128_GCM, HASH_SHA256},
    {BULLA_TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", AEAD_AES_256_GCM, HASH_SHA384},
    {BULLA_TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", AEAD_CHACHA20_POLY1305,
     HASH_SHA256},
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

const struct signature_scheme *signature_scheme_find(uint16_t code) {
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        if (signature_schemes[i].code == code) {
            return &signature_schemes[i];
        }
    }
    return NULL;
}

uint32_t signature_scheme_bit(const struct signature_scheme *scheme) {
    return (uint32_t)1 << (scheme - signature_schemes);
}

const struct signature_scheme *signature_scheme_for_key(enum key_kind key, uint32_t allowed) {
    for (size_t i = 0; i < NUM_SIGNATURE_SCHEMES; i++) {
        const struct signature_scheme *scheme = &signature_schemes[i];
        if (scheme->key == key && !scheme->certificates_only &&
            (allowed & signature_scheme_bit(scheme)) != 0) {
            return scheme;
        }
    }
    return NULL;
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
