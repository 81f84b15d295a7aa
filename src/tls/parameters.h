/* SPDX-License-Identifier: Apache-2.0 */
/* Cipher suites, groups and signature schemes as tables: what the engine can do, and nothing that
 * it should not. */
#ifndef TLS_PARAMETERS_H
#define TLS_PARAMETERS_H

#include "crypto/aead.h"
#include "crypto/key_exchange.h"
#include "crypto/signature.h"

/* Whose certificate a suite is for: TLS 1.2 alone says it in the suite. */
enum suite_signer { SIGNER_ANY = 0, SIGNER_ECDSA, SIGNER_RSA };

struct suite {
    uint16_t code;
    const char *name;         /* IANA's */
    const char *openssl_name; /* as people write it in configurations */
    uint16_t version;         /* the one version that it is for */
    enum aead_id aead;
    enum hash_id hash; /* of HKDF, or of TLS 1.2's PRF */
    enum suite_signer signer;
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
    bool certificates_only; /* RFC 8446 4.2.3: never in a TLS 1.3 CertificateVerify */
};

enum { NUM_SUITES = 9, NUM_GROUPS = 4, NUM_SIGNATURE_SCHEMES = 10 };

/* In order of preference; the signature schemes are offered in this order. */
extern const struct suite suites[NUM_SUITES];
extern const struct group groups[NUM_GROUPS];
extern const struct signature_scheme signature_schemes[NUM_SIGNATURE_SCHEMES];

/* NULL where the code point is not in the table. */
const struct suite *suite_find(uint16_t code);
const struct group *group_find(uint16_t code);
/* TLS 1.2 has no place for a hybrid. */
bool group_is_hybrid(const struct group *group);
const struct signature_scheme *signature_scheme_find(uint16_t code);

/* Whose suites a key of this kind signs for; EdDSA goes with ECDSA's, RFC 8422 5.5. */
enum suite_signer suite_signer_of_key(enum key_kind key);

/* Sets of table entries, as bits by index. */
uint32_t suite_bit(const struct suite *suite);
uint32_t signature_scheme_bit(const struct signature_scheme *scheme);

/* Whether a handshake of this version may be signed by this scheme under a key of this kind and
 * size. TLS 1.2 knows ECDSA schemes by their hash alone (RFC 5246 7.4.1.4.1) and PKCS#1 too. */
bool signature_scheme_fits(const struct signature_scheme *scheme, uint16_t version,
                           enum key_kind key, unsigned key_bits);

/* The first scheme of a list that fits and that the set allows, but the curve's own hash before
 * another; NULL where there is none. */
const struct signature_scheme *signature_scheme_for_key(const struct signature_scheme *const *list,
                                                        size_t num_list, uint16_t version,
                                                        enum key_kind key, unsigned key_bits,
                                                        uint32_t allowed);

#endif
