/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate, parsed: views into its DER, RFC 5280 section 4. Parsing allocates nothing. */
#ifndef X509_CERTIFICATE_H
#define X509_CERTIFICATE_H

#include "crypto/signature.h"
#include <bulla/certificate.h>

enum certificate_key_usage { /* bits of KeyUsage, RFC 5280 4.2.1.3, bit 0 first */
                             KEY_USAGE_DIGITAL_SIGNATURE = 1 << 0,
                             KEY_USAGE_KEY_CERT_SIGN = 1 << 5,
                             KEY_USAGE_CRL_SIGN = 1 << 6,
};

enum certificate_extended_key_usage {
    EXTENDED_KEY_USAGE_SERVER_AUTH = 1 << 0,
    EXTENDED_KEY_USAGE_CLIENT_AUTH = 1 << 1,
    EXTENDED_KEY_USAGE_ANY = 1 << 2,
    EXTENDED_KEY_USAGE_OCSP_SIGNING = 1 << 3,
    EXTENDED_KEY_USAGE_OTHER = 1 << 4,
};

/* SubjectPublicKeyInfo, taken apart. */
struct public_key_info {
    bulla_bytes der;    /* the whole SEQUENCE: what pins hash */
    enum key_kind kind; /* KEY_KIND_INVALID: an algorithm or curve that is not supported */
    unsigned bits;      /* the curve's, or the modulus's */
    bulla_bytes point;  /* EC: the encoded point; Ed25519: the 32 bytes */
    bulla_bytes modulus, exponent; /* RSA */
};

struct signature_algorithm {
    enum signature_kind kind; /* SIGNATURE_INVALID: not supported (MD5, SHA-1, DSA, ...) */
    enum hash_id hash;
};

/* policyConstraints and inhibitAnyPolicy, RFC 5280 4.2.1.11 and 4.2.1.14: after how many further
 * certificates each begins to hold; where the flag is not set, never. */
struct policy_limits {
    bool has_require_explicit, has_inhibit_mapping, has_inhibit_any;
    uint32_t require_explicit, inhibit_mapping, inhibit_any;
};

struct certificate {
    bulla_bytes der;
    bulla_bytes tbs;             /* what the issuer signed */
    bulla_bytes serial;          /* the INTEGER's content */
    bulla_bytes issuer, subject; /* whole Name SEQUENCEs */
    int64_t not_before, not_after;
    bool wrong_time_form; /* one of them is in the other of the two notations, 4.1.2.5 */
    struct public_key_info key;
    struct signature_algorithm signature_algorithm;
    bulla_bytes signature;

    bool has_basic_constraints, basic_constraints_critical, is_ca, has_path_len;
    uint32_t path_len;
    bool has_key_usage, key_usage_critical;
    bool has_extended_key_usage, extended_key_usage_critical;
    uint32_t key_usage, extended_key_usage;
    bool has_subject_alt_name, subject_alt_name_critical;
    bulla_bytes subject_alt_name; /* the GeneralNames SEQUENCE's content */
    bulla_bytes name_constraints; /* the NameConstraints SEQUENCE's content; empty: none */
    bool name_constraints_critical;
    bulla_bytes subject_key_id, authority_key_id; /* hints; empty: none */
    bool has_authority_key_id;
    bulla_bytes authority_issuer,
        authority_serial;                  /* of the AKI: GeneralNames, INTEGER; contents */
    bulla_bytes authority_info_access;     /* the SEQUENCE's content; empty: none */
    bulla_bytes crl_distribution_points;   /* likewise */
    bulla_bytes policies, policy_mappings; /* likewise */
    struct policy_limits policy_limits;
    bool must_staple;      /* RFC 7633: names status_request */
    bool unknown_critical; /* has a critical extension not understood */
};

/* Parses all of `der`, which must outlive `out`. BULLA_E_CERT_MALFORMED and its more exact kin. */
BULLA_MUST_CHECK bulla_cause certificate_parse(struct certificate *out, bulla_bytes der);

/* Makes the key usable; public_key_free() it. BULLA_E_CERT_KEY_UNSUPPORTED, or _MALFORMED. */
BULLA_MUST_CHECK bulla_cause certificate_public_key(const struct certificate *certificate,
                                                    struct public_key *out);

/* Parses a SubjectPublicKeyInfo on its own. */
BULLA_MUST_CHECK bulla_cause public_key_info_parse(struct public_key_info *out, bulla_bytes der);

#endif
