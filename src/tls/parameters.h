/* SPDX-License-Identifier: Apache-2.0 */
/* Cipher suites, groups and signature schemes as tables: what the engine can do, and nothing that
 * it should not. */
#ifndef TLS_PARAMETERS_H
#define TLS_PARAMETERS_H

#include "crypto/aead.h"
#include "crypto/key_exchange.h"
#include "crypto/signature.h"

struct suite {
    uint16_t code;
    const char *name;
    enum aead_id aead;
    enum hash_id hash;
};

struct group {
    uint16_t code;
    const char *name;
    enum key_exchange_id exchange;
};

struct signature_scheme {
    uint16_t code;
    const char *name;
    enum signature_kind kind;
    enum hash_id hash;
    enum key_kind key;
    bool certificates_only; /* RFC 8446 4.2.3: never in a CertificateVerify */
};

enum { NUM_SUITES = 3, NUM_GROUPS = 4, NUM_SIGNATURE_SCHEMES = 10 };

/* In order of preference; the signature schemes are offered in this order. */
extern const struct suite suites[NUM_SUITES];
extern const struct group groups[NUM_GROUPS];
extern const struct signature_scheme signature_schemes[NUM_SIGNATURE_SCHEMES];

/* NULL where the code point is not in the table. */
const struct suite *suite_find(uint16_t code);
const struct group *group_find(uint16_t code);
const struct signature_scheme *signature_scheme_find(uint16_t code);

/* A set of table entries, as bits by index. */
uint32_t signature_scheme_bit(const struct signature_scheme *scheme);

/* The first scheme of the set that a key of this kind signs a CertificateVerify with; NULL where
 * there is none. */
const struct signature_scheme *signature_scheme_for_key(enum key_kind key, uint32_t allowed);

#endif
